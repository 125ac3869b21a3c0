"""`/api/v1/assessments`: hand in an intake, read assessments again, decide about them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from flask import Response, url_for

from schemas.assessment import AssessmentPageSchema, AssessmentSchema
from schemas.reading import ExplainQuerySchema, IdempotencySchema, PageQuerySchema
from service.advice.bundle import assessment_bundle
from service.api import media
from service.api.cursors import values_of
from service.api.described import ETAG, FHIR_BUNDLE, IF_NONE_MATCH, INTAKE_BODY, LOCATION, Gives, operation, part
from service.api.problems import ProblemError, refused
from service.api.rest import Rest, caller, here, own
from service.intake.documents import NotJsonError, read_fhir, read_structured
from service.intake.notes import Intake
from service.intake.structured import IntakeError, Wrong
from service.knowledge.terminology import Terminology
from service.store import DatabaseAwayError, StoredAssessment, cursor

_KEYS = UUID("5d4a6a0c-3f6e-5a0b-9f0c-6f1c5b2f7d11")
_KEPT = "The assessment. It is kept."
_AS_GIVEN = "The assessment as it was given."
_READERS: dict[str, Callable[[bytes, Terminology, datetime], Intake]] = {
    media.JSON: read_structured,
    media.FHIR: read_fhir,
}

blueprint = part("Assessments", "Triage of one patient, and what became of it.")


@operation(
    blueprint,
    "POST",
    "/assessments",
    id="assess",
    gives=Gives(_KEPT, AssessmentSchema, 201, headers=LOCATION, also={media.FHIR: FHIR_BUNDLE}),
    errors=(400, 406, 413, 415, 422, 503),
    query=ExplainQuerySchema,
    headers=IdempotencySchema,
    requestBody=INTAKE_BODY,
)
def assess(query: dict[str, Any], headers: dict[str, str]) -> Response:
    """Triage a patient.

    The same verdict as by any other road. What is not said counts as unknown, never as absent.
    """
    rest, kind = here(), media.wanted(media.JSON, media.FHIR)
    sent = media.sent(*_READERS)
    data = media.body(rest.max_body_bytes)
    digest = sha256(sent.encode() + b"\n" + data).hexdigest()
    key = headers.get("key")
    document = key and _answered_before(rest, key, digest)
    if not document:
        document = _assessed(rest, _read(rest, sent, data), key, digest, explain=query["explain"])
    answer = _written(document, kind, 201)
    answer.headers["Location"] = _location(document["id"])
    return answer


def _read(rest: Rest, sent: str, data: bytes) -> Intake:
    try:
        return _READERS[sent](data, rest.assessor.library.terminology, rest.clock())
    except NotJsonError as error:
        raise ProblemError(400, str(error)) from None
    except IntakeError as error:
        raise refused(error.errors) from None


def _answered_before(rest: Rest, key: str, digest: str) -> dict[str, Any] | None:
    """The assessment that was given under this key. ProblemError 422 when something else was sent under it.

    None also while that cannot be told: the verdict is worth more, and its id will be the same again.
    """
    with suppress(DatabaseAwayError):
        stands = rest.assessor.store.repeated(caller().name, key)
        if stands and stands[1] != digest:
            raise refused([Wrong("#/headers/Idempotency-Key", "something else was sent under this key before")])
        stored = rest.assessor.store.assessment(stands[0]) if stands else None
        return stored.document if stored else None
    return None


def _assessed(rest: Rest, intake: Intake, key: str | None, digest: str, *, explain: bool) -> dict[str, Any]:
    who = caller().name
    document = rest.assessor.assess(
        intake,
        rest.clock(),
        road="rest",
        client=who,
        inputs_digest=digest,
        explain=explain,
        idempotency_key=key,
        request_digest=digest if key else None,
        # The same request gives the same id wherever and whenever it is answered.
        id=rest.assessor.store.keyed(str(uuid5(_KEYS, f"{who}\n{key}\n{digest}"))) if key else None,
    )
    # Of two at once the first to be kept stands.
    first = key and _answered_before(rest, key, digest)
    return first | {name: document[name] for name in ("trace",) if name in document} if first else document


@operation(
    blueprint,
    "GET",
    "/assessments",
    id="listAssessments",
    gives=Gives("The newest first.", AssessmentPageSchema),
    errors=(406, 422, 503),
    query=PageQuerySchema,
)
def assessments(query: dict[str, Any]) -> Response:
    """List assessments.

    With the role `intake` those that were handed in with the same key, with the role `clinician` all.
    """
    media.wanted(media.JSON)
    left = values_of(query.get("cursor"), (int,))
    stored = here().assessor.store.assessments(
        tier=query.get("tier"),
        status=query.get("status"),
        client=own(),
        before=int(left[0]) if left else None,
        limit=query["limit"] + 1,
    )
    return page(stored, query["limit"], lambda last: [last.sequence])


def page(stored: list[StoredAssessment], limit: int, left: Callable[[StoredAssessment], list[Any]]) -> Response:
    """A page of a list, of which one more than `limit` was asked for to see whether there are more."""
    shown = stored[:limit]
    more = cursor(left(shown[-1])) if len(stored) > limit else None
    return media.json_answer({"items": [summary(each) for each in shown], "next": more})


def summary(stored: StoredAssessment) -> dict[str, Any]:
    """A stored assessment in a line, as JSON values."""
    return {
        "id": stored.id,
        "location": _location(stored.id),
        "created": stored.created.isoformat(timespec="seconds"),
        "client": stored.client,
        "service": stored.service,
        "in_scope": stored.in_scope,
        "tier": stored.tier,
        "could_be": stored.could_be,
        "status": stored.status,
        "version": stored.version,
        "due": stored.due.isoformat(timespec="seconds") if stored.due else None,
    }


@operation(
    blueprint,
    "GET",
    "/assessments/<id>",
    id="readAssessment",
    gives=Gives(_AS_GIVEN, AssessmentSchema, headers=ETAG, also={media.FHIR: FHIR_BUNDLE}),
    errors=(304, 404, 406, 503),
    parameters=[IF_NONE_MATCH],
)
def assessment(id: str) -> Response:  # noqa: A002 - its name in the address
    """Read an assessment again.

    `ETag` changes with every decision about it; give it to `If-Match` of a decision.
    """
    kind = media.wanted(media.JSON, media.FHIR)
    stored = found(id)
    return tagged(_written(stored.document, kind), stored.version, kind)


def found(id: str) -> StoredAssessment:  # noqa: A002 - its name in the address
    """The assessment, if the caller may see it. ProblemError 404 when there is none for it."""
    stored = here().assessor.store.assessment(id, client=own())
    if stored is None:
        raise ProblemError(404, "There is no such assessment.")
    return stored


def tagged(answer: Response, version: int, kind: str = media.JSON) -> Response:
    """The answer with the entity tag of this version in this form."""
    return media.tagged(answer, f"{version}" if kind == media.JSON else f"{version}-{kind.rpartition('/')[2]}")


def _written(document: dict[str, Any], kind: str, status: int = 200) -> Response:
    if kind == media.FHIR:
        return media.json_answer(assessment_bundle(document, here().assessor.whole), status, media.FHIR)
    return media.json_answer(document, status)


def _location(id: str) -> str:  # noqa: A002 - its name in the address
    return url_for("Assessments.assessment", id=id)
