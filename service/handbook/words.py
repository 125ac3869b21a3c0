"""Conditions as lists that can be read aloud."""

from collections.abc import Iterator

from service.triage.logic import AllOf, AtLeast, Compound, Condition, Named, Not, Unless
from service.triage.scores import InBand


def lines(condition: Condition, depth: int = 0) -> Iterator[str]:
    """The condition as a nested Markdown list; what has a name of its own is not unfolded."""
    indent = "  " * depth
    if isinstance(condition, Unless):
        yield f"{indent}- unless (certainly):"
        yield from lines(condition.parts[0], depth + 1)
    elif isinstance(condition, Not):
        yield f"{indent}- not:"
        yield from lines(condition.parts[0], depth + 1)
    elif isinstance(condition, Named) or not isinstance(condition, Compound):
        yield f"{indent}- {_name(condition)}"
    else:
        yield f"{indent}- {_join(condition)}"
        for part in condition.parts:
            yield from lines(part, depth + 1)


def _join(condition: Compound) -> str:
    if isinstance(condition, AtLeast):
        return f"at least {condition.count} of:"
    return "all of:" if isinstance(condition, AllOf) else "any of:"


def _name(condition: Condition) -> str:
    if isinstance(condition, Named):
        return f"*{condition.text}*"
    return f"score — {condition.text}" if isinstance(condition, InBand) else condition.text


def named_in(condition: Condition) -> Iterator[Named]:
    """The conditions with names of their own that this one is made of, each before what it is made of itself."""
    parts = condition.parts if isinstance(condition, Compound) else ()
    for part in parts:
        if isinstance(part, Named):
            yield part
        yield from named_in(part)
