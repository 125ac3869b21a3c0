"""The days that figures and files are of, as an address asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_USUAL = 30
_MOST = 366
_OLDEST = 100 * 366  # days; no service is that old, and calendars end


class PeriodError(ValueError):
    """A period that cannot be shown. The message names the field and says what it takes."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days that are shown, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """From when, and until before when, in UTC."""
        since, last = (datetime.combine(each, time.min, UTC) for each in (self.first, self.last))
        return since, last + timedelta(days=1)


def usual_period(last: date) -> Period:
    """What is shown up to this day when nothing else is asked for."""
    return Period(last - timedelta(days=_USUAL - 1), last)


def read_period(given: Mapping[str, str], today: date) -> Period:
    """The period that an address asks for: `days` until today, or `from` and `to`.

    Raises:
        PeriodError: It asks for none.
    """
    if "days" in given:
        days = given["days"]
        if not (days.isascii() and days.isdecimal() and len(days) <= len(str(_MOST)) and 1 <= int(days) <= _MOST):
            raise PeriodError(f"days: a whole number from 1 to {_MOST}.")
        return Period(today - timedelta(days=int(days) - 1), today)
    last = _day(given, "to", today)
    if last > today:
        raise PeriodError("to: not after today.")
    if (today - last).days > _OLDEST:
        raise PeriodError("to: too long ago.")
    first = _day(given, "from", usual_period(last).first)
    if first > last:
        raise PeriodError("from: not after the last day.")
    if (last - first).days >= _MOST:
        raise PeriodError(f"from: at most {_MOST} days before the last one.")
    return Period(first, last)


def _day(given: Mapping[str, str], name: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(given[name]) if given.get(name) else otherwise
    except ValueError:
        raise PeriodError(f"{name}: a day as 2026-11-23.") from None
