"""Which side, and whether it is the leg at all."""

import pytest

from tests.intake.record import (
    BOTH,
    CALF_PAIN,
    FINDING,
    ICD,
    JSON,
    LEFT,
    LEG_PAIN,
    NUMB_SKIN,
    PRESENT,
    RIGHT,
    SNOMED,
    Reader,
    concept,
    condition,
    encounter,
    finding,
    observation,
)

LEFT_CALF = {"text": "Left calf"}


@pytest.mark.parametrize(
    ("sites", "said"),
    [
        ([LEFT], "calf_pain left"),
        ([RIGHT], "calf_pain right"),
        ([BOTH], "calf_pain bilateral"),
        ([LEFT, RIGHT], "calf_pain bilateral"),
        ([{"text": "left leg"}], "calf_pain left"),
        ([{"text": "RIGHT LOWER LEG"}], "calf_pain right"),
        ([{"text": "both legs"}], "calf_pain bilateral"),
        ([{"text": "Bilateral calves"}], "calf_pain bilateral"),
        ([{"text": "left and right calf"}], "calf_pain bilateral"),
        ([concept(SNOMED, "48979004", "Structure of left lower leg")], "calf_pain left"),
        ([concept(SNOMED, "30021000", "Structure of lower limb from knee to ankle")], "calf_pain"),
        ([concept(FINDING, "left")], "calf_pain left"),
        ([{"text": "cleft"}], "calf_pain"),
        ([{"text": "upright"}], "calf_pain"),
        ([], "calf_pain"),
        ([{}], "calf_pain"),
        ([{"coding": [{}]}], "calf_pain"),
    ],
)
def test_the_side_is_read_from_code_and_words_of_the_body_site(record: Reader, sites: list[JSON], said: str) -> None:
    assert record.says(condition(bodySite=sites)) == {said}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (concept(ICD, "M79.604"), "leg_pain right"),
        (concept(ICD, "M79.605"), "leg_pain left"),
        (concept(ICD, "M79.606"), "leg_pain"),
        (concept(ICD, "M79605"), "leg_pain left"),
        (concept(ICD, "m79.605"), "leg_pain left"),
        (concept("urn:oid:2.16.840.1.113883.6.90", "M79.605"), "leg_pain left"),
        (concept(ICD, "M79.661"), "leg_pain right"),
        (concept(ICD, "M79.662"), "leg_pain left"),
        (concept(ICD, "M79.669"), "leg_pain"),
        (concept(ICD, "M54.31"), "radicular_pain right"),
        (concept(ICD, "M54.32"), "radicular_pain left"),
        (concept(ICD, "M54.30"), "radicular_pain"),
        (concept(ICD, "I82.403"), "current_dvt_dx bilateral"),
        (concept(ICD, "I82.402"), "current_dvt_dx left"),
        (concept(ICD, "I82.409"), "current_dvt_dx"),
        (concept(ICD, "I80.03"), "superficial_cord bilateral"),
        (concept(ICD, "L03.115"), "cellulitis_dx right"),
    ],
)
def test_the_side_is_read_from_the_digits_of_the_code(record: Reader, code: JSON, said: str) -> None:
    assert record.says(condition(code)) == {said}


def test_a_side_in_the_code_stands_over_the_words_beside_it(record: Reader) -> None:
    assert record.says(condition(concept(ICD, "M79.605"), bodySite=[RIGHT])) == {"leg_pain left"}


@pytest.mark.parametrize(
    "words", [{"text": "Pain in left calf"}, {"coding": CALF_PAIN["coding"], "text": "Calf pain, left"}]
)
def test_the_side_is_read_from_the_words_of_the_code(record: Reader, words: JSON) -> None:
    said = record.says(condition(CALF_PAIN | words | {"coding": CALF_PAIN["coding"]}))
    assert said == {"calf_pain left"}


def test_a_body_site_and_a_code_that_name_opposite_sides_leave_no_single_side(record: Reader) -> None:
    (said,) = record.says(condition(CALF_PAIN | {"text": "right calf pain"}, bodySite=[LEFT]))
    assert said not in {"calf_pain left", "calf_pain right"}


