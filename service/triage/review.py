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
_MOST_DUE = 2


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

    `name` is how the record refers to it. `orders` are those of ours that its codes can mean. `side` is that of its
    body site, `coded_side` that of its code or words, which no body site can change. `acts` name what a medicine does,
    such as `nsaid`.
    """

    name: str
    orders: frozenset[str] = frozenset()
    side: Side | None = None
    coded_side: Side | None = None
    priority: str = "routine"
    acts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with one draft, and why.

    `order` is the order of ours that the draft means. `due` are the orders to place first or instead; `side` and
    `priority` are what the draft should say, where it should say something else. `sure` is False where the draft may
    still be right for another reason than the leg. `warns` marks a caution that must stand out.
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
    sure: bool = True
    warns: bool = False


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
        emergency = self.assessment.urgency.tier is Tier.EMERGENCY
        return min(draft.orders & spoken_of or (draft.orders if emergency else ()), default=None)

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
        elif self.knowledge.orders[order].lateral and _side_of(draft) is None and self.assessment.side:
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
                warns=any(caution.warns for caution in cautions),
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
        fired = [reason for reason in self.assessment.fired if reason.rule in rules]
        tier = max((reason.tier for reason in fired if reason.tier), key=lambda each: each.rank, default=None)
        blood = self.knowledge.orders[order].kind == "laboratory"
        return Objection(
            Fault.NOT_INDICATED,
            draft,
            order,
            _unique(entry.why for entry in avoid),
            evidence=_unique(item for entry in avoid for item in entry.evidence),
            findings=_unique(finding for reason in fired for finding in reason.findings),
            rules=tuple(sorted(rules)),
            due=self._instead([o for o in self.due if rules.intersection(reason.rule for reason in o.because)]),
            tier=tier if tier and tier.is_hot else None,
            sure=not blood or bool(tier and tier.is_hot),
        )

    def _instead(self, due: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
        """Of what is due, the tests that can stand in the place of a test, the most urgent first."""
        tests = [order for order in due if not self.knowledge.orders[order.order].is_referral]
        imaging = [order for order in tests if self.knowledge.orders[order.order].kind == "imaging"]
        return tuple((imaging or tests or list(due))[:_MOST_DUE])

    def _duplicate(self, draft: DraftOrder, order: str, place: int) -> Objection | None:
        twin = any(
            meant == order and (None in {_side_of(other), _side_of(draft)} or _side_of(other) is _side_of(draft))
            for other, meant in zip(self.drafts[:place], self.meant, strict=False)
        )
        if twin:
            return Objection(Fault.DUPLICATE, draft, order, ("The same order stands twice among these orders.",))
        kind = self.knowledge.orders[order].kind
        repeat_due = any(self.knowledge.orders[other].repeat_of == order for other in self.suggested)
        if kind == "laboratory" or repeat_due:  # Blood is taken again for good reasons; cautions speak of the others.
            return None
        placed = already_placed(order, _side_of(draft), self.facts)
        where = ", ".join(_unique(source.reference for source in placed if source.reference != draft.name))
        if not where:
            return None
        return Objection(Fault.DUPLICATE, draft, order, (f"Perhaps ordered or done already: {where}.",), sure=False)

    def _other_first(self, draft: DraftOrder, order: str) -> Objection | None:
        """An order that nothing asks for while another is due soon: a scan of the leg, in an emergency any order.

        What is for the other leg, or for another part of the body, is nobody's concern here.
        """
        definition = self.knowledge.orders[order]
        emergency = self.assessment.urgency.tier is Tier.EMERGENCY
        if order in self.suggested or not (emergency or (definition.kind == "imaging" and definition.lateral)):
            return None
        side = _side_of(draft)
        soon = self._instead(
            [
                other
                for other in self.due
                if other.tier and other.tier.is_hot
                if emergency or self.knowledge.orders[other.order].kind == "imaging"
                if None in {side, other.side} or Side.BILATERAL in {side, other.side} or side is other.side
            ]
        )
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
    told = {side for side in (draft.side, draft.coded_side) if side and side is not Side.BILATERAL}
    if suggested.lateral and suggested.side and (told - {suggested.side} or _side_of(draft) is None):
        yield Objection(
            Fault.WRONG_SIDE if told else Fault.SIDE_MISSING,
            draft,
            suggested.order,
            (f"The complaint is {_of(suggested.side)}.",),
            suggested.evidence,
            findings,
            rules,
            # What the code itself says of the side cannot be put right but by another order.
            due=(suggested,) if draft.coded_side and draft.coded_side is not suggested.side else (),
            side=suggested.side,
            sure=not told,
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


def _side_of(draft: DraftOrder) -> Side | None:
    return draft.side or draft.coded_side


def _titles(suggestion: Suggestion) -> str:
    return "; ".join(_unique(reason.title for reason in suggestion.because if reason.tier is suggestion.tier))


def _of(side: Side) -> str:
    return "of both sides" if side is Side.BILATERAL else f"of the {side.value} side"


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
