"""Whose record it is, how old they are, and what runs in the family."""

from datetime import UTC, datetime

import pytest

from tests.intake.record import (
    CALF_PAIN,
    CANCER,
    JSON,
    LEG_DVT,
    NOW,
    PRESENT,
    SNOMED,
    Reader,
    allergy,
    bundle,
    concept,
    condition,
    days_ago,
    family_history,
    finding,
    observation,
    other,
    patient,
    prescription,
    status,
)

BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
URN = "urn:uuid:90c8b0a6-37f3-4c0e-a9b2-1f0b0a6b4c11"


def age(record: Reader, born: object, now: datetime = NOW) -> float | None:
    intake = record.read(patient(birthDate=born), now=now)
    ages = [found.value for found in intake.findings if found.key == "age_years"]
    assert len(ages) <= 1
    assert not ages or isinstance(ages[0], float)
    return ages[0] if ages else None  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        ("1960-11-22", (2026, 11, 21), 65),
        ("1960-11-22", (2026, 11, 22), 66),
        ("1960-11-22", (2026, 11, 23), 66),
        ("2000-02-29", (2026, 2, 28), 25),
        ("2000-02-29", (2026, 3, 1), 26),
        ("2000-02-29", (2028, 2, 28), 27),
        ("2000-02-29", (2028, 2, 29), 28),
        ("1960", (2026, 11, 22), 66),
        ("1960-12", (2026, 11, 22), 65),
        ("1960-11", (2026, 11, 22), 66),
        ("2026-11-22", (2026, 11, 22), 0),
        ("1960-05-01T00:00:00Z", (2026, 11, 22), 66),
    ],
)
def test_the_age_is_the_completed_years_at_the_time_of_the_request(
    record: Reader, born: str, today: tuple[int, int, int], years: float
) -> None:
    assert age(record, born, datetime(*today, 12, tzinfo=UTC)) == years


@pytest.mark.parametrize("born", ["2027-01-01", "1700-01-01", "unknown", "1960-5-1", "60"])
def test_an_impossible_birth_date_leaves_the_age_unknown_and_is_noted(record: Reader, born: str) -> None:
    assert age(record, born) is None
    assert "Patient/p1 birthDate: cannot be read: age unknown" in record.notes(patient(birthDate=born))


def test_no_birth_date_leaves_the_age_unknown_without_a_note(record: Reader) -> None:
    assert age(record, None) is None
    assert not record.notes(patient(birthDate=None))


@pytest.mark.parametrize(
    ("members", "sex"),
    [
        ({"gender": "female"}, "female"),
        ({"gender": "male"}, "male"),
        ({"gender": "other"}, "other"),
        ({"gender": "unknown"}, None),
        ({"gender": None}, None),
        ({"gender": "male", "extension": [{"url": BIRTH_SEX, "valueCode": "F"}]}, "female"),
        ({"gender": "male", "extension": [{"url": BIRTH_SEX, "valueCode": "UNK"}]}, "male"),
        ({"gender": "male", "extension": [{"url": "https://example.org/x", "valueCode": "F"}]}, "male"),
    ],
)
def test_the_sex_at_birth_is_the_extension_or_else_the_gender(record: Reader, members: JSON, sex: str | None) -> None:
    found = [each.value for each in record.read(patient(**members)).findings if each.key == "sex_at_birth"]
    assert found == ([sex] if sex else [])


@pytest.mark.parametrize(
    "about", ["Patient/p2", "https://ehr.example.org/fhir/Patient/p2", "Patient/p2/_history/1", URN]
)
@pytest.mark.parametrize("known", [{}, {"patient_id": "p1"}], ids=["from the data", "from the request"])
def test_what_is_about_another_patient_is_left_out_and_noted(record: Reader, about: str, known: JSON) -> None:
    stranger = condition(CANCER, subject={"reference": about}, id="c2")
    assert record.says(patient(), condition(), stranger, **known) == {"calf_pain"}
    assert record.notes(patient(), condition(), stranger, **known) == (
        "Condition/c2 subject: is about another patient: not used"
    )


