"""CORS-1 to 4: pages of listed origins may call from a browser, and no others."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.cds_hooks.tokens import guarded
from tests.cds_hooks.toy import break_down, call, client_of, service

ORIGIN = "https://sandbox.example.org"
OTHERS = ("https://ehr.example.org", "http://localhost:8080")
TEA = "/cds-services/tea"


def tea(**more: Any) -> FlaskClient:
    return client_of(service(**more), cors_origins=[ORIGIN, *OTHERS], feedback=lambda _entries: None)


def preflight(client: FlaskClient, path: str, origin: str, method: str = "POST") -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return client.options(path, headers=asked)


@pytest.mark.parametrize("origin", [ORIGIN, *OTHERS])
@pytest.mark.parametrize(
    ("path", "method"), [("/cds-services", "GET"), (TEA, "POST"), (f"{TEA}/feedback", "POST")], ids=str
)
def test_cors_1_a_preflight_is_answered(path: str, method: str, origin: str) -> None:
    answer = preflight(tea(), path, origin, method)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"].lower() == "authorization, content-type"
    assert "Origin" in answer.headers["Vary"]


def test_cors_2_every_answer_carries_the_origin_errors_too() -> None:
    origin = {"Origin": ORIGIN}
    client = tea()
    failing = tea(handler=break_down)
    refusing = guarded(cors_origins=[ORIGIN])
    answers = [
        client.get("/cds-services", headers=origin),
        client.post(TEA, json=call(), headers=origin),
        client.post(TEA, json={}, headers=origin),
        client.get(TEA, headers=origin),
        client.post("/cds-services/coffee", json=call(), headers=origin),
        client.post("/cds-services/no/where", json=call(), headers=origin),
        failing.post(TEA, json=call(), headers=origin),
        refusing.post(TEA, json=call(), headers=origin),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 400, 405, 404, 404, 500, 401]
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {ORIGIN}


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example.org", "null", f"{ORIGIN}.evil.org", "http://sandbox.example.org", f"{ORIGIN}:444", "*"],
)
def test_cors_3_another_origin_gets_no_leave(origin: str) -> None:
    client = tea()
    for answer in (preflight(client, TEA, origin), client.get("/cds-services", headers={"Origin": origin})):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_cors_3_credentials_are_never_allowed() -> None:
    assert "Access-Control-Allow-Credentials" not in preflight(tea(), TEA, ORIGIN).headers


def test_cors_4_without_a_list_there_is_no_leave() -> None:
    answer = preflight(client_of(service()), TEA, ORIGIN)
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
