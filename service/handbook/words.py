"""Conditions as lists that can be read aloud."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.triage.logic import AllOf, AtLeast, Compound, Condition, Named, Not, Unless
from service.triage.rules import Pathway, Rule
from service.triage.scores import InBand


@dataclass(frozen=True, slots=True)
class Phrase:
    """A condition in words, with those that it is made of; what has a name of its own is not unfolded."""

    text: str
    parts: tuple["Phrase", ...] = ()
    is_named: bool = False


def phrase(condition: Condition) -> Phrase:
    """The condition in words."""
    if isinstance(condition, Named):
        return Phrase(condition.text, is_named=True)
    if isinstance(condition, InBand):
        return Phrase(f"score — {condition.text}")
    if not isinstance(condition, Compound):
        return Phrase(condition.text)
    return Phrase(_join(condition), tuple(map(phrase, condition.parts)))


def lines(condition: Condition) -> Iterator[str]:
    """The condition as a nested Markdown list."""
    return _lines(phrase(condition), "")


def _lines(told: Phrase, indent: str) -> Iterator[str]:
    yield f"{indent}- *{told.text}*" if told.is_named else f"{indent}- {told.text}"
    for part in told.parts:
        yield from _lines(part, f"{indent}  ")


def _join(condition: Compound) -> str:
    if isinstance(condition, Unless):
        return "unless (certainly):"
    if isinstance(condition, Not):
        return "not:"
    if isinstance(condition, AtLeast):
        return f"at least {condition.count} of:"
    return "all of:" if isinstance(condition, AllOf) else "any of:"


def named_in(condition: Condition) -> Iterator[Named]:
    """The conditions with names of their own that this one is made of, each before what it is made of itself."""
    parts = condition.parts if isinstance(condition, Compound) else ()
    for part in parts:
        if isinstance(part, Named):
            yield part
        yield from named_in(part)


def whom(pathway: Pathway) -> Condition:
    """Whom the pathway considers, without the name that this has."""
    considers = pathway.considers
    return considers.parts[0] if isinstance(considers, Named) else considers


def own_conditions(condition: Condition, pathway: Pathway) -> list[Condition]:
    """What a rule of the pathway asks for beside what the pathway considers anyway."""
    parts = condition.parts if isinstance(condition, Compound) else ()
    return [part for part in parts if part is not pathway.considers]


def names_used(pathway: Pathway, rules: Iterable[Rule]) -> dict[str, Condition]:
    """What each name stands for that the conditions of a pathway and its rules use."""
    own = [part for rule in rules for part in own_conditions(rule.condition, pathway)]
    used = [whom(pathway), *own, pathway.likely, pathway.unlikely, pathway.against]
    named = [each for condition in used for each in (condition, *named_in(condition)) if isinstance(each, Named)]
    return {each.text: each.parts[0] for each in named}
