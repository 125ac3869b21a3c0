"""What every card of ours shares: its identity, source, override reasons, links, and what it rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from cds_hooks.cards import Action, Card, Coding, Link, OverrideReason, SelectionBehavior, Source, Suggestion
from cds_hooks.text import escape_markdown, one_line
from service.advice import wording
from service.advice.orders import order_description, proposal, service_request
from service.knowledge.library import Library
from service.triage.assessment import Suggestion as Order
from service.triage.findings import Finding
from service.triage.rules import Tier

_NAMESPACE = UUID("6a5d5c57-35cd-5c6d-9a53-51a1cbb0d1e3")
_BASE = "https://legtriage.example.org"
_TOPICS = f"{_BASE}/fhir/CodeSystem/card-topic"
_REASONS = f"{_BASE}/fhir/CodeSystem/override-reason"
Indicator = Literal["info", "warning", "critical"]
_INDICATORS: Mapping[str, Indicator] = {"critical": "critical", "warning": "warning"}

OVERRIDE_REASONS = tuple(
    OverrideReason(code, _REASONS, display)
    for code, display in (
        ("already-done", "Already done or under way"),
        ("other-diagnosis", "Another diagnosis explains the picture"),
        ("not-indicated", "Not indicated for this patient"),
        ("patient-declined", "The patient declined"),
        ("not-available", "Not available here in time"),
        ("data-wrong", "The recorded data are wrong or out of date"),
    )
)


@dataclass(frozen=True, slots=True)
class Advised:
    """A card with what it is about: its topic, the tier it speaks of, its rules, and the order of each suggestion.

    The topic is finer than that on the wire: the same one stands for the same advice to the same patient.
    """

    card: Card
    topic: str
    tier: Tier | None = None
    rules: tuple[str, ...] = ()
    orders: Mapping[str, str] = field(default_factory=dict)


class CardMaker:
    """Makes cards about one patient. The same content for the same patient is the same card."""

    def __init__(self, library: Library, *, patient_id: str, encounter_id: str | None) -> None:
        """Make cards with the words and sources of this library."""
        self.library = library
        self.knowledge = library.knowledge
        self.patient_id = patient_id
        self.encounter_id = encounter_id
        self._lines: dict[Finding, str] = {}

    def card(
        self,
        name: str,
        summary: str,
        indicator: Indicator,
        detail: str,
        *,
        suggestions: Sequence[Suggestion] = (),
        evidence: Iterable[str] = (),
        tier: Tier | None = None,
        rules: Iterable[str] = (),
        orders: Mapping[str, str] | None = None,
        choose: SelectionBehavior = "any",
        for_patient: bool = False,
    ) -> Advised:
        """One card.

        `name` is what the card is about, in kebab case; its first word is the topic on the wire. A patient is not
        offered a clinician's reasons for overriding.
        """
        topic = f"leg-pain-{name.split('-', maxsplit=1)[0]}"
        card = Card(
            uuid=self.uuid(f"{name} {summary} {detail}"),
            summary=one_line(summary),
            indicator=indicator,
            detail=detail,
            source=Source(label="legtriage", url=_BASE, topic=Coding(topic, _TOPICS, "Leg pain triage")),
            suggestions=tuple(suggestions),
            selection_behavior=choose if suggestions else None,
            override_reasons=() if for_patient else OVERRIDE_REASONS,
            links=self._links(evidence),
        )
        return Advised(card, name, tier, tuple(dict.fromkeys(rules)), orders or {})

    def suggestion(self, label: str, name: str, actions: Sequence[Action], *, recommended: bool) -> Suggestion:
        """A suggestion to carry out these actions together."""
        return Suggestion(
            label=one_line(label, 80),
            uuid=self.uuid(f"suggestion {name}"),
            actions=tuple(actions),
            is_recommended=recommended,
        )

    def propose(self, order: Order, now: datetime) -> Suggestion:
        """A suggestion to place this order as a draft."""
        subject = {"reference": f"Patient/{self.patient_id}"}
        resource = service_request(proposal(order), self.library, now, subject=subject, encounter_id=self.encounter_id)
        action = Action(type="create", description=one_line(order_description(order)), resource=resource)
        return self.suggestion(
            wording.order_title(order),
            f"{order.order} {order.side}",
            [action],
            recommended=bool(order.tier and order.tier.is_hot),
        )

    def uuid(self, name: str) -> str:
        """The identity of what has this name, for this patient, visit and knowledge."""
        return str(uuid5(_NAMESPACE, f"{self.patient_id} {self.encounter_id} {self.knowledge.digest} {name}"))

    def tier_indicator(self, tier: Tier | None) -> Indicator:
        """How a card of this tier stands out."""
        return _INDICATORS.get(self.knowledge.tiers[tier].indicator, "info") if tier else "info"

    def finding_lines(self, findings: Iterable[Finding]) -> Iterable[str]:
        """Each finding with where it was read, as items of a Markdown list one step in."""
        for finding in findings:
            line = self._lines.get(finding)
            if line is None:
                statement = escape_markdown(wording.statement(finding, self.knowledge))
                line = self._lines[finding] = f"  - {statement} ({escape_markdown(wording.sources(finding))})"
            yield line

    def _links(self, references: Iterable[str]) -> tuple[Link, ...]:
        sources = dict.fromkeys(self.library.evidence_for(reference) for reference in references)
        return tuple(Link(label=one_line(s.title, 80), url=s.url) for s in sources if s and s.url)


def incomplete_card(patient_id: str, missing: Sequence[str]) -> Advised:
    """The card for a patient whose complaint, if there is one, may be hidden in data that were not received."""
    names = ", ".join(missing)
    card = Card(
        uuid=str(uuid5(_NAMESPACE, f"{patient_id} incomplete {names}")),
        summary=one_line(f"Leg pain triage not done, data not received: {names}"),
        indicator="info",
        detail=f"Whether there is a leg complaint is unknown. Not received: {escape_markdown(names)}.",
        source=Source(label="legtriage", url=_BASE, topic=Coding("leg-pain-incomplete", _TOPICS, "Leg pain triage")),
    )
    return Advised(card, "incomplete")


def sections(parts: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Markdown with a heading for every part that has lines; no line twice in a part."""
    told = ((title, list(dict.fromkeys(lines))) for title, lines in parts)
    return "\n\n".join(f"**{title}**\n\n" + "\n".join(lines) for title, lines in told if lines)
