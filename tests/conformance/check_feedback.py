"""Feedback: what became of the cards."""

import json
from typing import Any

from tests.conformance.checklist import shows
from tests.conformance.records import ago, likely_clot
from tests.conformance.subject import DISCOVERY, JSON, Reply, Subject

COMMENT = "Quittenmus said the patient"
_REASONS = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


def answered(subject: Subject) -> list[JSON]:
    """Cards that feedback can be about."""
    return subject.ask(likely_clot("feedback")).cards()


def accepted(subject: Subject) -> JSON:
    cards = [card for card in answered(subject) if card.get("suggestions")]
    assert cards, "no suggestions to accept"
    card = cards[0]
    taken = [{"id": each["uuid"]} for each in card["suggestions"]]
    return {"card": card["uuid"], "outcome": "accepted", "acceptedSuggestions": taken, "outcomeTimestamp": ago(0)}


def overridden(subject: Subject, **reason: Any) -> JSON:
    entry = {"card": answered(subject)[0]["uuid"], "outcome": "overridden", "outcomeTimestamp": ago(0)}
    return entry | ({"overrideReason": reason} if reason else {})


def coded(**changes: Any) -> JSON:
    usual = {"code": "patient-refused", "system": _REASONS, "display": "Patient refused"}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def give(subject: Subject, *entries: JSON, hook: str = "patient-view") -> Reply:
    return subject.send("POST", f"{subject.path(hook)}/feedback", {"feedback": list(entries)})


def taken(reply: Reply) -> None:
    assert reply.status == 200, f"{reply.status}: {reply.body[:300]!r}"


def refused(reply: Reply, name: str) -> None:
    assert reply.status in {400, 422}, reply.status
    assert name in json.dumps(reply.json()), f"{name} is not named"


@shows("FB-0", "FB-2")
def overridden_bare(subject: Subject) -> None:
    for hook in subject.services:
        taken(give(subject, overridden(subject), hook=hook))


@shows("FB-1")
def accepted_suggestions(subject: Subject) -> None:
    taken(give(subject, accepted(subject)))


@shows("FB-3")
def overridden_with_a_reason(subject: Subject) -> None:
    taken(give(subject, overridden(subject, reason=coded())))
    taken(give(subject, overridden(subject, userComment=COMMENT)))
    taken(give(subject, overridden(subject, reason=coded(), userComment=COMMENT)))


@shows("FB-4")
def several_and_again(subject: Subject) -> None:
    entries = [accepted(subject), overridden(subject), overridden(subject, reason=coded())]
    taken(give(subject, *entries))
    taken(give(subject, *entries))


@shows("FB-5")
def another_outcome(subject: Subject) -> None:
    for outcome in ("ignored", "", None, 1):
        refused(give(subject, overridden(subject) | {"outcome": outcome}), "outcome")
    # One bad entry, and none of them is taken: half a success could not be told.
    refused(give(subject, overridden(subject), overridden(subject) | {"outcome": "ignored"}), "outcome")


@shows("FB-6")
def accepted_nothing(subject: Subject) -> None:
    entry = accepted(subject)
    none: list[Any] = [[], None, [{}]]
    for suggestions in none:
        refused(give(subject, entry | {"acceptedSuggestions": suggestions}), "acceptedSuggestions")


@shows("FB-7")
def an_empty_reason(subject: Subject) -> None:
    reasons: list[JSON] = [{}, {"userComment": " "}, {"reason": {}}]
    for reason in reasons:
        refused(give(subject, overridden(subject) | {"overrideReason": reason}), "overrideReason")


@shows("FB-8")
def incomplete_entries(subject: Subject) -> None:
    for name in ("card", "outcomeTimestamp"):
        entry = overridden(subject)
        del entry[name]
        refused(give(subject, entry), name)
    refused(give(subject, overridden(subject) | {"outcomeTimestamp": "yesterday"}), "outcomeTimestamp")


@shows("FB-9")
def feedback_on_an_unknown_service(subject: Subject) -> None:
    reply = subject.send("POST", f"{DISCOVERY}/nobody/feedback", {"feedback": [overridden(subject)]})
    assert reply.status == 404, reply.status


@shows("FB-10")
def a_reason_without_system(subject: Subject) -> None:
    taken(give(subject, overridden(subject, reason=coded(system=None))))
    taken(give(subject, overridden(subject, reason=coded(system=None, display=None))))


@shows("FB-11")
def comments_are_private(subject: Subject) -> None:
    reply = give(subject, overridden(subject, userComment=COMMENT))
    assert not reply.body or reply.json(), reply.body
    give(subject, overridden(subject, userComment=COMMENT) | {"outcome": COMMENT})
    assert not [each for each in subject.kept if COMMENT.encode() in each.body], "answered"
    assert not (subject.log and COMMENT in subject.log()), "logged"