@pytest.mark.parametrize(
    "about",
    ["Patient/p1", "https://ehr.example.org/fhir/Patient/p1", "Patient/p1/_history/7", "#p1", ""],
)
@pytest.mark.parametrize("known", [{}, {"patient_id": "p1"}], ids=["from the data", "from the request"])
def test_what_is_about_the_patient_by_any_form_of_reference_is_read(record: Reader, about: str, known: JSON) -> None:
    assert record.says(patient(), condition(subject={"reference": about}), **known) == {"calf_pain"}


@pytest.mark.parametrize("subject", [None, {}, {"display": "Mrs Example"}])
def test_what_names_nobody_is_the_patients(record: Reader, subject: JSON | None) -> None:
    assert record.says(patient(), condition(subject=subject), patient_id="p1") == {"calf_pain"}


@pytest.mark.parametrize(
    "resource",
    [
        allergy(concept(SNOMED, "293610009"), patient={"reference": "Patient/p2"}),
        family_history(LEG_DVT, patient={"reference": "Patient/p2"}),
        prescription(subject={"reference": "Patient/p2"}),
        other("Device", type=concept(SNOMED, "14106009"), patient={"reference": "Patient/p2"}),
        other(
            "QuestionnaireResponse",
            subject={"reference": "Patient/p2"},
            item=[{"linkId": "calf_pain", "answer": [{"valueBoolean": True}]}],
        ),
    ],
    ids=lambda resource: str(resource["resourceType"]),
)
def test_every_kind_of_resource_is_checked_for_whose_it_is(record: Reader, resource: JSON) -> None:
    assert record.says(patient(), resource, patient_id="p1") == set()
    assert "is about another patient" in record.notes(patient(), resource, patient_id="p1")


@pytest.mark.parametrize("whose", ["Device/p1", "Location/p1", "Group/p1"])
def test_an_observation_of_a_thing_a_place_or_a_group_is_not_the_patients(record: Reader, whose: str) -> None:
    seen = observation(finding("calf_pain"), **PRESENT, subject={"reference": whose})
    assert record.says(patient(), seen, patient_id="p1") == set()


def test_an_appointment_of_another_patient_is_left_out(record: Reader) -> None:
    booked = other(
        "Appointment",
        status="booked",
        created=days_ago(1),
        reasonCode=[CALF_PAIN],
        participant=[{"actor": {"reference": "Patient/p2"}, "status": "accepted"}],
    )
    assert record.says(patient(), booked, patient_id="p1") == set()


@pytest.mark.parametrize(
    "known",
    [{}, pytest.param({"patient_id": "p1"})],
    ids=["from the data", "from the request"],
)
def test_references_by_the_address_of_the_entry_reach_the_patient(record: Reader, known: JSON) -> None:
    wrapped = bundle() | {
        "entry": [
            {"fullUrl": URN, "resource": patient()},
            {"resource": condition(subject={"reference": URN})},
        ]
    }
    assert record.says(wrapped, **known) == {"calf_pain"}


def test_of_several_patients_nobody_is_read_unless_the_request_says_who(record: Reader) -> None:
    two = [patient(), patient(id="p2"), condition()]
    assert record.says(*two) == set()
    assert record.notes(*two) == "Patient: several patients in one set of data: nothing was read"
    assert record.says(*two, patient_id="p1") == {"calf_pain"}
    assert record.read(*two).patient_id is None


def test_two_patients_by_reference_alone_are_several_patients_too(record: Reader) -> None:
    mixed = [condition(), condition(CANCER, id="c2", subject={"reference": "Patient/p2"})]
    assert record.says(*mixed) == set()


def test_the_same_patient_sent_twice_is_one_patient(record: Reader) -> None:
    assert record.says(patient(), patient(), condition()) == {"calf_pain"}


def test_the_id_of_the_patient_is_reported(record: Reader) -> None:
    assert record.read(patient()).patient_id == "p1"
    assert record.read(condition(), patient_id="p7").patient_id == "p7"


