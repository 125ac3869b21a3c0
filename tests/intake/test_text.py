"""What is read of free text: circumstances, safety, places, and what must hold of any text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.intake.statements import Circumstances, Statements
from service.intake.text import LONGEST_TEXT, TextReading, notes_on, read_text
from service.knowledge.library import Library
from service.knowledge.load import load
from service.knowledge.phrases import Measure, MeasureName
from service.triage.findings import Method, Source, Status, Temporality
from tests.intake.notes.reader import reading
from tests.intake.notes.scoring import notes
from tests.intake.record import NOW, in_words

LIBRARY = load()
PHRASES = [phrase for phrase, _ in LIBRARY.terminology.lexicon.phrases]
NOTES = [note.text for note in notes()]


def words(text: str) -> set[str]:
    return {in_words(finding) for finding in reading(text, LIBRARY).findings}


def uncounted(text: str) -> set[str]:
    return {in_words(finding) for finding in reading(text, LIBRARY).not_counted}


def read_as(text: str, status: Status = Status.PRESENT, temporality: Temporality = Temporality.CURRENT) -> TextReading:
    about = Circumstances(Source("Condition/c1", "note"), status=status, temporality=temporality, recorded=NOW)
    return read_text(text, Statements(LIBRARY.terminology, NOW), about)


def test_a_denied_danger_sign_stays_an_open_question() -> None:
    assert words("Left calf pain, no chest pain.") == {"calf_pain left"}
    assert uncounted("Left calf pain, no chest pain.") == {"chest_pain absent"}


def test_a_denied_ordinary_sign_counts() -> None:
    assert "leg_swelling_unilateral absent" in words("The leg is not swollen.")


def test_a_diagnosis_in_words_is_no_confirmed_one() -> None:
    assert words("DVT in the left leg.") == {"dvt_named left"}
    assert uncounted("DVT in the left leg.") == {"current_dvt_dx left"}
    assert "previous_dvt" in words("Had a DVT in 2010.")


def test_numbers_are_reported_and_not_measured() -> None:
    read = reading("T 39.4, HR 120", LIBRARY)
    assert {source.method for finding in read.findings for source in finding.sources} == {Method.TEXT}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BP 85/50", {"systolic_bp = 85 mm[Hg]", "diastolic_bp = 50 mm[Hg]"}),
        ("sats 89%", {"spo2 = 89 %"}),
        ("temp 101.3F", {"body_temperature_c = 38.5 Cel"}),
        ("CK 12,000", {"ck = 12000 U/L"}),
        ("power 3/5", {"power_grade_mrc = 3 {score}"}),
        ("ABI L 0.6 R 1.0", {"abi left = 0.6 {ratio}", "abi right = 1 {ratio}"}),
        ("L calf 42 R 38 cm", {"calf_circumference_difference_cm left = 4 cm"}),
        ("Hb 95, plt 40", {"haemoglobin = 9.5 g/dL", "platelets = 40 10*9/L"}),
        ("HR 1200, T 394, sats 9%", set()),
        ("D-dimer 1200", set()),
        ("D-dimer 200 ng/mL FEU", set()),
        ("Return if temp 39", set()),
        ("Tel 020 7946 0000", set()),
    ],
)
def test_measurements_are_read_when_they_are_plausible(text: str, expected: set[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("span", "day"),
    [
        ("for 3 weeks", "2026-11-01"),
        ("since Tuesday", "2026-11-17"),
        ("2/7", "2026-11-20"),
        ("3/52", "2026-11-01"),
        ("x5 days", "2026-11-17"),
        ("since yesterday", "2026-11-21"),
        ("since this morning", "2026-11-22"),
        ("for a couple of days", "2026-11-20"),
    ],
)
def test_the_span_of_a_complaint_is_its_onset(span: str, day: str) -> None:
    assert f"symptom_onset_date = {day}" in words(f"Calf pain {span}.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("68F with calf pain", {"age_years = 68 a", "sex_at_birth = female"}),
        ("54M", {"age_years = 54 a", "sex_at_birth = male"}),
        ("a 3-year-old boy", {"age_years = 3 a", "sex_at_birth = male"}),
        ("72 yo", {"age_years = 72 a"}),
        ("My 80 year old mother has AF", set()),
    ],
)
def test_the_age_is_the_patients(text: str, expected: set[str]) -> None:
    assert {said for said in words(text) if said.startswith(("age", "sex"))} == expected


def test_the_text_of_what_is_over_or_refuted_is_over_or_refuted_too() -> None:
    past = read_as("Swollen calf.", temporality=Temporality.PAST)
    refuted = read_as("Swollen calf, no redness of the leg.", status=Status.ABSENT)
    assert {in_words(finding) for finding in past.findings} == {"calf_swelling past"}
    assert {in_words(finding) for finding in refuted.findings} == {"calf_swelling absent"}


def test_a_long_text_is_read_in_part_and_that_is_told() -> None:
    statements = Statements(LIBRARY.terminology, NOW)
    text = "Nothing to see. " * (LONGEST_TEXT // 16) + "x" * 99 + " Calf pain."
    assert read_text(text, statements, Circumstances(Source("intake text"))).findings == ()
    assert "20,000" in str(statements.notes[0])


def test_the_notes_name_what_was_read_and_never_the_words() -> None:
    read = reading("Left claf pian zebra, denies chest pain.", LIBRARY)
    told = "\n".join(map(str, notes_on(read, LIBRARY.terminology, "intake text")))
    assert "read from text, please confirm: Calf pain, left" in told
    assert "not counted until somebody confirms it: Chest pain: no" in told
    assert not re.search("zebra|claf|pian", told)


TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(sorted({word for note in NOTES for word in note.split()})), max_size=40).map(" ".join),
    st.lists(st.sampled_from(PHRASES), max_size=12).map(", ".join),
)


@given(TEXTS)
def test_no_text_fails_and_every_span_lies_inside_it(text: str) -> None:
    read = reading(text, LIBRARY)
    for finding in (*read.findings, *read.not_counted):
        for source in finding.sources:
            start, end = map(int, source.element.split("-"))
            assert source.method is Method.TEXT
            assert 0 <= start < end <= len(text)
            assert text[start:end] == text[start:end].strip()


@given(st.sampled_from(NOTES), st.sampled_from(["Seen today in clinic.", "Thank you for your letter!", "Unit 7."]))
def test_a_sentence_about_something_else_changes_nothing(note: str, other: str) -> None:
    def said(read: TextReading) -> set[str]:
        return {in_words(finding) for finding in (*read.findings, *read.not_counted)}

    assert said(reading(f"{other}\n{note}", LIBRARY)) == said(reading(note, LIBRARY))


@given(st.sampled_from(NOTES))
def test_a_finding_is_where_its_span_says(note: str) -> None:
    before = "Zebra. "
    for one, other in zip(reading(note, LIBRARY).findings, reading(before + note, LIBRARY).findings, strict=True):
        (source,), (moved,) = one.sources, other.sources
        start, end = map(int, source.element.split("-"))
        assert moved.element == f"{start + len(before)}-{end + len(before)}"


@given(TEXTS)
def test_a_denied_danger_sign_never_counts(text: str) -> None:
    for finding in reading(text, LIBRARY).findings:
        current = finding.temporality is Temporality.CURRENT
        assert not (current and finding.status is Status.ABSENT and finding.key in LIBRARY.terminology.red_flags)


def _measures(name: str, measure: Measure, library: Library) -> bool:
    return any(
        phrase == name
        and isinstance(meaning, MeasureName)
        and library.terminology.lexicon.measures[meaning.id] is measure
        for phrase, meaning in library.terminology.lexicon.phrases
    )


def test_every_measure_can_be_converted(library: Library) -> None:
    for measure in library.terminology.lexicon.measures.values():
        unit = next(iter(measure.scales))
        scale = measure.scales[unit]
        names = (p for p, m in library.terminology.lexicon.phrases if isinstance(m, MeasureName))
        name = next(p for p in names if _measures(p, measure, library))
        assert any(measure.finding in said for said in words(f"{name} {scale.most:.0f} {unit}"))
