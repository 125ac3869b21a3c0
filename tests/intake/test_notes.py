"""The notes of this folder's `notes`, read and held against what they should say."""

import sys
from pathlib import Path

import pytest
import yaml

from service.knowledge.library import Library
from service.triage.findings import Status, Temporality
from tests.intake.notes.reader import implied, reading, said
from tests.intake.notes.scoring import Note, Score, notes, score

NOTES = notes()
GROUPS = {"tuning": [n for n in NOTES if not n.held_out], "held out": [n for n in NOTES if n.held_out]}
BY_GROUP = pytest.mark.parametrize("group", GROUPS)


# What is still read as present and should not be.
EXCEPTIONS: dict[str, list[str]] = {"tuning": [], "held out": []}


@pytest.fixture(scope="module")
def scores(library: Library) -> dict[str, Score]:
    return {
        group: score(chosen, lambda text: said(text, library), library.terminology.red_flags, implied(library))
        for group, chosen in GROUPS.items()
    }


def test_there_are_notes_and_a_third_is_held_out() -> None:
    assert len(NOTES) >= 150
    assert len(GROUPS["held out"]) >= len(NOTES) // 3 - 2


def test_the_notes_speak_of_findings_that_there_are(library: Library) -> None:
    def keys(note: Note) -> set[str]:
        return {key for kind in note.expected.values() for key in kind} | note.nothing | note.values.keys()

    assert {key for note in NOTES for key in keys(note)} <= library.terminology.findings.keys()


@BY_GROUP
def test_a_red_flag_read_as_present_is_nearly_always_one(
    scores: dict[str, Score], group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{scores[group].table(group)}\n")
    assert scores[group].precision("red flag present") >= 0.95


@BY_GROUP
def test_nothing_denied_past_of_the_family_or_of_the_other_side_is_read_as_present(
    scores: dict[str, Score], group: str
) -> None:
    assert scores[group].leaks == EXCEPTIONS[group]


@BY_GROUP
def test_most_of_what_stands_in_a_note_is_read(scores: dict[str, Score], group: str) -> None:
    assert scores[group].recall("red flag present") >= 0.8
    assert scores[group].recall("present") >= 0.8
    assert scores[group].precision("present") >= 0.9
    assert scores[group].precision("absent") >= 0.85
    assert scores[group].precision("value") >= 0.85


UNRELATED = yaml.safe_load((Path(__file__).parent / "unrelated.yaml").read_text(encoding="utf-8"))["texts"]


@pytest.mark.parametrize("text", UNRELATED)
def test_a_text_that_is_not_of_a_leg_brings_nobody_into_scope(text: str, library: Library) -> None:
    findings = reading(text, library).findings
    there = {f.key for f in findings if f.status is Status.PRESENT and f.temporality is Temporality.CURRENT}
    assert not there & library.terminology.complaints


@pytest.mark.parametrize(
    ("text", "key", "state"),
    [
        ("I can't feel my foot any more.", "numbness", "present"),
        ("can't move my leg anymore", "leg_weakness", "present"),
        ("My foot is freezing and has gone a horrible grey colour.", "leg_cold", "present"),
        ("The numbness in my leg has gone.", "numbness", "past"),
        ("Whole leg swollen and blue.", "leg_cyanosis", "present"),
        ("My son won't walk on his leg.", "refuses_to_walk", "present"),
        ("My son has a limp. My knee hurts.", "limping", None),
        ("s/p ORIF tib/fib yesterday, pain worse, calf very tight and hard", "tense_compartment", "present"),
        ("Leg swelling: No [x] Yes [ ]", "leg_swelling_unilateral", "absent"),
        ("Leg swelling: No [ ] Yes [x]", "leg_swelling_unilateral", "present"),
        ("Leg swelling: No [ ] Yes [ ]", "leg_swelling_unilateral", None),
        ("[x] No [ ] Yes leg swelling", "leg_swelling_unilateral", "absent"),
        ("Calf pain No [x] Yes [ ] Leg swelling No [ ] Yes [x]", "calf_pain", "absent"),
        ("Calf pain No [x] Yes [ ] Leg swelling No [ ] Yes [x]", "leg_swelling_unilateral", "present"),
        ("Calf pain [ ] Leg swelling [x]", "calf_pain", None),
        ("Calf pain [ ] Leg swelling [x]", "leg_swelling_unilateral", "present"),
        ("Leg warm, well perfused.", "skin_warmth", None),
    ],
)
def test_words_that_turn_a_danger_around_are_read_as_they_are_meant(
    text: str, key: str, state: str | None, library: Library
) -> None:
    found = [each.kind for each in said(text, library) if each.key == key]
    assert found == ([state] if state else [])


def test_a_side_that_is_only_compared_with_is_not_the_side_of_the_sign(library: Library) -> None:
    sides = {
        each.key: each.side for each in said("Left foot cool compared with right, pulses weak on that side.", library)
    }
    assert sides == {"leg_cold": "left", "pedal_pulses_reduced": "left"}


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("DVT L leg", True),
        ("I have a blood clot in my left leg.", True),
        ("PMH: DVT left leg 2015", False),
        ("on warfarin for DVT left leg", False),
        ("HTN, DM, DVT", False),
        ("Mother had DVT left leg.", False),
        ("Blood clot in the brain.", False),
        ("Unlikely DVT left leg.", False),
        ("No DVT left leg.", False),
        ("DVT prophylaxis given, left leg elevated.", False),
    ],
)
def test_a_clot_of_the_leg_that_is_named_brings_into_scope_and_is_never_confirmed(
    text: str,
    is_named: bool,  # noqa: FBT001 - a parameter of the test
    library: Library,
) -> None:
    current = {f.key for f in reading(text, library).findings if f.temporality is Temporality.CURRENT}
    assert ("dvt_named" in current) is is_named
    assert "current_dvt_dx" not in current
