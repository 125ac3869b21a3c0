"""Structured answers: what is wrong with them is said, all of it, and the rest is read."""

from datetime import date
from math import inf, nan
from typing import Any

import pytest

from service.intake.notes import Intake
from service.intake.structured import IntakeError, read_intake
from service.knowledge.library import Library
from service.triage.findings import Method, Source
from tests.intake.record import NOW, in_words


def read(library: Library, *findings: dict[str, Any], **members: Any) -> Intake:
    return read_intake({"findings": list(findings), **members}, library.terminology, NOW)


def said(library: Library, *findings: dict[str, Any], **members: Any) -> set[str]:
    return {in_words(found) for found in read(library, *findings, **members).findings}


def present(key: str, **members: Any) -> dict[str, Any]:
    return {"key": key, "status": "present", **members}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (present("calf_pain"), {"calf_pain"}),
        (present("calf_pain", side="left"), {"calf_pain left"}),
        (present("calf_pain", status="absent"), {"calf_pain absent"}),
        (present("calf_pain", status="unknown"), {"calf_pain unknown"}),
        (present("calf_pain", temporality="past"), {"calf_pain past"}),
        (present("calf_pain", temporality="current", side="bilateral"), {"calf_pain bilateral"}),
        (present("current_dvt_dx", temporality="past"), {"current_dvt_dx past", "previous_dvt"}),
        (present("previous_dvt", temporality="family"), {"previous_dvt family", "family_history_vte"}),
        (present("smoker_current", temporality="past"), {"smoker_current past", "smoker_former"}),
        (present("leg_swelling_unilateral", side="bilateral"), {"leg_swelling_bilateral bilateral"}),
        (present("low_back_pain", side="left"), {"low_back_pain"}),
        (present("calf_circumference_difference_cm", value=4), {"calf_circumference_difference_cm = 4 cm"}),
        (present("calf_circumference_difference_cm", value=40, unit="mm"), {"calf_circumference_difference_cm = 4 cm"}),
        (present("d_dimer_feu", value=0.9, unit="mg/L FEU"), {"d_dimer_feu = 900 ug/L{FEU}"}),
        (present("symptom_onset_date", value="2026-11-20"), {"symptom_onset_date = 2026-11-20"}),
        (present("symptom_side", value="left"), {"symptom_side = left"}),
        (present("pain_severity_nrs", value=7), {"pain_severity_nrs = 7 {score}"}),
    ],
)
def test_an_answer_is_read_as_it_is_given(library: Library, answer: dict[str, Any], words: set[str]) -> None:
    assert said(library, answer) == words


@pytest.mark.parametrize(
    ("answer", "pointer", "detail"),
    [
        (present("calf_pane"), "/findings/0/key", "no such finding; did you mean calf_pain"),
        (present("leg_kold"), "/findings/0/key", "leg_cold"),
        (present("xyzzy"), "/findings/0/key", "no such finding"),
        (present(""), "/findings/0/key", "no such finding"),
        (
            present("calf_circumference_difference_cm", value=4, unit="kg"),
            "/findings/0/value",
            "kg cannot be read as cm",
        ),
        (present("d_dimer_feu", value=900, unit="ug/L DDU"), "/findings/0/value", "is not ug/L{FEU}"),
        (present("calf_circumference_difference_cm"), "/findings/0/value", "a number is needed"),
        (present("calf_circumference_difference_cm", value="4"), "/findings/0/value", "a number is needed"),
        (present("calf_circumference_difference_cm", value=True), "/findings/0/value", "a number is needed"),
        (present("calf_circumference_difference_cm", value=[4]), "/findings/0/value", "a number is needed"),
        (present("calf_circumference_difference_cm", value=nan), "/findings/0/value", "not a finite number"),
        (present("calf_circumference_difference_cm", value=inf), "/findings/0/value", "not a finite number"),
        pytest.param(
            present("calf_circumference_difference_cm", value=10**400),
            "/findings/0/value",
            "too large",
        ),
        (present("symptom_onset_date", value="2026-11"), "/findings/0/value", "a date such as"),
        (present("symptom_onset_date", value=20261120), "/findings/0/value", "a text is needed"),
        (present("symptom_side"), "/findings/0/value", "a text is needed"),
        pytest.param(
            present("symptom_side", value="sideways"),
            "/findings/0/value",
            "",
        ),
        (present("calf_pain", value=True), "/findings/0/value", "takes no value"),
        (present("urinary_incontinence_new", onset=date(2030, 1, 1)), "/findings/0/onset", "lies in the future"),
        (present("spo2", status="absent", value=97), "/findings/0/value", "takes no value"),
        (present("spo2", status="unknown", value=97), "/findings/0/value", "takes no value"),
    ],
)
def test_a_wrong_answer_is_refused_with_the_place_and_the_reason(
    library: Library, answer: dict[str, Any], pointer: str, detail: str
) -> None:
    with pytest.raises(IntakeError) as refused:
        read(library, answer)
    (wrong,) = refused.value.errors
    assert wrong.pointer == pointer
    assert detail in wrong.detail


