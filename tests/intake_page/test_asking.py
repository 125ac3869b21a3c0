"""The page asks what matters, and stops only when nothing it could still ask matters."""

from collections.abc import Iterable, Sequence
from functools import cache
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.advice.document import Document
from service.advice.leaflet import leaflet
from service.intake_page.answers import is_yes_or_no
from service.knowledge.cases import NOW
from service.knowledge.form import FormItem
from service.triage.assess import assess
from service.triage.findings import Finding, Side, Status
from service.triage.rules import Tier
from tests.intake_page.interviews import (
    ASKING,
    ITEMS,
    KNOWLEDGE,
    Fields,
    Interview,
    Teller,
    interview,
    truth_of,
    truthful,
    typical_patients,
)
from tests.triage.patients import LIBRARY, patients

MOST_SCREENS = 15
MOST_QUESTIONS = 55


@cache
def interviews() -> list[Interview]:
    return [interview(truthful(truth_of(case.findings))) for case in typical_patients()]


def healthy(*present: str) -> dict[str, Finding]:
    """A man of 40 with these findings of the left leg, and nothing else."""
    stated = [Finding(key, Status.PRESENT, side=Side.LEFT) for key in present]
    about = {
        "age_years": Finding("age_years", Status.PRESENT, value=40.0),
        "sex_at_birth": Finding("sex_at_birth", Status.PRESENT, value="male"),
    }
    return about | dict(truth_of(stated))


def test_typical_patients_have_few_screens() -> None:
    held = interviews()
    assert len(held) == 50
    assert {each.tier for each in held} >= {*Tier}
    assert median(len(each.screens) for each in held) <= MOST_SCREENS
    assert median(each.questions for each in held) <= MOST_QUESTIONS


def test_typical_patients_lose_nothing_by_stopping_early() -> None:
    for case, held in zip(typical_patients(), interviews(), strict=True):
        at_the_stop = held.tier
        held.answer_the_rest(truthful(truth_of(case.findings)))
        assert held.tier == at_the_stop, case.name


@st.composite
def random_answers(draw: st.DrawFn, item: FormItem) -> Fields:
    """Any answer to an item, or none."""
    if item.type == "date":
        return {item.key: [draw(st.sampled_from(["", "2026-11-21", "2026-10-01", "2020-01-01"]))]}
    if item.type == "decimal":
        return {item.key: [draw(st.sampled_from(["", "0", "12", "37", "39.5", "41"]))]}
    if item.repeats:
        return {item.key: draw(st.lists(st.sampled_from([code for code, _ in item.options]), max_size=3, unique=True))}
    codes = ["present", "absent"] if is_yes_or_no(item) else [code for code, _ in item.options]
    return {item.key: [draw(st.sampled_from([*codes, "unknown"]))]}


@settings(max_examples=60)
@given(patients(), st.data())
def test_nothing_that_could_still_be_answered_changes_the_tier(
    patient: tuple[Finding, ...], data: st.DataObject
) -> None:
    held = interview(truthful(truth_of(patient)))
    at_the_stop = held.tier
    held.answer_the_rest(lambda item: data.draw(random_answers(item)))
    assert held.tier == at_the_stop


@settings(max_examples=60)
@given(st.data())
def test_whoever_answers_at_random_is_heard_to_the_end(data: st.DataObject) -> None:
    held = interview(lambda item: data.draw(random_answers(item)))
    at_the_stop = held.tier
    held.answer_the_rest(lambda item: data.draw(random_answers(item)))
    assert held.tier == at_the_stop


def test_who_knows_nothing_is_asked_everything_once_and_let_go() -> None:
    held = interview(lambda item: {item.key: ["unknown"]} if is_yes_or_no(item) else {})
    assert len(held.asked) == len(set(held.asked))
    assert held.tier is None


def test_everybody_is_first_asked_who_and_where() -> None:
    held = interview(truthful(healthy("calf_pain")))
    assert held.screens[0] == ["age_years", "sex_at_birth"]
    assert held.screens[1][:3] == ["body_region", "symptom_side", "symptom_onset_date"]


def test_an_emergency_stops_the_questions_at_once() -> None:
    held = interview(truthful(healthy("leg_pain", "leg_cold", "leg_pale", "numbness", "leg_weakness", "sudden_onset")))
    assert held.tier is Tier.EMERGENCY
    assert {"leg_cold", "leg_pale", "numbness"} <= {*held.screens[-1]}


