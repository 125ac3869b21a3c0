"""The language of `when`: short expressions over finding keys, read with Python's own parser.

Allowed: names, `and`, `or`, `not`, comparisons with numbers, `+ - *`, and the calls listed in `_CALLS`. Anything
else is an error that says where. A name is a finding, a definition or a named number of the knowledge.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from service.triage import quantities
from service.triage.findings import Temporality
from service.triage.logic import (
    AllOf,
    AnyOf,
    AtLeast,
    CodeIs,
    Condition,
    Constant,
    Mentioned,
    Named,
    Not,
    OnBothSides,
    Present,
)
from service.triage.quantities import Combined, Compare, DaysSince, Literal, Number, Value, readable_unit
from service.triage.scores import InBand, Score, ScoreValue

_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_PRETTY = {"<=": "at most", ">=": "at least", "<": "below", ">": "above", "==": "is", "!=": "is not"}
_ARITHMETIC = {
    ast.Add: (quantities.add, "+"),
    ast.Sub: (quantities.subtract, "-"),
    ast.Mult: (quantities.multiply, "x"),
}
_PAIR = 2

Compiled = TypeVar("Compiled")


class ExpressionError(ValueError):
    """An expression that cannot be understood. `line` and `column` count from 1 within the expression."""

    def __init__(self, message: str, line: int, column: int) -> None:
        """Keep where the trouble is."""
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Term:
    """What an expression may know of a finding: its label, type (boolean, quantity, code, date) and unit."""

    label: str
    type: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The names an expression may use. Definitions, numbers and scores are added as they are compiled."""

    findings: Mapping[str, Term]
    orders: Mapping[str, str] = field(default_factory=dict)
    definitions: dict[str, Named] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)


def parse_condition(text: str, scope: Scope) -> Condition:
    """Compile an expression that is true, false or unknown; ExpressionError when it is not one."""
    return _compile(text, scope, _Compiler.condition)


def parse_number(text: str, scope: Scope) -> Number:
    """Compile an expression that is a number; ExpressionError when it is not one."""
    return _compile(text, scope, _Compiler.number)


def ordered_key(order: str) -> str:
    """The key under which an order that is already placed or done stands among the findings."""
    return f"ordered:{order}"


def _compile(text: str, scope: Scope, compile_as: Callable[["_Compiler", ast.expr], Compiled]) -> Compiled:
    # One line and no leading blanks, as Python's parser wants it; offsets stay those of the text.
    flat = text.replace("\n", " ").rstrip()
    start = len(flat) - len(flat.lstrip())
    if not flat.strip():
        raise ExpressionError("not an expression: nothing is written", 1, 1)
    if "#" in flat:
        # Python would take the rest for a comment, and half a rule would be lost without a word.
        raise ExpressionError("not an expression: `#` has no place here", *_position(text, flat.index("#")))
    try:
        node = ast.parse(flat[start:], mode="eval").body
        return compile_as(_Compiler(text, start, scope), node)
    except SyntaxError as error:
        # Without an offset the parser came to the end and wanted more.
        line, column = _position(text, start + error.offset - 1 if error.offset else len(flat))
        raise ExpressionError(f"not an expression: {error.msg}", line, column) from None
    except UnicodeEncodeError:
        raise ExpressionError("not an expression: not text", 1, 1) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("not an expression: nested too deeply", 1, 1) from None
    except OverflowError:
        raise ExpressionError("not an expression: a number is too large", 1, 1) from None


