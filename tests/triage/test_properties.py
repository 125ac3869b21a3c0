"""What must hold of every patient, with the real knowledge."""

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.knowledge.cases import given as said
from service.triage.findings import Finding, Status, Temporality
from service.triage.rules import Tier
from tests.triage.patients import (
    ANSWERS,
    ASKED,
    ELSEWHERE,
    KNOWLEDGE,
    RED_FLAG,
    is_asked,
    patients,
    rank,
    records,
    shuffled,
    statements,
    told,
    triage,
)

RULES = {rule.id: rule for rule in KNOWLEDGE.rules}
LETS_THE_TIER_FALL = {"d_dimer_feu", "collateral_superficial_veins"}


@given(patients(), RED_FLAG)
def test_a_red_flag_never_lowers_the_tier(patient: tuple[Finding, ...], flag: Finding) -> None:
    before, after = triage(patient), triage((*patient, flag))
    assert rank(after.urgency.tier) >= rank(before.urgency.tier)


@given(patients(), st.data())
def test_an_answer_stays_between_the_tier_and_what_it_could_be(
    patient: tuple[Finding, ...], data: st.DataObject
) -> None:
    # A D-dimer that is back may rule a clot out once the score is complete, and calf pain with a pattern of its own
    # asks for none once every sign is denied; no question may do either by itself.
    patient = tuple(finding for finding in patient if finding.key not in LETS_THE_TIER_FALL)
    before = triage(patient)
    decisive = {key for reason in before.urgency.because for key in RULES[reason.rule].condition.keys()}  # noqa: SIM118
    key = data.draw(st.sampled_from(sorted(decisive.intersection(ASKED) or ASKED)) | st.sampled_from(ASKED))
    assume(is_asked(patient, key) and key not in LETS_THE_TIER_FALL)
    after = triage((*patient, data.draw(statements(key))))
    assert rank(before.urgency.tier) <= rank(after.urgency.tier) <= rank(before.urgency.could_be)


LOW_WELLS_SCORE: dict[str, object] = {
    "calf_pain": "left",
    "acute_injury": "absent",
    "sprint_or_stretch_mechanism": "absent",
    "active_cancer": "absent",
    "leg_paralysis_or_plaster": "absent",
    "bedridden_3d": "absent",
    "recent_major_surgery_12w": "absent",
    "deep_vein_tenderness": "absent",
    "entire_leg_swollen": "absent",
    "calf_swelling_3cm": "absent",
    "calf_circumference_difference_cm": 0,
    "pitting_oedema_symptomatic_leg": "absent",
    "collateral_superficial_veins": "absent",
    "previous_dvt": "absent",
}


@pytest.mark.parametrize(
    ("patient", "more"),
    [
        ({"leg_pain": "left", "respiratory_rate": 30}, {"age_years": 10}),
        ({"refuses_to_walk": "present"}, {"age_years": 40}),
        ({"postpartum_within_6_weeks": "present", "calf_pain": "right"}, {"age_years": 5}),
        ({"leg_pain": "right", "previous_dvt": "present", "age_years": 60}, {"d_dimer_feu": 100}),
        (LOW_WELLS_SCORE, {"age_years": 9}),
        ({"leg_pain": "left", "leg_cold": "left"}, {"leg_cold": "right"}),
        ({"leg_pain": "left", "leg_pale": "left"}, {"leg_pale": "bilateral"}),
        ({"leg_pain": "left", "leg_cyanosis": "left"}, {"leg_cyanosis": "right"}),
    ],
)
def test_what_a_search_once_found_lowers_the_tier_no_more(patient: dict[str, object], more: dict[str, object]) -> None:
    known = [said(key, value, KNOWLEDGE) for key, value in patient.items()]
    added = [said(key, value, KNOWLEDGE) for key, value in more.items()]
    assert rank(triage([*known, *added]).urgency.tier) >= rank(triage(known).urgency.tier)


@given(patients(), st.data())
def test_an_answer_to_what_is_asked_stays_within_what_it_could_raise(
    patient: tuple[Finding, ...], data: st.DataObject
) -> None:
    before = triage(patient)
    assume(before.questions)
    question = data.draw(st.sampled_from(before.questions))
    after = triage((*patient, data.draw(statements(question.finding))))
    assert rank(after.urgency.tier) <= max(rank(before.urgency.tier), rank(question.could_raise_to))