def test_what_only_an_examination_tells_keeps_nobody_at_the_form() -> None:
    told = {key for item in ITEMS.values() for key in ([c for c, _ in item.options] if item.repeats else [item.key])}
    held = interview(truthful(healthy("calf_pain")))
    assert "pedal_pulses_absent" not in told
    assert not {"pedal_pulses_absent", "heart_rate"} & {*held.asked}
    assert len(held.asked) < len(ITEMS)


def test_a_man_is_not_asked_whether_he_is_pregnant_nor_an_adult_about_the_child() -> None:
    held = interview(truthful(healthy("calf_pain")))
    assert not {"pregnant", "postpartum_within_6_weeks", "refuses_to_walk", "limping"} & {*held.asked}


def test_who_has_no_leg_complaint_is_asked_only_for_one() -> None:
    held = interview(truthful(healthy()))
    assert held.tier is None
    later = [key for screen in held.screens[2:] for key in screen]
    assert later
    gates = {condition.key for item in LIBRARY.form.items for condition in item.enable_when}
    assert {*later} <= KNOWLEDGE.complaints | gates


def test_a_danger_sign_that_was_left_open_is_noticed_and_one_that_was_denied_is_not() -> None:
    truth = healthy("calf_pain")
    everything = interview(truthful(truth))
    everything.answer_the_rest(truthful(truth))
    assert danger_is_open(everything.fields) is False
    signs = [item.key for item in LIBRARY.form.items if item.red_flag and item.key in everything.asked]
    assert len(signs) > 20
    for key in signs:
        assert danger_is_open(everything.fields | {key: ["unknown"]}, everything.asked) is not False, key
        assert danger_is_open(everything.fields | {key: ["unknown"]}) is not False, key
    assert danger_is_open(everything.fields | {"leg_cold": ["unknown"]}) is True


def test_a_temperature_that_nobody_took_is_no_sign_left_open() -> None:
    held = interview(truthful(healthy("calf_pain")))
    assert "body_temperature_c" in held.asked
    assert danger_is_open(held.fields, held.asked) is False
    assert danger_is_open(held.fields | {"fever": []}, held.asked) is not False


def danger_is_open(fields: Fields, asked: Sequence[str] = ()) -> bool | None:
    told = Interview(truthful({}), ASKING, dict(fields))
    sent, findings = told.read()
    return ASKING.danger_left_open(findings, sent.answers, asked, NOW)


DANGERS = {
    "limb ischaemia": ["leg_pain", "leg_cold", "leg_pale", "numbness"],
    "cauda equina": ["leg_pain", "low_back_pain", "saddle_numbness", "bladder_change"],
    "broken-down muscle": ["leg_pain", "myalgia_bilateral", "dark_urine"],
    "embolism": ["calf_pain", "dyspnoea"],
    "infection": ["leg_pain", "skin_erythema", "fever"],
    "compartment": ["leg_pain", "acute_injury", "pain_out_of_proportion"],
}


def _of_sixty(keys: Iterable[str]) -> Teller:
    told = [
        Finding("age_years", Status.PRESENT, value=60.0),
        Finding("sex_at_birth", Status.PRESENT, value="male"),
        *(Finding(key, Status.PRESENT, side=Side.LEFT if KNOWLEDGE.findings[key].lateral else None) for key in keys),
    ]
    return truthful(truth_of(told))


@pytest.mark.parametrize("name", DANGERS)
def test_who_leaves_the_danger_signs_open_is_told_to_be_checked_today(name: str) -> None:
    def tell(item: FormItem) -> Fields:
        unsure = is_yes_or_no(item) and item.key in KNOWLEDGE.red_flags
        return {} if unsure else _of_sixty(DANGERS[name])(item)

    patient = interview(tell)
    sent, findings = patient.read()
    written = Document(assess(findings, KNOWLEDGE, NOW), LIBRARY).write([])
    assert ASKING.danger_left_open(findings, sent.answers, patient.asked, NOW)
    page = leaflet(written, LIBRARY, danger_open=True)
    assert page.hot or page.afterwards == LIBRARY.patient_words.leaflet.left_open


@pytest.mark.parametrize("keys", [["leg_cramp", "cramp_nocturnal"], ["radicular_pain"], ["numbness"]])
def test_who_has_no_pain_anywhere_has_left_nothing_open(keys: list[str]) -> None:
    patient = interview(_of_sixty(keys))
    sent, findings = patient.read()
    assert "body_region" not in sent.answers
    assert ASKING.danger_left_open(findings, sent.answers, patient.asked, NOW) is not True


def test_who_answers_every_question_has_left_no_danger_open() -> None:
    patient = interview(_of_sixty(["knee_pain"]))
    sent, findings = patient.read()
    assert ASKING.danger_left_open(findings, sent.answers, patient.asked, NOW) is False
