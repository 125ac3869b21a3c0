"""Whether what a record says still holds today."""

from datetime import timedelta

import pytest

from tests.intake.record import (
    CALF_PAIN,
    CANCER,
    INCONTINENCE,
    JSON,
    LEG_DVT,
    LOINC,
    NOW,
    PRESENT,
    SNOMED,
    Reader,
    answer,
    answers,
    concept,
    condition,
    days_ago,
    encounter,
    finding,
    hours_ago,
    measured,
    observation,
    status,
)

DAY = 1.0
MINUTE = 1 / 1440


@pytest.mark.parametrize(
    ("clinical_status", "said"),
    [
        (status("active"), "calf_pain"),
        (status("recurrence"), "calf_pain"),
        (status("relapse"), "calf_pain"),
        (status("inactive"), "calf_pain past"),
        (status("remission"), "calf_pain past"),
        (status("resolved"), "calf_pain past"),
        ("active", "calf_pain"),
        ("resolved", "calf_pain past"),
        ({"text": "resolved long ago"}, "calf_pain"),
        ({"coding": [{}]}, "calf_pain"),
        (None, "calf_pain"),
    ],
)
def test_the_clinical_status_tells_present_from_past(record: Reader, clinical_status: object, said: str) -> None:
    assert record.says(condition(clinicalStatus=clinical_status)) == {said}


@pytest.mark.parametrize(
    ("verification", "said"),
    [
        ("confirmed", {"calf_pain"}),
        ("unconfirmed", {"calf_pain"}),
        ("provisional", {"calf_pain"}),
        ("differential", {"calf_pain"}),
        ("refuted", {"calf_pain absent"}),
        ("entered-in-error", set()),
    ],
)
@pytest.mark.parametrize("as_string", [False, True])
def test_the_verification_status_tells_true_from_refuted_and_mistaken(
    record: Reader, verification: str, said: set[str], *, as_string: bool
) -> None:
    stated = verification if as_string else status(verification)
    assert record.says(condition(verificationStatus=stated)) == said


@pytest.mark.parametrize(
    ("verification", "said"),
    [
        ("confirmed", {"current_dvt_dx"}),
        ("provisional", set()),
        ("differential", set()),
        ("unconfirmed", set()),
        ("refuted", {"current_dvt_dx absent"}),
    ],
)
def test_a_diagnosis_that_stands_tests_down_must_be_confirmed(
    record: Reader, verification: str, said: set[str]
) -> None:
    assert record.says(condition(LEG_DVT, verificationStatus=status(verification))) == said


def test_a_refuted_red_flag_counts_as_denied_by_a_clinician(record: Reader) -> None:
    (denied,) = record.read(condition(LEG_DVT, verificationStatus=status("refuted"))).findings
    assert denied.sources[0].by_clinician


@pytest.mark.parametrize(
    ("abatement", "said"),
    [
        ({"abatementDateTime": days_ago(3)}, "calf_pain past"),
        ({"abatementDateTime": "2026-11"}, "calf_pain past"),
        ({"abatementPeriod": {"end": days_ago(3)}}, "calf_pain past"),
        ({"abatementPeriod": {"start": days_ago(3)}}, "calf_pain"),
        ({"abatementAge": {"value": 60, "unit": "a"}}, "calf_pain past"),
        ({"abatementString": "last week"}, "calf_pain past"),
        ({"abatementDateTime": "2027-03-01"}, "calf_pain"),
        ({"abatementDateTime": "one day"}, "calf_pain"),
        ({}, "calf_pain"),
    ],
)
def test_what_has_abated_is_past(record: Reader, abatement: JSON, said: str) -> None:
    assert record.says(condition(**abatement)) == {said}


