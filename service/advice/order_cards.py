"""Objections to draft orders -> cards: one for each order, with its correction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cds_hooks.cards import Action, SelectionBehavior, Suggestion
from cds_hooks.compact import pruned
from cds_hooks.text import escape_markdown, one_line
from service.advice.card_maker import Advised, CardMaker, Indicator
from service.advice.orders import body_site
from service.triage.review import Fault, Objection

MOST_CARDS = 4
_MEDICINE = "Anti-inflammatory"
_TITLES = {
    Fault.UNSAFE: "Check before prescribing",
    Fault.NOT_INDICATED: "Not the test for this question",
    Fault.OTHER_TEST_FIRST: "Another test comes first",
    Fault.DUPLICATE: "Ordered twice?",
    Fault.WRONG_SIDE: "Other side than the complaint",
    Fault.SIDE_MISSING: "Side missing",
    Fault.TOO_SLOW: "Too slow",
    Fault.CAUTION: "Before you order",
}
_INDICATORS: Mapping[Fault, Indicator] = {Fault.DUPLICATE: "info", Fault.CAUTION: "info"}
_TO_BE_REMOVED = frozenset({Fault.UNSAFE, Fault.NOT_INDICATED, Fault.OTHER_TEST_FIRST, Fault.DUPLICATE})


def order_cards(
    objections: Sequence[Objection], resources: Mapping[str, Mapping[str, Any]], maker: CardMaker, now: datetime
) -> list[Advised]:
    """One card for each draft that something is wrong with, the gravest first; `resources` are the drafts as sent."""
    by_draft: dict[str, list[Objection]] = {}
    for objection in objections:
        by_draft.setdefault(objection.draft.name, []).append(objection)
    cards = _OrderCards(resources, maker, now)
    made = [cards.card(name, against) for name, against in by_draft.items()]
    return sorted(made, key=lambda one: ("critical", "warning", "info").index(one.card.indicator))[:MOST_CARDS]


def unread_card(names: Sequence[str], maker: CardMaker) -> Advised:
    """That some drafts could not be read, so that silence about them is not taken for consent."""
    told = ", ".join(names)
    detail = f"Not held against the leg complaint: {escape_markdown(told)}."
    return maker.card(f"order-unread-{told}", f"Draft orders that could not be read: {told}", "info", detail)


class _OrderCards:
    def __init__(self, resources: Mapping[str, Mapping[str, Any]], maker: CardMaker, now: datetime) -> None:
        self.resources = resources
        self.maker = maker
        self.now = now

    def card(self, name: str, objections: Sequence[Objection]) -> Advised:
        gravest = objections[0]
        label = self._label(gravest)
        lines: list[str] = []
        for objection in objections:
            lines.append(f"- **{_TITLES[objection.fault]}**: {escape_markdown(label)}")
            lines.extend(f"  - {why}" for why in objection.why)
            lines.extend(self.maker.finding_lines(objection.findings))
        suggestions, orders = self._suggestions(name, label, objections)
        tier = max((o.tier for o in objections if o.tier), key=lambda tier: tier.rank, default=None)
        indicator = self.maker.tier_indicator(tier) if tier else self._indicator(objections)
        choose: SelectionBehavior = "at-most-one" if gravest.fault in _TO_BE_REMOVED or gravest.due else "any"
        return self.maker.card(
            f"order-{gravest.order or _MEDICINE.lower()}-{gravest.fault}-{name}",
            f"{_TITLES[gravest.fault]}: {label}. {gravest.why[0]}",
            indicator,
            "\n".join(dict.fromkeys([*lines, f"- Draft: {escape_markdown(name)}"])),
            suggestions=suggestions,
            evidence=[item for objection in objections for item in objection.evidence],
            tier=tier,
            rules=[rule for objection in objections for rule in objection.rules],
            orders=orders,
            choose=choose,
        )

    @staticmethod
    def _indicator(objections: Sequence[Objection]) -> Indicator:
        gravest = objections[0]
        if any(objection.warns for objection in objections):
            return "warning"
        blood_for_another_reason = gravest.fault is Fault.NOT_INDICATED and not gravest.sure
        return "info" if blood_for_another_reason else _INDICATORS.get(gravest.fault, "warning")

    def _label(self, objection: Objection) -> str:
        return self.maker.knowledge.orders[objection.order].label if objection.order else _MEDICINE

    def _suggestions(
        self, name: str, label: str, objections: Sequence[Objection]
    ) -> tuple[list[Suggestion], dict[str, str]]:
        """How to put the draft right: take it out, put another in its place, or change the draft itself."""
        if name not in self.resources:  # Without an id nobody can be told which draft is meant.
            return [], {}
        gravest = objections[0]
        if gravest.fault in _TO_BE_REMOVED or gravest.due:
            return self._removal(name, label, gravest)
        correction = self._corrected(name, objections)
        return ([correction], {correction.uuid: gravest.order or ""}) if correction else ([], {})

    def _removal(self, name: str, label: str, objection: Objection) -> tuple[list[Suggestion], dict[str, str]]:
        delete = Action(type="delete", description=one_line(f"Remove the draft: {label}"), resource_id=name)
        due = [order for order in objection.due if order.side or not order.lateral]
        # Where another test only comes first, the draft may stay for what else it is for.
        beside = objection.fault is Fault.OTHER_TEST_FIRST
        suggestions, orders = [], {}
        if due:
            proposals = [self.maker.propose(order, self.now) for order in due]
            words = f"{'Also order' if beside else 'Replace by'}: {', '.join(order.label for order in due)}"
            creates = [action for proposal in proposals for action in proposal.actions]
            actions = creates if beside else [delete, *creates]
            first = self.maker.suggestion(words, f"{name} {words}", actions, recommended=objection.sure)
            suggestions.append(first)
            orders[first.uuid] = " ".join(order.order for order in due)
        sure = objection.sure and not due and objection.fault is not Fault.UNSAFE
        remove = self.maker.suggestion(f"Remove: {label}", f"remove {name}", [delete], recommended=sure)
        return [*suggestions, remove], orders

    def _corrected(self, name: str, objections: Sequence[Objection]) -> Suggestion | None:
        side = next((objection.side for objection in objections if objection.side), None)
        priority = next((objection.priority for objection in objections if objection.priority), None)
        if not side and not priority:
            return None
        resource = pruned(dict(self.resources[name]))
        changes = []
        if side:
            resource["bodySite"] = [body_site(side)]
            changes.append(f"side: {side.value}")
        if priority:
            resource["priority"] = priority
            changes.append(f"priority: {priority}")
        words = f"Change to {', '.join(changes)}"
        action = Action(type="update", description=words, resource=resource)
        sure = all(objection.fault is not Fault.WRONG_SIDE for objection in objections)
        return self.maker.suggestion(words, f"update {name} {words}", [action], recommended=sure)
