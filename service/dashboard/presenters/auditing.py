"""The audit as administrators read it: the filter they ask for, and its lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from service.store import StoredAuditEntry

_DAY = timedelta(days=1)
_LAST = 2**63 - 1


class FilterError(Exception):
    """The audit cannot be asked for this. `field` names what is wrong, the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Filter:
    """Which part of the audit.

    Attributes:
        since: From this day on.
        until: Up to this day, itself included.
        actor: Only what this one saw and did.
        subject: Only what was seen of this and done to it.
        after: Only what is older than the entry with this number.
    """

    since: date | None = None
    until: date | None = None
    actor: str | None = None
    subject: str | None = None
    after: int | None = None

    def bounds(self) -> dict[str, Any]:
        """As the store asks for it, but for the page."""
        return {
            "since": _start(self.since) if self.since else None,
            "until": _start(self.until) + _DAY if self.until else None,
            "actor": self.actor,
            "subject": self.subject,
        }

    def query(self, after: int | None = None) -> str:
        """The address of the same part, from there on."""
        values = {
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "actor": self.actor,
            "subject": self.subject,
            "after": after,
        }
        return urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. `href` leads to what it is about, if that has a page."""

    entry: StoredAuditEntry
    href: str | None


def read_filter(arguments: Mapping[str, str]) -> Filter:
    """The filter in an address. FilterError names the field that cannot be used."""
    asked = Filter(
        since=_day("since", arguments),
        until=_day("until", arguments),
        actor=arguments.get("actor", "").strip() or None,
        subject=arguments.get("subject", "").strip() or None,
        after=_number("after", arguments),
    )
    if asked.since and asked.until and asked.until < asked.since:
        raise FilterError("until", "The last day lies before the first.")
    return asked


def lines(entries: list[StoredAuditEntry]) -> list[Line]:
    """The entries with where they lead."""
    return [
        Line(entry, f"/dashboard/assessments/{entry.subject}" if is_id(entry.subject) else None) for entry in entries
    ]


def is_id(subject: str) -> bool:
    """Whether a subject is an assessment: all else has a name that somebody gave it."""
    try:
        return str(UUID(subject)) == subject
    except ValueError:
        return False


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _day(name: str, arguments: Mapping[str, str]) -> date | None:
    text = arguments.get(name, "").strip()
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = date.max
    if day and not date.min < day < date.max:
        raise FilterError(name, "Give a day as year-month-day, such as 2026-11-23.")
    return day


def _number(name: str, arguments: Mapping[str, str]) -> int | None:
    text = arguments.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LAST)) and int(text) <= _LAST):
        raise FilterError(name, "Give the number of an entry.")
    return int(text)
