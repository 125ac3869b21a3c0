"""Moments as clinicians read them."""

from datetime import date, datetime, timedelta

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def moment(value: datetime) -> str:
    """Day and time, in UTC as it is kept: `23 Nov 2026, 09:24`."""
    return f"{value.day} {value:%b %Y, %H:%M}"


def exact(value: datetime) -> str:
    """To the second: `23 Nov 2026, 09:24:07`."""
    return f"{moment(value)}:{value:%S}"


def day(value: date) -> str:
    """The day alone: `23 Nov 2026`."""
    return f"{value.day} {value:%b %Y}"


def machine(value: datetime | date) -> str:
    """For the `datetime` attribute of a `time` element."""
    return value.isoformat()


def span(value: timedelta) -> str:
    """A length of time as one would say it: `42 min`, `3 h 5 min`, `12 days`."""
    if value < _MINUTE:
        return "under 1 min"
    if value < _HOUR:
        return f"{value // _MINUTE} min"
    if value < 2 * _DAY:
        hours, minutes = value // _HOUR, value % _HOUR // _MINUTE
        return f"{hours} h {minutes} min" if minutes and value < _DAY else f"{hours} h"
    return f"{value // _DAY} days"
