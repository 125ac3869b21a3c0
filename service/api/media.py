"""What was sent and what is wanted: media types, bodies and entity tags."""

from typing import Any

import orjson
from flask import Response, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import RequestEntityTooLarge

from cds_hooks.body import read_body
from service.api.problems import ProblemError

JSON = "application/json"
FHIR = "application/fhir+json"
HTML = "text/html"
PDF = "application/pdf"


def sent(*accepted: str) -> str:
    """The media type of the body. ProblemError 415 names those that are accepted."""
    if request.mimetype not in accepted or request.headers.get("Content-Encoding", "identity") != "identity":
        kinds = " or ".join(accepted)
        raise ProblemError(415, f"A body is sent as {kinds}, not encoded.", headers={"Accept": ", ".join(accepted)})
    return request.mimetype


def wanted(*offered: str) -> str:
    """The media type to answer with: the first one, unless another is liked better. ProblemError 406 names them."""
    if not request.accept_mimetypes:
        return offered[0]
    # Parameters such as fhirVersion change nothing in what there is to choose from.
    likes = MIMEAccept([(kind.partition(";")[0].strip(), quality) for kind, quality in request.accept_mimetypes])
    best = likes.best_match(offered)
    if best is None:
        raise ProblemError(406, f"This can be had as {' or '.join(offered)}.")
    return best


def body(limit: int) -> bytes:
    """The bytes of the body. ProblemError 413 when there are more than `limit`."""
    try:
        return read_body(limit)
    except RequestEntityTooLarge:
        raise ProblemError(413, f"A body may have {limit} bytes.") from None


def json_answer(value: Any, status: int = 200, kind: str = JSON) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status, mimetype=kind)


def tagged(answer: Response, tag: str, *, personal: bool = True) -> Response:
    """The answer with this entity tag, or a 304 to a client that has it already.

    What is personal a client may hold for itself; caches, and browsers on machines that several people use, must not.
    """
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "no-store" if personal else "private, no-cache"
    answer.vary.update(("Accept", "Authorization"))
    answer.make_conditional(request)
    return answer
