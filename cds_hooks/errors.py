"""What a client is told in place of cards: an OperationOutcome, never a trace and never patient data."""

import logging
import traceback
import uuid
from collections.abc import Iterable
from typing import Any

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cds_hooks.compact import without_empty

_LOG = logging.getLogger(__name__)

# HTTP status -> FHIR issue type
_ISSUE_TYPES = {
    400: "invalid",
    401: "login",
    404: "not-found",
    405: "not-supported",
    412: "incomplete",
    413: "too-long",
}


class RequestProblem(Exception):  # noqa: N818 - not every problem is ours
    """A request that cannot be understood."""

    def __init__(self, status: int, diagnostics: str, expression: Iterable[str] = ()) -> None:
        """Answer ``status``, saying ``diagnostics`` about the members at the paths in ``expression``."""
        super().__init__(diagnostics)
        self.status = status
        self.diagnostics = diagnostics
        self.expression = tuple(expression)


class PreconditionFailed(Exception):  # noqa: N818 - the HTTP term
    """Raised by a handler that has nothing to judge by.

    Clients are known to show the resulting 412 as if all were well. What can be said belongs on a card.
    """

    def __init__(self, diagnostics: str) -> None:
        """Answer 412 with ``diagnostics``, which names the missing data and holds no patient data."""
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


class Unauthorized(Exception):  # noqa: N818 - the HTTP term
    """Raised when a caller could not prove who it is. The caller is not told why, the log is."""

    def __init__(self, reason: str) -> None:
        """Answer 401. ``reason`` is one of a few fixed phrases, and quotes nothing of the token."""
        super().__init__(reason)
        self.reason = reason


def operation_outcome(
    issue_type: str, diagnostics: str, *, expression: Iterable[str] = (), severity: str = "error"
) -> dict[str, Any]:
    """Return an OperationOutcome with one issue."""
    issue = {
        "severity": severity,
        "code": issue_type,
        "diagnostics": diagnostics,
        "expression": list(expression),
    }
    return {"resourceType": "OperationOutcome", "issue": [without_empty(issue)]}


def register_error_handlers(blueprint: Blueprint) -> None:
    """Make every error inside the blueprint an OperationOutcome."""
    blueprint.register_error_handler(RequestProblem, _request_problem)
    blueprint.register_error_handler(PreconditionFailed, _precondition_failed)
    blueprint.register_error_handler(Unauthorized, _unauthorized)
    blueprint.register_error_handler(HTTPException, _http_error)
    blueprint.register_error_handler(Exception, _unexpected)


def _answer(status: int, outcome: dict[str, Any]) -> Response:
    return Response(orjson.dumps(outcome), status, mimetype="application/json")


def _request_problem(problem: RequestProblem) -> Response:
    issue_type = _ISSUE_TYPES.get(problem.status, "processing")
    outcome = operation_outcome(issue_type, problem.diagnostics, expression=problem.expression)
    return _answer(problem.status, outcome)


def _precondition_failed(failure: PreconditionFailed) -> Response:
    return _answer(412, operation_outcome(_ISSUE_TYPES[412], failure.diagnostics))


def _unauthorized(failure: Unauthorized) -> Response:
    _LOG.warning("caller not authenticated: %s", failure.reason)
    answer = _answer(401, operation_outcome(_ISSUE_TYPES[401], "Unauthorized"))
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    answer = _answer(status, operation_outcome(_ISSUE_TYPES.get(status, "processing"), error.name))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(error.valid_methods)
    return answer


def _unexpected(error: Exception) -> Response:
    incident = str(uuid.uuid4())
    # Neither the message nor the source lines: both may quote the record of a patient.
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    stack = " < ".join(reversed(frames))
    _LOG.error("incident %s: %s in %s at %s", incident, type(error).__name__, request.path, stack)
    diagnostics = f"The service failed. Incident {incident}."
    return _answer(500, operation_outcome("exception", diagnostics, severity="fatal"))
