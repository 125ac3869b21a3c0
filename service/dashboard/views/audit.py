"""The audit, for administrators: who saw and did what, when and from where; and all of it as FHIR."""

from collections.abc import Iterator

import orjson
from flask import Response, request
from flask.typing import ResponseReturnValue

from service.dashboard.audit_events import audit_event
from service.dashboard.desk import here
from service.dashboard.pages import Pages
from service.dashboard.presenters.auditing import Filter, FilterError, lines, read_filter
from service.dashboard.render import render
from service.security.roles import Permission

pages = Pages()
_ON_A_PAGE = 100


@pages.get("/audit", needs=Permission.ACCOUNTS, audit="view: audit")
def audit() -> ResponseReturnValue:
    """The newest first."""
    try:
        asked = read_filter(request.args)
    except FilterError as error:
        return _page(Filter(), {error.field: str(error)})
    return _page(asked, {})


@pages.get("/audit.ndjson", needs=Permission.ACCOUNTS, audit="export: audit")
def audit_export() -> ResponseReturnValue:
    """The same part of it as AuditEvents, one a line, written while it is read."""
    try:
        asked = read_filter(request.args)
    except FilterError as error:
        return _page(Filter(), {error.field: str(error)})
    entries = here().assessor.store.whole_audit(**asked.bounds())

    def written() -> Iterator[bytes]:
        for entry in entries:
            yield orjson.dumps(audit_event(entry), option=orjson.OPT_APPEND_NEWLINE)

    answer = Response(written(), mimetype="application/fhir+ndjson")
    answer.headers["Content-Disposition"] = "attachment; filename=audit.ndjson"
    return answer


def _page(asked: Filter, faults: dict[str, str]) -> ResponseReturnValue:
    found = here().assessor.store.audit(after=asked.after, limit=_ON_A_PAGE + 1, **asked.bounds()) if not faults else []
    shown = found[:_ON_A_PAGE]
    page = render(
        "audit.html.j2",
        lines=lines(shown),
        typed=request.args,
        faults=faults,
        query=asked.query(),
        older=asked.query(shown[-1].sequence) if len(found) > _ON_A_PAGE else None,
        is_first=asked.after is None,
    )
    return page, 422 if faults else 200