@pytest.mark.parametrize(
    ("resource", "unit_of_age", "last_day"),
    [
        (condition(CALF_PAIN), "recordedDate", 30 * DAY),
        (condition(LEG_DVT), "recordedDate", 30 * DAY),
        (condition(concept(SNOMED, "160685001")), "recordedDate", 30 * DAY),
        (observation(finding("recent_major_surgery_12w"), **PRESENT), "effectiveDateTime", 84 * DAY),
        (measured(concept(LOINC, "8867-4"), 88, "/min"), "effectiveDateTime", 1 * DAY),
        (measured(concept(LOINC, "2157-6"), 900, "U/L"), "effectiveDateTime", 7 * DAY),
        (measured(concept(LOINC, "48065-7"), 900, "ug/L{FEU}"), "effectiveDateTime", 1 * DAY),
        (measured(concept(LOINC, "8462-4"), 80, "mm[Hg]"), "effectiveDateTime", 0.25 * DAY),
        (condition(INCONTINENCE), "onsetDateTime", 14 * DAY),
        (condition(CANCER), "recordedDate", 6 * 30.4375 * DAY),
    ],
    ids=[
        "episode",
        "diagnosis now",
        "immobility",
        "12 weeks",
        "vital sign",
        "7 days",
        "24 hours",
        "6 hours",
        "new",
        "6 months",
    ],
)
def test_a_statement_is_current_to_the_last_minute_of_its_window_and_not_after(
    record: Reader, resource: JSON, unit_of_age: str, last_day: float
) -> None:
    inside = record.says({**resource, unit_of_age: days_ago(last_day - MINUTE)})
    exactly = record.says({**resource, unit_of_age: days_ago(last_day)})
    outside = record.says({**resource, unit_of_age: days_ago(last_day + MINUTE)})
    assert inside == exactly
    assert any("past" not in said for said in inside)
    assert all("past" in said or said == "cancer_history" for said in outside if said != "previous_dvt")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (concept(SNOMED, "49436004"), "atrial_fibrillation"),
        (concept(SNOMED, "161508001"), "previous_dvt"),
        (concept(SNOMED, "73211009"), "diabetes"),
    ],
)
@pytest.mark.parametrize("clinical_status", ["active", "inactive", "resolved"])
def test_what_is_once_true_stays_of_interest(record: Reader, code: JSON, said: str, clinical_status: str) -> None:
    long_ago = condition(code, clinicalStatus=status(clinical_status), recordedDate="1990-01-01")
    assert said in record.says(long_ago)


def test_what_is_true_now_needs_no_date_but_ends_with_its_status(record: Reader) -> None:
    pregnant = concept(SNOMED, "77386006")
    assert record.says(condition(pregnant, recordedDate=None)) == {"pregnant"}
    assert record.says(condition(pregnant, clinicalStatus=status("resolved"))) == {"pregnant past"}


def test_a_cancer_diagnosed_long_ago_is_history_and_whether_it_is_active_must_be_asked(record: Reader) -> None:
    said = record.says(condition(CANCER, clinicalStatus=status("active"), recordedDate="2015-03-01"))
    assert said == {"active_cancer past", "cancer_history"}


def test_a_past_leg_dvt_is_a_previous_dvt(record: Reader) -> None:
    for past in ({"clinicalStatus": status("resolved")}, {"recordedDate": "2019-05-01"}):
        assert record.says(condition(LEG_DVT, **past)) == {"current_dvt_dx past", "previous_dvt"}


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2026-11-22", "calf_pain"),
        ("2026-11-21", "calf_pain"),
        ("2026-10-23", "calf_pain"),
        ("2026-10-22", "calf_pain past"),
        ("2026-11", "calf_pain"),
        ("2026-10", "calf_pain"),
        ("2026-09", "calf_pain past"),
        ("2026", "calf_pain"),
        ("2025", "calf_pain past"),
        ("2026-11-22T13:00:00+02:00", "calf_pain"),
        ("2026-10-23T12:00:00", "calf_pain"),
        ("2026-10-23T11:59:00", "calf_pain past"),
        ("2026-10-23T11:00:00-02:00", "calf_pain"),
        ("2026-10-23T13:00:00+02:00", "calf_pain past"),
        ("2026-11-22T08:00:00.123456Z", "calf_pain"),
    ],
)
def test_partial_dates_stand_for_their_last_moment_and_times_without_zone_for_utc(
    record: Reader, date: str, said: str
) -> None:
    assert record.says(condition(recordedDate=date)) == {said}
    assert not record.notes(condition(recordedDate=date))


@pytest.mark.parametrize(
    "date",
    [
        "2027-01-01",
        "2030",
        "2026-12-24T10:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "0000",
        "0000-12",
        "0001-01-01T00:00:00+14:00",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "22/11/2026",
        "2026-11-22T25:00:00Z",
        "2" * 100_000,
    ],
    ids=lambda date: date[:30],
)
def test_a_date_that_is_unreadable_or_in_the_future_is_not_used_and_noted(record: Reader, date: str) -> None:
    (found,) = record.read(condition(recordedDate=date)).findings
    assert found.recorded is None
    assert "Condition/c1 recordedDate: the date cannot be read or lies in the future" in record.notes(
        condition(recordedDate=date)
    )


