"""Insights: how much came, how urgent, how soon it was answered, and what clinicians made of the advice."""

from dataclasses import astuple, fields

from flask import abort, request
from flask.typing import ResponseReturnValue

from service.dashboard.csv_file import csv_file, no_file
from service.dashboard.desk import here, session
from service.dashboard.pages import Pages
from service.dashboard.periods import Period, PeriodError, read_period, usual_period
from service.dashboard.presenters.insight_rows import REVIEW_FROM, REVIEW_RATE, Rows, rows
from service.dashboard.presenters.insights import page
from service.dashboard.render import render
from service.security.roles import Permission
from service.store import AT_ONCE, Insights

pages = Pages()
PRESETS = (7, 30, 90)
_TABLES = tuple(Rows.KINDS)


@pages.get("/insights", needs=Permission.VIEW, audit="view: insights")
def insights() -> ResponseReturnValue:
    """The figures of a period."""
    _not_for_one_patient()
    today = here().today
    words = {"presets": PRESETS, "review_from": REVIEW_FROM, "review_rate": REVIEW_RATE, "at_once": AT_ONCE}
    try:
        period = read_period(request.args, today)
    except PeriodError as error:
        usual = usual_period(today)
        return render("insights.html.j2", period=usual, today=today, fault=str(error), shown=None, **words), 400
    shown = page(_told(period), here().assessor.whole, period.first, period.last, here().clock())
    return render("insights.html.j2", period=period, today=today, fault=None, shown=shown, **words)


@pages.get("/insights.csv", needs=Permission.VIEW, audit="export: insights")
def insights_csv() -> ResponseReturnValue:
    """One table of the page."""
    _not_for_one_patient()
    table = request.args.get("table", "")
    if table not in _TABLES:
        return no_file(f"table: choose one of {', '.join(_TABLES)}")
    try:
        period = read_period(request.args, here().today)
    except PeriodError as error:
        return no_file(str(error))
    told = rows(_told(period), here().assessor.whole, period.first, period.last, here().clock())
    columns = [each.name for each in fields(Rows.KINDS[table])]
    return csv_file(f"legtriage-{table}-{period.first}-{period.last}", columns, map(astuple, getattr(told, table)))


def _told(period: Period) -> Insights:
    return here().assessor.store.insights(*period.bounds, session().client)


def _not_for_one_patient() -> None:
    """The figures are of many: a session that an EHR opened for one patient does not see them."""
    if session().patient is not None:
        abort(404)
