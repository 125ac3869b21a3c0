"""What is unknown and could still matter -> the few questions worth asking."""

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import groupby

from service.triage.assessment import Question, Suggestion, Verdict
from service.triage.facts import Facts
from service.triage.findings import SYMPTOM_SIDE
from service.triage.knowledge import Knowledge
from service.triage.rules import Rule, Tier


def rank_questions(
    still_open: Sequence[Verdict],
    tier: Tier,
    orders: Sequence[Suggestion],
    facts: Facts,
    knowledge: Knowledge,
) -> tuple[Question, ...]:
    """The questions to ask next, best first, no more than the knowledge allows at once.

    `still_open` comes most urgent first. Ranked by how far an answer could raise the tier, then by the knowledge's
    order of asking. An answer that cannot raise the tier is asked only when it could add an order or settles the
    side of one.
    """
    suggested = frozenset(order.order for order in orders)
    pointless = knowledge.pointless_questions(facts)
    asked: dict[str, Tier | None] = {}
    relevant: list[Verdict] = []
    for at_tier, group in groupby(still_open, key=_tier):
        if at_tier is None or at_tier.rank < tier.rank or len(asked) >= knowledge.questions_at_once:
            break
        raises = at_tier.rank > tier.rank
        verdicts = [verdict for verdict in group if raises or _adds_an_order(verdict[0], suggested)]
        missing = {key for _, trace in verdicts for key in trace.missing_keys()}
        for key in _best(missing - pointless, knowledge):
            asked.setdefault(key, at_tier if raises else None)
        relevant += verdicts
    if any(order.lateral and order.side is None for order in orders):
        asked.setdefault(SYMPTOM_SIDE, None)
    return tuple(
        Question(
            finding=key,
            text=knowledge.findings[key].question or "",
            patient_text=knowledge.findings[key].patient_question,
            could_raise_to=could_raise_to,
            settles=tuple(rule.id for rule, trace in relevant if key in trace.missing_keys()),
        )
        for key, could_raise_to in [*asked.items()][: knowledge.questions_at_once]
    )


def _tier(verdict: Verdict) -> Tier | None:
    return verdict[0].tier


def _adds_an_order(rule: Rule, suggested: frozenset[str]) -> bool:
    return any(advice.order not in suggested for advice in rule.orders)


def _best(keys: Iterable[str], knowledge: Knowledge) -> list[str]:
    order = knowledge.asking_order
    return nsmallest(knowledge.questions_at_once, (key for key in keys if key in order), key=order.__getitem__)
