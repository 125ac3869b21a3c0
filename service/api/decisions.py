"""`/api/v1/assessments/{id}/decisions`: what clinicians decide about an assessment."""

from typing import Any

from flask import Response, request
from marshmallow import ValidationError
from werkzeug.http import parse_etags

from schemas.assessment import AssessmentSummarySchema
from schemas.decisions import DecisionRequestSchema, DecisionsSchema
from service.api import media
from service.api.assessments import found, summary, tagged
from service.api.described import ETAG, IF_MATCH, Gives, operation, part
from service.api.problems import ProblemError, refused
from service.api.rest import caller, here, own
from service.intake.documents import NotJsonError, faults, read_json
from service.intake.structured import Wrong
from service.store import ChangedError, Decision, DecisionError, NotFoundError, StoredAssessment

_CHANGED = "It has changed: read the assessment again."
_DECISION = DecisionRequestSchema()
_BODY = {
    "required": True,
    "description": "JSON in UTF-8, no member twice.",
    "content": {media.JSON: {"schema": DecisionRequestSchema}},
}

blueprint = part("Decisions", "What clinicians decided. Needs the role `clinician`.")


@operation(
    blueprint,
    "POST",
    "/assessments/<id>/decisions",
    id="decide",
    gives=Gives("The assessment as it stands now.", AssessmentSummarySchema, headers=ETAG),
    errors=(400, 404, 406, 412, 413, 415, 422, 503),
    clinicians=True,
    requestBody=_BODY,
    parameters=[IF_MATCH],
)
def decide(id: str) -> Response:  # noqa: A002 - its name in the address
    """Acknowledge, accept or override an assessment or one of its orders, or undo the last decision that stands."""
    media.wanted(media.JSON)
    media.sent(media.JSON)
    given = _given()
    stored = found(id)
    _check_order(stored, given.get("order"))
    decision = Decision(
        assessment=id,
        action=given["action"],
        actor=caller().name,
        at=here().clock(),
        order=given.get("order"),
        reason_code=given.get("reason"),
        comment=given.get("comment"),
    )
    try:
        now = here().assessor.store.decide(decision, expected_version=_expected(stored), client=own())
    except NotFoundError:
        raise ProblemError(404, "There is no such assessment.") from None
    except ChangedError:
        raise ProblemError(412, _CHANGED) from None
    except DecisionError as error:
        raise refused([Wrong("/action", str(error))]) from None
    answer = media.json_answer(summary(now))
    answer.set_etag(str(now.version))
    return answer


def _given() -> dict[str, Any]:
    try:
        body = read_json(media.body(here().max_body_bytes))
        if not isinstance(body, dict):
            raise refused([Wrong("", "a JSON object is needed")])
        checked: dict[str, Any] = _DECISION.load(body)
    except NotJsonError as error:
        raise ProblemError(400, str(error)) from None
    except ValidationError as error:
        raise refused(faults(error.messages_dict)) from None
    return checked


def _check_order(stored: StoredAssessment, order: str | None) -> None:
    suggested = [each["order"] for kind in ("workup", "referrals") for each in stored.document[kind]]
    if order is not None and order not in suggested:
        raise refused([Wrong("/order", "the assessment suggests no such order")])


def _expected(stored: StoredAssessment) -> int | None:
    """The version that the clinician saw; None when the client does not say. ProblemError 412 when it has changed."""
    if "If-Match" not in request.headers:
        return None
    seen = parse_etags(request.headers["If-Match"])
    tags = (f"{stored.version}", f"{stored.version}-fhir+json")
    if not any(seen.contains(tag) for tag in tags):
        raise ProblemError(412, _CHANGED)
    return None if seen.star_tag else stored.version


@operation(
    blueprint,
    "GET",
    "/assessments/<id>/decisions",
    id="listDecisions",
    gives=Gives("The first one first.", DecisionsSchema, headers=ETAG),
    errors=(404, 406, 503),
    clinicians=True,
)
def decisions(id: str) -> Response:  # noqa: A002 - its name in the address
    """List what was decided about an assessment."""
    media.wanted(media.JSON)
    stored = found(id)
    items = [
        {
            "action": made.action,
            "order": made.order,
            "reason": made.reason_code,
            "comment": made.comment,
            "actor": made.actor,
            "assignee": made.assignee,
            "at": made.at.isoformat(timespec="seconds"),
        }
        for made in here().assessor.store.decisions(id)
    ]
    return tagged(
        media.json_answer({"status": stored.status, "version": stored.version, "items": items}), stored.version
    )
