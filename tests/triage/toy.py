"""A toy vocabulary, and short ways to state facts about it."""

from datetime import UTC, date, datetime, timedelta

from service.triage.conflicts import settle
from service.triage.expressions import Scope, Term, parse_condition, parse_number
from service.triage.facts import Facts
from service.triage.findings import Finding, Side, Source, Status, Temporality
from service.triage.logic import Named
from service.triage.scores import Band, Score, ScoreItem
from service.triage.trace import Trace, Truth

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOURCE = Source("Toy/1")

_FINDINGS = {
    **{key: Term(key.upper(), "boolean") for key in ("a", "b", "c", "d")},
    "size": Term("Size", "quantity", "cm"),
    "age": Term("Age", "quantity", "a"),
    "kind": Term("Kind", "code"),
    "symptom_side": Term("Side", "code"),
    "since": Term("Began", "date"),
}


def scope() -> Scope:
    """Fresh names: four booleans, two quantities, codes, a date, an order, a definition, a number and a score."""
    names = Scope(_FINDINGS, {"scan": "Scan"})
    names.definitions["a_or_b"] = Named("A or B", parse_condition("a or b", names))
    names.numbers["cutoff"] = parse_number("max(500, 10 * age)", names)
    items = (
        ScoreItem(1, "first", parse_condition("a", names)),
        ScoreItem(2, "second", parse_condition("b", names)),
        ScoreItem(-2, "other cause", parse_condition("c", names)),
    )
    names.scores["toy"] = Score("toy", "Toy score", items, (Band("low", high=1), Band("high", low=2)), ("TOY",))
    return names


def yes(key: str, side: Side | None = None, *, when: Temporality = Temporality.CURRENT) -> Finding:
    """The finding is there."""
    return Finding(key, Status.PRESENT, when, side, sources=(SOURCE,))


def no(key: str, side: Side | None = None, *, when: Temporality = Temporality.CURRENT) -> Finding:
    """The finding is not there."""
    return Finding(key, Status.ABSENT, when, side, sources=(SOURCE,))


def is_(key: str, value: float | str | date, side: Side | None = None) -> Finding:
    """The finding has this value."""
    return Finding(key, Status.PRESENT, side=side, value=value, sources=(SOURCE,))


def days_ago(days: int) -> date:
    """The date that many days before the moment of the assessment."""
    return NOW.date() - timedelta(days=days)


def facts(*findings: Finding) -> Facts:
    """What stands once the findings are settled."""
    return settle(findings, frozenset(), NOW)[0]


def trace(text: str, *findings: Finding) -> Trace:
    """The answer of an expression for a patient of whom only these findings are known."""
    return parse_condition(text, scope()).explain(facts(*findings))


def missing(text: str, *findings: Finding) -> set[str]:
    """The keys that could settle an expression for a patient of whom only these findings are known."""
    return {*parse_condition(text, scope()).missing(facts(*findings))}


def truth(text: str, *findings: Finding) -> Truth:
    """True, false, or None for unknown; the explanation says the same."""
    answer = parse_condition(text, scope()).truth(facts(*findings))
    assert trace(text, *findings).truth is answer
    return answer
