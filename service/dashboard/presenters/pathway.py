"""One pathway as a clinician reads it: whom it considers, what its rules ask and say, and what they rest on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.advice import wording
from service.handbook.pages import LEVELS, band_words
from service.handbook.words import Phrase, names_used, own_conditions, phrase, whom
from service.knowledge.governance import SourceAttribute, source_attributes
from service.knowledge.library import Evidence, Library
from service.triage.logic import Condition, Constant
from service.triage.rules import Basis, Pathway, Rule
from service.triage.scores import Score


@dataclass(frozen=True, slots=True)
class Named:
    """Conditions under a heading."""

    name: str
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A reference with the source that it cites."""

    reference: str
    source: Evidence | None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """What cannot be told from it at the bedside."""

    id: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """A score: its items with signed points, and its bands."""

    title: str
    items: tuple[tuple[str, str, bool], ...]
    bands: tuple[tuple[str, str], ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """A piece of advice and whom it is for."""

    text: str
    audience: str
    kind: str


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule in plain words."""

    id: str
    title: str
    tier: str | None
    tier_name: str
    is_proposal: bool
    review_needed: bool
    phrases: tuple[Phrase, ...]
    orders: tuple[str, ...]
    avoid: tuple[tuple[str, str], ...]
    advice: tuple[Advice, ...]
    citations: tuple[Citation, ...]
    note: str
    answered: int = 0
    overridden: int = 0


@dataclass(frozen=True, slots=True)
class PathwayPage:
    """All of it."""

    id: str
    title: str
    about: str
    not_verified: tuple[str, ...]
    owner: str
    review: date
    overdue: bool
    patients: int
    whom: Phrase
    levels: tuple[Named, ...]
    look_alikes: tuple[LookAlike, ...]
    scores: tuple[ScoreTable, ...]
    rules: tuple[RuleText, ...]
    names: tuple[Named, ...]
    sources: tuple[Evidence, ...]
    attributes: tuple[SourceAttribute, ...]


def pathway_page(library: Library, name: str, today: date, rates: Iterable[Mapping[str, Any]] = ()) -> PathwayPage:
    """The page of one pathway of the library; `rates` are the override rates of rules, as the statistics have them."""
    knowledge = library.knowledge
    pathway = next(each for each in knowledge.pathways if each.id == name)
    document = library.pathways[name]
    rules = [rule for rule in knowledge.rules if rule.pathway == name]
    titles = {each.id: each.title for each in knowledge.pathways}
    notes = {entry["id"]: entry.get("note", "").strip() for entry in document["rules"]}
    answers = {each["rule"]: each for each in rates}
    sources = [library.evidence_for(reference) for reference in document["evidence"]]
    return PathwayPage(
        id=name,
        title=pathway.title,
        about=document["about"].strip(),
        not_verified=tuple(document.get("not_verified", ())),
        owner=document["owner"],
        review=document["review_date"],
        overdue=document["review_date"] < today,
        patients=len(document["cases"]),
        whom=phrase(whom(pathway)),
        levels=tuple(_levels(pathway)),
        look_alikes=tuple(
            LookAlike(other.pathway, titles.get(other.pathway, other.pathway), other.why)
            for other in knowledge.look_alikes[name]
        ),
        scores=tuple(_score(score, library) for score in pathway.scores),
        rules=tuple(_rule(rule, pathway, library, notes[rule.id], answers.get(rule.id, {})) for rule in rules),
        names=tuple(Named(text, (phrase(condition),)) for text, condition in names_used(pathway, rules).items()),
        sources=tuple(dict.fromkeys(source for source in sources if source)),
        attributes=source_attributes(library, name),
    )


def _levels(pathway: Pathway) -> Iterable[Named]:
    for label, name in LEVELS:
        condition: Condition = getattr(pathway, name)
        if not isinstance(condition, Constant):
            yield Named(label, (phrase(condition),))


def _score(score: Score, library: Library) -> ScoreTable:
    return ScoreTable(
        title=score.title,
        items=tuple((f"{item.points:+d}", item.label, item.judged_by_clinician) for item in score.items),
        bands=tuple((band.name, band_words(band)) for band in score.bands),
        citations=_citations(score.evidence, library),
    )


def _rule(rule: Rule, pathway: Pathway, library: Library, note: str, answers: Mapping[str, Any]) -> RuleText:
    knowledge = library.knowledge
    return RuleText(
        id=rule.id,
        title=rule.title,
        tier=rule.tier,
        tier_name=knowledge.tiers[rule.tier].name if rule.tier else "Advice only",
        is_proposal=rule.basis is Basis.PROPOSAL,
        review_needed=rule.review_needed,
        phrases=tuple(map(phrase, own_conditions(rule.condition, pathway))),
        orders=tuple(
            ", ".join(filter(None, (knowledge.orders[each.order].label, wording.within(each.within))))
            for each in rule.orders
        ),
        avoid=tuple((knowledge.orders[each.order].label, each.why) for each in rule.avoid),
        advice=tuple(Advice(each.text, each.audience, each.kind.replace("_", " ")) for each in rule.advice),
        citations=_citations(rule.evidence, library),
        note=note,
        answered=answers.get("answered", 0),
        overridden=answers.get("overridden", 0),
    )


def _citations(references: Sequence[str], library: Library) -> tuple[Citation, ...]:
    return tuple(Citation(reference, library.evidence_for(reference)) for reference in references)
