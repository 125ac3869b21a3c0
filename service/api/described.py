"""Routes that say in the API document what they take and give: parameters, bodies, answers and errors."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Response
from flask_smorest import Blueprint  # type: ignore[import-untyped]
from marshmallow import RAISE, Schema
from werkzeug.http import HTTP_STATUS_CODES

from schemas.intake import IntakeSchema
from service.api import media
from service.api.problems import PROBLEM
from service.api.rest import authenticate, clinicians_only

_View = TypeVar("_View", bound=Callable[..., Any])
_PROBLEM = "#/components/schemas/Problem"

# Of each error: when it comes, and the words of an example.
_ERRORS = {
    400: ("The body is no JSON that can be read without doubt.", "The member 'status' is there twice."),
    401: ("No API key, or one that is not good (any more).", "An API key is needed."),
    403: ("The key has another role.", "This needs the key of a clinician."),
    404: ("There is no such thing, or it is somebody else's.", "There is no such assessment."),
    406: ("It cannot be had in any form that `Accept` names.", "This can be had as application/json."),
    412: ("Somebody else decided in the meantime.", "It has changed: read the assessment again."),
    413: ("The body is longer than `LEGTRIAGE_MAX_BODY_MB`.", "A body may have 8388608 bytes."),
    415: (
        "It is of another kind; `Accept` names what is taken.",
        "A body is sent as application/json, not encoded.",
    ),
    422: ("Understood, but it cannot be used. `errors` says why.", "This cannot be used. See errors."),
    500: ("The service failed. The log repeats the incident number, without patient data.", "The service failed."),
    503: ("What is stored cannot be reached now, or nothing could be kept.", "Please try again."),
}
_PLACES = [{"pointer": "/findings/0/key", "detail": "no such finding; did you mean calf_pain?"}]
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string", "const": "Bearer"}}},
    415: {"Accept": {"schema": {"type": "string"}, "description": "What is taken."}},
    503: {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds to wait."}},
}

FHIR_BUNDLE = {"$ref": "#/components/schemas/FHIRResource"}
PAGE = {"type": "string", "contentMediaType": "text/html"}
FILE = {"type": "string", "contentMediaType": "application/pdf", "format": "binary"}
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "The address of the assessment."}}
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "Of this version, in this form."}}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an answer that the client still has.",
    "schema": {"type": "string"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` of the assessment that the clinician saw. If it has changed since, 412.",
    "schema": {"type": "string"},
}
INTAKE_BODY = {
    "required": True,
    "description": "JSON in UTF-8, no member twice.",
    "content": {media.JSON: {"schema": IntakeSchema}, media.FHIR: {"schema": FHIR_BUNDLE}},
}


@dataclass(frozen=True, slots=True)
class Gives:
    """What an operation answers when all is well; `also` are the schemas of other forms it can be had in."""

    description: str
    schema: type[Schema] | Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, Any] = field(default_factory=dict)
    kind: str = media.JSON
    also: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def part(name: str, description: str) -> Blueprint:
    """A part of the API. Whoever calls it is asked for a key before the request is looked at."""
    blueprint = Blueprint(name, name.lower(), url_prefix="/api/v1", description=description)
    blueprint.before_request(authenticate)
    blueprint.after_request(_keep_out_of_caches)
    return blueprint


def _keep_out_of_caches(answer: Response) -> Response:
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def operation(
    blueprint: Blueprint,
    method: str,
    rule: str,
    *,
    id: str,  # noqa: A002 - its name in the document
    gives: Gives,
    errors: Iterable[int],
    query: type[Schema] | None = None,
    headers: type[Schema] | None = None,
    clinicians: bool = False,
    **described: Any,
) -> Callable[[_View], _View]:
    """Serve a view at an address, and describe it by its docstring.

    Args:
        blueprint: The part of the API that it belongs to.
        method: The method.
        rule: The address, as Flask writes it.
        id: Its name for those who generate a client.
        gives: What it answers when all is well.
        errors: The statuses it may answer besides; 401 and 500 come by themselves, and 403 with `clinicians`.
        query: The query parameters, which become the first argument of the view. Others are refused.
        headers: The headers, which become the next one.
        clinicians: It needs the role `clinician`.
        described: Further members of the operation.
    """
    statuses = sorted({*errors, 401, 500, *((403,) if clinicians else ())})
    responses = {str(status): error(status) for status in statuses}

    def serve(view: _View) -> _View:
        told = {"description": gives.description, "headers": dict(gives.headers) or None}
        made: Any = view
        for kind, schema in gives.also.items():
            made = blueprint.alt_response(gives.status, schema=schema, content_type=kind, success=True, **told)(made)
        # The outermost is the first in the document, and the one that generated clients go by.
        made = blueprint.response(gives.status, gives.schema, content_type=gives.kind, **told)(made)
        if headers:
            made = blueprint.arguments(headers, location="headers")(made)
        if query:
            made = blueprint.arguments(query, location="query", unknown=RAISE)(made)
        made._apidoc.get("arguments", {}).pop("responses", None)  # noqa: SLF001 - the library's own words for a 422
        made = blueprint.doc(operationId=id, security=[{}, {"apiKey": []}], responses=responses, **described)(made)
        blueprint.route(rule, methods=[method])(clinicians_only(made) if clinicians else made)
        return view

    return serve


def error(status: int) -> dict[str, Any]:
    """One error of an operation."""
    if status == 304:  # noqa: PLR2004 - Not Modified
        return {"description": "It has not changed."}
    return {"$ref": f"#/components/responses/Problem{status}"}


def error_responses() -> dict[str, dict[str, Any]]:
    """The errors that operations share, by the name that `error` refers to."""
    return {f"Problem{status}": _error_response(status, *words) for status, words in _ERRORS.items()}


def _error_response(status: int, when: str, detail: str) -> dict[str, Any]:
    title = HTTP_STATUS_CODES[status]
    example: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if status == 422:  # noqa: PLR2004 - the one that names places
        example["errors"] = _PLACES
    response = {"description": when, "content": {PROBLEM: {"schema": {"$ref": _PROBLEM}, "example": example}}}
    return response | ({"headers": _HEADERS[status]} if status in _HEADERS else {})
