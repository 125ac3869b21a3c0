"""The words of FHIR resources: read where codes are silent, and as old, past or refuted as their resource."""

import pytest

from tests.intake.record import (
    CALF_PAIN,
    JSON,
    LOINC,
    NOW,
    Reader,
    concept,
    condition,
    days_ago,
    encounter,
    observation,
    other,
    service_request,
    status,
)

UNKNOWN = "https://example.org/local"
IN_WORDS: JSON = {"text": "L calf pain"}


@pytest.mark.parametrize(
    "resource",
    [
        condition(IN_WORDS),
        condition(concept(UNKNOWN, "x1", text="L calf pain")),
        condition(concept(UNKNOWN, "x1"), note=[{"text": "L calf pain"}]),
        encounter(reasonCode=[IN_WORDS]),
        service_request(None, reasonCode=[IN_WORDS]),
        other("Appointment", status="booked", reasonCode=[IN_WORDS]),
        observation(concept(LOINC, "10154-3"), valueString="L calf pain"),
        observation(concept(LOINC, "8661-1"), valueString="L calf pain"),
    ],
)
def test_words_are_read(record: Reader, resource: JSON) -> None:
    assert record.says(resource) == {"calf_pain left"}
    (found,) = record.read(resource).findings
    (source,) = found.sources
    assert source.method == "text"
    assert source.element in {"0-11", "2-11"}
    assert "please confirm: Calf pain, left" in record.notes(resource)


def test_words_beside_a_known_code_are_not_read(record: Reader) -> None:
    assert record.says(condition(CALF_PAIN | {"text": "Calf pain, swollen leg"})) == {"calf_pain"}


def test_a_note_adds_to_the_code_and_does_not_repeat_it(record: Reader) -> None:
    noted = condition(CALF_PAIN, note=[{"text": "Calf pain, chest pain, no calf pain"}])
    assert record.says(noted) == {"calf_pain", "chest_pain"}


@pytest.mark.parametrize("note", ["words", {"text": "L calf pain"}, [None, 1, {"text": 3}, []], None])
def test_a_note_of_the_wrong_shape_costs_nothing(record: Reader, note: object) -> None:
    assert record.says(condition(CALF_PAIN, note=note)) == {"calf_pain"}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"clinicalStatus": status("resolved")}, {"calf_pain left past"}),
        ({"verificationStatus": status("refuted")}, {"calf_pain left absent"}),
        ({"verificationStatus": status("entered-in-error")}, set()),
        ({"recordedDate": days_ago(400)}, {"calf_pain left past"}),
    ],
)
def test_words_are_as_past_or_refuted_as_their_resource(record: Reader, members: JSON, expected: set[str]) -> None:
    assert record.says(condition(IN_WORDS, **members)) == expected


def test_any_other_observation_in_words_is_not_read(record: Reader) -> None:
    assert record.says(observation(concept(LOINC, "8480-6"), valueString="L calf pain")) == set()


def test_the_onset_of_a_condition_in_words_is_the_onset_of_the_symptoms(record: Reader) -> None:
    said = record.says(condition(IN_WORDS, onsetDateTime=days_ago(3)))
    assert said == {"calf_pain left", f"symptom_onset_date = {days_ago(3)[:10]}"}
    assert NOW.year == 2026
