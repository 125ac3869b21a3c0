"""The catalogue of pathways: which are in force, which are due for a review, and where a word is found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from service.in_force import InForce
from service.knowledge.library import Library
from service.store import Switch
from service.triage.rules import Pathway, Rule

MOST_FOUND: Final = 100
FEW: Final = 5
"""Of fewer answers a rate would say nothing."""


@dataclass(frozen=True, slots=True)
class State:
    """Whether a pathway is in force; who switched it off, when and why, unless the site's settings did."""

    on: bool
    reason: str = ""
    by: str | None = None
    at: datetime | None = None

    @property
    def is_settings(self) -> bool:
        """Whether the settings of the site say so: nobody can change that here."""
        return not self.on and self.by is None


@dataclass(frozen=True, slots=True)
class Row:
    """A pathway in a line."""

    id: str
    title: str
    is_hot: bool
    state: State
    rules: int
    patients: int
    review: date | None
    overdue: bool
    answered: int = 0
    overridden: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that holds the words that were looked for."""

    pathway: str
    pathway_title: str
    id: str
    title: str
    tier: str | None
    tier_name: str


def is_hot(pathway: Pathway) -> bool:
    """Whether any of its rules asks for somebody to act today."""
    return any(rule.tier is not None and rule.tier.is_hot for rule in pathway.rules)


def state(in_force: InForce, pathway: str) -> State:
    """Whether the pathway is in force."""
    switch: Switch | None = in_force.off.get(pathway)
    return State(on=False, reason=switch.reason, by=switch.actor, at=switch.at) if switch else State(on=True)


def switched_off(in_force: InForce) -> tuple[str, ...]:
    """The titles of what is switched off here, by whatever means."""
    titles = {pathway.id: pathway.title for pathway in in_force.whole.knowledge.pathways}
    return (*sorted(titles[name] for name in in_force.off), *(_plain(name) for name in in_force.whole.site.off))


def rows(in_force: InForce, today: date, rates: Iterable[Mapping[str, Any]] = ()) -> list[Row]:
    """All pathways, first what is off, then by title; `rates` are the override rates of rules in the statistics."""
    whole = in_force.whole
    answers = {each["rule"]: each for each in rates}
    told = [_row(in_force, pathway, today, answers) for pathway in whole.knowledge.pathways]
    told += [
        Row(name, _plain(name), False, State(on=False, reason=reason), 0, 0, None, False)  # noqa: FBT003
        for name, reason in whole.site.off.items()
    ]
    return sorted(told, key=lambda row: (row.state.on, row.title.lower()))


def _row(in_force: InForce, pathway: Pathway, today: date, answers: Mapping[str, Mapping[str, Any]]) -> Row:
    document = in_force.whole.pathways[pathway.id]
    own = [answers[rule.id] for rule in pathway.rules if rule.id in answers]
    return Row(
        id=pathway.id,
        title=pathway.title,
        is_hot=is_hot(pathway),
        state=state(in_force, pathway.id),
        rules=len(pathway.rules),
        patients=len(document["cases"]),
        review=document["review_date"],
        overdue=document["review_date"] < today,
        answered=sum(each["answered"] for each in own),
        overridden=sum(each["overridden"] for each in own),
    )


def _plain(name: str) -> str:
    """The title of what was not loaded."""
    return name.replace("-", " ").capitalize()


def found(library: Library, words: str) -> list[Found]:
    """The rules in which every word occurs: in the title, the id, the pathway, a finding, an order or a source."""
    wanted = words.lower().split()
    titles = {pathway.id: pathway.title for pathway in library.knowledge.pathways}
    told = []
    for rule in library.knowledge.rules:
        text = _text(rule, titles[rule.pathway], library)
        if wanted and all(word in text for word in wanted):
            tier = library.knowledge.tiers[rule.tier].name if rule.tier else "Advice only"
            told.append(Found(rule.pathway, titles[rule.pathway], rule.id, rule.title, rule.tier, tier))
    return told


def _text(rule: Rule, pathway: str, library: Library) -> str:
    knowledge = library.knowledge
    findings = [knowledge.findings[key].label for key in rule.condition.keys() if key in knowledge.findings]  # noqa: SIM118 - a condition, not a dictionary
    named = [*(each.order for each in rule.orders), *(each.order for each in rule.avoid)]
    orders = [knowledge.orders[name].label for name in named]
    return " ".join((rule.title, rule.id, pathway, *findings, *orders, *rule.evidence)).lower()