@pytest.mark.parametrize(
    ("death", "alive"),
    [
        ({"deceasedBoolean": True}, False),
        ({"deceasedDateTime": "2024-02-02"}, False),
        ({"deceasedBoolean": False}, True),
        ({}, True),
    ],
)
def test_of_the_dead_nothing_is_read(record: Reader, death: JSON, *, alive: bool) -> None:
    intake = record.read(patient(**death), condition())
    assert bool(intake.findings) is alive
    assert ("Patient/p1 deceased: the patient has died: nothing was read" in map(str, intake.notes)) is not alive


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (LEG_DVT, {"current_dvt_dx family", "family_history_vte"}),
        (concept(SNOMED, "161508001"), {"previous_dvt family", "family_history_vte"}),
        (concept(SNOMED, "59282003"), {"pe_dx family", "family_history_vte"}),
        (concept(SNOMED, "234467004"), {"thrombophilia family", "family_history_vte"}),
        pytest.param(
            concept(SNOMED, "128053003", "Deep venous thrombosis"),
            {"previous_dvt family", "family_history_vte"},
        ),
        (CALF_PAIN, {"calf_pain family"}),
    ],
)
def test_what_relatives_had_is_family_history_and_never_the_patients_own(
    record: Reader, code: JSON, said: set[str]
) -> None:
    assert record.says(family_history(code)) == said


def test_a_family_history_entered_in_error_says_nothing(record: Reader) -> None:
    assert record.says(family_history(LEG_DVT, status="entered-in-error")) == set()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        pytest.param({"clinicalStatus": status("resolved"), "recordedDate": "2018-01-01"}, {"previous_dvt"}),
        pytest.param({"abatementDateTime": "2018-06-01", "recordedDate": "2018-01-01"}, {"previous_dvt"}),
        ({"clinicalStatus": status("active"), "recordedDate": days_ago(1)}, set()),
    ],
)
def test_a_code_that_counts_only_for_the_past_counts_when_it_is_over(
    record: Reader, members: JSON, said: set[str]
) -> None:
    assert record.says(condition(concept(SNOMED, "128053003", "Deep venous thrombosis"), **members)) == said


def test_a_death_that_is_oddly_written_is_still_a_death(record: Reader) -> None:
    assert record.says(patient(deceasedBoolean="yes"), condition(CALF_PAIN)) == set()


USUAL, OFFICIAL = {"use": "usual", "given": ["Mia"], "family": "Berg"}, {"use": "official", "text": "Maria  Berg"}


@pytest.mark.parametrize(
    ("names", "called"),
    [
        ([OFFICIAL, USUAL], "Mia Berg"),
        ([{"use": "maiden", "text": "Maria Dahl"}, OFFICIAL], "Maria Berg"),
        ([{"given": ["Åse", "Ida"], "family": "Nordby"}], "Åse Ida Nordby"),
        ([{"family": "Nordby"}, {"family": "Other"}], "Nordby"),
        ([{"use": "old", "text": "Maria Dahl"}], None),
        ([{"text": "   ", "given": [None, 7, "Ida"]}], "Ida"),
        ([{"text": "x" * 1000}], "x" * 200),
        ([{"use": {}, "text": "odd"}, 7, None, USUAL], "Mia Berg"),
        ({"text": "not a list"}, None),
        ("Mia Berg", None),
        (None, None),
    ],
)
def test_the_patient_is_called_by_the_name_in_use(record: Reader, names: object, called: str | None) -> None:
    intake = record.read(patient(name=names, birthDate="1960-11-22"))
    assert (intake.patient_name, intake.birth_date) == (called, "1960-11-22")
    assert any(found.key == "age_years" for found in intake.findings)


@pytest.mark.parametrize(
    ("born", "told"), [("1960-11", "1960-11"), ("1960", "1960"), ("in spring", None), (None, None)]
)
def test_a_birth_date_is_told_as_it_was_given(record: Reader, born: str | None, told: str | None) -> None:
    assert record.read(patient(birthDate=born)).birth_date == told
