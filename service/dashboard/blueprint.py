"""The pages below `/dashboard/`, guarded and with their files."""

from collections.abc import Callable, Iterable
from datetime import datetime
from types import ModuleType

import structlog
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from service.assessing import Assessor
from service.browser import HEADERS, StaticFiles, add_headers
from service.dashboard.desk import Desk, here
from service.dashboard.elsewhere import launching, reading, sending, single_sign_on
from service.dashboard.elsewhere.launched import allow_frame, launched_from
from service.dashboard.elsewhere.refusals import Refusal, refused
from service.dashboard.elsewhere.servers import Launches, SignOn
from service.dashboard.render import render
from service.dashboard.views import (
    account,
    answering,
    appearance,
    audit,
    deciding,
    feedback,
    handbook,
    insights,
    knowledge,
    nowhere,
    patient,
    signing_in,
    users,
    welcome,
    worklist,
)
from service.security.sealing import Seal
from service.security.sessions import Sessions
from service.store import DatabaseAwayError, NotStoredError

PREFIX = "/dashboard"
_MODULES: tuple[ModuleType, ...] = (
    account,
    answering,
    appearance,
    audit,
    deciding,
    feedback,
    handbook,
    insights,
    knowledge,
    nowhere,
    patient,
    sending,
    signing_in,
    single_sign_on,
    users,
    welcome,
    worklist,
)
_SMART_MODULES: tuple[ModuleType, ...] = (launching, reading)


def create_dashboard(
    app: Flask,
    assessor: Assessor,
    clock: Callable[[], datetime],
    public_urls: tuple[str, ...] = (),
    *,
    sign_on: SignOn | None = None,
    launches: Launches | None = None,
) -> Blueprint:
    """The blueprint; what its pages work with is kept in the application."""
    static = StaticFiles(__package__, PREFIX)
    app.extensions["dashboard"] = Desk(
        assessor,
        Sessions(assessor.store, clock),
        clock,
        static,
        Seal(assessor.store.derived_key("dashboard"), clock),
        public_urls,
        sign_on,
        launches,
    )
    blueprint = Blueprint("dashboard", __name__, url_prefix=PREFIX)
    static.serve(blueprint)
    return _guarded(blueprint, _MODULES)


def create_smart() -> Blueprint:
    """The pages by which EHRs launch the dashboard; they work with what it keeps in the application."""
    return _guarded(Blueprint("smart", __name__, url_prefix="/smart"), _SMART_MODULES)


def _guarded(blueprint: Blueprint, modules: Iterable[ModuleType]) -> Blueprint:
    for module in modules:
        module.pages.register(blueprint)
    blueprint.before_request(_find_session)
    blueprint.after_request(_add_headers)
    blueprint.register_error_handler(HTTPException, _trouble)
    blueprint.register_error_handler(DatabaseAwayError, _away)
    blueprint.register_error_handler(NotStoredError, _away)
    blueprint.register_error_handler(Exception, _failure)
    return blueprint


def _find_session() -> Response | None:
    desk = here()
    token = request.cookies.get(desk.cookie)
    g.session = None
    if token and request.endpoint != "dashboard.static_file":
        # A page that keeps itself up to date before an empty chair must not keep its user signed in.
        g.session = desk.sessions.find(token, touch=request.headers.get("X-Activity") != "idle")
    if (ehr := launched_from()) is not None:
        allow_frame(ehr)
    elif g.session is None and _is_framed() and request.blueprint == "dashboard":
        # Nobody signs in within a frame: the browser would refuse to show the form.
        g.frame_ancestors = desk.launches.frame_ancestors if desk.launches else ()
        return refused(Refusal.ENDED, launched=True)
    return None


def _is_framed() -> bool:
    return request.headers.get("Sec-Fetch-Dest") == "iframe"


def _add_headers(response: Response) -> Response:
    """Those of every page; an EHR may show what it opened in a frame, where the settings say so."""
    if ancestors := g.get("frame_ancestors"):
        policy = HEADERS["Content-Security-Policy"]
        allowed = policy.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(ancestors)}")
        response.headers.setdefault("Content-Security-Policy", allowed)
    return add_headers(response)


def _trouble(error: HTTPException) -> tuple[str, int] | Response:
    if error.code is None or error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    return _told(error.code), error.code


def _away(_error: DatabaseAwayError | NotStoredError) -> tuple[str, int, dict[str, str]]:
    return _told(503), 503, {"Retry-After": "5"}


def _failure(error: Exception) -> tuple[str, int]:
    # The message may hold what is known of a patient; the kind of the failure says enough.
    structlog.get_logger().error("dashboard failed", exc_type=type(error).__name__)
    return _told(500), 500


def _told(status: int) -> str:
    # A page that is not there is nothing to go back to. Of a form nobody knows how far it came.
    return render("trouble.html.j2", status=status, path="", is_sent=request.method == "POST")
