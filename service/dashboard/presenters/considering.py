"""What was considered and how likely it is, what could still raise the urgency, and what was set aside and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.dashboard.presenters.explaining import Citation, Clause, Retelling
from service.dashboard.presenters.findings import FindingLine, told_lines
from service.triage.conflicts import settle
from service.triage.facts import Facts
from service.triage.logic import AllOf, Unless
from service.triage.rules import Rule, Tier

_ANSWERS = {"true": "yes", "false": "no"}


@dataclass(frozen=True, slots=True)
class ScoreItemLine:
    """One item of a score: what it asks, the answer, the points it gives or could give, and what says so."""

    label: str
    answer: str
    points: str
    findings: tuple[FindingLine, ...]


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A clinical score: its points or their range, the band once it is certain, and its items."""

    title: str
    points: str
    band: str
    settled_by: tuple[str, ...]
    items: tuple[ScoreItemLine, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class LookAlikeLine:
    """Another condition that cannot be told from one at the bedside, and why."""

    label: str
    why: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class ConsiderationLine:
    """A condition to keep in mind, with what speaks for and against it and what is not known."""

    pathway: str
    label: str
    level: str
    because: tuple[FindingLine, ...]
    against: tuple[FindingLine, ...]
    scores: tuple[ScoreLine, ...]
    look_alikes: tuple[LookAlikeLine, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AvoidLine:
    """A test not to place now."""

    label: str
    why: str
    rule: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class WithheldLine:
    """Advice that is not given, because it could do harm here."""

    text: str
    why: str
    findings: tuple[FindingLine, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class StoodDownLine:
    """A rule of which all holds but that something known stands down."""

    rule: str
    title: str
    tier: str
    because: tuple[Clause, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class OpenRuleLine:
    """A rule that would raise the urgency if what is missing were so."""

    rule: str
    title: str
    pathway: str
    tier: str
    missing: tuple[str, ...]


def considerations(document: Mapping[str, Any], told: Retelling) -> tuple[ConsiderationLine, ...]:
    """The conditions in the order of the assessment: likely ones first, then the more urgent."""
    knowledge = told.library.knowledge
    return tuple(
        ConsiderationLine(
            pathway=each["condition"],
            label=each["label"],
            level=each["level"],
            because=told_lines(each["because"], knowledge),
            against=told_lines(each["against"], knowledge),
            scores=tuple(_score(score, told) for score in each["scores"]),
            look_alikes=tuple(
                LookAlikeLine(told.pathway_title(other["condition"]), other["why"], told.cite(other["evidence"]))
                for other in each["look_alikes"]
            ),
            unknown=told.labels(each["unknown"]),
        )
        for each in document["considerations"]
    )


def avoided(document: Mapping[str, Any], told: Retelling) -> tuple[AvoidLine, ...]:
    """What not to order now."""
    orders = told.library.knowledge.orders
    titles = {rule.id: rule.title for rule in told.library.knowledge.rules}
    return tuple(
        AvoidLine(
            label=orders[each["order"]].label if each["order"] in orders else each["order"],
            why=each["why"],
            rule=titles.get(each["rule"], each["rule"]),
            citations=told.cite(each["evidence"]),
        )
        for each in document["avoid"]
    )


def withheld(document: Mapping[str, Any], told: Retelling) -> tuple[WithheldLine, ...]:
    """What is not advised."""
    return tuple(
        WithheldLine(
            text=each["text"],
            why=each["why"],
            findings=told_lines(each["findings"], told.library.knowledge),
            citations=told.cite(each["evidence"]),
        )
        for each in document["withheld"]
    )


def stood_down(document: Mapping[str, Any], told: Retelling) -> tuple[StoodDownLine, ...]:
    """The rules that would apply but for something known, as the knowledge of today has them."""
    knowledge = told.library.knowledge
    moment = datetime.fromisoformat(document["created"])
    facts, _ = settle(told.findings, knowledge.red_flags, moment)
    return tuple(
        StoodDownLine(
            rule=rule.id,
            title=rule.title,
            tier=rule.tier or "",
            because=tuple(told.clause(trace) for guard in guards for trace in guard.explain(facts).children),
            citations=told.cite(rule.evidence),
        )
        for rule in (knowledge.rules if document["in_scope"] else ())
        if (guards := _standing_down(rule, facts))
    )


def _standing_down(rule: Rule, facts: Facts) -> list[Unless]:
    """What alone stands a rule down: all else in it holds."""
    parts = rule.condition.parts if isinstance(rule.condition, AllOf) else ()
    guards = [part for part in parts if isinstance(part, Unless) and part.truth(facts) is False]
    others = [part for part in parts if part not in guards]
    return guards if others and all(part.truth(facts) for part in others) else []


def could_raise(told: Retelling) -> tuple[tuple[OpenRuleLine, ...], int]:
    """The open rules above the tier, the most urgent first: those of what is considered, and how many others."""
    tier = told.tier
    if tier is None:
        return (), 0
    considered = {each.condition for each in told.assessment.considerations}
    above = [verdict for verdict in told.assessment.still_open if _is_above(verdict.rule.tier, tier)]
    near = tuple(
        OpenRuleLine(
            rule=verdict.rule.id,
            title=verdict.rule.title,
            pathway=told.pathway_title(verdict.rule.pathway),
            tier=verdict.rule.tier or "",
            missing=told.labels(sorted(verdict.missing())),
        )
        for verdict in above
        if verdict.rule.pathway in considered
    )
    return near, len(above) - len(near)


def _is_above(tier: Tier | None, other: Tier) -> bool:
    return tier is not None and tier.rank > other.rank


def _score(score: Mapping[str, Any], told: Retelling) -> ScoreLine:
    low, high = score["low"], score["high"]
    return ScoreLine(
        title=score["title"],
        points=f"{low}" if low == high else f"{low} to {high}",
        band=score["band"] or "",
        settled_by=told.labels(score["settled_by"]),
        items=tuple(_items(score["items"], told)),
        citations=told.cite(score["evidence"]),
    )


def _items(items: Iterable[Mapping[str, Any]], told: Retelling) -> Iterator[ScoreItemLine]:
    for item in items:
        answer = _ANSWERS.get(item["answer"], "unknown")
        points = {"yes": f"{item['points']:+d}", "no": "0"}.get(answer, f"{item['points']:+d} if so")
        yield ScoreItemLine(item["label"], answer, points, told_lines(item["findings"], told.library.knowledge))
