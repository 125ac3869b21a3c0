"""Orders about to be placed -> what the triage says against them. Nothing is said against the right order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from service.triage.assessment import Assessment, Suggestion
from service.triage.facts import Facts
from service.triage.findings import Finding, Side
from service.triage.knowledge import Knowledge, holds
from service.triage.rules import Tier
from service.triage.suggestions import already_placed, cautions_on

T = TypeVar("T")
_PRIORITIES = ("routine", "urgent", "asap", "stat")


class Fault(StrEnum):
    """What can be wrong with an order, the gravest first."""

    UNSAFE = "unsafe"
    NOT_INDICATED = "not-indicated"
    OTHER_TEST_FIRST = "other-test-first"
    DUPLICATE = "duplicate"
    WRONG_SIDE = "wrong-side"
    SIDE_MISSING = "side-missing"
    TOO_SLOW = "too-slow"
    CAUTION = "caution"


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """An order about to be placed: a test or referral, or a medicine that does what advice may do.

    `name` is how the record refers to it. `orders` are those of ours that its codes can mean; `acts` name what a
    medicine does, such as `nsaid`.
    """

    name: str
    orders: frozenset[str] = frozenset()
    side: Side | None = None
    priority: str = "routine"
    acts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with one draft, and why.

    `order` is the order of ours that the draft means. `due` are the orders to place first or instead; `side` and
    `priority` are what the draft should say, where it should say something else.
    """

    fault: Fault
    draft: DraftOrder
    order: str | None
    why: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    rules: tuple[str, ...] = ()
    due: tuple[Suggestion, ...] = ()
    side: Side | None = None
    priority: str | None = None
    tier: Tier | None = None


def review_orders(
    drafts: Sequence[DraftOrder], assessment: Assessment, facts: Facts, knowledge: Knowledge
) -> tuple[Objection, ...]:
    """What the triage says against these orders, the gravest first; nothing for a patient without a complaint."""
    if not assessment.in_scope:
        return ()
    review = _Review(drafts, assessment, facts, knowledge)
    objections = [objection for place in range(len(drafts)) for objection in review.objections(place)]
    gravity = list(Fault)
    return tuple(sorted(objections, key=lambda objection: gravity.index(objection.fault)))


