"""Insights: how much came, how urgent, how soon it was answered, and what clinicians made of the advice."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta

from flask import abort, request
from flask.typing import ResponseReturnValue

from service.dashboard.csv_file import csv_file
from service.dashboard.desk import here, session
from service.dashboard.pages import Pages
from service.dashboard.presenters.insight_rows import REVIEW_FROM, REVIEW_RATE, Rows, rows
from service.dashboard.presenters.insights import page
from service.dashboard.render import render
from service.security.roles import Permission
from service.store import AT_ONCE, Insights

pages = Pages()
PRESETS = (7, 30, 90)
_USUAL = 30
_MOST = 366
_OLDEST = 100 * 366  # days; no service is that old, and calendars end
_TABLES = tuple(Rows.KINDS)


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


@pages.get("/insights", needs=Permission.VIEW, audit="view: insights")
def insights() -> ResponseReturnValue:
    """The figures of a period."""
    _not_for_one_patient()
    today = here().clock().astimezone(UTC).date()
    words = {"presets": PRESETS, "review_from": REVIEW_FROM, "review_rate": REVIEW_RATE, "at_once": AT_ONCE}
    try:
        period = read_period(request.args, today)
    except PeriodError as error:
        usual = Period(today - timedelta(days=_USUAL - 1), today)
        return render("insights.html.j2", period=usual, today=today, fault=str(error), shown=None, **words), 400
    shown = page(_told(period), here().assessor.whole, period.first, period.last, here().clock())
    return render("insights.html.j2", period=period, today=today, fault=None, shown=shown, **words)


@pages.get("/insights.csv", needs=Permission.VIEW, audit="export: insights")
def insights_csv() -> ResponseReturnValue:
    """One table of the page."""
    _not_for_one_patient()
    table = request.args.get("table", "")
    if table not in _TABLES:
        return f"table: choose one of {', '.join(_TABLES)}\n", 400, {"Content-Type": "text/plain; charset=utf-8"}
    try:
        period = read_period(request.args, here().clock().astimezone(UTC).date())
    except PeriodError as error:
        return f"{error}\n", 400, {"Content-Type": "text/plain; charset=utf-8"}
    told = rows(_told(period), here().assessor.whole, period.first, period.last, here().clock())
    columns = [each.name for each in fields(Rows.KINDS[table])]
    return csv_file(f"legtriage-{table}-{period.first}-{period.last}", columns, map(astuple, getattr(told, table)))


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
    first = _day(given, "from", last - timedelta(days=_USUAL - 1))
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


def _told(period: Period) -> Insights:
    since = datetime.combine(period.first, time.min, UTC)
    until = datetime.combine(period.last, time.min, UTC) + timedelta(days=1)
    return here().assessor.store.insights(since, until, session().client)


def _not_for_one_patient() -> None:
    """The figures are of many: a session that an EHR opened for one patient does not see them."""
    if session().patient is not None:
        abort(404)
