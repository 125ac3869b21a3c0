"""All assessments of one patient: what changed from one to the next, and how vitals and laboratory values moved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from service.advice import wording
from service.dashboard.charts import Line, line_chart
from service.knowledge.library import Library
from service.store import StoredAssessment
from service.triage.findings import Finding, Status, Temporality
from service.triage.quantities import readable_unit
from service.triage.stated import stated_findings

_ROADS = {
    "rest": "an intake system",
    "fhir": "another system, over FHIR",
    "intake-page": "the intake page",
    "dashboard": "answers given here",
    "smart": "the record",
}
_NO_TREND = frozenset({"age_years"})
MOST_EARLIER: Final = 20
"""Assessments of a patient that one page shows."""
_MOST_CHANGES = 8
_LEVELS = ("likely", "possible", "unlikely")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different; `kind` is `up`, `down` or `other`."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class EarlierLine:
    """One assessment of the patient.

    Attributes:
        id: Its id.
        created: When.
        tier: Its urgency, or nothing.
        could_be: What it could have been.
        status: What became of it.
        road: How it came.
        here: It is the one on the page.
        changes: What changed since the one before it; empty for the last of the list.
        more: How many changes are left out.
        first: There is none before it.
    """

    id: str
    created: datetime
    tier: str | None
    could_be: str | None
    status: str
    road: str
    here: bool
    changes: tuple[Change, ...]
    more: int
    first: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A measured value, when it was measured and where that stands."""

    at: datetime
    value: float
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one thing that was measured, the oldest first, and a picture of them when there are several."""

    key: str
    label: str
    unit: str
    readings: tuple[Reading, ...]
    picture: Markup | None

    @property
    def trend(self) -> str:
        """How it moved from the last but one to the last, in words; nothing for a single value."""
        if len(self.readings) < 2:  # noqa: PLR2004 - it takes two
            return ""
        before, last = self.readings[-2].value, self.readings[-1].value
        return "unchanged" if before == last else "rising" if last > before else "falling"


def road(service: str) -> str:
    """By which road an assessment came, in words."""
    return _ROADS.get(service, "the EHR")


def earlier(history: Sequence[StoredAssessment], current: str, library: Library) -> tuple[EarlierLine, ...]:
    """The assessments of a patient, newest first as they come, each with what changed since the one before."""
    lines = []
    for place, stored in enumerate(history):
        before = history[place + 1] if place + 1 < len(history) else None
        changes = changed(before.document, stored.document, library) if before else ()
        lines.append(
            EarlierLine(
                id=stored.id,
                created=stored.created,
                tier=stored.tier,
                could_be=stored.could_be,
                status=stored.status,
                road=road(stored.service),
                here=stored.id == current,
                changes=changes[:_MOST_CHANGES],
                more=max(0, len(changes) - _MOST_CHANGES),
                first=before is None and len(history) < MOST_EARLIER,
            )
        )
    return tuple(lines)


def changed(before: Mapping[str, Any], after: Mapping[str, Any], library: Library) -> tuple[Change, ...]:
    """What is different in the later of two assessment documents, the urgency first."""
    return (
        *_tiers(before["urgency"], after["urgency"], library),
        *_considerations(before, after),
        *_orders(before, after),
        *_findings(before, after, library),
    )


def series(history: Sequence[StoredAssessment], library: Library) -> tuple[Series, ...]:
    """Everything that was measured of the patient, what was measured most often first; the same value counts once."""
    found: dict[tuple[str, str], dict[tuple[datetime, float], Reading]] = {}
    for stored in reversed(history):
        for finding in stated_findings(stored.document):
            if _is_measured(finding):
                reading = _reading(finding, stored)
                place = found.setdefault((finding.key, finding.side or ""), {})
                place.setdefault((reading.at, reading.value), reading)
    made = [_series(key, side, list(readings.values()), library) for (key, side), readings in found.items()]
    return tuple(sorted(made, key=lambda each: (-len(each.readings), each.label)))


def _is_measured(finding: Finding) -> bool:
    return (
        isinstance(finding.value, int | float)
        and not isinstance(finding.value, bool)
        and finding.status is Status.PRESENT
        and finding.temporality is Temporality.CURRENT
        and finding.key not in _NO_TREND
    )


def _reading(finding: Finding, stored: StoredAssessment) -> Reading:
    assert isinstance(finding.value, int | float)  # noqa: S101 - checked by _is_measured
    references = ", ".join(dict.fromkeys(source.reference for source in finding.sources))
    return Reading(finding.recorded or stored.created, finding.value, f"{finding.value:g}", references)


def _series(key: str, side: str, readings: list[Reading], library: Library) -> Series:
    knowledge = library.knowledge
    unit = knowledge.findings[key].unit if key in knowledge.findings else None
    label = wording.label(key, knowledge) + (f", {side}" if side else "")
    readings = sorted(readings, key=lambda reading: reading.at)
    points = [(reading.at, reading.value) for reading in readings]
    place = f"trend-{key}-{side or 'all'}"
    picture = (
        line_chart(place, f"{label} over time", [Line(label, points)], height=110).svg if len(points) > 1 else None
    )
    return Series(key, label, readable_unit(unit), tuple(readings), picture)


def _tiers(before: Mapping[str, Any], after: Mapping[str, Any], library: Library) -> Iterator[Change]:
    for name, words in (("tier", "Urgency"), ("could_be", "Could be")):
        old, new = before[name], after[name]
        if old != new:
            rank = {tier: definition.tier.rank for tier, definition in library.knowledge.tiers.items()}
            kind = "up" if rank.get(new, -1) > rank.get(old, -1) else "down"
            yield Change(kind, f"{words}: {_tier(old, library)} → {_tier(new, library)}")


def _tier(tier: str | None, library: Library) -> str:
    names = {each.value: definition.name for each, definition in library.knowledge.tiers.items()}
    return names.get(tier or "", "out of scope")


def _considerations(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old = {each["condition"]: each for each in before["considerations"]}
    for each in after["considerations"]:
        was = old.pop(each["condition"], None)
        if was is None:
            yield Change("up", f"{each['label']}: now {each['level']}")
        elif was["level"] != each["level"]:
            kind = "up" if _LEVELS.index(each["level"]) < _LEVELS.index(was["level"]) else "down"
            yield Change(kind, f"{each['label']}: {was['level']} → {each['level']}")
    for gone in old.values():
        yield Change("down", f"{gone['label']}: no longer considered")


def _orders(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = _suggested(before), _suggested(after)
    for order in new.keys() - old.keys():
        yield Change("other", f"Now suggested: {new[order]}")
    for order in old.keys() - new.keys():
        yield Change("other", f"No longer suggested: {old[order]}")


def _suggested(document: Mapping[str, Any]) -> dict[str, str]:
    return {each["order"]: each["label"] for kind in ("workup", "referrals") for each in document[kind]}


def _findings(before: Mapping[str, Any], after: Mapping[str, Any], library: Library) -> Iterator[Change]:
    old = {_which(finding): finding for finding in stated_findings(before)}
    for finding in stated_findings(after):
        was = old.pop(_which(finding), None)
        words = wording.statement(finding, library.knowledge)
        if was is None:
            yield Change("other", f"New: {words}")
        elif (was.status, was.value) != (finding.status, finding.value):
            yield Change("other", f"Changed: {wording.statement(was, library.knowledge)} → {words}")
    for gone in old.values():
        yield Change("other", f"Not told again: {wording.statement(gone, library.knowledge)}")


def _which(finding: Finding) -> tuple[str, str, str]:
    return finding.key, finding.temporality, finding.side or ""
