"""The pages below `/dashboard/`, guarded and with their files."""

from collections.abc import Callable
from datetime import datetime
from types import ModuleType

import structlog
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from service.assessing import Assessor
from service.browser import StaticFiles, add_headers
from service.dashboard import account, appearance, audit, signing_in, users, welcome, worklist
from service.dashboard.desk import Desk, here
from service.dashboard.render import render
from service.security.sessions import Sessions
from service.store import DatabaseAwayError

PREFIX = "/dashboard"
_MODULES: tuple[ModuleType, ...] = (account, appearance, audit, signing_in, users, welcome, worklist)


def create_dashboard(
    app: Flask, assessor: Assessor, clock: Callable[[], datetime], public_urls: tuple[str, ...] = ()
) -> Blueprint:
    """The blueprint; what its pages work with is kept in the application."""
    static = StaticFiles(__package__, PREFIX)
    app.extensions["dashboard"] = Desk(assessor, Sessions(assessor.store, clock), clock, static, public_urls)
    blueprint = Blueprint("dashboard", __name__, url_prefix=PREFIX)
    static.serve(blueprint)
    for module in _MODULES:
        module.pages.register(blueprint)
    blueprint.before_request(_find_session)
    blueprint.after_request(add_headers)
    blueprint.register_error_handler(HTTPException, _trouble)
    blueprint.register_error_handler(DatabaseAwayError, _away)
    blueprint.register_error_handler(Exception, _failure)
    return blueprint


def _find_session() -> None:
    desk = here()
    token = request.cookies.get(desk.cookie)
    g.session = None
    if token and request.endpoint != "dashboard.static_file":
        # A page that keeps itself up to date before an empty chair must not keep its user signed in.
        g.session = desk.sessions.find(token, touch=request.headers.get("X-Activity") != "idle")


def _trouble(error: HTTPException) -> tuple[str, int] | Response:
    if error.code is None or error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    # The page says nothing of the address, which may name what is not theirs.
    return render("trouble.html.j2", status=error.code, path=""), error.code


def _away(_error: DatabaseAwayError) -> tuple[str, int, dict[str, str]]:
    return render("trouble.html.j2", status=503, path=""), 503, {"Retry-After": "5"}


def _failure(error: Exception) -> tuple[str, int]:
    # The message may hold what is known of a patient; the kind of the failure says enough.
    structlog.get_logger().error("dashboard failed", exc_type=type(error).__name__)
    return render("trouble.html.j2", status=500, path=""), 500
