"""The medicine as a whole: every danger has its cases, pathways do not contradict each other, nothing is left out."""

from collections import defaultdict
from functools import cache
from itertools import combinations

import pytest

from service.knowledge.cases import NOW, Case, fired_rules
from service.knowledge.check import all_cases
from service.knowledge.library import Library
from service.knowledge.load import load
from service.triage.assess import assess
from service.triage.assessment import Assessment
from service.triage.findings import Finding, Temporality
from service.triage.rules import AdviceKind, Tier

WHOLE_PATIENTS = 5
# Rules that carry the orders of several patterns: one of the patterns always fires with them.
CARRIERS = {"acs-suspected", "ali-suspected", "ces-mri-device"}


@cache
def library() -> Library:
    return load()


@cache
def cases() -> tuple[Case, ...]:
    return tuple(all_cases(library())[0])


@cache
def fired_in() -> dict[str, frozenset[str]]:
    """For each case the emergency rules that fire."""
    urgent = {rule.id for rule in library().knowledge.rules if rule.tier is Tier.EMERGENCY}
    return {
        f"{case.pathway}: {case.name}": fired_rules(assess(case.findings, library().knowledge, NOW)) & urgent
        for case in cases()
    }


def test_every_red_flag_has_a_case_denied_past_and_in_the_family() -> None:
    mentions: dict[str, set[str]] = defaultdict(set)
    for finding in (finding for case in cases() for finding in case.findings):
        current = finding.temporality is Temporality.CURRENT
        mentions[finding.key].add(finding.status if current else finding.temporality)
    wanted = {"present", "absent", "past", "family"}
    missing = {key: wanted - mentions[key] for key in library().knowledge.red_flags if wanted - mentions[key]}
    assert not missing


def test_every_pathway_has_whole_patients_with_tier_and_orders() -> None:
    counts: dict[str, int] = dict.fromkeys(library().pathways, 0)
    for case in cases():
        counts[case.pathway] += "tier" in case.expect and bool({"orders", "not_orders", "avoid"} & case.expect.keys())
    assert {name: count for name, count in counts.items() if count < WHOLE_PATIENTS} == {}


def test_every_emergency_rule_has_a_case_in_which_it_is_the_only_clue() -> None:
    """No other emergency fires there but what always fires with it, such as the rule that carries the orders."""
    hidden = []
    for rule in (rule.id for rule in library().knowledge.rules if rule.tier is Tier.EMERGENCY):
        with_it = [fired for fired in fired_in().values() if rule in fired]
        always = frozenset.intersection(*with_it)
        if always not in with_it:
            hidden.append(rule)
    assert set(hidden) == CARRIERS


@cache
def examples() -> dict[str, list[tuple[Finding, ...]]]:
    """For each pathway a few patients in whom its hottest rules fire."""
    found: dict[str, list[tuple[Finding, ...]]] = defaultdict(list)
    for case in cases():
        assessment = assess(case.findings, library().knowledge, NOW)
        if any(reason.pathway == case.pathway and reason.tier for reason in assessment.fired):
            found[case.pathway].append(case.findings)
    return {name: sorted(patients, key=len)[:3] for name, patients in found.items()}


def merged(one: tuple[Finding, ...], other: tuple[Finding, ...]) -> Assessment:
    """One patient with the findings of two; where they disagree the first one stands."""
    findings = {(f.key, f.temporality): f for f in (*other, *one)}
    return assess(findings.values(), library().knowledge, NOW)


@pytest.mark.parametrize("pair", [*combinations(sorted(load().pathways), 2)], ids=" with ".join)
def test_two_pathways_in_one_patient_do_not_contradict_each_other(pair: tuple[str, str]) -> None:
    first, second = (examples().get(name, []) for name in pair)
    for one in first:
        for other in second:
            both = merged(one, other)
            orders = [order.order for order in (*both.workup, *both.referrals)]
            assert len(orders) == len(set(orders)), "an order stands twice"
            assert not set(orders) & {avoid.order for avoid in both.avoid}, "an order is suggested and avoided"
            tiers = [reason.tier.rank for reason in both.fired if reason.tier]
            assert both.urgency.tier is not None
            assert both.urgency.tier.rank == max(tiers, default=0), "the highest tier wins"
            if both.urgency.tier.is_hot:
                assert all(text.kind is AdviceKind.SAFETY_NET for text in both.advice)


def test_no_advice_that_is_given_names_an_act_that_would_do_harm() -> None:
    knowledge = library().knowledge
    for case in cases():
        assessment = assess(case.findings, knowledge, NOW)
        withheld = {entry.advice for entry in assessment.withheld}
        assert not withheld & set(assessment.advice)
