"""Our intake questionnaire, filled in."""

import pytest

from tests.intake.record import (
    FINDING,
    JSON,
    LEFT,
    SNOMED,
    UCUM,
    Reader,
    answer,
    answers,
    concept,
    days_ago,
    other,
)

OURS = "https://legtriage.example.org/fhir/Questionnaire/leg-pain-intake"
LEFT_CODING = {"system": SNOMED, "code": "7771000"}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (answer("calf_pain", valueBoolean=True), {"calf_pain"}),
        (answer("calf_pain", valueBoolean=False), {"calf_pain absent"}),
        (answer("calf_pain"), set()),
        ({"linkId": "calf_pain"}, set()),
        (answer("calf_pain", valueCoding=LEFT_CODING), {"calf_pain left"}),
        (answer("calf_pain", valueCoding={"code": "right"}), {"calf_pain right"}),
        (answer("calf_pain", valueCoding={"system": FINDING, "code": "bilateral"}), {"calf_pain bilateral"}),
        (answer("calf_pain", valueCoding={"code": "present"}), {"calf_pain"}),
        (answer("calf_pain", valueCoding={"code": "absent"}), {"calf_pain absent"}),
        (answer("calf_pain", valueString="absent"), {"calf_pain absent"}),
        (answer("calf_pain", valueString="perhaps"), set()),
        (answer("calf_pain", valueCoding={"code": "unknown"}), set()),
        (answer("calf_pain", valueInteger=1), set()),
    ],
)
def test_no_is_absent_and_no_answer_is_unknown(record: Reader, item: JSON, said: set[str]) -> None:
    assert record.says(answers(item)) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"valueQuantity": {"value": 4, "unit": "cm", "system": UCUM, "code": "cm"}}, "= 4 cm"),
        ({"valueQuantity": {"value": 40, "unit": "mm"}}, "= 4 cm"),
        ({"valueDecimal": 4.5}, "= 4.5 cm"),
        ({"valueInteger": 4}, "= 4 cm"),
    ],
)
def test_a_number_is_a_quantity_or_a_plain_number_in_our_unit(record: Reader, value: JSON, said: str) -> None:
    key = "calf_circumference_difference_cm"
    assert record.says(answers(answer(key, **value))) == {f"{key} {said}"}


def test_a_quantity_in_a_wrong_unit_is_noted_by_its_item(record: Reader) -> None:
    wrong = answers(answer("calf_circumference_difference_cm", valueQuantity={"value": 4, "unit": "kg"}))
    assert record.says(wrong) == set()
    assert "QuestionnaireResponse/z1 calf_circumference_difference_cm: " in record.notes(wrong)
    assert "kg cannot be read as cm; not used" in record.notes(wrong)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (answer("symptom_onset_date", valueDate="2026-11-20"), {"symptom_onset_date = 2026-11-20"}),
        (answer("symptom_onset_date", valueDateTime="2026-11-20T10:00:00Z"), {"symptom_onset_date = 2026-11-20"}),
        (answer("symptom_onset_date", valueDate="2026-11"), set()),
        (answer("symptom_side", valueCoding=LEFT_CODING), {"symptom_side = left"}),
        (answer("symptom_side", valueCoding={"code": "right"}), {"symptom_side = right"}),
        (answer("body_region", valueString="calf"), {"body_region = calf"}),
    ],
)
def test_dates_and_codes_are_read(record: Reader, item: JSON, said: set[str]) -> None:
    assert record.says(answers(item)) == said


def test_the_side_can_be_an_item_below_the_answer_or_below_the_question(record: Reader) -> None:
    side = answer("calf_pain.side", valueCoding=LEFT_CODING)
    below_the_answer = {"linkId": "calf_pain", "answer": [{"valueBoolean": True, "item": [side]}]}
    below_the_question = answer("calf_pain", [side], valueBoolean=True)
    for item in (below_the_answer, below_the_question):
        assert record.says(answers(item)) == {"calf_pain left"}
        assert not record.notes(answers(item))


def test_items_are_found_in_groups_and_below_answers(record: Reader) -> None:
    deep = answer("group", [answer("inner", [answer("calf_pain", valueBoolean=True)])])
    below = {"linkId": "leg_cold", "answer": [{"valueBoolean": False, "item": [answer("numbness", valueBoolean=True)]}]}
    assert record.says(answers(deep, below)) == {"calf_pain", "leg_cold absent", "numbness"}


@pytest.mark.parametrize(
    ("questionnaire", "said"),
    [
        (OURS, {"calf_pain"}),
        (f"{OURS}|1.2.0", {"calf_pain"}),
        (None, {"calf_pain"}),
        ("https://example.org/Questionnaire/other", set()),
        ("Questionnaire/leg-pain-intake", set()),
    ],
)
def test_answers_to_somebody_elses_questionnaire_say_nothing(
    record: Reader, questionnaire: str | None, said: set[str]
) -> None:
    filled_in = answers(answer("calf_pain", valueBoolean=True), questionnaire=questionnaire)
    assert record.says(filled_in) == said


@pytest.mark.parametrize(
    ("state", "said"),
    [("completed", {"calf_pain"}), ("in-progress", {"calf_pain"}), (None, {"calf_pain"}), ("entered-in-error", set())],
)
def test_a_response_entered_in_error_says_nothing(record: Reader, state: str | None, said: set[str]) -> None:
    assert record.says(answers(answer("calf_pain", valueBoolean=True), status=state)) == said


def test_an_answered_item_that_is_no_finding_is_noted_without_quoting_it(record: Reader) -> None:
    foreign = answers(answer("Mrs Example said", valueString="something private"))
    assert record.says(foreign) == set()
    assert record.notes(foreign) == (
        "QuestionnaireResponse/z1 linkId: an answered item is no finding of ours: not used"
    )
    assert not record.notes(answers(answer("heading")))


@pytest.mark.parametrize(
    ("author", "by_clinician"),
    [("Practitioner/d1", True), ("PractitionerRole/d1", True), ("Patient/p1", False), ("RelatedPerson/r1", False)],
)
def test_who_filled_it_in_is_kept(record: Reader, author: str, *, by_clinician: bool) -> None:
    filled_in = answers(answer("leg_cold", valueBoolean=False), author={"reference": author})
    (found,) = record.read(filled_in).findings
    assert found.sources[0].by_clinician is by_clinician
    assert found.sources[0].reference == "QuestionnaireResponse/z1"


def test_a_new_sign_counts_as_new_only_if_the_answers_are(record: Reader) -> None:
    item = answer("saddle_numbness", valueBoolean=True)
    assert record.says(answers(item, authored=days_ago(1))) == {"saddle_numbness"}
    assert record.says(answers(item, authored=days_ago(20))) == {"saddle_numbness past"}


def test_several_answers_to_one_item_all_count(record: Reader) -> None:
    both = {"linkId": "calf_pain", "answer": [{"valueCoding": LEFT_CODING}, {"valueCoding": {"code": "right"}}]}
    assert record.says(answers(both)) == {"calf_pain left", "calf_pain right"}


def test_a_finding_code_is_the_same_finding_in_every_resource(record: Reader) -> None:
    coded = concept(FINDING, "long_travel_recent")
    assert record.says(other("Flag", status="active", code=coded)) == {"long_travel_recent"}
    assert record.says(answers(answer("long_travel_recent", valueBoolean=True))) == {"long_travel_recent"}
    assert record.says(other("Flag", status="active", code=concept(FINDING, "no_such_key") | {"text": "x"})) == set()
    assert LEFT["coding"][0]["code"] == LEFT_CODING["code"]
