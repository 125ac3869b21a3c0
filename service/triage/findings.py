"""What is known of a patient: findings that are present, absent or unknown, and where each was read."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """The three states of a finding. Unknown never counts as absent."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Temporality(StrEnum):
    """Whose and when: past and family mentions are different findings, never current ones."""

    CURRENT = "current"
    PAST = "past"
    FAMILY = "family"


class Side(StrEnum):
    """The side of the body a finding or an order is about."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


_SIDES: dict[str, Side] = {side.value: side for side in Side}
SYMPTOM_ONSET = "symptom_onset_date"
SYMPTOM_SIDE = "symptom_side"
"""The key of the vocabulary that says on which side the symptoms are."""


class Method(StrEnum):
    """How a source came to know; the order of trust when two sources disagree."""

    MEASURED = "measured"
    STATED = "stated"
    TEXT = "text"


class Source(NamedTuple):
    """Where a finding was read: a resource and element, a questionnaire item, or a piece of text."""

    reference: str
    element: str = ""
    method: Method = Method.STATED
    by_clinician: bool = False


class Finding(NamedTuple):
    """One statement about one key of the vocabulary.

    `value` is a number in the vocabulary's `unit`, a code, or a date, as the key's type says.
    `onset` is when it began; `recorded` when it was measured or written down.
    """

    key: str
    status: Status
    temporality: Temporality = Temporality.CURRENT
    side: Side | None = None
    value: float | str | date | None = None
    unit: str | None = None
    onset: date | None = None
    recorded: datetime | None = None
    sources: tuple[Source, ...] = ()


def merge_sides(sides: Iterable[Side | None]) -> Side | None:
    """The one side that covers all of `sides`: None when none is stated, bilateral when they differ."""
    stated = {side for side in sides if side is not None}
    if not stated:
        return None
    return stated.pop() if len(stated) == 1 else Side.BILATERAL


def symptom_side(stated: Iterable[Finding]) -> Side | None:
    """The side that findings of the key `symptom_side` name by their value."""
    return merge_sides(_SIDES.get(finding.value) for finding in stated if isinstance(finding.value, str))
