"""Every error of the REST routes is problem details, as the API document says, and tells nothing of what was sent."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.knowledge.library import Library
from service.store import DatabaseAwayError, NotStoredError, Store
from tests.api.calls import ASSESSMENTS, DVT, assessed, faults, hand_in, problem_of
from tests.intake.record import JSON, NOW
from tests.service.settings import settings

Serving = Callable[..., FlaskClient]


def provoke(serving: Serving, status: int) -> TestResponse:
    """An answer with this status."""
    client = serving(max_body_bytes=100 if status == 413 else 10_000)
    ways: dict[int, Callable[[], TestResponse]] = {
        400: lambda: client.post(ASSESSMENTS, data=b"{", content_type="application/json"),
        404: lambda: client.get(f"{ASSESSMENTS}/no-such"),
        405: lambda: client.delete(ASSESSMENTS),
        406: lambda: client.get(ASSESSMENTS, headers={"Accept": "text/csv"}),
        412: lambda: decide_late(client),
        413: lambda: hand_in(client),
        415: lambda: client.post(ASSESSMENTS, data=b"{}", content_type="text/plain"),
        422: lambda: hand_in(client, {}),
    }
    return ways[status]()


def decide_late(client: FlaskClient) -> TestResponse:
    address = f"{ASSESSMENTS}/{assessed(client)['id']}/decisions"
    return client.post(address, json={"action": "accept"}, headers={"If-Match": '"7"'})


@pytest.mark.parametrize("status", [400, 404, 406, 412, 413, 415, 422])
def test_errors_are_as_described(serving: Serving, document: JSON, status: int) -> None:
    problem = problem_of(provoke(serving, status), status)
    described = document["components"]["responses"][f"Problem{status}"]["content"]["application/problem+json"]
    assert faults(document, problem, described["schema"]) == []
    assert problem["title"] == described["example"]["title"]
    assert problem.keys() == described["example"].keys()


def test_a_method_that_is_not_served_names_those_that_are(serving: Serving) -> None:
    answer = provoke(serving, 405)
    problem_of(answer, 405)
    assert {"GET", "POST"} <= {method.strip() for method in answer.headers["Allow"].split(",")}


def test_an_address_that_is_not_served_is_a_problem_too(client: FlaskClient) -> None:
    problem_of(client.get("/api/v1/nothing"), 404)
    problem_of(client.get("/nothing"), 404)


def test_a_failure_is_told_by_a_number_alone(library: Library, tmp_path: Path, document: JSON) -> None:
    moments = [NOW, NOW]  # for the start

    def clock() -> datetime:
        if not moments:
            raise LookupError("left calf pain")
        return moments.pop()

    client = create_app(settings(tmp_path), library, clock).test_client()
    with structlog.testing.capture_logs() as logged:
        problem = problem_of(hand_in(client), 500)
    assert faults(document, problem, {"$ref": "#/components/schemas/Problem"}) == []
    (entry,) = (each for each in logged if each["event"] == "request failed")
    assert entry["incident"] in problem["detail"]
    assert entry["exc_type"] == "LookupError"
    assert "calf" not in str([entry, problem])


def away(*_args: object, **_options: object) -> Any:
    raise DatabaseAwayError


READING = ["assessments", "assessments/x", "assessments/x/leaflet", "assessments/x/decisions", "worklist", "statistics"]


@pytest.mark.parametrize("address", READING)
def test_what_cannot_be_read_now_is_said_to_be_away(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for name in ("assessment", "assessments", "worklist", "statistics"):
        monkeypatch.setattr(Store, name, away)
    answer = client.get(f"/api/v1/{address}")
    problem_of(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def test_an_assessment_that_nothing_could_keep_is_not_given(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise NotStoredError

    monkeypatch.setattr(Store, "record", full)
    answer = hand_in(client)
    problem_of(answer, 503)
    assert "Retry-After" in answer.headers


def test_while_the_database_is_away_the_same_request_gets_the_same_id(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hand_in(client, DVT, **{"Idempotency-Key": "k"}).get_json()["id"]
    monkeypatch.setattr(Store, "repeated", away)
    assert hand_in(client, DVT, **{"Idempotency-Key": "k"}).get_json()["id"] == before


@pytest.mark.parametrize("address", ["vocabulary", "orders", "pathways", "pathways/sciatica"])
def test_the_knowledge_can_be_read_while_the_database_is_away(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(Store, "assessments", away)
    assert client.get(f"/api/v1/{address}").status_code == 200
