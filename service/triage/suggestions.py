"""Fired rules -> orders: one suggestion for each test or referral, with all its reasons, and what to avoid."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from service.triage.assessment import Avoid, CautionNote, Reason, Suggestion
from service.triage.expressions import ordered_key
from service.triage.facts import Facts
from service.triage.findings import SYMPTOM_ONSET, SYMPTOM_SIDE, Finding, Side, Source, Status, merge_sides
from service.triage.findings import symptom_side as stated_side
from service.triage.knowledge import Knowledge, OrderDefinition, holds
from service.triage.rules import OrderAdvice, Rule


def avoidances(fired: Sequence[Rule], knowledge: Knowledge) -> tuple[tuple[Avoid, ...], frozenset[str]]:
    """What not to order, and the orders that are thereby withdrawn.

    A more urgent rule that needs the order stands against the advice to avoid it; at the same tier the advice
    withdraws the order.
    """
    wanted: dict[str, int] = defaultdict(lambda: -1)
    for rule in fired:
        for advice in rule.orders:
            wanted[advice.order] = max(wanted[advice.order], _rank(rule))
    kept: dict[tuple[str, str], Avoid] = {}
    for rule in fired:
        for avoid in rule.avoid:
            if _rank(rule) >= wanted[avoid.order]:
                label = knowledge.orders[avoid.order].label
                kept.setdefault((avoid.order, avoid.why), Avoid(avoid.order, label, avoid.why, rule.id, rule.evidence))
    return tuple(kept.values()), frozenset(order for order, _ in kept)


def suggestions(
    reasons: Sequence[Reason],
    fired: Sequence[Rule],
    withdrawn: frozenset[str],
    facts: Facts,
    knowledge: Knowledge,
) -> tuple[Suggestion, ...]:
    """One suggestion per order, most urgent first; `reasons` and `fired` speak of the same rules in order."""
    asked: dict[str, list[tuple[OrderAdvice, Reason]]] = defaultdict(list)
    for reason, rule in zip(reasons, fired, strict=True):
        for advice in rule.orders:
            if advice.order not in withdrawn:
                asked[advice.order].append((advice, reason))
    made = [_suggestion(order, entries, facts, knowledge) for order, entries in asked.items()]
    return tuple(sorted(made, key=lambda s: (-s.tier.rank if s.tier else 1, s.order)))


def _suggestion(
    order: str, entries: Sequence[tuple[OrderAdvice, Reason]], facts: Facts, knowledge: Knowledge
) -> Suggestion:
    definition = knowledge.orders[order]
    because = tuple(reason for _, reason in entries)
    tier = max((reason.tier for reason in because if reason.tier), key=lambda t: t.rank, default=None)
    most_urgent = [advice for advice, reason in entries if reason.tier is tier]
    side = None
    if definition.lateral:
        side = merge_sides(_side(reason.findings, facts, knowledge) for reason in because)
    return Suggestion(
        order=order,
        label=definition.label,
        lateral=definition.lateral,
        tier=tier,
        priority=knowledge.tiers[tier].priority if tier else None,
        within=min((advice.within for advice in most_urgent if advice.within), key=_hours, default=None),
        side=side,
        because=because,
        cautions=cautions_on(order, facts, knowledge),
        evidence=tuple(dict.fromkeys(item for reason in because for item in reason.evidence)),
        already=already_placed(order, side, facts),
        contact=definition.contact,
    )


def _rank(rule: Rule) -> int:
    return rule.tier.rank if rule.tier else -1


_UNIT_HOURS = {"H": 1, "D": 24, "W": 168}


def _hours(duration: str) -> int:
    """The length of the one-part ISO 8601 durations that rules use, such as PT4H, P1D or P2W."""
    return int(duration.strip("PTHDW")) * _UNIT_HOURS[duration[-1]]


def _side(findings: Iterable[Finding], facts: Facts, knowledge: Knowledge) -> Side | None:
    """The side a rule speaks of: that of its complaints, else of the symptoms in general, else of its signs."""
    lateral = [
        finding
        for finding in findings
        if finding.status is Status.PRESENT
        and finding.key in knowledge.findings
        and knowledge.findings[finding.key].lateral
    ]
    own = merge_sides(finding.side for finding in lateral if finding.key in knowledge.complaints)
    return own or symptom_side(facts, knowledge) or merge_sides(finding.side for finding in lateral)


def symptom_side(facts: Facts, knowledge: Knowledge) -> Side | None:
    """The side of the symptoms: as stated, else that of the current complaints."""
    stated = facts.current.get(SYMPTOM_SIDE)
    if stated is not None:
        return stated_side(stated.present)
    return merge_sides(
        finding.side for key in sorted(facts.present & knowledge.complaints) for finding in facts.current[key].present
    )


def cautions_on(order: str, facts: Facts, knowledge: Knowledge) -> tuple[CautionNote, ...]:
    """The warnings that hold for this order and this patient."""
    notes = []
    for caution in knowledge.cautions:
        if order in caution.orders and holds(caution.when, facts):
            findings = caution.when.explain(facts).supporting_findings()
            notes.append(CautionNote(caution.id, caution.text, caution.evidence, findings, caution.warns))
    return tuple(notes)


def pending_results(facts: Facts, knowledge: Knowledge) -> tuple[OrderDefinition, ...]:
    """The orders that were placed in this episode and of whose result nothing is known."""
    return tuple(
        order
        for order in knowledge.orders.values()
        if order.results and already_placed(order.key, None, facts) and facts.known.isdisjoint(order.results)
    )


def already_placed(order: str, side: Side | None, facts: Facts) -> tuple[Source, ...]:
    """Where the record already holds this order for this side, as far as it was placed since the symptoms began."""
    settled = facts.current.get(ordered_key(order))
    began = facts.current.get(SYMPTOM_ONSET)
    onset = min((f.value for f in began.present if isinstance(f.value, date)), default=None) if began else None
    return tuple(
        source
        for finding in (settled.present if settled else ())
        if side is None or finding.side in {side, Side.BILATERAL, None}
        if onset is None or finding.recorded is None or finding.recorded.date() >= onset
        for source in finding.sources
    )
