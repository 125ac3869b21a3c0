"""What is unknown and could still matter -> the few questions worth asking."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, islice

from service.triage.assessment import Question, Suggestion
from service.triage.findings import SYMPTOM_SIDE
from service.triage.index import OpenRules
from service.triage.knowledge import Knowledge
from service.triage.rules import Tier


def rank_questions(
    still_open: OpenRules,
    tier: Tier,
    orders: Sequence[Suggestion],
    not_asked: AbstractSet[str],
    knowledge: Knowledge,
) -> tuple[Question, ...]:
    """The questions to ask next, best first, no more than the knowledge allows at once.

    `not_asked` are keys that this patient is not asked for. Ranked by how far an answer could raise the tier, then
    by the knowledge's order of asking. One place is kept for an answer that cannot raise the tier but settles an
    order of a condition under consideration, such as an open item of a score, or the side of a scan.
    """
    most = knowledge.questions_at_once
    above = [still_open.of_tier(higher) for higher in Tier if higher.rank > tier.rank]
    adding = still_open.of_tier(tier).ordering_other_than(frozenset(order.order for order in orders))
    if above:  # In an emergency every other emergency counts, whether it came to mind or not.
        adding = adding.of_pathways(pathway.id for pathway in knowledge.considered(still_open.facts))
    raising = [*islice(_raising(above, not_asked, knowledge), most)]
    side = [SYMPTOM_SIDE] if any(order.lateral and order.side is None for order in orders) else []
    room = max(1, most - len(raising))
    settling = [*islice(chain(side, _settling(adding, above, not_asked | {*raising}, knowledge)), room)]
    kept = raising[: most - bool(settling)]
    relevant = adding
    for rules in above:
        relevant |= rules
    return tuple(_question(key, relevant, tier, knowledge) for key in [*kept, *settling[: most - len(kept)]])


def _question(key: str, relevant: OpenRules, tier: Tier, knowledge: Knowledge) -> Question:
    settles = [*relevant.missing(key)]
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


def _raising(above: Sequence[OpenRules], not_asked: AbstractSet[str], knowledge: Knowledge) -> Iterator[str]:
    """The keys that could raise the tier, most urgent tier first, in the order of asking."""
    asked = set(not_asked)
    for rules in above:
        if rules:
            for key in knowledge.asking_order:
                if key not in asked and _is_missing(key, rules):
                    asked.add(key)
                    yield key


def _settling(
    adding: OpenRules, above: Sequence[OpenRules], not_asked: AbstractSet[str], knowledge: Knowledge
) -> Iterator[str]:
    """The keys that settle an order at this tier, in the order of asking.

    Those that a rule of a higher tier looks at too are left out as long as there are others.
    """
    keys = [key for key in knowledge.asking_order if adding.look_at(key) and key not in not_asked]
    only = (key for key in keys if not any(rules.look_at(key) for rules in above) and _is_missing(key, adding))
    first = next(only, None)
    yield from chain([first], only) if first else (key for key in keys if _is_missing(key, adding))


def _is_missing(key: str, rules: OpenRules) -> bool:
    return next(rules.missing(key), None) is not None
