"""The conditions that the present facts bring to mind, weighed together."""

from collections.abc import Sequence

from service.triage.assessment import Consideration, Reason
from service.triage.facts import Facts
from service.triage.findings import Finding, Status
from service.triage.index import OpenRules
from service.triage.knowledge import Knowledge, holds
from service.triage.rules import Pathway

_LEVELS = ("likely", "possible", "unlikely")


def weigh(
    fired: Sequence[Reason], still_open: OpenRules, facts: Facts, knowledge: Knowledge
) -> tuple[Consideration, ...]:
    """The conditions to keep in mind, likely ones first, then the more urgent.

    What speaks against a condition stands beside it and lowers it at most to unlikely; it never lowers a tier. Two
    that cannot be told apart at the bedside name each other as long as both are considered.
    """
    pathways = knowledge.considered(facts)
    names = {pathway.id for pathway in pathways}
    ranked = []
    for pathway in pathways:
        own = [reason for reason in fired if reason.pathway == pathway.id]
        level = _level(pathway, facts)
        consideration = Consideration(
            condition=pathway.id,
            label=pathway.title,
            level=level,
            scores=tuple(score.evaluate(facts) for score in pathway.scores),
            because=_because(pathway, own, facts),
            against=_against(pathway, facts),
            look_alikes=tuple(other for other in knowledge.look_alikes[pathway.id] if other.pathway in names),
            still_open=still_open.of_pathways([pathway.id]),
        )
        urgency = max((reason.tier.rank for reason in own if reason.tier), default=-1)
        ranked.append((_LEVELS.index(level), -urgency, pathway.id, consideration))
    return tuple(consideration for *_, consideration in sorted(ranked, key=lambda entry: entry[:3]))


def _level(pathway: Pathway, facts: Facts) -> str:
    if holds(pathway.likely, facts):
        return "likely"
    return "unlikely" if holds(pathway.unlikely, facts) else "possible"


def _because(pathway: Pathway, fired: Sequence[Reason], facts: Facts) -> tuple[Finding, ...]:
    supporting = [
        *pathway.considers.explain(facts).supporting_findings(),
        *(finding for reason in fired for finding in reason.findings),
    ]
    return tuple(dict.fromkeys(finding for finding in supporting if finding.status is Status.PRESENT))


def _against(pathway: Pathway, facts: Facts) -> tuple[Finding, ...]:
    contrary = [condition for condition in (pathway.unlikely, pathway.against) if holds(condition, facts)]
    return tuple(dict.fromkeys(f for condition in contrary for f in condition.explain(facts).supporting_findings()))
