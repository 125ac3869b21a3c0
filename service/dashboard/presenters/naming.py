"""What patients, roads and tiers are called, the same on every page."""

import re
from datetime import date

from service.dashboard.times import day
from service.knowledge.library import Library
from service.store import StoredAssessment, WorklistItem

_ROADS = {  # in a sentence, and in a word
    "rest": ("an intake system", "intake system"),
    "fhir": ("another system, over FHIR", "FHIR"),
    "intake-page": ("the intake page", "self-reported"),
    "dashboard": ("answers given here", "answered here"),
    "smart": ("the record", "the record"),
}
_INFANT = 2  # years; below, months say more
_SHORT = 8  # characters of an id or a pseudonym that still tell patients apart
_PSEUDONYM = re.compile("[0-9a-f]{64}")


def who(patient: WorklistItem | StoredAssessment) -> str:
    """The name, or what stands for it where no name is kept: the id, or so much of a pseudonym as one can say."""
    if patient.patient_name:
        return patient.patient_name
    if not patient.patient:
        return f"Unnamed {patient.id[:_SHORT]}"
    return (
        f"Patient {patient.patient[:_SHORT]}" if _PSEUDONYM.fullmatch(patient.patient) else f"Patient {patient.patient}"
    )


def about(patient: WorklistItem | StoredAssessment) -> str:
    """`61 years, female, born 12 Mar 1965`: what is known of it."""
    born = f"born {_born(patient.birth_date)}" if patient.birth_date else None
    known = (_age(patient.age_years), patient.sex, born)
    return ", ".join(each for each in known if each) or "Age and sex not known"


def road(service: str) -> str:
    """By which road an assessment came."""
    return _ROADS[service][0] if service in _ROADS else "the EHR"


def short_road(service: str) -> str:
    """The same in a word, for a line among many."""
    return _ROADS[service][1] if service in _ROADS else "EHR"


def tier_names(library: Library) -> dict[str | None, str]:
    """What each tier is called, and having none."""
    return {tier.value: each.name for tier, each in library.knowledge.tiers.items()} | {None: "Out of scope"}


def _age(years: float | None) -> str | None:
    if years is None:
        return None
    return f"{int(years * 12)} months" if years < _INFANT else f"{int(years)} years"


def _born(birth_date: str) -> str:
    try:
        return day(date.fromisoformat(birth_date))
    except ValueError:
        return birth_date  # a record may know the year alone
