"""What a clinician is told of an invented patient, with the real knowledge."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from service.knowledge.cases import NOW, given
from service.knowledge.library import Library
from service.triage.assessment import Assessment, Suggestion
from service.triage.findings import Finding, Side, Source, Status, Temporality
from service.triage.rules import AdviceKind, Tier
from tests.triage.patients import KNOWLEDGE, triage

SWOLLEN_CALF = {
    "age_years": 65,
    "calf_pain": "left",
    "calf_circumference_difference_cm": "4 cm left",
    "active_cancer": "present",
}
SCIATICA = {"age_years": 45, "radicular_pain": "left"}
COLD_LEG = {"age_years": 76, "leg_pain": "right", "leg_cold": "right", "pedal_pulses_absent": "right"}
PREGNANT = {"age_years": 31, "pregnant": "present", "leg_swelling_unilateral": "left"}
CRAMP = {"age_years": 40, "leg_cramp": "left", "on_diuretic": "present"}


def findings(**said: object) -> list[Finding]:
    """Findings written as in the example cases."""
    return [given(key, value, KNOWLEDGE) for key, value in said.items()]


def assessment(*patient: Mapping[str, object], **more: object) -> Assessment:
    return triage(findings(**{key: value for part in patient for key, value in part.items()}, **more))


def order(told: Assessment, key: str) -> Suggestion:
    (suggestion,) = [suggestion for suggestion in (*told.workup, *told.referrals) if suggestion.order == key]
    return suggestion


def orders(told: Assessment) -> set[str]:
    return {suggestion.order for suggestion in (*told.workup, *told.referrals)}


def asked(told: Assessment) -> list[str]:
    return [question.finding for question in told.questions]


# Scope


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"age_years": 65, "sex_at_birth": "male"},
        {"age_years": 65, "chest_pain": "present", "active_cancer": "present"},
        {"age_years": 65, "leg_pain": "absent"},
        {"age_years": 65, "leg_pain": "unknown"},
        {"age_years": 65, "leg_pain": "past", "current_dvt_dx": "family"},
        {"age_years": 65, "low_back_pain": "present"},
    ],
)
def test_without_a_current_leg_complaint_nothing_is_said(said: dict[str, object]) -> None:
    told = assessment(said)
    assert not told.in_scope
    assert (told.urgency.tier, told.urgency.could_be, told.urgency.target) == (None, None, None)
    assert told.workup + told.referrals + told.avoid + told.advice + told.questions + told.considerations == ()
    assert len(told.findings) == sum(value != "unknown" for value in said.values())


def test_the_assessment_names_its_moment_and_its_knowledge(library: Library) -> None:
    told = assessment(SCIATICA)
    assert told.created == NOW
    assert told.knowledge_version == library.knowledge.version
    assert told.knowledge_digest == library.knowledge.digest


# Urgency


@pytest.mark.parametrize(
    ("patient", "tier", "could_be"),
    [
        (COLD_LEG, Tier.EMERGENCY, Tier.EMERGENCY),
        (SWOLLEN_CALF, Tier.SAME_DAY, Tier.EMERGENCY),
        (CRAMP, Tier.ROUTINE, Tier.EMERGENCY),
        (SCIATICA, Tier.SELF_CARE, Tier.EMERGENCY),
        (SWOLLEN_CALF | {"chest_pain": "present"}, Tier.EMERGENCY, Tier.EMERGENCY),
        (SCIATICA | {"saddle_numbness": "present"}, Tier.EMERGENCY, Tier.EMERGENCY),
    ],
)
def test_the_tier_is_what_is_known_and_could_be_what_is_open(
    patient: dict[str, object], tier: Tier, could_be: Tier
) -> None:
    urgency = assessment(patient).urgency
    assert (urgency.tier, urgency.could_be) == (tier, could_be)
    assert urgency.target


def test_the_urgency_rests_on_the_most_urgent_rules_only() -> None:
    told = assessment(SWOLLEN_CALF, chest_pain="present")
    assert {reason.tier for reason in told.urgency.because} == {Tier.EMERGENCY}
    assert "chest_pain" in {finding.key for reason in told.urgency.because for finding in reason.findings}
    assert {reason.tier for reason in told.fired} > {Tier.EMERGENCY}


def test_answering_everything_with_no_closes_what_it_could_be() -> None:
    denied = [
        Finding(key, Status.ABSENT, sources=(Source("Toy/1"),))
        for key, definition in KNOWLEDGE.findings.items()
        if definition.type == "boolean" and key not in SCIATICA
    ]
    told = triage([*denied, *findings(**NORMAL, d_dimer_feu=200, **SCIATICA)])
    assert told.urgency.could_be is told.urgency.tier is Tier.SELF_CARE


# Orders


def test_one_scan_is_suggested_with_every_reason_for_it() -> None:
    told = assessment(SWOLLEN_CALF, on_anticoagulant="present")
    scan = order(told, "us_leg_veins_duplex")
    assert {"dvt-likely", "dvt-on-anticoagulant"} <= {reason.rule for reason in scan.because}
    assert (scan.side, scan.within, scan.tier, scan.priority) == (Side.LEFT, "PT4H", Tier.SAME_DAY, "asap")
    assert set(scan.evidence) >= {evidence for reason in scan.because for evidence in reason.evidence}


def test_the_most_urgent_reason_sets_the_time() -> None:
    told = assessment(PREGNANT, dyspnoea="present")
    obstetrics = order(told, "ref_obstetrics")
    assert (obstetrics.tier, obstetrics.within, obstetrics.priority) == (Tier.EMERGENCY, "PT1H", "stat")
    assert {reason.tier for reason in obstetrics.because} == {Tier.EMERGENCY, Tier.SAME_DAY}


def test_orders_come_most_urgent_first_and_people_apart_from_tests() -> None:
    told = assessment(SWOLLEN_CALF, CRAMP, chest_pain="present")
    for group in (told.workup, told.referrals):
        ranks = [suggestion.tier.rank for suggestion in group if suggestion.tier]
        assert ranks == sorted(ranks, reverse=True)
    assert {suggestion.order.startswith("ref_") for suggestion in told.workup} == {False}
    assert {suggestion.order.startswith("ref_") for suggestion in told.referrals} == {True}


@pytest.mark.parametrize(
    ("said", "side"),
    [
        ({"leg_swelling_unilateral": "right"}, Side.RIGHT),
        ({"leg_swelling_unilateral": "present", "symptom_side": "left"}, Side.LEFT),
        ({"leg_swelling_unilateral": "present", "calf_pain": "left"}, Side.LEFT),
        ({"leg_swelling_unilateral": "present", "symptom_side": "bilateral"}, Side.BILATERAL),
        ({"leg_swelling_unilateral": "left", "calf_swelling": "right"}, Side.BILATERAL),
        ({"leg_swelling_unilateral": "present"}, None),
    ],
)
def test_a_scan_is_of_the_side_that_hurts(said: dict[str, object], side: Side | None) -> None:
    told = assessment(said, pregnant="present", age_years=30)
    assert order(told, "us_leg_veins_duplex").side is side
    assert ("symptom_side" in asked(told)) is (side is None)
    assert order(told, "ref_obstetrics").side is None


def test_the_side_of_the_symptoms_is_told() -> None:
    assert assessment(SWOLLEN_CALF).side is Side.LEFT
    assert assessment(SWOLLEN_CALF, symptom_side="right").side is Side.RIGHT
    assert assessment(leg_pain="present").side is None


@pytest.mark.parametrize(
    ("said", "key", "caution"),
    [
        (SCIATICA | {"saddle_numbness": "present", "mri_unsafe_device": "present"}, "mri_lumbar", "mri-device"),
        (SCIATICA | {"saddle_numbness": "present", "claustrophobia": "present"}, "mri_lumbar", "mri-claustrophobia"),
        (COLD_LEG | {"egfr": 20}, "ct_angiogram_leg", "contrast-kidney"),
        (COLD_LEG | {"contrast_allergy": "present"}, "ct_angiogram_leg", "contrast-allergy"),
        (COLD_LEG | {"pregnant": "present"}, "ct_angiogram_leg", "ionising-pregnancy"),
    ],
)
def test_a_caution_goes_with_the_order_and_does_not_block_it(said: dict[str, object], key: str, caution: str) -> None:
    (note,) = [note for note in order(assessment(said), key).cautions if note.id == caution]
    assert note.text
    assert note.evidence
    assert note.findings
    assert {finding.key for finding in note.findings} <= set(said)


def test_a_caution_waits_until_it_is_certain() -> None:
    told = assessment(COLD_LEG, contrast_allergy="absent", egfr=30)
    assert not order(told, "ct_angiogram_leg").cautions


@pytest.mark.parametrize(
    ("side", "recognised"), [(Side.LEFT, True), (None, True), (Side.BILATERAL, True), (Side.RIGHT, False)]
)
def test_an_order_that_is_already_placed_for_this_side_is_recognised(side: Side | None, *, recognised: bool) -> None:
    placed = Finding("ordered:us_leg_veins_duplex", Status.PRESENT, side=side, sources=(Source("ServiceRequest/7"),))
    scan = order(triage([*findings(**SWOLLEN_CALF), placed]), "us_leg_veins_duplex")
    assert [source.reference for source in scan.already] == (["ServiceRequest/7"] if recognised else [])


def test_an_order_without_a_side_is_recognised_whatever_its_side() -> None:
    placed = Finding("ordered:ref_ed", Status.PRESENT, side=Side.RIGHT, sources=(Source("ServiceRequest/7"),))
    assert order(triage([*findings(**SWOLLEN_CALF), placed]), "ref_ed").already
    assert not order(assessment(SWOLLEN_CALF), "ref_ed").already


# What to avoid


def test_what_is_to_be_avoided_is_not_ordered_and_says_why() -> None:
    told = assessment(SWOLLEN_CALF)
    (avoid,) = [avoid for avoid in told.avoid if avoid.order == "d_dimer"]
    assert "scanned first" in avoid.why
    assert avoid.label == KNOWLEDGE.orders["d_dimer"].label
    assert avoid.rule == "dvt-likely"
    assert avoid.evidence
    assert "d_dimer" not in orders(told)


def test_a_more_urgent_order_stands_against_the_advice_to_avoid_it() -> None:
    calm = assessment(SCIATICA)
    assert "mri_lumbar" in {avoid.order for avoid in calm.avoid}
    assert "mri_lumbar" not in orders(calm)
    hot = assessment(SCIATICA, saddle_numbness="present")
    assert "mri_lumbar" not in {avoid.order for avoid in hot.avoid}
    assert order(hot, "mri_lumbar").within == "PT4H"


def test_a_more_urgent_advice_to_avoid_withdraws_the_order() -> None:
    assert "us_leg_veins_duplex" in orders(assessment(SWOLLEN_CALF, sex_at_birth="male"))
    told = assessment(SWOLLEN_CALF, sex_at_birth="male", chest_pain="present")
    assert "us_leg_veins_duplex" in {avoid.order for avoid in told.avoid}
    assert "us_leg_veins_duplex" not in orders(told)


def test_the_same_reason_to_avoid_an_order_is_given_once() -> None:
    told = assessment(PREGNANT, dyspnoea="present")
    whys = [(avoid.order, avoid.why) for avoid in told.avoid]
    assert len(whys) == len(set(whys))


# Advice


def test_self_care_is_advised_only_when_nothing_is_urgent() -> None:
    assert AdviceKind.SELF_CARE in {advice.kind for advice in assessment(SCIATICA).advice}
    for sign in ("saddle_numbness", "foot_drop"):
        told = assessment(SCIATICA, **{sign: "present"})
        assert {advice.kind for advice in told.advice} == {AdviceKind.SAFETY_NET}


def test_the_same_advice_is_given_once() -> None:
    told = assessment(SCIATICA, SWOLLEN_CALF, chest_pain="present")
    assert len(told.advice) == len(set(told.advice))
    assert all(advice.evidence for advice in told.advice)


# Questions


@pytest.mark.parametrize("patient", [SWOLLEN_CALF, SCIATICA, COLD_LEG, PREGNANT, CRAMP])
def test_a_few_questions_are_asked_the_most_urgent_first(patient: dict[str, object]) -> None:
    told = assessment(patient)
    assert 0 < len(told.questions) <= KNOWLEDGE.questions_at_once == 5
    ranks = [question.could_raise_to.rank if question.could_raise_to else -1 for question in told.questions]
    assert ranks == sorted(ranks, reverse=True)
    for question in told.questions:
        assert question.finding not in patient
        assert question.text == KNOWLEDGE.findings[question.finding].question
        assert question.patient_text == KNOWLEDGE.findings[question.finding].patient_question


def test_a_question_says_how_far_an_answer_could_raise_the_tier() -> None:
    (question,) = [question for question in assessment(SWOLLEN_CALF).questions if question.finding == "chest_pain"]
    assert question.could_raise_to is Tier.EMERGENCY
    assert "pe-signs" in question.settles
    assert assessment(SWOLLEN_CALF, chest_pain="present").urgency.tier is Tier.EMERGENCY


def test_in_an_emergency_no_answer_raises_the_tier() -> None:
    assert {question.could_raise_to for question in assessment(COLD_LEG).questions} == {None}


NORMAL: dict[str, object] = {
    "spo2": 98,
    "heart_rate": 70,
    "respiratory_rate": 14,
    "systolic_bp": 120,
    "diastolic_bp": 80,
    "body_temperature_c": 36.8,
    "power_grade_mrc": 5,
    "post_void_residual_ml": 20,
    "delta_pressure_mmhg": 50,
    "compartment_pressure_mmhg": 10,
    "ck": 90,
    "egfr": 90,
    "symptom_side": "left",
    "symptom_onset_date": "3 days ago",
    "injury_date": "3 days ago",
    "calf_circumference_difference_cm": 0,
}


def test_less_urgent_questions_follow_when_few_urgent_ones_are_left() -> None:
    in_emergencies = {key for rule in KNOWLEDGE.rules if rule.tier is Tier.EMERGENCY for key in rule.condition.keys()}  # noqa: SIM118
    denied = dict.fromkeys(sorted(in_emergencies - {"chest_pain", "on_anticoagulant", *SCIATICA, *NORMAL}), "absent")
    told = assessment(denied, NORMAL, SCIATICA)
    assert (told.urgency.tier, told.urgency.could_be) == (Tier.SELF_CARE, Tier.EMERGENCY)
    first, second, *_ = told.questions
    assert (first.finding, first.could_raise_to) == ("chest_pain", Tier.EMERGENCY)
    assert second.could_raise_to in {Tier.SAME_DAY, Tier.URGENT}


DENIED = [
    "leg_cold",
    "leg_pale",
    "leg_cyanosis",
    "dyspnoea",
    "saddle_numbness",
    "pain_passive_stretch",
    "pain_out_of_proportion",
    "leg_weakness",
    "bladder_change",
    "bowel_change",
    "numbness",
    "fever",
    "rapidly_spreading_erythema",
    "skin_bullae_crepitus_necrosis",
    "haemoptysis",
    "syncope",
    "confusion",
    "urinary_incontinence_new",
    "sexual_dysfunction_new",
    "reduced_anal_tone",
    "tense_compartment",
    "rigors",
    "pedal_pulses_absent",
    "progressive_neuro_deficit",
    "foot_drop",
    "bilateral_radicular_pain",
]


@pytest.mark.parametrize(
    ("who", "is_asked"),
    [
        ({"age_years": 29, "sex_at_birth": "female"}, True),
        ({"age_years": 29}, True),
        ({}, True),
        ({"age_years": 29, "sex_at_birth": "male"}, False),
        ({"age_years": 70, "sex_at_birth": "female"}, False),
        ({"age_years": 8}, False),
        ({"age_years": 29, "pregnant": "absent", "postpartum_within_6_weeks": "absent"}, False),
    ],
)
def test_pregnancy_is_asked_of_those_who_could_be_pregnant(who: dict[str, object], *, is_asked: bool) -> None:
    told = assessment(who, dict.fromkeys(DENIED, "absent"), leg_swelling_unilateral="left", chest_pain="present")
    about_pregnancy = {"pregnant", "postpartum_within_6_weeks", "gestational_age_weeks"} & set(asked(told))
    assert bool(about_pregnancy) is is_asked


# Explanation


@pytest.mark.parametrize("patient", [SWOLLEN_CALF, SCIATICA, COLD_LEG, PREGNANT, CRAMP])
def test_every_suggestion_names_its_rule_its_evidence_and_its_sources(
    patient: dict[str, object], library: Library
) -> None:
    told = assessment(patient)
    suggestions: Sequence[Suggestion] = (*told.workup, *told.referrals)
    for reason in (*told.urgency.because, *(reason for made in suggestions for reason in made.because)):
        assert reason.title
        assert reason.pathway in library.pathways
        assert all(library.evidence_for(reference) for reference in reason.evidence)
        assert reason.findings
        for finding in reason.findings:
            assert finding.key in patient
            assert finding.sources
        assert reason.findings == reason.trace.supporting_findings()


def test_an_open_rule_names_what_is_missing() -> None:
    told = assessment(SWOLLEN_CALF)
    (verdict,) = [verdict for verdict in told.still_open if verdict.rule.id == "pe-signs"]
    assert verdict.truth is verdict.explain().truth is None
    assert {"chest_pain", "dyspnoea", "haemoptysis", "syncope"} <= verdict.missing()


def test_conditions_to_consider_come_likely_first_with_their_scores() -> None:
    told = assessment(SWOLLEN_CALF)
    first = told.considerations[0]
    assert (first.condition, first.level) == ("deep-vein-thrombosis", "likely")
    (wells,) = first.scores
    assert (wells.low, wells.band) == (2, "likely")
    assert {"active_cancer", "calf_circumference_difference_cm"} <= {finding.key for finding in first.because}
    assert "on_anticoagulant" in first.unknown()
    levels = [consideration.level for consideration in told.considerations]
    assert levels == sorted(levels, key=("likely", "possible", "unlikely").index)
    assert "leg-complaint" not in {consideration.condition for consideration in told.considerations}


def test_a_condition_that_became_unlikely_says_what_speaks_against_it() -> None:
    items = [
        "active_cancer",
        "leg_paralysis_or_plaster",
        "bedridden_3d",
        "recent_major_surgery_12w",
        "deep_vein_tenderness",
        "entire_leg_swollen",
        "calf_swelling_3cm",
        "pitting_oedema_symptomatic_leg",
        "collateral_superficial_veins",
        "previous_dvt",
    ]
    told = assessment(
        dict.fromkeys(items, "absent"),
        age_years=40,
        leg_swelling_unilateral="left",
        calf_circumference_difference_cm=1,
        d_dimer_feu=300,
    )
    (clot,) = [item for item in told.considerations if item.condition == "deep-vein-thrombosis"]
    assert clot.level == "unlikely"
    assert "d_dimer_feu" in {finding.key for finding in clot.against}


# Sources that disagree


def test_the_reader_is_told_what_was_set_aside() -> None:
    earlier = NOW - timedelta(hours=2)
    asserted = given("chest_pain", "present", KNOWLEDGE)._replace(recorded=earlier)
    denied = given("chest_pain", "absent", KNOWLEDGE)._replace(recorded=NOW)
    told = triage([*findings(**SWOLLEN_CALF), asserted, denied])
    assert told.urgency.tier is Tier.EMERGENCY
    assert [(entry.stands.status, entry.set_aside.status) for entry in told.disagreements] == [
        (Status.PRESENT, Status.ABSENT)
    ]


@pytest.mark.parametrize("temporality", [Temporality.PAST, Temporality.FAMILY])
def test_an_earlier_or_a_relatives_clot_is_no_clot_of_today(temporality: Temporality) -> None:
    told = assessment(CRAMP, current_dvt_dx=temporality.value)
    assert "known-dvt" not in {reason.rule for reason in told.fired}
    assert told.urgency.tier is Tier.ROUTINE
    assert temporality in {finding.temporality for finding in told.findings}