@given(patients(), ANSWERS)
def test_an_answer_never_widens_what_it_could_be(patient: tuple[Finding, ...], answer: Finding) -> None:
    assume(is_asked(patient, answer.key))
    before, after = triage(patient).urgency, triage((*patient, answer)).urgency
    assert rank(after.could_be) <= rank(before.could_be)


@given(records(), st.randoms(use_true_random=False))
def test_the_order_of_the_findings_does_not_matter(record: tuple[Finding, ...], random: Random) -> None:
    mixed = list(record)
    random.shuffle(mixed)
    assert told(triage(mixed)) == told(triage(record))


@given(records(), st.lists(st.integers(0, 1000), min_size=1, max_size=40))
def test_the_order_of_the_knowledge_does_not_matter(record: tuple[Finding, ...], order: list[int]) -> None:
    assert told(triage(record, shuffled(KNOWLEDGE, order))) == told(triage(record))


@given(records())
def test_the_same_patient_is_told_the_same(record: tuple[Finding, ...]) -> None:
    assert told(triage(record)) == told(triage(record))


@given(patients(), st.data())
def test_forgetting_a_denial_never_lowers_what_it_could_be(patient: tuple[Finding, ...], data: st.DataObject) -> None:
    denials = [finding for finding in patient if finding.status is Status.ABSENT]
    assume(denials)
    forgotten = data.draw(st.sampled_from(denials))
    before = triage(patient).urgency
    after = triage(finding for finding in patient if finding is not forgotten).urgency
    assert rank(after.could_be) >= rank(before.could_be)


@given(records(), st.lists(st.sampled_from(ASKED), max_size=5))
def test_a_finding_of_unknown_status_says_nothing(record: tuple[Finding, ...], keys: list[str]) -> None:
    unknown = tuple(Finding(key, Status.UNKNOWN) for key in keys)
    assert told(triage((*unknown, *record))) == told(triage(record))


@given(st.lists(ELSEWHERE))
def test_the_past_and_the_family_alone_are_out_of_scope(mentions: list[Finding]) -> None:
    assessment = triage(mentions)
    assert not assessment.in_scope
    assert assessment.urgency.tier is None
    assert not assessment.workup + assessment.referrals


@given(patients(), ELSEWHERE)
def test_the_past_and_the_family_never_raise_the_tier(patient: tuple[Finding, ...], mention: Finding) -> None:
    assert rank(triage((*patient, mention)).urgency.tier) <= rank(triage(patient).urgency.tier)


@given(patients())
def test_what_is_past_is_not_read_as_current(patient: tuple[Finding, ...]) -> None:
    assessment = triage(finding._replace(temporality=Temporality.PAST) for finding in patient)
    assert not assessment.in_scope


@given(records())
def test_it_could_never_be_less_than_it_is(record: tuple[Finding, ...]) -> None:
    assessment = triage(record)
    urgency = assessment.urgency
    assert rank(urgency.could_be) >= rank(urgency.tier)
    assert (urgency.tier is None) is not assessment.in_scope
    for question in assessment.questions:
        assert question.could_raise_to is None or rank(urgency.tier) < rank(question.could_raise_to)
        assert rank(question.could_raise_to) <= rank(urgency.could_be)


@given(records())
def test_nothing_is_asked_that_is_known_or_twice(record: tuple[Finding, ...]) -> None:
    asked = [question.finding for question in triage(record).questions]
    assert len(asked) == len(set(asked)) <= KNOWLEDGE.questions_at_once
    known = {f.key for f in record if f.temporality is Temporality.CURRENT and f.value is None}
    assert not known.intersection(asked)


@given(records())
def test_no_order_is_both_suggested_and_to_be_avoided(record: tuple[Finding, ...]) -> None:
    assessment = triage(record)
    suggested = [suggestion.order for suggestion in (*assessment.workup, *assessment.referrals)]
    assert len(suggested) == len(set(suggested))
    assert not set(suggested) & {avoid.order for avoid in assessment.avoid}


@given(records())
def test_every_suggestion_says_why(record: tuple[Finding, ...]) -> None:
    assessment = triage(record)
    for suggestion in (*assessment.workup, *assessment.referrals):
        assert suggestion.evidence
        for reason in suggestion.because:
            assert reason.evidence
            assert reason.findings
            assert all(finding.sources for finding in reason.findings)


@given(records())
def test_an_emergency_gets_safety_nets_only(record: tuple[Finding, ...]) -> None:
    assessment = triage(record)
    if rank(assessment.urgency.tier) >= Tier.SAME_DAY.rank:
        assert {advice.kind.value for advice in assessment.advice} <= {"safety_net"}
