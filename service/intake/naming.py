"""What the patient is called and when they were born, for the clinician who must find them; triage never asks."""

import re
from typing import Any

from service.intake.resources import Patient

MOST_NAME = 200
"""Characters of a name that are kept."""
_USES = ("usual", "official", None, "temp", "nickname")
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


def name(patient: Patient) -> str | None:
    """The name in use: the usual one before the official one, as text or else the given names and the family name."""
    called = {
        use: words
        for each in reversed(_list(patient.name))
        if isinstance(each, dict) and (use := each.get("use")) in _USES and (words := _words(each))
    }
    return next((called[use] for use in _USES if use in called), None)


def birth_date(patient: Patient) -> str | None:
    """The date of birth as it was given: a day, a month or a year."""
    return patient.birth_date if patient.birth_date and _DATE.fullmatch(patient.birth_date) else None


def _words(name: dict[str, Any]) -> str:
    parts = [name.get("text")]
    if not isinstance(parts[0], str) or not parts[0].strip():
        parts = [*_list(name.get("given")), name.get("family")]
    told = " ".join(part for part in parts if isinstance(part, str))
    return " ".join(told.split())[:MOST_NAME]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
