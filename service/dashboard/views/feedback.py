"""What clinicians made of the advice, as a file for those who look after the knowledge."""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import orjson
from flask import Response, request
from flask.typing import ResponseReturnValue

from service.dashboard.csv_file import csv_file, no_file
from service.dashboard.desk import here
from service.dashboard.pages import Pages
from service.dashboard.periods import PeriodError, read_period
from service.dashboard.presenters.deciding import REASONS
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

    def file(name: str, rows: _Rows) -> Response:
        return csv_file(name, COLUMNS, ((row | {"rules": " ".join(row["rules"])}).values() for row in rows))

    return _told(file)


@pages.get("/feedback.ndjson", needs=Permission.KNOWLEDGE, audit="export: feedback")
def feedback_ndjson() -> ResponseReturnValue:
    """For a program: a JSON object on each line."""

    def file(name: str, rows: _Rows) -> Response:
        lines = (orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        answer = Response(lines, mimetype="application/x-ndjson")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.ndjson"'
        return answer

    return _told(file)


def _told(file: Callable[[str, _Rows], Response]) -> ResponseReturnValue:
    try:
        period = read_period(request.args, here().today)
    except PeriodError as error:
        return no_file(str(error))
    # The first ones are read before the answer begins, so that a database that is away is told as such.
    told = here().assessor.store.reactions(*period.bounds)
    first = next(told, None)
    rows = map(_row, () if first is None else chain([first], told))
    return file(f"legtriage-feedback-{period.first}-{period.last}", rows)


def _row(reaction: Reaction) -> dict[str, Any]:
    known = REASONS.get(reaction.reason_code or "")
    values = {name: getattr(reaction, name) for name in COLUMNS if name != "time"}
    return {"time": reaction.at.isoformat()} | values | {"rules": [*reaction.rules], "reason": reaction.reason or known}