def test_everything_that_is_wrong_is_said_at_once(library: Library) -> None:
    with pytest.raises(IntakeError) as refused:
        read(library, present("nonsense"), present("calf_pain"), present("spo2", value="low"))
    assert [wrong.pointer for wrong in refused.value.errors] == ["/findings/0/key", "/findings/2/value"]
    assert "/findings/0/key: no such finding" in str(refused.value)


@pytest.mark.parametrize(
    ("onset", "words"),
    [
        (date(2026, 11, 20), {"urinary_incontinence_new"}),
        (date(2026, 11, 9), {"urinary_incontinence_new"}),
        (date(2026, 11, 7), {"urinary_incontinence_new past"}),
        (date(2019, 1, 1), {"urinary_incontinence_new past"}),
        (None, {"urinary_incontinence_new"}),
    ],
)
def test_a_new_sign_that_began_long_ago_is_not_new(library: Library, onset: date | None, words: set[str]) -> None:
    answer = present("urinary_incontinence_new") | ({"onset": onset} if onset else {})
    assert said(library, answer) == words


def test_a_complaint_of_months_that_is_told_today_is_current(library: Library) -> None:
    assert said(library, present("calf_pain", onset=date(2026, 3, 1))) == {"calf_pain"}


@pytest.mark.parametrize(
    ("patient", "words"),
    [
        ({"age": 60}, {"age_years = 60 a"}),
        ({"age": 0.5}, {"age_years = 0.5 a"}),
        ({"birth_date": date(1960, 11, 23)}, {"age_years = 65 a"}),
        ({"birth_date": date(1960, 11, 22)}, {"age_years = 66 a"}),
        ({"sex": "female"}, {"sex_at_birth = female"}),
        ({"sex": "unknown"}, set()),
        ({}, set()),
    ],
)
def test_who_the_patient_is_is_read(library: Library, patient: dict[str, Any], words: set[str]) -> None:
    assert said(library, patient=patient) == words


def test_a_birth_date_in_the_future_is_not_passed_over_in_silence(library: Library) -> None:
    try:
        noticed = bool(read(library, patient={"birth_date": date(2030, 1, 1)}).notes)
    except IntakeError:
        noticed = True
    assert noticed


def test_free_text_is_read_and_to_be_confirmed(library: Library) -> None:
    intake = read(library, text="my left calf hurts")
    (found,) = intake.findings
    assert (found.key, found.side) == ("calf_pain", "left")
    assert found.sources == (Source("intake text", "8-18", Method.TEXT),)
    (note,) = intake.notes
    assert "please confirm: Calf pain, left" in str(note)
    assert "hurts" not in str(note)
    assert not read(library).notes
