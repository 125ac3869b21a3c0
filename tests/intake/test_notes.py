"""The notes of this folder's `notes`, read and held against what they should say."""

import sys

import pytest

from service.knowledge.library import Library
from tests.intake.notes.reader import implied, said
from tests.intake.notes.scoring import Note, Score, notes, score

NOTES = notes()
GROUPS = {"tuning": [n for n in NOTES if not n.held_out], "held out": [n for n in NOTES if n.held_out]}
BY_GROUP = pytest.mark.parametrize("group", GROUPS)


# What is still read as present and should not be. "Cold foot in winter only, as ever. Currently warm": a warm foot is
# taken for a hot one.
EXCEPTIONS = {"tuning": [], "held out": ["traps-42: skin_warmth"]}


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
