"""The addresses below `/fhir`.

Routes take every method and refuse the wrong ones themselves, so that whatever goes wrong is an OperationOutcome.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import MethodNotAllowed, NotFound

from cds_hooks.body import read_body
from cds_hooks.errors import RequestProblem, Unauthorized, register_error_handlers
from service.advice.bundle import assessment_bundle
from service.assessing import Assessor
from service.fhir_api.catalogue import TYPES, Catalogue
from service.fhir_api.request import read_request
from service.security.keys import Caller, KeyRefusedError
from service.store import DatabaseAwayError, NotStoredError

_FHIR = "application/fhir+json"
_KINDS = (_FHIR, "application/json")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_READ = ("GET", "HEAD")
_RETRY_SECONDS = "5"


@dataclass(frozen=True, slots=True)
class Fhir:
    """What the routes work with; `caller` tells from the Authorization header who calls, or raises KeyRefusedError."""

    assessor: Assessor
    clock: Callable[[], datetime]
    caller: Callable[[str | None], Caller]
    max_body_bytes: int


def create_fhir_blueprint(fhir: Fhir) -> Blueprint:
    """The blueprint that serves the definitions of the library in force, and assesses."""
    routes = _Routes(fhir)
    blueprint = Blueprint("fhir", __name__, url_prefix="/fhir")
    register_error_handlers(blueprint)
    blueprint.after_request(_as_fhir)
    options: dict[str, Any] = {"methods": _METHODS, "provide_automatic_options": False}
    for rule, name, view in (
        ("/metadata", "metadata", routes.metadata),
        ("/QuestionnaireResponse/$assess", "assess", routes.assess),
        ("/<kind>", "search", routes.search),
        ("/<kind>/<id>", "read", routes.read),
        ("/<path:elsewhere>", "elsewhere", routes.elsewhere),
    ):
        blueprint.add_url_rule(rule, name, view, **options)
    blueprint.add_url_rule(
        "/", "elsewhere", routes.elsewhere, strict_slashes=False, defaults={"elsewhere": ""}, **options
    )
    return blueprint


class _Routes:
    """What the addresses do."""

    def __init__(self, fhir: Fhir) -> None:
        self.fhir = fhir
        library = fhir.assessor.library
        self._written = (library, Catalogue(library))

    @property
    def catalogue(self) -> Catalogue:
        """The definitions, written anew when another library is in force."""
        library = self.fhir.assessor.library
        written_of, catalogue = self._written
        if written_of is not library:
            catalogue = Catalogue(library)
            self._written = (library, catalogue)
        return catalogue

    def metadata(self) -> Response:
        if (early := _only(*_READ)) is not None:
            return early
        return _found(self.catalogue.metadata, None)

    def search(self, kind: str) -> Response:
        if (early := _only(*_READ)) is not None:
            return early
        if kind not in TYPES:
            raise NotFound
        used = {name: request.args[name] for name in ("_id", "url") if name in request.args}
        address = f"{request.base_url}?{urlencode(used)}" if used else request.base_url
        return _found(self.catalogue.search(kind, used.get("_id"), used.get("url"), address), None)

    def read(self, kind: str, id: str) -> Response:  # noqa: A002 - FHIR's name for it
        if (early := _only(*_READ)) is not None:
            return early
        if kind not in TYPES:
            raise NotFound
        written = self.catalogue.one(kind, id)
        if written is None:
            raise NotFound
        return _found(written.body, written.tag)

    def elsewhere(self, elsewhere: str) -> Response:  # noqa: ARG002 - the route names it
        raise NotFound

    def assess(self) -> Response:
        if (early := _only("POST")) is not None:
            return early
        client = self._caller()
        if request.mimetype not in _KINDS or request.headers.get("Content-Encoding", "identity") != "identity":
            raise RequestProblem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A body is sent as {' or '.join(_KINDS)}, not encoded."
            )
        _check_accept()
        body = read_body(self.fhir.max_body_bytes)
        now, assessor = self.fhir.clock(), self.fhir.assessor
        intake = read_request(body, assessor.library.terminology, now)
        try:
            document = assessor.assess(
                intake, now, road="fhir", client=client.name, inputs_digest=sha256(body).hexdigest()
            )
        except NotStoredError:
            raise RequestProblem(HTTPStatus.SERVICE_UNAVAILABLE, "The assessment cannot be kept now.") from None
        bundle = assessment_bundle(document, assessor.whole)
        return Response(orjson.dumps(bundle), mimetype=_FHIR)

    def _caller(self) -> Caller:
        try:
            return self.fhir.caller(request.headers.get("Authorization"))
        except KeyRefusedError:
            raise Unauthorized("no API key that is good") from None
        except DatabaseAwayError:
            raise RequestProblem(HTTPStatus.SERVICE_UNAVAILABLE, "It cannot be told now who calls.") from None


def _only(*methods: str) -> Response | None:
    """Refuse any other method; what is left is the answer to the question which there are."""
    if request.method == "OPTIONS":
        return Response(headers={"Allow": ", ".join((*methods, "OPTIONS"))})
    if request.method not in methods:
        raise MethodNotAllowed(valid_methods=(*methods, "OPTIONS"))
    return None


def _check_accept() -> None:
    """Refuse a client that wants no JSON. Parameters such as fhirVersion change nothing."""
    wanted = MIMEAccept([(kind.partition(";")[0].strip(), quality) for kind, quality in request.accept_mimetypes])
    if wanted and wanted.best_match(_KINDS) is None:
        raise RequestProblem(HTTPStatus.NOT_ACCEPTABLE, f"This can be had as {_FHIR}.")


def _found(body: bytes, tag: str | None) -> Response:
    """A definition, or a 304 to a client that has it already."""
    _check_accept()
    answer = Response(body, mimetype=_FHIR)
    answer.headers["Cache-Control"] = "no-cache"
    if tag:
        answer.set_etag(tag, weak=True)
        answer.make_conditional(request)
    return answer


def _as_fhir(answer: Response) -> Response:
    """What the shared error handlers write is FHIR here, and an answer about a patient stays out of caches."""
    if answer.mimetype == "application/json":
        answer.mimetype = _FHIR
    answer.headers.setdefault("Cache-Control", "no-store")
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = _RETRY_SECONDS
    return answer
