"""What is unknown and could still matter -> the few questions worth asking."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from service.triage.assessment import Question, Reason, Suggestion
from service.triage.knowledge import FindingDefinition, Knowledge
from service.triage.rules import Rule, Tier

_LAST = 1_000


def rank_questions(
    still_open: Sequence[Reason],
    rules: Mapping[str, Rule],
    tier: Tier,
    orders: Sequence[Suggestion],
    knowledge: Knowledge,
) -> tuple[Question, ...]:
    """The questions to ask next, best first, no more than the knowledge allows at once.

    Ranked by how far an answer could raise the tier, then by the clinical order of asking, then by how many
    rules it bears on. An answer that cannot raise the tier is asked only when it could add an order.
    """
    suggested = {order.order for order in orders}
    could_raise: dict[str, Tier | None] = {}
    settles: dict[str, list[str]] = defaultdict(list)
    for reason in still_open:
        raises = reason.tier if reason.tier and reason.tier.rank > tier.rank else None
        adds = reason.tier is tier and any(o.order not in suggested for o in rules[reason.rule].orders)
        if not raises and not adds:
            continue
        for key in reason.trace.missing_keys():
            definition = knowledge.findings.get(key)
            if definition and (definition.question or definition.patient_question):
                could_raise[key] = _higher(could_raise.get(key), raises)
                settles[key].append(reason.rule)
    if any(order.lateral and order.side is None for order in orders):
        could_raise.setdefault("symptom_side", None)
    ranked = sorted(could_raise, key=lambda key: _rank(knowledge.findings[key], could_raise[key], settles[key]))
    return tuple(
        Question(
            finding=key,
            text=knowledge.findings[key].question or knowledge.findings[key].patient_question or "",
            patient_text=knowledge.findings[key].patient_question,
            could_raise_to=could_raise[key],
            settles=tuple(settles[key]),
        )
        for key in ranked[: knowledge.questions_at_once]
    )


def _higher(first: Tier | None, second: Tier | None) -> Tier | None:
    tiers = [tier for tier in (first, second) if tier]
    return max(tiers, key=lambda tier: tier.rank, default=None)


def _rank(definition: FindingDefinition, raises: Tier | None, settles: Sequence[str]) -> tuple[int, int, int, str]:
    return (-raises.rank if raises else 1, definition.ask_rank or _LAST, -len(settles), definition.key)
