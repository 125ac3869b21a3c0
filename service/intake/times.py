"""FHIR dates, which may be partial, without zone, or wrong."""

import re
from datetime import UTC, date, datetime, timedelta

_DATE = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")
_LONGEST_DATE = len("2026-01-01")
_TOMORROW = timedelta(days=1)


def parse(text: str | None, now: datetime) -> datetime | None:
    """The moment a FHIR date or dateTime speaks of, in UTC; None when there is none to be read.

    A partial date stands for its last moment, no later than now, so that something recent is not taken for old. A
    time without zone is read as UTC. A date after tomorrow is a mistake and is not read.
    """
    if not text:
        return None
    match = _DATE.match(text) if len(text) <= _LONGEST_DATE else None
    try:
        moment = _last_moment(*match.groups()) if match else datetime.fromisoformat(text)
        if moment.tzinfo is not UTC:
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if match:
        starts = datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
        return None if starts > now + _TOMORROW else min(moment, now)
    return None if moment > now + _TOMORROW else moment


def instant(text: str | None) -> datetime | None:
    """The moment that an instant names, past or future, in its own zone; None without time or zone."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def full_date(text: str | None) -> date | None:
    """The calendar day, when the text names one."""
    if not text or len(text) < len("2026-01-01"):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _last_moment(year: str, month: str | None, day: str | None) -> datetime:
    if day and month:
        return datetime(int(year), int(month), int(day), 23, 59, 59, tzinfo=UTC)
    if month:
        first_of_next = datetime(int(year) + (month == "12"), int(month) % 12 + 1, 1, tzinfo=UTC)
    else:
        first_of_next = datetime(int(year) + 1, 1, 1, tzinfo=UTC)
    return first_of_next - timedelta(seconds=1)


def completed_years(birth: str | None, now: datetime) -> float | None:
    """Whole years from a FHIR birth date, which may be partial, to now; None when it cannot be read."""
    if not birth or not (match := _DATE.match(birth[:10])):
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    years = now.year - year - ((now.month, now.day) < (month, day))
    return float(years) if 0 <= years <= 130 else None  # noqa: PLR2004 - nobody is older
