"""Small changes of the knowledge, one at a time: a condition turned round, a threshold moved by one step."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.knowledge.documents import Located

_SWAPPED = {ast.And: ast.Or, ast.Or: ast.And}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed copy of one document; `place` and `change` say what was changed, `essential` how much it matters.

    An essential change turns a rule round, drops what stands it down or moves a number by one step. The others
    drop one part of an `and` or `or`, or swap the two.
    """

    document: Located
    place: str
    change: str
    essential: bool


def mutants(document: Located) -> Iterator[Mutant]:
    """Every mutant of a pathway file, or of the shared definitions."""
    for name in ("consider_when", "not_for", "likely_when", "unlikely_when", "against_when"):
        if name in document:
            yield from _of_expression(document, (name,), name, essential=False)
    for name in document.get("definitions", {}):
        yield from _of_expression(document, ("definitions", name, "when"), f"definition {name}", essential=False)
    for place, entry in enumerate(document.get("rules", ())):
        yield from _of_rule(document, place, entry)
    for name, score in document.get("scores", {}).items():
        yield from _of_score(document, name, score)
    for group in ("cautions", "withholds"):
        for place, entry in enumerate(document.get(group, ())):
            for name in ("when", "unless"):
                if name in entry:
                    where = f"{group} {entry['id']} {name}"
                    yield from _of_expression(document, (group, place, name), where, essential=True)


def _of_rule(document: Located, place: int, rule: Located) -> Iterator[Mutant]:
    for name in ("when", "unless"):
        if name in rule:
            yield from _of_expression(document, ("rules", place, name), f"rule {rule['id']} {name}", essential=True)
    if "unless" in rule:
        yield _changed(document, ("rules", place, "unless"), None, f"rule {rule['id']}", "unless dropped")


def _of_score(document: Located, name: str, score: Located) -> Iterator[Mutant]:
    for place, item in enumerate(score["items"]):
        where = f"score {name}, {item['label']}"
        for step in (-1, 1):
            points = item["points"] + step
            yield _changed(document, ("scores", name, "items", place, "points"), points, where, f"{points} points")
        yield from _of_expression(document, ("scores", name, "items", place, "when"), where, essential=True)
    for step in (-1, 1):
        moved = {band: _moved(limits, step) for band, limits in score["bands"].items()}
        yield _changed(document, ("scores", name, "bands"), moved, f"score {name}", f"bands moved by {step}")


def _moved(limits: str, step: int) -> str:
    return " ".join(str(int(word) + step) if word.lstrip("-").isdigit() else word for word in limits.split())


def _of_expression(document: Located, path: tuple[Any, ...], where: str, *, essential: bool) -> Iterator[Mutant]:
    text = " ".join(_at(document, path).split())
    yield _changed(document, path, f"not ({text})", where, "turned round", essential=essential)
    tree = ast.parse(text, mode="eval")
    for position, node in enumerate(ast.walk(tree)):
        for change, is_number in _changes(node):
            other = ast.parse(text, mode="eval")
            target = next(n for at, n in enumerate(ast.walk(other)) if at == position)
            replaced = _replace(other, target, change)
            written = ast.unparse(replaced)
            yield _changed(document, path, written, where, f"{text} -> {written}", essential=is_number)


def _changes(node: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """What the node could be instead, and whether that moves a number."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            for step in (-1, 1) if float(value).is_integer() else (-0.1, 0.1):
                yield ast.Constant(round(value + step, 3)), True
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand, False
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(_SWAPPED[type(op)](), values), False
            for place in range(len(values)):
                rest = [*values[:place], *values[place + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest), False


class _Replacer(ast.NodeTransformer):
    def __init__(self, target: ast.AST, instead: ast.expr) -> None:
        self.target = target
        self.instead = instead

    def visit(self, node: ast.AST) -> Any:
        return self.instead if node is self.target else super().generic_visit(node)


def _replace(tree: ast.Expression, target: ast.AST, instead: ast.expr) -> ast.AST:
    replaced: ast.AST = _Replacer(target, copy.deepcopy(instead)).visit(tree)
    return ast.fix_missing_locations(replaced)


def _at(document: Located, path: tuple[Any, ...]) -> Any:
    part: Any = document
    for step in path:
        part = part[step]
    return part


def _changed(
    document: Located, path: tuple[Any, ...], value: object, place: str, change: str, *, essential: bool = True
) -> Mutant:
    """The document with `value` at the path; None takes the entry away."""
    return Mutant(_with(document, path, value), place, change, essential)


def _with(part: Any, path: tuple[Any, ...], value: object) -> Any:
    """A copy of the part along the path; what lies beside the path is shared with the original."""
    if not path:
        return value
    changed = copy.copy(part)
    first, *rest = path
    if value is None and not rest:
        del changed[first]
    else:
        changed[first] = _with(part[first], tuple(rest), value)
    return changed
