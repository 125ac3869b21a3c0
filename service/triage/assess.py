"""The one function by which every road reaches a verdict."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from service.triage.assessment import Assessment, Consideration, Reason, Urgency
from service.triage.conflicts import settle
from service.triage.facts import Facts
from service.triage.findings import Finding, Status
from service.triage.knowledge import Knowledge, considered, holds
from service.triage.logic import Trace
from service.triage.questions import rank_questions
from service.triage.rules import AdviceKind, AdviceText, Pathway, Rule, Tier
from service.triage.suggestions import avoidances, suggestions

LOWEST = Tier.SELF_CARE


def assess(findings: Iterable[Finding], knowledge: Knowledge, now: datetime) -> Assessment:
    """Triage one patient: what the findings support, what they leave open, what to do, avoid and ask.

    The same findings, knowledge and moment always give the same assessment, in whatever order the findings come.
    Without a current leg complaint the patient is out of scope and nothing is said.
    """
    facts, disagreements = settle(findings, knowledge.red_flags, now)
    known = tuple(sorted(facts.findings(), key=_finding_order))
    if not any(finding.key in knowledge.complaints and _is_current(finding) for finding in known):
        return Assessment(
            created=now,
            in_scope=False,
            urgency=Urgency(tier=None, could_be=None),
            knowledge_version=knowledge.version,
            knowledge_digest=knowledge.digest,
            findings=known,
            disagreements=disagreements,
        )
    fired: list[Reason] = []
    still_open: list[Reason] = []
    rules: dict[str, Rule] = {}
    for rule, trace in knowledge.evaluate(facts):
        if trace.truth is False:
            continue
        rules[rule.id] = rule
        (fired if trace.truth else still_open).append(_reason(rule, trace))
    tier = _highest(fired, LOWEST)
    could_be = _highest(still_open, tier)
    fired_rules = [rules[reason.rule] for reason in fired]
    avoid, withdrawn = avoidances(fired_rules, knowledge)
    orders = suggestions(fired, fired_rules, withdrawn, facts, knowledge)
    return Assessment(
        created=now,
        in_scope=True,
        urgency=Urgency(
            tier=tier,
            could_be=could_be,
            target=knowledge.tiers[tier].target,
            because=tuple(reason for reason in fired if reason.tier is tier),
        ),
        knowledge_version=knowledge.version,
        knowledge_digest=knowledge.digest,
        considerations=_considerations(fired, still_open, facts, knowledge),
        workup=tuple(order for order in orders if not knowledge.orders[order.order].is_referral),
        referrals=tuple(order for order in orders if knowledge.orders[order.order].is_referral),
        avoid=avoid,
        advice=_advice(fired_rules, tier),
        questions=rank_questions(still_open, rules, tier, orders, knowledge),
        findings=known,
        disagreements=disagreements,
        fired=tuple(fired),
        open_reasons=tuple(still_open),
    )


def _is_current(finding: Finding) -> bool:
    return finding.status is Status.PRESENT and finding.temporality == "current"


def _finding_order(finding: Finding) -> tuple[str, str, str, str]:
    return finding.key, finding.temporality, finding.status, finding.side or ""


def _reason(rule: Rule, trace: Trace) -> Reason:
    findings = trace.supporting_findings() if trace.truth else ()
    return Reason(rule.id, rule.title, rule.pathway, rule.tier, rule.basis, rule.evidence, findings, trace)


def _highest(reasons: Iterable[Reason], floor: Tier) -> Tier:
    return max([floor, *(reason.tier for reason in reasons if reason.tier)], key=lambda tier: tier.rank)


def _advice(fired: Sequence[Rule], tier: Tier) -> tuple[AdviceText, ...]:
    """What the fired rules advise; when somebody must act today only the safety net is kept."""
    texts = dict.fromkeys(text for rule in fired for text in rule.advice)
    return tuple(text for text in texts if not tier.is_hot or text.kind is AdviceKind.SAFETY_NET)


def _considerations(
    fired: Sequence[Reason], still_open: Sequence[Reason], facts: Facts, knowledge: Knowledge
) -> tuple[Consideration, ...]:
    """The conditions that the present facts bring to mind, likely ones first, then the more urgent."""
    ranked = []
    for pathway in knowledge.pathways:
        if not considered(pathway, facts):
            continue
        consideration = _consideration(pathway, fired, still_open, facts)
        urgency = max((r.tier.rank for r in fired if r.pathway == pathway.id and r.tier), default=-1)
        ranked.append((_LEVELS.index(consideration.level), -urgency, pathway.id, consideration))
    return tuple(consideration for *_, consideration in sorted(ranked, key=lambda entry: entry[:3]))


_LEVELS = ("likely", "possible", "unlikely")


def _consideration(
    pathway: Pathway, fired: Sequence[Reason], still_open: Sequence[Reason], facts: Facts
) -> Consideration:
    unlikely = pathway.unlikely.evaluate(facts)
    level = "likely" if holds(pathway.likely, facts) else "unlikely" if unlikely.truth else "possible"
    supporting = [
        *pathway.considers.evaluate(facts).supporting_findings(),
        *(finding for reason in fired if reason.pathway == pathway.id for finding in reason.findings),
    ]
    missing = [key for reason in still_open if reason.pathway == pathway.id for key in reason.trace.missing_keys()]
    return Consideration(
        condition=pathway.id,
        label=pathway.title,
        level=level,
        scores=tuple(score.evaluate(facts) for score in pathway.scores),
        because=tuple(dict.fromkeys(f for f in supporting if f.status is Status.PRESENT)),
        against=unlikely.supporting_findings() if unlikely.truth else (),
        unknown=tuple(dict.fromkeys(missing)),
    )
