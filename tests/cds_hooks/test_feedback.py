"""FB-0 to 11: what clinicians did with cards is taken as clients really send it, and handed on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import TestResponse

from cds_hooks import Feedback, FeedbackReason
from tests.cds_hooks.toy import CARD_UUID, JSON, client_of, issue_of, post, service

PATH = "/cds-services/tea/feedback"
WHEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUGGESTION = "9c8f1f7c-32b2-4d4f-8b3a-0d3f4b1f7a10"


def entry(**changes: Any) -> JSON:
    members = {"card": CARD_UUID, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T12:00:00.000Z", **changes}
    return {name: value for name, value in members.items() if value is not ...}


def accepted(**changes: Any) -> JSON:
    return entry(**{"outcome": "accepted", "acceptedSuggestions": [{"id": SUGGESTION}], **changes})


def kept(**changes: Any) -> Feedback:
    members: JSON = {
        "service": "tea",
        "client": "anonymous",
        "card": CARD_UUID,
        "outcome": "overridden",
        "timestamp": WHEN,
    }
    return Feedback(**members | changes)


def sent(body: Any, path: str = PATH) -> tuple[TestResponse, list[Feedback]]:
    taken: list[Feedback] = []

    def keep(entries: Sequence[Feedback]) -> None:
        taken.extend(entries)

    return post(client_of(service(), feedback=keep), body, path), taken


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(accepted(), kept(outcome="accepted", accepted_suggestions=(SUGGESTION,)), id="FB-1-accepted"),
        pytest.param(entry(), kept(), id="FB-2-overridden"),
        pytest.param(entry(overrideReason=None, acceptedSuggestions=None), kept(), id="FB-2-null-members"),
        pytest.param(
            entry(overrideReason={"reason": {"code": "c", "system": "s", "display": "d"}, "userComment": "No."}),
            kept(reason=FeedbackReason("c", "s", "d"), comment="No."),
            id="FB-3-reason-and-comment",
        ),
        pytest.param(
            entry(overrideReason={"reason": {"code": "c"}}), kept(reason=FeedbackReason("c")), id="FB-10-no-system"
        ),
        pytest.param(entry(overrideReason={"userComment": "No."}), kept(comment="No."), id="FB-3-comment"),
        pytest.param(
            entry(overrideReason={"reason": None, "userComment": "No."}), kept(comment="No."), id="FB-3-null-reason"
        ),
        pytest.param(entry(card="of another day"), kept(card="of another day"), id="FB-4-unknown-card"),
        pytest.param(entry(outcomeTimestamp="2026-11-22T13:00:00+01:00"), kept(), id="timestamp-with-zone"),
        pytest.param(entry(outcomeTimestamp="2026-11-22T12:00:00"), kept(), id="timestamp-without-zone"),
        pytest.param(entry(extension={"x": 1}, sugar=2), kept(), id="CALL-3-unknown-members"),
        pytest.param(entry(acceptedSuggestions=[{"id": SUGGESTION}]), kept(), id="overridden-is-not-accepted"),
    ],
)
def test_feedback_is_handed_on(given: JSON, expected: Feedback) -> None:
    answer, taken = sent({"feedback": [given]})
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert taken == [expected]


def test_fb_4_many_entries_come_at_once_and_again() -> None:
    answer, taken = sent({"feedback": [entry(), accepted(), entry()]})
    assert answer.status_code == 200
    assert [each.outcome for each in taken] == ["overridden", "accepted", "overridden"]


@pytest.mark.parametrize(
    ("given", "member"),
    [
        pytest.param(entry(outcome="ignored"), "feedback[0].outcome", id="FB-5-ignored"),
        pytest.param(entry(outcome=...), "feedback[0].outcome", id="FB-5-no-outcome"),
        pytest.param(accepted(acceptedSuggestions=...), "feedback[0].acceptedSuggestions", id="FB-6-accepted-what"),
        pytest.param(accepted(acceptedSuggestions=[]), "feedback[0].acceptedSuggestions", id="FB-6-nothing"),
        pytest.param(accepted(acceptedSuggestions=[{}]), "feedback[0].acceptedSuggestions[0].id", id="FB-6-no-id"),
        pytest.param(entry(overrideReason={}), "feedback[0].overrideReason.reason", id="FB-7-empty-reason"),
        pytest.param(
            entry(overrideReason={"userComment": " "}), "feedback[0].overrideReason.reason", id="FB-7-blank-comment"
        ),
        pytest.param(entry(overrideReason={"reason": {}}), "feedback[0].overrideReason.reason.code", id="FB-7-no-code"),
        pytest.param(entry(overrideReason="no"), "feedback[0].overrideReason", id="FB-7-text"),
        pytest.param(entry(card=...), "feedback[0].card", id="FB-8-no-card"),
        pytest.param(entry(card=7), "feedback[0].card", id="FB-8-number-as-card"),
        pytest.param(entry(outcomeTimestamp=...), "feedback[0].outcomeTimestamp", id="FB-8-no-timestamp"),
        pytest.param(entry(outcomeTimestamp="noon"), "feedback[0].outcomeTimestamp", id="FB-8-odd-timestamp"),
        pytest.param("no", "feedback[0]", id="text-as-entry"),
    ],
)
def test_fb_5_to_8_bad_feedback_is_refused_whole_and_the_member_is_named(given: Any, member: str) -> None:
    answer, taken = sent({"feedback": [given, entry()]})
    assert answer.status_code == 400
    assert member in issue_of(answer)["expression"]
    assert taken == []


@pytest.mark.parametrize("body", [{}, {"feedback": None}, {"feedback": []}, {"feedback": {}}, {"feedback": "x"}])
def test_a_body_without_feedback_is_refused(body: JSON) -> None:
    answer, _ = sent(body)
    assert answer.status_code == 400
    assert issue_of(answer)["expression"] == ["feedback"]


@pytest.mark.parametrize("body", [b"", b"[]", b"x", b'{"feedback":[],"feedback":[]}', b"\xff", b'{"feedback":[1e999]}'])
def test_a_body_that_is_no_feedback_is_a_400(body: bytes) -> None:
    answer, _ = sent(body)
    assert answer.status_code == 400
    assert issue_of(answer)["diagnostics"]


def test_fb_9_an_unknown_service_is_a_404() -> None:
    answer, taken = sent({"feedback": [entry()]}, "/cds-services/coffee/feedback")
    assert answer.status_code == 404
    assert issue_of(answer)["code"] == "not-found"
    assert taken == []


def test_feedback_takes_post_alone() -> None:
    client = client_of(service(), feedback=lambda _entries: None)
    assert client.get(PATH).status_code == 405
    assert "POST" in client.options(PATH).headers["Allow"]


def test_where_nobody_keeps_feedback_there_is_no_address_for_it() -> None:
    assert post(client_of(service()), {"feedback": [entry()]}, PATH).status_code == 404


def test_fb_11_a_comment_is_not_printed() -> None:
    assert "Rumpelstiltskin" not in repr(kept(comment="Rumpelstiltskin"))
