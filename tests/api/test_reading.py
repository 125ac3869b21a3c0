"""Reading again, deciding, the worklist, the knowledge: who may, what comes, and what changed in between."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from schemas.decisions import REASONS
from service.advice.card_maker import OVERRIDE_REASONS
from service.app import open_store
from service.knowledge.governance import source_attributes
from service.knowledge.library import Library
from service.security.keys import new_key
from tests.api.calls import ASSESSMENTS, CAUDA_EQUINA, DVT, FHIR, assessed, faults, hand_in, pointers, problem_of
from tests.intake.record import JSON, NOW
from tests.service.settings import settings

Serving = Callable[..., FlaskClient]
LISTS = [ASSESSMENTS, "/api/v1/worklist"]
READ = ["vocabulary", "orders", "pathways", "pathways/{id}", "worklist", "statistics", "assessments"]


def schema_of(document: JSON, path: str, method: str = "get", status: str = "200") -> JSON:
    content = document["paths"][path][method]["responses"][status]["content"]
    return dict(content["application/json"]["schema"])


@pytest.mark.parametrize("address", READ)
def test_answers_are_as_described(client: FlaskClient, document: JSON, address: str) -> None:
    assessed(client)
    answer = client.get(f"/api/v1/{address.format(id='deep-vein-thrombosis')}")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert faults(document, answer.get_json(), schema_of(document, f"/api/v1/{address}")) == []


def test_an_assessment_can_be_read_as_fhir(client: FlaskClient) -> None:
    handed = hand_in(client, DVT, Accept=FHIR)
    assert (handed.status_code, handed.mimetype) == (201, FHIR)
    read = client.get(handed.headers["Location"], headers={"Accept": f"{FHIR}; fhirVersion=4.0"})
    assert read.get_json() == handed.get_json()
    assert {"RiskAssessment", "ServiceRequest"} <= {
        each["resource"]["resourceType"] for each in read.get_json()["entry"]
    }


@pytest.mark.parametrize("address", ["assessments", "worklist", "statistics"])
def test_what_is_about_patients_stays_out_of_caches(client: FlaskClient, address: str) -> None:
    assert hand_in(client).headers["Cache-Control"] == "no-store"
    assert client.get(f"/api/v1/{address}").headers["Cache-Control"] == "no-store"
    assert client.get(f"/api/v1/{address}?limit=0").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("part", ["", "/decisions", "/leaflet", "/leaflet.pdf"])
def test_what_is_about_one_patient_is_not_left_on_a_machine(client: FlaskClient, part: str) -> None:
    address = hand_in(client).headers["Location"] + part
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-store"


def test_a_leaflet_is_framed_by_nobody(client: FlaskClient) -> None:
    policy = client.get(hand_in(client).headers["Location"] + "/leaflet").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= {*policy.split("; ")}


def test_what_the_client_has_already_is_not_sent_again(client: FlaskClient) -> None:
    address = hand_in(client).headers["Location"]
    tag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(address, headers={"If-None-Match": tag, "Accept": FHIR}).status_code == 200
    client.post(f"{address}/decisions", json={"action": "acknowledge"})
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("address", ["vocabulary", "orders", "pathways", "pathways/sciatica"])
def test_the_knowledge_is_sent_once_as_long_as_it_is_the_same(client: FlaskClient, address: str) -> None:
    tag = client.get(f"/api/v1/{address}").headers["ETag"]
    assert client.get(f"/api/v1/{address}", headers={"If-None-Match": tag}).status_code == 304


def test_a_pathway_shows_its_source_attributes(client: FlaskClient, library: Library) -> None:
    shown = client.get("/api/v1/pathways/sciatica").get_json()
    assert [each["text"] for each in shown["source_attributes"]] == [
        each.text for each in source_attributes(library, "sciatica")
    ]
    assert len(shown["source_attributes"]) == 13
    problem_of(client.get("/api/v1/pathways/no-such"), 404)


@pytest.mark.parametrize("start", LISTS)
def test_a_list_is_read_page_by_page(client: FlaskClient, start: str) -> None:
    made = {assessed(client)["id"] for _ in range(5)}
    seen, address = [], f"{start}?limit=2"
    while address:
        page = client.get(address).get_json()
        assert len(page["items"]) <= 2
        seen += [item["id"] for item in page["items"]]
        address = page["next"] and f"{start}?limit=2&cursor={page['next']}"
    expected = made if start == ASSESSMENTS else {seen[0]}  # the worklist names a patient once
    assert (set(seen), len(seen)) == (expected, len(expected))


def test_the_worklist_goes_on_after_urgent_patients(client: FlaskClient) -> None:
    urgent = [assessed(client, DVT | {"patient": {"id": f"example-{number}"}})["id"] for number in range(3)]
    seen, address = [], "/api/v1/worklist?limit=1"
    while address:
        page = client.get(address).get_json()
        seen += [item["id"] for item in page["items"]]
        address = page["next"] and f"/api/v1/worklist?limit=1&cursor={page['next']}"
    assert seen == urgent


def test_lists_are_ordered_and_filtered(client: FlaskClient) -> None:
    dvt, cauda = assessed(client, DVT)["id"], assessed(client, CAUDA_EQUINA)["id"]
    later = assessed(client, DVT | {"patient": {"id": "another"}})["id"]
    client.post(f"{ASSESSMENTS}/{later}/decisions", json={"action": "accept"})

    def ids(address: str) -> list[str]:
        return [item["id"] for item in client.get(address).get_json()["items"]]

    assert ids(ASSESSMENTS) == [later, cauda, dvt]
    assert ids(f"{ASSESSMENTS}?tier=emergency") == [cauda]
    assert ids(f"{ASSESSMENTS}?status=accepted") == [later]
    assert ids("/api/v1/worklist") == [cauda, dvt]
    assert ids("/api/v1/worklist?status=accepted&tier=same_day") == [later]


FORGED = ["x", "W10", "WzFd=", "WyJhIl0", "Wy0xXQ", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5XQ", "%F0%9F%90%8D", "WzEsImEiLDFd"]


@pytest.mark.parametrize("start", LISTS)
@pytest.mark.parametrize("cursor", FORGED)
def test_a_forged_cursor_is_refused(client: FlaskClient, start: str, cursor: str) -> None:
    assert pointers(client.get(f"{start}?cursor={cursor}")) == ["#/query/cursor"]


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        (f"{ASSESSMENTS}?limit=0", "#/query/limit"),
        (f"{ASSESSMENTS}?limit=201", "#/query/limit"),
        (f"{ASSESSMENTS}?tier=soon", "#/query/tier"),
        ("/api/v1/worklist?status=done", "#/query/status"),
        ("/api/v1/worklist?teir=urgent", "#/query/teir"),
        ("/api/v1/statistics?since=yesterday", "#/query/since"),
        ("/api/v1/statistics?since=2026-11-02&until=2026-11-01", "#/query/since"),
        ("/api/v1/statistics?until=9999-12-31", "#/query/until"),
        ("/api/v1/statistics?until=0001-01-01", "#/query/until"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(client: FlaskClient, address: str, wrong: str) -> None:
    assert pointers(client.get(address)) == [wrong]


def test_decisions_change_the_status_and_are_listed(client: FlaskClient, document: JSON) -> None:
    address = f"{hand_in(client).headers['Location']}/decisions"
    for decision, status in (
        ({"action": "acknowledge"}, "acknowledged"),
        ({"action": "override", "reason": "already-done", "comment": "Scanned today."}, "overridden"),
        ({"action": "undo"}, "acknowledged"),
        ({"action": "accept", "order": "us_leg_veins_duplex"}, "accepted"),
    ):
        answer = client.post(address, json=decision)
        assert faults(document, answer.json, schema_of(document, f"{ASSESSMENTS}/{{id}}/decisions", "post")) == []
        assert answer.get_json()["status"] == status
        assert answer.headers["ETag"] == f'"{answer.get_json()["version"]}"'
    listed = client.get(address).get_json()
    assert faults(document, listed, schema_of(document, f"{ASSESSMENTS}/{{id}}/decisions")) == []
    assert [each["action"] for each in listed["items"]] == ["acknowledge", "override", "undo", "accept"]
    assert listed["items"][1]["reason"] == "already-done"
    assert (listed["status"], listed["version"]) == ("accepted", 5)


@pytest.mark.parametrize(
    ("decision", "wrong"),
    [
        ({}, "/action"),
        ([], ""),
        ({"action": "cure"}, "/action"),
        ({"action": "override"}, "/reason"),
        ({"action": "override", "reason": "just because"}, "/reason"),
        ({"action": "accept", "order": "mri_of_the_moon"}, "/order"),
        ({"action": "accept", "surprise": 1}, "/surprise"),
        ({"action": "accept", "comment": "x" * 2001}, "/comment"),
        ({"action": "accept", "comment": "\0"}, "/comment"),
        ({"action": "undo"}, "/action"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(client: FlaskClient, decision: Any, wrong: str) -> None:
    assert pointers(client.post(f"{hand_in(client).headers['Location']}/decisions", json=decision)) == [wrong]


def test_of_two_who_decide_on_what_they_saw_the_second_is_told(client: FlaskClient) -> None:
    address = hand_in(client).headers["Location"]
    seen = {"If-Match": client.get(address).headers["ETag"]}
    assert client.post(f"{address}/decisions", json={"action": "accept"}, headers=seen).status_code == 200
    problem_of(client.post(f"{address}/decisions", json={"action": "accept"}, headers=seen), 412)
    as_fhir = {"If-Match": client.get(address, headers={"Accept": FHIR}).headers["ETag"]}
    assert client.post(f"{address}/decisions", json={"action": "undo"}, headers=as_fhir).status_code == 200
    anything = {"If-Match": "*"}
    assert client.post(f"{address}/decisions", json={"action": "accept"}, headers=anything).status_code == 200


def test_reasons_are_those_that_cards_offer() -> None:
    assert [*REASONS] == [reason.code for reason in OVERRIDE_REASONS]


@pytest.mark.parametrize(
    ("way", "accept", "kind"),
    [
        ("leaflet", "text/html", "text/html"),
        ("leaflet", "*/*", "text/html"),
        ("leaflet", "application/pdf", "application/pdf"),
        ("leaflet.pdf", "*/*", "application/pdf"),
    ],
)
def test_the_leaflet_is_a_page_or_a_pdf(client: FlaskClient, way: str, accept: str, kind: str) -> None:
    address = f"{hand_in(client).headers['Location']}/{way}"
    answer = client.get(address, headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.data.startswith(b"%PDF" if kind == "application/pdf" else b"<!doctype html>")
    assert client.get(address, headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]}).status_code == 304
    problem_of(client.get(address, headers={"Accept": "image/png"}), 406)


# Where clients must prove who they are


@pytest.fixture
def keyed(serving: Serving, tmp_path: Path) -> tuple[FlaskClient, dict[str, JSON]]:
    """A service that asks for keys, and the headers of some callers."""
    file = tmp_path / "clients.yaml"
    clients = [{"name": "ehr", "issuer": "https://ehr.example.org", "jku": ["https://ehr.example.org/jwks.json"]}]
    file.write_text(yaml.safe_dump({"clients": clients}), encoding="utf-8")
    client = serving(auth="required", public_urls=("https://legtriage.example.org",), trusted_clients=file)
    store = open_store(settings(tmp_path), lambda: NOW)
    headers = {}
    for name, role in (("desk", "intake"), ("kiosk", "intake"), ("ward", "clinician")):
        text, kept = new_key(name, role, NOW - timedelta(days=1))
        store.add_api_key(kept, "operator")
        headers[name] = {"Authorization": f"Bearer {text}"}
    store.close()
    return client, headers


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer lt_x_y", "Basic YTpi", f"Bearer lt_{'0' * 16}_{'a' * 43}"]
)
def test_without_a_good_key_nothing_is_told(keyed: tuple[FlaskClient, Any], header: str | None) -> None:
    client, _ = keyed
    given = {} if header is None else {"Authorization": header}
    for answer in (client.get("/api/v1/vocabulary", headers=given), client.post(ASSESSMENTS, json=DVT, headers=given)):
        problem_of(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_who_hands_in_reads_its_own_and_a_clinician_reads_all(keyed: tuple[FlaskClient, Any]) -> None:
    client, headers = keyed
    address = client.post(ASSESSMENTS, json=DVT, headers=headers["desk"]).headers["Location"]
    assert client.get(address, headers=headers["desk"]).status_code == 200
    problem_of(client.get(address, headers=headers["kiosk"]), 404)
    problem_of(client.get(f"{address}/leaflet", headers=headers["kiosk"]), 404)
    assert client.get(ASSESSMENTS, headers=headers["kiosk"]).get_json()["items"] == []
    assert client.get(address, headers=headers["ward"]).status_code == 200
    (listed,) = client.get(ASSESSMENTS, headers=headers["ward"]).get_json()["items"]
    assert listed["client"] == "desk"


def test_who_hands_in_does_not_decide(keyed: tuple[FlaskClient, Any]) -> None:
    client, headers = keyed
    address = client.post(ASSESSMENTS, json=DVT, headers=headers["desk"]).headers["Location"]
    for refused in ("/api/v1/worklist", "/api/v1/statistics", f"{address}/decisions"):
        problem_of(client.get(refused, headers=headers["desk"]), 403)
    problem_of(client.post(f"{address}/decisions", json={"action": "accept"}, headers=headers["desk"]), 403)
    answer = client.post(f"{address}/decisions", json={"action": "accept"}, headers=headers["ward"])
    assert answer.get_json()["status"] == "accepted"
    assert client.get(f"{address}/decisions", headers=headers["ward"]).get_json()["items"][0]["actor"] == "ward"


def test_two_callers_may_use_the_same_idempotency_key(keyed: tuple[FlaskClient, Any]) -> None:
    client, headers = keyed
    ids = {
        client.post(ASSESSMENTS, json=DVT, headers={**headers[name], "Idempotency-Key": "1"}).get_json()["id"]
        for name in ("desk", "kiosk")
    }
    assert len(ids) == 2
