"""The made-up patients and staff, as `patients.yaml` tells of them."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

_FILE = Path(__file__).with_name("patients.yaml")
_SPAN = re.compile(r"(\d+)([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_YEAR = timedelta(days=365.25)


class Deed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody of the staff did with an assessment: so long after it was given."""

    after: str
    by: str
    does: Literal["claim", "release", "hand_over", "acknowledge", "accept", "override", "undo"]
    to: str | None = None
    order: str | None = None
    reason: str | None = None
    comment: str | None = None


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an EHR told of the first card: that it was accepted or overridden, and why."""

    outcome: Literal["accepted", "overridden"]
    reason: str | None = None
    comment: str | None = None


class Visit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One assessment, so long ago.

    Attributes:
        ago: Such as `40m`, `3h`, `12d`.
        road: A hook, `rest`, `page`, or `answers`: given on the dashboard to the questions of the visit before.
        known: Findings by key: true, false, a side, `past`, `family`, a number, a code, or `3d` ago for a date.
        labs: Measurements by key, each with how long ago it was made.
        problems: Keys of the problem list.
        text: What was written down.
        denies: Whether all the dangers that are asked about are denied, but for those that are known.
        then: What the staff did.
        feedback: What the EHR told.
    """

    ago: str
    road: str = "rest"
    known: dict[str, Any] = {}
    labs: dict[str, dict[str, float]] = {}
    problems: list[str] = []
    text: str | None = None
    denies: bool = False
    then: list[Deed] = []
    feedback: Told | None = None


class Patient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who does not exist. Who comes by the page for patients has no name."""

    age: float
    sex: Literal["female", "male", "other"]
    visits: list[Visit]
    name: str | None = None

    @property
    def id(self) -> str:
        """As the EHR that does not exist either names them."""
        name = self.name or f"nobody {self.age:g}"
        return f"demo-{re.sub('[^a-z0-9]+', '-', name.lower())}"

    def born(self, now: datetime) -> str:
        """Their birth date, so that they are as old now as the file says."""
        return (now - _YEAR * (self.age + 0.4)).date().isoformat()


class Colleague(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody of the staff; without a password, so that nobody signs in as them."""

    login: str
    name: str
    role: str


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody."""

    staff: list[Colleague]
    patients: list[Patient]


def read_people() -> People:
    """Everybody in the file."""
    return msgspec.convert(yaml.safe_load(_FILE.read_text(encoding="utf-8")), People)


def span(text: str) -> timedelta:
    """A span of time: `40m`, `3h`, `12d`. ValueError when it is none."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is no span of time")
    return int(match[1]) * _UNITS[match[2]]
