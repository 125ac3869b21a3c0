"""What is unknown and could still matter -> the few questions worth asking."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import nsmallest
from itertools import groupby, islice

from service.triage.assessment import Question, Suggestion
from service.triage.findings import SYMPTOM_SIDE
from service.triage.knowledge import Knowledge
from service.triage.rules import Rule, Tier, Verdict

Open = tuple[Rule, AbstractSet[str]]
"""A rule that is still open, with the keys that could settle it."""


def rank_questions(
    still_open: Sequence[Verdict],
    tier: Tier,
    orders: Sequence[Suggestion],
    pointless: AbstractSet[str],
    knowledge: Knowledge,
) -> tuple[Question, ...]:
    """The questions to ask next, best first, no more than the knowledge allows at once.

    `still_open` comes most urgent first; `pointless` are keys that this patient is not asked for. Ranked by how far
    an answer could raise the tier, then by the knowledge's order of asking. One place is kept for an answer that
    cannot raise the tier but settles an order, such as an open item of a score or the side of a scan.
    """
    most = knowledge.questions_at_once
    relevant = [*_relevant(still_open, tier, frozenset(order.order for order in orders))]
    missing = {at_tier: _missing(rules) for at_tier, rules in groupby(relevant, key=_tier)}
    settling_keys = missing.pop(tier, set())
    raising = [*islice(_raising(missing, pointless, knowledge), most)]
    side = [SYMPTOM_SIDE] if any(order.lateral and order.side is None for order in orders) else []
    only_settling = settling_keys.difference(*missing.values())
    settling = [*side, *_best((only_settling or settling_keys) - pointless - set(raising), knowledge)]
    kept = raising[: most - bool(settling)]
    return tuple(_question(key, relevant, tier, knowledge) for key in [*kept, *settling[: most - len(kept)]])


def _question(key: str, relevant: Sequence[Open], tier: Tier, knowledge: Knowledge) -> Question:
    settles = [rule for rule, missing in relevant if key in missing]
    # The rules come most urgent first, so the first one says how far the answer could raise the tier.
    highest = settles[0].tier if settles else None
    definition = knowledge.findings[key]
    return Question(
        finding=key,
        text=definition.question or "",
        patient_text=definition.patient_question,
        could_raise_to=highest if highest is not tier else None,
        settles=tuple(rule.id for rule in settles),
    )


def _relevant(still_open: Sequence[Verdict], tier: Tier, suggested: AbstractSet[str]) -> Iterator[Open]:
    """The open rules whose answer would change the tier, or add an order at the same tier."""
    for verdict in still_open:
        rule = verdict.rule
        if rule.tier is None or rule.tier.rank < tier.rank:
            return
        if rule.tier is not tier or any(advice.order not in suggested for advice in rule.orders):
            yield rule, verdict.missing()


def _raising(
    missing: Mapping[Tier | None, AbstractSet[str]], pointless: AbstractSet[str], knowledge: Knowledge
) -> Iterator[str]:
    """The keys that could raise the tier, most urgent tier first."""
    asked: set[str] = set()
    for keys in missing.values():
        best = _best(keys - pointless - asked, knowledge)
        asked.update(best)
        yield from best


def _tier(entry: Open) -> Tier | None:
    return entry[0].tier


def _missing(rules: Iterable[Open]) -> set[str]:
    return set().union(*(missing for _, missing in rules))


def _best(keys: Iterable[str], knowledge: Knowledge) -> list[str]:
    order = knowledge.asking_order
    return nsmallest(knowledge.questions_at_once, (key for key in keys if key in order), key=order.__getitem__)