def test_a_date_of_tomorrow_may_be_a_zone_and_passes(record: Reader) -> None:
    assert not record.notes(condition(recordedDate="2026-11-23T06:00:00+14:00"))
    assert record.says(condition(recordedDate="2026-11-23")) == {"calf_pain"}


@pytest.mark.parametrize("elements", [{"onsetDateTime": days_ago(5)}, {"onsetPeriod": {"start": days_ago(5)}}])
def test_the_onset_of_a_current_complaint_is_the_onset_of_the_symptoms(record: Reader, elements: JSON) -> None:
    assert record.says(condition(**elements)) == {"calf_pain", "symptom_onset_date = 2026-11-17"}


def test_an_onset_of_something_else_or_of_the_past_is_not_the_onset_of_the_symptoms(record: Reader) -> None:
    assert record.says(condition(CANCER, onsetDateTime=days_ago(5))) == {"active_cancer"}
    assert record.says(condition(clinicalStatus=status("resolved"), onsetDateTime=days_ago(5))) == {"calf_pain past"}


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"onsetDateTime": "2019-03-01", "recordedDate": days_ago(0)}, "urinary_incontinence_new past"),
        ({"onsetDateTime": "2019", "recordedDate": days_ago(0)}, "urinary_incontinence_new past"),
        ({"onsetPeriod": {"start": "2019-03-01"}, "recordedDate": days_ago(0)}, "urinary_incontinence_new past"),
        ({"onsetDateTime": days_ago(3), "recordedDate": days_ago(1)}, "urinary_incontinence_new"),
        ({"recordedDate": days_ago(40)}, "urinary_incontinence_new past"),
    ],
)
def test_long_standing_incontinence_never_counts_as_new_even_when_recorded_today(
    record: Reader, dates: JSON, said: str
) -> None:
    assert record.says(condition(INCONTINENCE, **{"recordedDate": None} | dates)) == {said}


@pytest.mark.parametrize("encounter_says", [{"encounter": {"reference": "Encounter/e1"}}, {}])
@pytest.mark.parametrize(
    "onset",
    [
        {"onsetAge": {"value": 40, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}},
        {"onsetString": "for many years"},
        {"onsetRange": {"low": {"value": 30}, "high": {"value": 40}}},
    ],
)
def test_an_onset_given_as_age_range_or_words_does_not_make_incontinence_new(
    record: Reader, onset: JSON, encounter_says: JSON
) -> None:
    said = record.says(encounter(), condition(INCONTINENCE, recordedDate=days_ago(0), **onset, **encounter_says))
    assert "urinary_incontinence_new" not in said


def test_an_onset_long_ago_is_not_made_new_by_the_current_encounter(record: Reader) -> None:
    old = condition(INCONTINENCE, onsetDateTime="2019-03-01", encounter={"reference": "Encounter/e1"})
    assert record.says(encounter(), old) == {"urinary_incontinence_new past"}


@pytest.mark.parametrize(
    ("resource", "said", "note"),
    [
        (condition(CALF_PAIN, recordedDate=None), {"calf_pain"}, "Calf pain: no date given, taken as current"),
        (condition(CANCER, recordedDate=None), {"active_cancer"}, "taken as current"),
        (condition(LEG_DVT, recordedDate=None), set(), "no date given, not used, must be asked"),
        (condition(INCONTINENCE, recordedDate=None), set(), "not used, must be asked"),
        (
            measured(concept(LOINC, "2157-6"), 900, "U/L", effectiveDateTime=None),
            set(),
            "Creatine kinase: no date given, not used, must be asked",
        ),
        (condition(concept(SNOMED, "73211009"), recordedDate=None), {"diabetes"}, ""),
    ],
)
def test_what_a_missing_date_means_depends_on_the_finding_and_is_noted(
    record: Reader, resource: JSON, said: set[str], note: str
) -> None:
    assert record.says(resource) == said
    assert note in record.notes(resource)


def test_an_undated_past_statement_is_past(record: Reader) -> None:
    assert record.says(condition(LEG_DVT, recordedDate=None, clinicalStatus=status("inactive"))) == {
        "current_dvt_dx past",
        "previous_dvt",
    }