def _position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of the character at the offset."""
    offset = max(0, min(offset, len(text)))
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class _Compiler:
    def __init__(self, text: str, start: int, scope: Scope) -> None:
        self.text = text
        self.start = start
        self.scope = scope
        self.calls: dict[str, Callable[[ast.Call], Condition]] = {
            "at_least": self._at_least,
            "past": self._past,
            "family": self._family,
            "ordered": self._ordered,
            "both_sides": self._both_sides,
        }
        self.number_calls: dict[str, Callable[[ast.Call], Number]] = {
            "value": self._value,
            "score": self._score_value,
            "days_since": self._days_since,
            "max": lambda node: self._extreme(node, quantities.largest, "largest of"),
            "min": lambda node: self._extreme(node, quantities.smallest, "smallest of"),
        }

    def error(self, node: ast.AST, message: str) -> ExpressionError:
        line, column = _position(self.text, self.start + getattr(node, "col_offset", 0))
        return ExpressionError(message, line, column)

    def condition(self, node: ast.expr) -> Condition:  # noqa: PLR0911 - one branch for each kind of node
        """Compile a node that must be a condition."""
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                return AllOf(tuple(self.condition(value) for value in values), "all of")
            case ast.BoolOp(op=ast.Or(), values=values):
                return AnyOf(tuple(self.condition(value) for value in values), "any of")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand), "not")
            case ast.Compare(left=left, ops=[ast.Is()], comparators=[right]):
                return self._in_band(node, left, right)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _SIGNS:
                return self._comparison(left, _SIGNS[type(op)], right)
            case ast.Compare():
                raise self.error(node, "compare two things at a time, with < <= > >= == != or `is`")
            case ast.Call(func=ast.Name(id=name)) if name in self.calls:
                return self.calls[name](node)
            case ast.Name(id=name):
                return self._name(node, name)
        raise self.error(node, f"`{ast.unparse(node)}` is not a condition")

    def _name(self, node: ast.Name, name: str) -> Condition:
        if name == "always":
            return Constant(truth=True, text="always")
        if name in self.scope.definitions:
            return self.scope.definitions[name]
        term = self._term(node)
        if term.type not in {"boolean", "date"}:
            raise self.error(node, f"`{name}` is a {term.type}: compare it with something")
        return Present(name, term.label)

    def _term(self, node: ast.expr, *types: str) -> Term:
        if not isinstance(node, ast.Name):
            raise self.error(node, f"`{ast.unparse(node)}` is not the key of a finding")
        term = self.scope.findings.get(node.id)
        if term is None:
            raise self.error(node, f"unknown key `{node.id}`")
        if types and term.type not in types:
            raise self.error(node, f"`{node.id}` is a {term.type}, not a {' or '.join(types)}")
        return term

    def _comparison(self, left: ast.expr, sign: str, right: ast.expr) -> Condition:
        if isinstance(right, ast.Constant) and isinstance(right.value, str):
            term = self._term(left, "code")
            if sign != "==" or not isinstance(left, ast.Name):
                raise self.error(left, "a code can only be compared with ==")
            return CodeIs(left.id, right.value, f"{term.label} is {right.value}")
        first, second = self.number(left), self.number(right)
        unit = readable_unit(next((term.unit for term in self._terms(left) if term.unit), None))
        text = f"{first.text} {_PRETTY[sign]} {second.text} {unit}".rstrip()
        return Compare(first, sign, second, text)

    def _terms(self, node: ast.expr) -> list[Term]:
        names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
        return [self.scope.findings[name] for name in names if name in self.scope.findings]

    def number(self, node: ast.expr) -> Number:
        """Compile a node that must be a number."""
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return Literal(float(value), f"{value:g}")
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return Literal(-float(value), f"-{value:g}")
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                combine, sign = _ARITHMETIC[type(op)]
                first, second = self.number(left), self.number(right)
                return Combined(combine, (first, second), f"{first.text} {sign} {second.text}")
            case ast.Name(id=name) if name in self.scope.numbers:
                return self.scope.numbers[name]
            case ast.Name(id=name):
                return Value(name, self._term(node, "quantity").label)
            case ast.Call(func=ast.Name(id=name)) if name in self.number_calls:
                return self.number_calls[name](node)
        raise self.error(node, f"`{ast.unparse(node)}` is not a number")

    def _arguments(self, node: ast.Call, count: int) -> list[ast.expr]:
        if node.keywords or len(node.args) != count:
            raise self.error(node, f"`{ast.unparse(node.func)}` takes {count} argument{'s' * (count != 1)}")
        return node.args

    def _at_least(self, node: ast.Call) -> Condition:
        count, *parts = [*node.args] if node.args else [node]
        if not (isinstance(count, ast.Constant) and type(count.value) is int and 0 < count.value <= len(parts)):
            raise self.error(node, "`at_least` takes a count and at least that many conditions")
        return AtLeast(count.value, tuple(self.condition(part) for part in parts), f"at least {count.value} of")

    def _past(self, node: ast.Call) -> Condition:
        return self._other_time(node, Temporality.PAST, "in the past")

    def _family(self, node: ast.Call) -> Condition:
        return self._other_time(node, Temporality.FAMILY, "in the family")

    def _other_time(self, node: ast.Call, temporality: Temporality, words: str) -> Condition:
        (argument,) = self._arguments(node, 1)
        term = self._term(argument)
        assert isinstance(argument, ast.Name)  # noqa: S101 - _term has checked it
        return Mentioned(argument.id, temporality, f"{term.label}, {words}")

    def _both_sides(self, node: ast.Call) -> Condition:
        (argument,) = self._arguments(node, 1)
        term = self._term(argument, "boolean")
        return OnBothSides(ast.unparse(argument), f"{term.label}, on both sides")

    def _ordered(self, node: ast.Call) -> Condition:
        (argument,) = self._arguments(node, 1)
        if not isinstance(argument, ast.Name) or argument.id not in self.scope.orders:
            raise self.error(argument, f"unknown order `{ast.unparse(argument)}`")
        return Present(ordered_key(argument.id), f"{self.scope.orders[argument.id]} ordered or done")

    def _value(self, node: ast.Call) -> Number:
        (argument,) = self._arguments(node, 1)
        return Value(ast.unparse(argument), self._term(argument, "quantity").label)

    def _days_since(self, node: ast.Call) -> Number:
        (argument,) = self._arguments(node, 1)
        return DaysSince(ast.unparse(argument), f"days since {self._term(argument, 'date').label.lower()}")

    def _extreme(self, node: ast.Call, combine: Callable[..., tuple[float, float]], words: str) -> Number:
        if node.keywords or len(node.args) < _PAIR:
            raise self.error(node, f"`{ast.unparse(node.func)}` takes two or more numbers")
        parts = tuple(self.number(argument) for argument in node.args)
        return Combined(combine, parts, f"{words} {', '.join(part.text for part in parts)}")

    def _score(self, node: ast.expr) -> Score:
        match node:
            case ast.Call(func=ast.Name(id="score"), args=[ast.Name(id=name)], keywords=[]):
                if name in self.scope.scores:
                    return self.scope.scores[name]
                raise self.error(node, f"unknown score `{name}`")
        raise self.error(node, "write score(name)")

    def _score_value(self, node: ast.Call) -> Number:
        return ScoreValue(self._score(node))

    def _in_band(self, node: ast.Compare, left: ast.expr, right: ast.expr) -> Condition:
        score = self._score(left)
        name = right.id if isinstance(right, ast.Name) else ""
        for band in score.bands:
            if band.name == name:
                return InBand(score, band, f"{score.title}: {name}")
        bands = ", ".join(band.name for band in score.bands)
        raise self.error(node, f"`{score.name}` has no band `{ast.unparse(right)}`; its bands: {bands}")
