"""Errors as problem details (RFC 9457), without a word of what was sent or of what failed inside."""

import traceback
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import orjson
import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response as AnyResponse

from service.intake.documents import faults
from service.intake.structured import Wrong
from service.store import DatabaseAwayError, NotStoredError

PROBLEM = "application/problem+json"
_MOST_ERRORS = 50  # named in one answer
_RETRY_AFTER = "5"  # seconds
_log = structlog.get_logger()


class ProblemError(HTTPException):
    """Ends a request with problem details."""

    code: int

    def __init__(
        self, status: int, detail: str, errors: Iterable[Wrong] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer `status`, saying `detail`, and of each error where it is."""
        super().__init__(detail)
        self.code = status
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def refused(errors: Iterable[Wrong]) -> ProblemError:
    """The 422 that names every place that is wrong."""
    places = tuple(errors)
    return ProblemError(422, "This cannot be used. See errors.", places)


def register_problems(app: Flask) -> None:
    """Make every error outside blueprints that have handlers of their own problem details."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DatabaseAwayError, _away)
    app.register_error_handler(NotStoredError, _away)
    app.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if error.response is not None or status < 400:  # noqa: PLR2004 - a redirect, or an answer that was raised
        return error.get_response()
    if wrong := tuple(_of_parameters(error)):
        return _http_error(refused(wrong))
    errors = error.errors if isinstance(error, ProblemError) else ()
    answer = _problem(status, error.name, error.description or error.name, errors)
    kept = error.headers if isinstance(error, ProblemError) else dict(error.get_headers())
    answer.headers.update({name: value for name, value in kept.items() if name != "Content-Type"})
    return answer


def _of_parameters(error: HTTPException) -> Iterable[Wrong]:
    """What webargs found wrong, by the kind of parameter and its name."""
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    return faults(data.get("messages", {}), "#")


def _away(_error: Exception) -> Response:
    answer = _problem(503, "Service Unavailable", "What is stored cannot be reached now. Please try again.", ())
    answer.headers["Retry-After"] = _RETRY_AFTER
    return answer


def _unexpected(error: Exception) -> Response:
    incident = str(uuid4())
    # Neither the message nor the source lines: both may quote the record of a patient.
    frames = [f"{frame.filename}:{frame.lineno}" for frame in reversed(traceback.extract_tb(error.__traceback__))]
    _log.error("request failed", incident=incident, exc_type=type(error).__name__, frames=frames)
    return _problem(500, "Internal Server Error", f"The service failed. Incident {incident}.", ())


def _problem(status: int, title: str, detail: str, errors: tuple[Wrong, ...]) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = [{"pointer": wrong.pointer, "detail": wrong.detail} for wrong in errors[:_MOST_ERRORS]]
    if len(errors) > _MOST_ERRORS:
        body["detail"] += f" {len(errors)} things are wrong; these are the first {_MOST_ERRORS}."
    return Response(orjson.dumps(body), status, mimetype=PROBLEM)
