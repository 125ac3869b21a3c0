"""What clinicians made of the advice, as a file for those who look after the knowledge."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import orjson
from flask import Response, request
from flask.typing import ResponseReturnValue

from service.dashboard.csv_file import cell
from service.dashboard.desk import here
from service.dashboard.pages import Pages
from service.dashboard.presenters.deciding import REASONS
from service.dashboard.views.insights import Period, PeriodError, read_period
from service.security.roles import Permission
from service.store import Reaction

pages = Pages()
COLUMNS = (
    "time",
    "kind",
    "client",
    "service",
    "assessment",
    "about",
    "rules",
    "outcome",
    "reason_code",
    "reason",
    "comment",
    "knowledge_version",
)
_Rows = Iterable[dict[str, Any]]


@pages.get("/feedback.csv", needs=Permission.KNOWLEDGE, audit="export: feedback")
def feedback_csv() -> ResponseReturnValue:
    """For a spreadsheet."""
    return _file("csv", "text/csv", _lines_of_csv)


@pages.get("/feedback.ndjson", needs=Permission.KNOWLEDGE, audit="export: feedback")
def feedback_ndjson() -> ResponseReturnValue:
    """For a program: a JSON object on each line."""
    return _file("ndjson", "application/x-ndjson", _lines_of_json)


def _file(kind: str, mimetype: str, written: Callable[[_Rows], Iterator[str]]) -> ResponseReturnValue:
    try:
        period = read_period(request.args, here().clock().astimezone(UTC).date())
    except PeriodError as error:
        return f"{error}\n", 400, {"Content-Type": "text/plain; charset=utf-8"}
    answer = Response(written(_reactions(period)), mimetype=mimetype)
    name = f"legtriage-feedback-{period.first}-{period.last}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _reactions(period: Period) -> Iterator[dict[str, Any]]:
    since = datetime.combine(period.first, time.min, UTC)
    until = datetime.combine(period.last, time.min, UTC) + timedelta(days=1)
    # The first ones are read before the answer begins, so that a database that is away is told as such.
    told = here().assessor.store.reactions(since, until)
    first = next(told, None)
    return map(_row, () if first is None else _before(first, told))


def _before(first: Reaction, others: Iterable[Reaction]) -> Iterator[Reaction]:
    yield first
    yield from others


def _row(reaction: Reaction) -> dict[str, Any]:
    known = REASONS.get(reaction.reason_code or "")
    values = {name: getattr(reaction, name) for name in COLUMNS if name != "time"}
    return {"time": reaction.at.isoformat()} | values | {"rules": [*reaction.rules], "reason": reaction.reason or known}


def _lines_of_csv(rows: _Rows) -> Iterator[str]:
    yield "\ufeff" + _line(COLUMNS)  # the mark tells spreadsheets that it is UTF-8
    for row in rows:
        yield _line([cell(each) for each in (row | {"rules": " ".join(row["rules"])}).values()])


def _line(values: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()


def _lines_of_json(rows: _Rows) -> Iterator[str]:
    for row in rows:
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE).decode()