OLD = condition(recordedDate=days_ago(200))


@pytest.mark.parametrize(
    "tie",
    [
        [encounter(), OLD | {"encounter": {"reference": "Encounter/e1"}}],
        [encounter(), OLD | {"encounter": {"reference": "https://ehr.example.org/fhir/Encounter/e1/_history/3"}}],
        [encounter(diagnosis=[{"condition": {"reference": "Condition/c1"}}]), OLD],
        [encounter(reasonReference=[{"reference": "Condition/c1"}]), OLD],
        [encounter(status="arrived", reasonReference=[{"reference": "Condition/c1"}]), OLD],
        pytest.param(
            [encounter(diagnosis=[{"condition": {"reference": "https://ehr.example.org/fhir/Condition/c1"}}]), OLD],
        ),
        pytest.param([encounter(diagnosis=[{"condition": {"reference": "Condition/c1/_history/2"}}]), OLD]),
    ],
    ids=["encounter", "absolute", "diagnosis", "reason", "arrived", "absolute diagnosis", "versioned diagnosis"],
)
def test_what_belongs_to_the_current_encounter_is_current(record: Reader, tie: list[JSON]) -> None:
    assert record.says(*tie) == {"calf_pain"}


@pytest.mark.parametrize(
    "loose",
    [
        [encounter(), OLD],
        [encounter(), OLD | {"encounter": {"reference": "Encounter/e2"}}],
        [encounter(status="finished"), OLD | {"encounter": {"reference": "Encounter/e1"}}],
        [encounter(status="planned"), OLD | {"encounter": {"reference": "Encounter/e1"}}],
        [encounter(diagnosis=[{"condition": {"reference": "Condition/c2"}}, {}]), OLD],
    ],
    ids=["none", "another", "finished", "planned", "another diagnosis"],
)
def test_what_belongs_to_no_or_another_encounter_is_as_old_as_it_is(record: Reader, loose: list[JSON]) -> None:
    assert record.says(*loose) == {"calf_pain past"}


def test_the_encounter_of_the_request_is_the_current_one_even_when_it_is_finished_or_not_sent(
    record: Reader,
) -> None:
    finished = encounter(status="finished")
    old = OLD | {"encounter": {"reference": "Encounter/e1"}}
    assert record.says(finished, old, encounter_id="e1") == {"calf_pain"}
    assert record.says(old, encounter_id="e1") == {"calf_pain"}
    assert record.says(encounter(), old, encounter_id="e7") == {"calf_pain past"}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "calf_pain"),
        (29, "calf_pain"),
        (31, "calf_pain past"),
        (700, "calf_pain past"),
    ],
)
def test_an_old_questionnaire_speaks_of_its_own_day(record: Reader, days: float, said: str) -> None:
    filled_in = answers(answer("calf_pain", valueBoolean=True), authored=days_ago(days))
    assert record.says(filled_in) == {said}


def test_what_the_window_counts_from_is_the_later_of_onset_and_record(record: Reader) -> None:
    assert record.says(condition(onsetDateTime=days_ago(400), recordedDate=days_ago(2))) >= {"calf_pain"}
    assert "calf_pain past" in record.says(condition(onsetDateTime=days_ago(400), recordedDate=None))


def test_an_observation_is_dated_by_the_best_time_it_has(record: Reader) -> None:
    undated = observation(finding("calf_pain"), **PRESENT, effectiveDateTime=None)
    for times in (
        {"effectivePeriod": {"start": "2020-01-01", "end": hours_ago(1)}},
        {"effectivePeriod": {"start": hours_ago(2)}},
        {"effectiveInstant": hours_ago(2)},
        {"issued": hours_ago(2)},
    ):
        (found,) = record.read(undated | times).findings
        assert found.recorded
        assert NOW - found.recorded <= timedelta(hours=2)


@pytest.mark.parametrize(("began", "said"), [(days_ago(29), {"calf_pain"}), (days_ago(4000), {"calf_pain past"})])
def test_an_encounter_that_was_never_closed_is_not_today_s(record: Reader, began: str, said: set[str]) -> None:
    visit = encounter(status="in-progress", period={"start": began}, reasonCode=[CALF_PAIN])
    assert record.says(visit) == said
