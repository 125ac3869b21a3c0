"""Assessment -> CDS Hooks cards: few, most urgent first, each with its reasons."""

from collections.abc import Sequence
from datetime import datetime

from cds_hooks.text import escape_markdown
from service.advice import wording
from service.advice.card_maker import Advised, CardMaker, Indicator, sections
from service.triage.assessment import Assessment, Question, Suggestion
from service.triage.findings import SYMPTOM_SIDE
from service.triage.rules import Tier

MOST_CARDS = 4
MOST_NOTES = 10
_RANK = {"critical": 0, "warning": 1, "info": 2}


class Cards:
    """Makes the cards of one assessment for one patient."""

    def __init__(
        self,
        assessment: Assessment,
        maker: CardMaker,
        *,
        notes: Sequence[str],
        not_received: Sequence[str],
        now: datetime,
    ) -> None:
        """Keep what the cards are made of; `not_received` names the data that stayed unknown."""
        self.assessment = assessment
        self.maker = maker
        self.knowledge = maker.knowledge
        self.notes = notes
        self.not_received = not_received
        self.now = now

    def make(self) -> list[Advised]:
        """At most four cards, most urgent first; none for a patient without a leg complaint."""
        if not self.assessment.in_scope:
            return []
        questions = [self.questions_card()] if self._worth_asking() else []
        decisions = self._decisions()
        shown = decisions[: MOST_CARDS - 1 - len(questions)]
        folded = [order for _, orders in decisions[len(shown) :] for order in orders]
        others = [*(self._decision_card(kind, orders) for kind, orders in shown), *questions]
        return [self._summary_card(folded), *sorted(others, key=lambda made: _RANK[made.card.indicator])]

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

    def _summary_card(self, folded: Sequence[Suggestion]) -> Advised:
        assessment = self.assessment
        reasons = assessment.urgency.because
        lines = [f"- **{wording.reason_title(reason)}** [{', '.join(reason.evidence)}]" for reason in reasons]
        lines.extend(line for reason in reasons for line in self.maker.finding_lines(reason.findings))
        for consideration in assessment.considerations:
            for score in consideration.scores:
                if all(entry.trace.truth is None for entry in score.items):
                    continue
                lines.append(f"- **{wording.score_line(score)}**")
                lines.extend(f"  - {escape_markdown(item)}" for item in wording.score_items(score, self.knowledge))
                if score.settled_by:
                    keys = ", ".join(wording.label(key, self.knowledge) for key in score.settled_by)
                    lines.append(f"  - would settle it: {keys}")
        parts = [
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
        return self.maker.card(
            "summary",
            wording.headline(assessment, self.knowledge),
            self._indicator(),
            sections(parts),
            evidence=[item for reason in reasons for item in reason.evidence],
            tier=assessment.urgency.tier,
            rules=[reason.rule for reason in reasons],
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

    def _decision_card(self, kind: str, orders: Sequence[Suggestion]) -> Advised:
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
            lines.extend(self.maker.finding_lines(found.findings))
        proposals = [(self.maker.propose(o, self.now), o.order) for o in orders if o.side or not o.lateral]
        return self.maker.card(
            f"{kind}-{tier}",
            f"{'Refer' if kind == 'referral' else 'Order'}: {first}{more}",
            self._indicator() if tier is self.assessment.urgency.tier else self.maker.tier_indicator(tier),
            "\n".join(dict.fromkeys(lines)),
            suggestions=[suggestion for suggestion, _ in proposals],
            evidence=[item for order in orders for item in order.evidence],
            tier=tier,
            rules=[reason.rule for order in orders for reason in order.because],
            orders={suggestion.uuid: order for suggestion, order in proposals},
        )

    def questions_card(self) -> Advised:
        """The questions worth asking, best first."""
        questions = self.assessment.questions
        raises = [question.could_raise_to for question in questions if question.could_raise_to]
        top = max(raises, key=lambda tier: tier.rank, default=None)
        could = f" (could be {self.knowledge.tiers[top].name.lower()})" if top else ""
        count = "One question" if len(questions) == 1 else f"{len(questions)} questions"
        return self.maker.card(
            "questions",
            f"{count} to ask now{could}: {questions[0].text}",
            "warning" if top and top.is_hot else "info",
            "\n".join(f"{n}. {self._question(question)}" for n, question in enumerate(questions, 1)),
            tier=top,
        )

    def _question(self, question: Question) -> str:
        if question.could_raise_to is None:
            return f"{question.text} (changes what to order)"
        return f"{question.text} (could raise to {self.knowledge.tiers[question.could_raise_to].name.lower()})"

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
        own = self.maker.tier_indicator(urgency.tier)
        if urgency.tier is Tier.SAME_DAY and urgency.could_be is Tier.EMERGENCY:
            return "critical"
        if own == "info" and urgency.could_be and urgency.could_be.is_hot:
            return "warning"
        return own