@pytest.mark.parametrize(
    ("component", "said"),
    [
        ({"valueCodeableConcept": LEFT}, "deep_vein_tenderness left"),
        ({"valueCodeableConcept": concept(FINDING, "right")}, "deep_vein_tenderness right"),
        ({"valueCodeableConcept": concept(FINDING, "bilateral")}, "deep_vein_tenderness bilateral"),
        ({"valueString": "left"}, "deep_vein_tenderness left"),
        ({}, "deep_vein_tenderness"),
    ],
)
def test_the_side_component_of_the_finding_code_system_is_read(record: Reader, component: JSON, said: str) -> None:
    side = {"code": finding("side"), **component}
    assert record.says(observation(finding("deep_vein_tenderness"), **PRESENT, component=[side])) == {said}


@pytest.mark.parametrize("value", [pytest.param(LEFT), concept(FINDING, "left")])
def test_the_side_of_the_symptoms_can_be_observed(record: Reader, value: JSON) -> None:
    assert record.says(observation(finding("symptom_side"), valueCodeableConcept=value)) == {"symptom_side = left"}


def test_a_finding_without_sides_takes_none(record: Reader) -> None:
    assert record.says(condition(concept(SNOMED, "279039007", "Low back pain"), bodySite=[LEFT])) == {"low_back_pain"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, {"leg_swelling_bilateral bilateral"}),
        pytest.param(False, {"leg_swelling_unilateral bilateral absent"}),
    ],
)
def test_swelling_of_both_legs_is_another_finding_and_its_denial_denies_one_sided_swelling(
    record: Reader, *, value: bool, said: set[str]
) -> None:
    swelling = concept(SNOMED, "449614009", "Swelling of lower limb")
    assert record.says(observation(swelling, valueBoolean=value, bodySite=BOTH)) == said


@pytest.mark.parametrize(
    ("code", "sites", "said"),
    [
        (NUMB_SKIN, [{"text": "left arm"}], set()),
        (NUMB_SKIN, [{"text": "face"}], set()),
        (NUMB_SKIN, [], set()),
        (NUMB_SKIN, [LEFT], set()),
        (NUMB_SKIN, [{"text": "left foot"}], {"numbness left"}),
        (NUMB_SKIN, [{"text": "right calf"}], {"numbness right"}),
        (NUMB_SKIN, [concept(SNOMED, "61685007"), LEFT], {"numbness left"}),
        (NUMB_SKIN, [concept(SNOMED, "30021000")], {"numbness"}),
        (NUMB_SKIN, [{"text": "left hand"}, {"text": "left foot"}], {"numbness left"}),
        (NUMB_SKIN | {"text": "Numbness of the right leg"}, [], {"numbness right"}),
        (NUMB_SKIN | {"text": "Numbness of the right thumb"}, [], set()),
        pytest.param(NUMB_SKIN, [{"text": "both legs"}], {"numbness bilateral"}),
        pytest.param(NUMB_SKIN, [{"text": "feet"}], {"numbness"}),
        pytest.param(NUMB_SKIN, [{"text": "calves"}], {"numbness"}),
        (NUMB_SKIN, [{"text": "toes"}], {"numbness"}),
        (concept(SNOMED, "68962001", "Muscle pain"), [], set()),
        (concept(SNOMED, "68962001", "Muscle pain"), [LEFT_CALF], {"leg_pain left"}),
        (concept(ICD, "R25.2", "Cramp and spasm"), [LEFT_CALF], {"leg_cramp left"}),
        (concept(ICD, "R25.2", "Cramp and spasm"), [{"text": "hand"}], set()),
        (LEG_PAIN, [{"text": "left arm"}], set()),
        (LEG_PAIN, [{"text": "hand's breadth above the left ankle"}], {"leg_pain left"}),
        (LEG_PAIN, [{"text": "somewhere left"}], {"leg_pain left"}),
    ],
)
def test_a_code_that_is_not_only_of_the_leg_counts_only_where_the_record_says_leg(
    record: Reader, code: JSON, sites: list[JSON], said: set[str]
) -> None:
    assert record.says(condition(code, bodySite=sites)) == said


def test_the_reason_of_the_visit_can_name_the_leg(record: Reader) -> None:
    assert record.says(encounter(reasonCode=[NUMB_SKIN | {"text": "numb left foot"}])) == {"numbness left"}
    assert record.says(encounter(reasonCode=[NUMB_SKIN])) == set()


def test_the_body_site_of_an_observation_is_one_concept(record: Reader) -> None:
    assert record.says(observation(NUMB_SKIN, **PRESENT, bodySite={"text": "left shin"})) == {"numbness left"}
    assert record.says(observation(NUMB_SKIN, **PRESENT, bodySite={"text": "left wrist"})) == set()
