"""The routes of the intake page: the form, which questions to show next, and the result.

Nobody logs in and no cookie is set. The result is the answer to the form itself and has no address of its own, so
there is nothing to guess, to share by mistake or to find in a browser's history.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import structlog
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from service.assessing import Assessor, write
from service.browser import StaticFiles, add_headers, refuse_other_pages
from service.intake.asking import Asking
from service.intake.notes import Intake
from service.intake.structured import IntakeError, Wrong, read_intake
from service.intake_page.answers import Sent, read_answers
from service.intake_page.views import Views
from service.knowledge.library import Library
from service.store import NotStoredError
from service.triage.assess import assess

ROAD: Final = "intake-page"
MOST_BYTES = 64 * 1024

_FORM_TYPE = "application/x-www-form-urlencoded"


def create_intake_page(
    assessor: Assessor, clock: Callable[[], datetime], public_urls: Collection[str] = ()
) -> Blueprint:
    """The page below `/intake/`.

    Args:
        assessor: Triages the answers and keeps the assessment.
        clock: What time it is.
        public_urls: The addresses that browsers know this service by, besides the one it is called at.
    """
    page = Blueprint("intake_page", __name__, url_prefix="/intake")
    static = StaticFiles(__package__, "/intake")
    _guard(page, {urlsplit(url).netloc for url in public_urls})
    static.serve(page)
    views = Views(assessor.whole, static)
    routes = _Routes(assessor, clock, views)
    page.get("/")(routes.form)
    page.post("/next")(routes.ask_next)
    page.post("/")(routes.result)

    @page.errorhandler(HTTPException)
    def trouble(error: HTTPException) -> tuple[str, int]:
        return views.trouble(error.code or 500), error.code or 500

    @page.errorhandler(Exception)
    def failure(error: Exception) -> tuple[str, int]:
        # The message may hold what the patient wrote; the kind of the failure says enough.
        structlog.get_logger().error("intake page failed", exc_type=type(error).__name__)
        return views.trouble(500), 500

    return page


class _Routes:
    """What the form leads to."""

    def __init__(self, assessor: Assessor, clock: Callable[[], datetime], views: Views) -> None:
        self._assessor = assessor
        self._clock = clock
        self._views = views

    def form(self) -> str:
        return self._views.form(self._clock().date())

    def ask_next(self) -> Response:
        now = self._clock()
        try:
            sent, intake = _read(self._assessor.library, now)
        except IntakeError as error:
            wrong = [{"field": each.pointer, "detail": each.detail} for each in error.errors]
            return _json({"errors": wrong}, 422)
        screen = Asking(self._assessor.library).next_screen(intake.findings, sent.answers, sent.asked, now)
        if screen is None:
            return _json({"done": True})
        return _json({"group": screen.id, "keys": [item.key for item in screen.items]})

    def result(self) -> str | tuple[str, int]:
        now = self._clock()
        try:
            sent, intake = _read(self._assessor.library, now)
        except IntakeError as error:
            return self._views.form(now.date(), request.form, error.errors), 422
        document, kept = _assessed(self._assessor, intake, now)
        asking = Asking(self._assessor.library)
        danger_open = asking.danger_left_open(intake.findings, sent.answers, sent.asked, now)
        return self._views.result(document, kept=kept, danger_open=danger_open)


def _guard(page: Blueprint, own_hosts: Collection[str]) -> None:
    @page.before_request
    def refuse() -> None:
        # One byte to spare, because a chunked body is cut at Werkzeug's limit without an error, and answers with it.
        request.max_content_length = MOST_BYTES + 1
        if request.method == "POST":
            refuse_other_pages(own_hosts)
            if request.mimetype != _FORM_TYPE:
                abort(415)
            if len(request.get_data()) > MOST_BYTES:
                abort(413)
            if not request.form and request.content_length != 0:
                abort(400)  # it could not be decoded, and must not pass for a form without answers

    page.after_request(add_headers)


def _read(library: Library, now: datetime) -> tuple[Sent, Intake]:
    sent = read_answers(request.form.to_dict(flat=False), library, now)
    try:
        return sent, read_intake(sent.intake, library.terminology, now)
    except IntakeError as error:
        raise IntakeError([Wrong(_field(wrong.pointer, sent), wrong.detail) for wrong in error.errors]) from None


def _field(pointer: str, sent: Sent) -> str:
    """The field of the form behind a pointer into the intake."""
    _, part, position, *_ = [*pointer.split("/"), "", ""]
    if part == "findings" and position.isdigit():
        return str(sent.intake["findings"][int(position)]["key"])
    return {"age": "age_years", "sex": "sex_at_birth"}.get(position, part)


def _assessed(assessor: Assessor, intake: Intake, now: datetime) -> tuple[Mapping[str, Any], bool]:
    """The assessment document, and whether it was kept: the patient is told what to do in either case."""
    digest = sha256(orjson.dumps(sorted(request.form.to_dict(flat=False).items()))).hexdigest()
    try:
        return assessor.assess(intake, now, road=ROAD, client=ROAD, inputs_digest=digest), True
    except NotStoredError:
        library = assessor.library
        return write(assess(intake.findings, library.knowledge, now), intake, library) | {"id": "not saved"}, False


def _json(content: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, mimetype="application/json")
