"""Reading feedback: what clinicians did with cards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from marshmallow import ValidationError

from cds_hooks.wire import fault_paths, given, members_of_body, plain, problem_of
from schemas.cds_hooks import FeedbackSchema

_SCHEMA = FeedbackSchema()


@dataclass(frozen=True, slots=True)
class FeedbackReason:
    """A coded reason for an override, as sent: a client may leave out all but the code."""

    code: str
    system: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What became of one card.

    Attributes:
        service: Id of the service that the feedback was sent to.
        client: Who sent it, by the name the service knows it by.
        card: The card's uuid, as sent. It may be of a card that nobody here remembers.
        outcome: Whether a suggestion was accepted, or the card overridden.
        accepted_suggestions: Their uuids, when accepted.
        reason: The coded reason, when overridden.
        comment: The clinician's own words, when overridden. They may be about the patient.
        timestamp: When it happened, by the client's clock.
    """

    service: str
    client: str
    card: str
    outcome: Literal["accepted", "overridden"]
    timestamp: datetime
    accepted_suggestions: tuple[str, ...] = ()
    reason: FeedbackReason | None = None
    comment: str | None = field(default=None, repr=False)


def parse_feedback(body: bytes, service: str, client: str = "anonymous") -> list[Feedback]:
    """Return the feedback that ``body`` holds, sent by ``client`` about cards of ``service``.

    Raises:
        RequestProblem: The body is no JSON, or a member is missing, wrong or there twice.
    """
    envelope = members_of_body(body)
    wire = {"feedback": plain(envelope["feedback"], "feedback")} if given(envelope, "feedback") else {}
    try:
        entries = _SCHEMA.load(wire)["feedback"]
    except ValidationError as invalid:
        raise problem_of(dict(fault_paths(invalid.messages_dict))) from None
    return [_feedback(entry, service, client) for entry in entries]


def _feedback(entry: Mapping[str, Any], service: str, client: str) -> Feedback:
    accepted = entry["outcome"] == "accepted"
    suggestions = entry.get("accepted_suggestions", ()) if accepted else ()
    override = {} if accepted else entry.get("override_reason", {})
    return Feedback(
        service=service,
        client=client,
        card=entry["card"],
        outcome=entry["outcome"],
        timestamp=entry["timestamp"],
        accepted_suggestions=tuple(suggestion["id"] for suggestion in suggestions),
        reason=FeedbackReason(**override["reason"]) if "reason" in override else None,
        comment=override.get("user_comment"),
    )
