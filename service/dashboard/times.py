"""Moments as clinicians read them."""

from datetime import date, datetime


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
