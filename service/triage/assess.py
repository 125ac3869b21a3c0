"""The one function by which every road reaches a verdict."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from service.triage.assessment import Assessment, Reason, Urgency, Withheld
from service.triage.conflicts import settle
from service.triage.considerations import weigh
from service.triage.facts import Facts
from service.triage.findings import SYMPTOM_SIDE, Finding, Status
from service.triage.index import OpenRules
from service.triage.knowledge import Knowledge, holds
from service.triage.questions import rank_questions
from service.triage.rules import AdviceKind, AdviceText, Rule, Tier, Withholding
from service.triage.suggestions import avoidances, suggestions, symptom_side

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
    fired_rules, still_open = knowledge.index.judge(facts)
    fired = [_reason(rule, facts) for rule in fired_rules]
    tier = _highest(fired_rules, LOWEST)
    not_asked = knowledge.not_asked(facts)
    could_be = _could_be(tier, still_open, not_asked)
    avoid, withdrawn = avoidances(fired_rules, knowledge)
    orders = suggestions(fired, fired_rules, withdrawn, facts, knowledge)
    side = symptom_side(facts, knowledge)
    advice, withheld = _advice(fired_rules, tier, facts, knowledge)
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
        side=side,
        considerations=weigh(fired, still_open, facts, knowledge),
        workup=tuple(order for order in orders if not knowledge.orders[order.order].is_referral),
        referrals=tuple(order for order in orders if knowledge.orders[order.order].is_referral),
        avoid=avoid,
        advice=advice,
        withheld=withheld,
        questions=rank_questions(still_open, tier, orders, not_asked | ({SYMPTOM_SIDE} if side else set()), knowledge),
        findings=known,
        disagreements=disagreements,
        fired=tuple(fired),
        still_open=still_open,
    )


def _is_current(finding: Finding) -> bool:
    return finding.status is Status.PRESENT and finding.temporality == "current"


def _finding_order(finding: Finding) -> tuple[str, str, str, str]:
    return finding.key, finding.temporality, finding.status, finding.side or ""


def _reason(rule: Rule, facts: Facts) -> Reason:
    trace = rule.condition.explain(facts)
    return Reason(
        rule=rule.id,
        title=rule.title,
        pathway=rule.pathway,
        tier=rule.tier,
        basis=rule.basis,
        evidence=rule.evidence,
        findings=trace.supporting_findings(),
        trace=trace,
        review_needed=rule.review_needed,
    )


def _highest(rules: Sequence[Rule], floor: Tier) -> Tier:
    """The tier of the first rule, since rules come most urgent first and those without a tier last."""
    tier = rules[0].tier if rules else None
    return tier if tier and tier.rank > floor.rank else floor


def _could_be(tier: Tier, still_open: OpenRules, not_asked: AbstractSet[str]) -> Tier:
    """The highest tier that an answer could raise to; what waits only for what nobody is asked raises nothing."""
    for rule in (verdict.rule for verdict in still_open):
        if rule.tier is None or rule.tier.rank <= tier.rank:
            break
        if not rule.condition.missing(still_open.facts) <= not_asked:
            return rule.tier
    return tier


def _advice(
    fired: Sequence[Rule], tier: Tier, facts: Facts, knowledge: Knowledge
) -> tuple[tuple[AdviceText, ...], tuple[Withheld, ...]]:
    """What the fired rules advise, and what of it is withheld because it could do harm.

    When somebody must act today only the safety net is kept.
    """
    texts = dict.fromkeys(text for rule in fired for text in rule.advice)
    kept = [text for text in texts if not tier.is_hot or text.kind is AdviceKind.SAFETY_NET]
    acts = {act for text in kept for act in text.acts}
    harmful = [w for w in knowledge.withholds if not w.acts.isdisjoint(acts) and holds(w.when, facts)]
    withheld = [_withheld(text, reasons, facts) for text in kept if (reasons := _harming(text, harmful))]
    unsafe = {entry.advice for entry in withheld}
    return tuple(text for text in kept if text not in unsafe), tuple(withheld)


def _harming(text: AdviceText, harmful: Sequence[Withholding]) -> list[Withholding]:
    return [reason for reason in harmful if not reason.acts.isdisjoint(text.acts)]


def _withheld(text: AdviceText, reasons: Sequence[Withholding], facts: Facts) -> Withheld:
    return Withheld(
        advice=text,
        because=" ".join(dict.fromkeys(reason.text for reason in reasons)),
        evidence=tuple(dict.fromkeys(item for reason in reasons for item in reason.evidence)),
        findings=tuple(
            dict.fromkeys(f for reason in reasons for f in reason.when.explain(facts).supporting_findings())
        ),
    )
