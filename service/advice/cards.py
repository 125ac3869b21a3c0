"""Assessment -> CDS Hooks cards: few, most urgent first, each with its reasons."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from cds_hooks.cards import Action, Card, Coding, Link, OverrideReason, Source
from cds_hooks.cards import Suggestion as CardSuggestion
from cds_hooks.text import escape_markdown, one_line
from service.advice import wording
from service.advice.orders import order_description, service_request
from service.knowledge.library import Library
from service.triage.assessment import Assessment, Question, Reason, Suggestion
from service.triage.findings import SYMPTOM_SIDE, Finding
from service.triage.rules import Tier

MOST_CARDS = 4
MOST_NOTES = 10
_NAMESPACE = UUID("6a5d5c57-35cd-5c6d-9a53-51a1cbb0d1e3")
_BASE = "https://legtriage.example.org"
_TOPICS = f"{_BASE}/fhir/CodeSystem/card-topic"
_REASONS = f"{_BASE}/fhir/CodeSystem/override-reason"
_RANK = {"critical": 0, "warning": 1, "info": 2}
Indicator = Literal["info", "warning", "critical"]

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


class Cards:
    """Makes the cards of one assessment for one patient."""

    def __init__(
        self,
        assessment: Assessment,
        library: Library,
        *,
        patient_id: str,
        encounter_id: str | None,
        notes: Sequence[str],
        not_received: Sequence[str],
        now: datetime,
    ) -> None:
        """Keep what the cards are made of; `not_received` names the data that stayed unknown."""
        self.assessment = assessment
        self.library = library
        self.knowledge = library.knowledge
        self.patient_id = patient_id
        self.encounter_id = encounter_id
        self.notes = notes
        self.not_received = not_received
        self.now = now
        self._lines: dict[Finding, str] = {}

    def make(self) -> list[Card]:
        """At most four cards, most urgent first; none for a patient without a leg complaint."""
        if not self.assessment.in_scope:
            return []
        questions = [self._questions_card()] if self._worth_asking() else []
        decisions = self._decisions()
        shown = decisions[: MOST_CARDS - 1 - len(questions)]
        folded = [order for _, orders in decisions[len(shown) :] for order in orders]
        others = [*(self._decision_card(kind, orders) for kind, orders in shown), *questions]
        return [self._summary_card(folded), *sorted(others, key=lambda card: _RANK[card.indicator])]

    def _worth_asking(self) -> bool:
        """Whether an answer could change the tier, or the orders while there is time to ask."""
        urgent = self.assessment.urgency.tier is Tier.EMERGENCY
        return any(
            question.could_raise_to or not urgent or question.finding == SYMPTOM_SIDE
            for question in self.assessment.questions
        )

    def _decisions(self) -> list[tuple[str, list[Suggestion]]]:
        """The orders that are not yet placed, as decisions: by tier, tests apart from referrals."""
        groups: dict[tuple[int, int], tuple[str, list[Suggestion]]] = {}
        for kind, orders in (("workup", self.assessment.workup), ("referral", self.assessment.referrals)):
            for order in orders:
                if order.already:
                    continue
                urgency = order.tier.rank if order.tier else -1
                # In an emergency the call to the right team comes before the tests.
                referral_first = order.tier is Tier.EMERGENCY
                place = (-urgency, int((kind == "referral") != referral_first))
                groups.setdefault(place, (kind, []))[1].append(order)
        return [groups[place] for place in sorted(groups)]

    def _summary_card(self, folded: Sequence[Suggestion]) -> Card:
        assessment = self.assessment
        reasons = assessment.urgency.because
        lines = [f"- **{wording.reason_title(reason)}** [{', '.join(reason.evidence)}]" for reason in reasons]
        lines.extend(line for reason in reasons for line in self._finding_lines(reason))
        for consideration in assessment.considerations:
            for score in consideration.scores:
                if all(entry.trace.truth is None for entry in score.items):
                    continue
                lines.append(f"- **{wording.score_line(score)}**")
                lines.extend(f"  - {escape_markdown(item)}" for item in wording.score_items(score, self.knowledge))
                if score.settled_by:
                    keys = ", ".join(wording.label(key, self.knowledge) for key in score.settled_by)
                    lines.append(f"  - would settle it: {keys}")
        sections = [
            ("Why", lines),
            ("Consider", self._considered()),
            ("Also", [f"- {wording.order_title(order)}" for order in folded]),
            ("Already ordered or done", self._already()),
            ("Avoid", [f"- {label}: {why}" for label, why in wording.avoidances(assessment)]),
            ("Advice", [f"- {text.text}" for text in assessment.advice]),
            ("Do not advise", [f"- {why}" for why in dict.fromkeys(w.because for w in assessment.withheld)]),
            ("Not received, so unknown", [f"- {escape_markdown(name)}" for name in self.not_received]),
            ("Data to check", self._data_notes()),
        ]
        return self._card(
            "summary",
            wording.headline(assessment, self.knowledge),
            self._indicator(),
            _detail(sections),
            evidence=[item for reason in assessment.urgency.because for item in reason.evidence],
        )

    def _considered(self) -> list[str]:
        """The conditions that are not unlikely, and which of them cannot be told apart."""
        shown = {c.condition: c.label for c in self.assessment.considerations if c.level != "unlikely"}
        lines = []
        for consideration in self.assessment.considerations:
            if consideration.condition in shown:
                others = [shown[o.pathway] for o in consideration.look_alikes if o.pathway in shown]
                apart = f"; cannot be told apart at the bedside from: {', '.join(others)}" if others else ""
                lines.append(f"- {consideration.label}: {consideration.level}{apart}")
        return lines

    def _decision_card(self, kind: str, orders: Sequence[Suggestion]) -> Card:
        tier = orders[0].tier
        first = wording.order_title(orders[0])
        more = f" and {len(orders) - 1} more" if len(orders) > 1 else ""
        lines: list[str] = []
        for order in orders:
            lines.append(f"- **{wording.order_title(order)}**")
            if order.contact:
                lines.append(f"  - Contact: {escape_markdown(order.contact)}")
            lines.extend(
                f"  - {wording.reason_title(reason)} [{', '.join(reason.evidence)}]" for reason in order.because
            )
            lines.extend(f"  - Caution: {caution.text}" for caution in order.cautions)
        for reason in dict.fromkeys(reason.rule for order in orders for reason in order.because):
            found = next(r for order in orders for r in order.because if r.rule == reason)
            lines.extend(self._finding_lines(found))
        return self._card(
            f"{kind}-{tier}",
            f"{'Refer' if kind == 'referral' else 'Order'}: {first}{more}",
            self._indicator() if tier is self.assessment.urgency.tier else self._tier_indicator(tier),
            "\n".join(dict.fromkeys(lines)),
            suggestions=tuple(self._suggestion(order) for order in orders if order.side or not order.lateral),
            evidence=[item for order in orders for item in order.evidence],
        )

    def _suggestion(self, order: Suggestion) -> CardSuggestion:
        action = Action(
            type="create",
            description=one_line(order_description(order)),
            resource=service_request(
                order, self.library, self.now, patient_id=self.patient_id, encounter_id=self.encounter_id
            ),
        )
        return CardSuggestion(
            label=one_line(wording.order_title(order), 80),
            uuid=self._uuid(f"suggestion {order.order} {order.side}"),
            actions=(action,),
            is_recommended=bool(order.tier and order.tier.is_hot),
        )

    def _questions_card(self) -> Card:
        questions = self.assessment.questions
        raises = [question.could_raise_to for question in questions if question.could_raise_to]
        top = max(raises, key=lambda tier: tier.rank, default=None)
        could = f" (could be {self.knowledge.tiers[top].name.lower()})" if top else ""
        count = "One question" if len(questions) == 1 else f"{len(questions)} questions"
        return self._card(
            "questions",
            f"{count} to ask now{could}: {questions[0].text}",
            "warning" if top and top.is_hot else "info",
            "\n".join(f"{n}. {self._question(question)}" for n, question in enumerate(questions, 1)),
        )

    def _question(self, question: Question) -> str:
        if question.could_raise_to is None:
            return f"{question.text} (changes what to order)"
        return f"{question.text} (could raise to {self.knowledge.tiers[question.could_raise_to].name.lower()})"

    def _finding_lines(self, reason: Reason) -> Iterable[str]:
        for finding in reason.findings:
            line = self._lines.get(finding)
            if line is None:
                statement = escape_markdown(wording.statement(finding, self.knowledge))
                line = self._lines[finding] = f"  - {statement} ({escape_markdown(wording.sources(finding))})"
            yield line

    def _already(self) -> list[str]:
        return [
            f"- {wording.order_title(order)}: {escape_markdown(', '.join(s.reference for s in order.already))}"
            for order in (*self.assessment.workup, *self.assessment.referrals)
            if order.already
        ]

    def _data_notes(self) -> list[str]:
        lines = [f"- {escape_markdown(note)}" for note in self.notes[:MOST_NOTES]]
        lines.extend(
            f"- sources disagree: used {escape_markdown(wording.statement(d.stands, self.knowledge))} "
            f"({escape_markdown(wording.sources(d.stands))}), set aside "
            f"{escape_markdown(wording.statement(d.set_aside, self.knowledge))} "
            f"({escape_markdown(wording.sources(d.set_aside))})"
            for d in self.assessment.disagreements
        )
        return lines

    def _indicator(self) -> Indicator:
        """The tier's indicator; an open threat to life or limb lifts it."""
        urgency = self.assessment.urgency
        own = self._tier_indicator(urgency.tier)
        if urgency.tier is Tier.SAME_DAY and urgency.could_be is Tier.EMERGENCY:
            return "critical"
        if own == "info" and urgency.could_be and urgency.could_be.is_hot:
            return "warning"
        return own

    def _tier_indicator(self, tier: Tier | None) -> Indicator:
        indicator = self.knowledge.tiers[tier].indicator if tier else "info"
        return "critical" if indicator == "critical" else "warning" if indicator == "warning" else "info"

    def _card(
        self,
        name: str,
        summary: str,
        indicator: Indicator,
        detail: str,
        *,
        suggestions: tuple[CardSuggestion, ...] = (),
        evidence: Sequence[str] = (),
    ) -> Card:
        return Card(
            uuid=self._uuid(f"{name} {summary} {detail}"),
            summary=one_line(summary),
            indicator=indicator,
            detail=detail,
            source=Source(
                label="legtriage",
                url=_BASE,
                topic=Coding(f"leg-pain-{name.split('-', maxsplit=1)[0]}", _TOPICS, "Leg pain triage"),
            ),
            suggestions=suggestions,
            selection_behavior="any" if suggestions else None,
            override_reasons=OVERRIDE_REASONS,
            links=self._links(evidence),
        )

    def _links(self, references: Sequence[str]) -> tuple[Link, ...]:
        sources = dict.fromkeys(self.library.evidence_for(reference) for reference in references)
        return tuple(Link(label=one_line(s.title, 80), url=s.url) for s in sources if s and s.url)

    def _uuid(self, name: str) -> str:
        return str(uuid5(_NAMESPACE, f"{self.patient_id} {self.encounter_id} {self.knowledge.digest} {name}"))


def incomplete_card(patient_id: str, missing: Sequence[str]) -> Card:
    """The card for a patient whose complaint, if there is one, may be hidden in data that were not received."""
    names = ", ".join(missing)
    return Card(
        uuid=str(uuid5(_NAMESPACE, f"{patient_id} incomplete {names}")),
        summary=one_line(f"Leg pain triage not done, data not received: {names}"),
        indicator="info",
        detail=f"Whether there is a leg complaint is unknown. Not received: {escape_markdown(names)}.",
        source=Source(label="legtriage", url=_BASE, topic=Coding("leg-pain-incomplete", _TOPICS, "Leg pain triage")),
    )


def _detail(sections: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Markdown with a heading for every section that has lines."""
    return "\n\n".join(f"**{title}**\n\n" + "\n".join(dict.fromkeys(lines)) for title, lines in sections if lines)