class _Review:
    def __init__(
        self, drafts: Sequence[DraftOrder], assessment: Assessment, facts: Facts, knowledge: Knowledge
    ) -> None:
        self.drafts = drafts
        self.assessment = assessment
        self.facts = facts
        self.knowledge = knowledge
        self.suggested = {order.order: order for order in (*assessment.workup, *assessment.referrals)}
        self.meant = [self._meant(draft) for draft in drafts]
        drafted = set(self.meant)
        self.due = [
            order
            for order in self.suggested.values()
            if not order.already and order.order not in drafted and order.tier
        ]

    def _meant(self, draft: DraftOrder) -> str | None:
        """The order that the draft means: of several that its code can mean, the one the triage speaks of."""
        if len(draft.orders) == 1:
            return next(iter(draft.orders))
        spoken_of = {*self.suggested, *(avoid.order for avoid in self.assessment.avoid)}
        return min(draft.orders & spoken_of, default=None)

    def objections(self, place: int) -> Iterator[Objection]:
        """What is wrong with the draft at this place; a wrong test is not also told to be faster."""
        draft, order = self.drafts[place], self.meant[place]
        yield from self._unsafe(draft)
        if order is None:
            return
        wrong = self._wrong(draft, order, place)
        if wrong is not None:
            yield wrong
            return
        suggested = self.suggested.get(order)
        if suggested is not None:
            yield from _corrections(draft, suggested)
        elif self.knowledge.orders[order].lateral and draft.side is None and self.assessment.side:
            side = self.assessment.side
            yield Objection(Fault.SIDE_MISSING, draft, order, (f"The complaint is {_of(side)}.",), side=side)
        cautions = cautions_on(order, self.facts, self.knowledge)
        if cautions:
            yield Objection(
                Fault.CAUTION,
                draft,
                order,
                tuple(caution.text for caution in cautions),
                evidence=_unique(item for caution in cautions for item in caution.evidence),
                findings=_unique(finding for caution in cautions for finding in caution.findings),
            )

    def _unsafe(self, draft: DraftOrder) -> Iterator[Objection]:
        reasons = [
            reason
            for reason in self.knowledge.withholds
            if not reason.acts.isdisjoint(draft.acts) and holds(reason.when, self.facts)
        ]
        if reasons:
            yield Objection(
                Fault.UNSAFE,
                draft,
                None,
                _unique(reason.text for reason in reasons),
                evidence=_unique(item for reason in reasons for item in reason.evidence),
                findings=_unique(f for r in reasons for f in r.when.explain(self.facts).supporting_findings()),
            )

    def _wrong(self, draft: DraftOrder, order: str, place: int) -> Objection | None:
        return (
            self._not_indicated(draft, order) or self._duplicate(draft, order, place) or self._other_first(draft, order)
        )

    def _not_indicated(self, draft: DraftOrder, order: str) -> Objection | None:
        avoid = [entry for entry in self.assessment.avoid if entry.order == order]
        if not avoid:
            return None
        rules = {entry.rule for entry in avoid}
        return Objection(
            Fault.NOT_INDICATED,
            draft,
            order,
            _unique(entry.why for entry in avoid),
            evidence=_unique(item for entry in avoid for item in entry.evidence),
            findings=_unique(f for r in self.assessment.fired if r.rule in rules for f in r.findings),
            rules=tuple(sorted(rules)),
            due=tuple(other for other in self.due if rules.intersection(reason.rule for reason in other.because)),
        )

    def _duplicate(self, draft: DraftOrder, order: str, place: int) -> Objection | None:
        twin = any(
            meant == order and (other.side is None or draft.side is None or other.side is draft.side)
            for other, meant in zip(self.drafts[:place], self.meant, strict=False)
        )
        if twin:
            return Objection(Fault.DUPLICATE, draft, order, ("The same order stands twice among these orders.",))
        kind = self.knowledge.orders[order].kind
        repeat_due = any(self.knowledge.orders[other].repeat_of == order for other in self.suggested)
        if kind == "laboratory" or repeat_due:  # Blood is taken again for good reasons; cautions speak of the others.
            return None
        placed = already_placed(order, draft.side, self.facts)
        where = ", ".join(_unique(source.reference for source in placed if source.reference != draft.name))
        if not where:
            return None
        return Objection(Fault.DUPLICATE, draft, order, (f"Already ordered or done in this episode: {where}.",))

    def _other_first(self, draft: DraftOrder, order: str) -> Objection | None:
        """An imaging test that nothing asks for, while another one is due soon."""
        kind = self.knowledge.orders[order].kind
        if order in self.suggested or kind != "imaging":
            return None
        due = [other for other in self.due if self.knowledge.orders[other.order].kind == kind and other.tier]
        soon = tuple(other for other in due if other.tier and other.tier.is_hot)
        if not soon:
            return None
        return Objection(
            Fault.OTHER_TEST_FIRST,
            draft,
            order,
            tuple(f"{other.label} comes first: {_titles(other)}." for other in soon),
            evidence=_unique(item for other in soon for item in other.evidence),
            findings=_unique(f for other in soon for reason in other.because for f in reason.findings),
            rules=_unique(reason.rule for other in soon for reason in other.because),
            due=soon,
            tier=soon[0].tier,
        )


def _corrections(draft: DraftOrder, suggested: Suggestion) -> Iterator[Objection]:
    """Where the right test is ordered for the wrong or no side, or too slowly."""
    findings = _unique(finding for reason in suggested.because for finding in reason.findings)
    rules = _unique(reason.rule for reason in suggested.because)
    if suggested.lateral and suggested.side and draft.side is not suggested.side:
        fault = Fault.SIDE_MISSING if draft.side is None else Fault.WRONG_SIDE
        if draft.side is not Side.BILATERAL:
            why = (f"The complaint is {_of(suggested.side)}.",)
            yield Objection(
                fault, draft, suggested.order, why, suggested.evidence, findings, rules, side=suggested.side
            )
    if suggested.priority and _PRIORITIES.index(draft.priority) < _PRIORITIES.index(suggested.priority):
        why = (f"{_titles(suggested)}: the priority is {suggested.priority}, not {draft.priority}.",)
        yield Objection(
            Fault.TOO_SLOW,
            draft,
            suggested.order,
            why,
            suggested.evidence,
            findings,
            rules,
            priority=suggested.priority,
            tier=suggested.tier,
        )


def _titles(suggestion: Suggestion) -> str:
    return "; ".join(_unique(reason.title for reason in suggestion.because if reason.tier is suggestion.tier))


def _of(side: Side) -> str:
    return "of both sides" if side is Side.BILATERAL else f"of the {side.value} side"


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
