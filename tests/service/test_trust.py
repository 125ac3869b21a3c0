"""The whole service in front of a network: a trusted client gets cards, from data it sent or data we fetched."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from service.app import create_app
from service.hooks import PREFETCH
from service.knowledge.library import Library
from tests.cds_hooks.tokens import EC_KEY, ISSUER, jwk, key_set, token
from tests.intake.record import JSON, NOW, bundle
from tests.security.servers import Reply, Server, serving
from tests.service.calls import LIKELY_DVT, cards_of, request
from tests.service.settings import settings

SERVICE = "/cds-services/leg-pain-patient-view"
PUBLIC_URL = "https://legtriage.example.org"
ACCESS = {"access_token": "s3cret", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "y"}


def answers(path: str) -> Reply:
    """A FHIR server that holds the record of a likely DVT."""
    filled = {key: template.replace("{{context.patientId}}", "p1") for key, template in PREFETCH.items()}
    key = next((key for key, query in filled.items() if path == f"/r4/{query}"), "none")
    return Reply(json.dumps(LIKELY_DVT.get(key, bundle())).encode())


def ask(client: FlaskClient, authorization: str | None = None, **members: Any) -> Any:
    headers = {"Authorization": authorization} if authorization else {}
    return client.post(SERVICE, json=request(**members), headers=headers)


def test_data_4_fetched_and_prefetched_data_give_the_same_cards(library: Library, tmp_path: Path) -> None:
    client = create_app(settings(tmp_path, fhir_seconds=5), library, lambda: NOW).test_client()
    whole = {key: LIKELY_DVT.get(key, bundle()) for key in PREFETCH}
    sent = cards_of(ask(client, prefetch=whole))
    with serving(answers) as fhir:
        named: JSON = {"fhirServer": f"{fhir.url}/r4", "fhirAuthorization": ACCESS}
        assert cards_of(ask(client, **named)) == sent
        assert cards_of(ask(client, prefetch={"conditions": whole["conditions"]}, **named)) == sent
    assert sent[0]["summary"].startswith("Same day")


def test_data_7_a_server_that_fails_is_told_on_the_card(library: Library, tmp_path: Path) -> None:
    client = create_app(settings(tmp_path, fhir_seconds=5), library, lambda: NOW).test_client()
    with serving(Reply(status=403)) as fhir:
        named: JSON = {"fhirServer": f"{fhir.url}/r4", "fhirAuthorization": ACCESS}
        summary, *_ = cards_of(ask(client, prefetch={"conditions": LIKELY_DVT["conditions"]}, **named))
        assert "- observations" in summary["detail"]
        assert ask(client, **named).status_code == 412


@pytest.fixture
def key_server() -> Any:
    with serving(Reply(key_set(jwk(EC_KEY)))) as running:
        yield running


@pytest.fixture
def guarded(library: Library, key_server: Server, tmp_path: Path) -> FlaskClient:
    file = tmp_path / "clients.yaml"
    clients = [{"name": "ehr", "issuer": ISSUER, "jku": [key_server.url], "fhir_servers": [f"{key_server.url}/r4"]}]
    file.write_text(yaml.safe_dump({"clients": clients}), encoding="utf-8")
    config = settings(tmp_path, fhir_seconds=5, auth="required", public_urls=(PUBLIC_URL,), trusted_clients=file)
    return create_app(config, library, lambda: NOW).test_client()


def test_a_trusted_client_gets_cards_once_for_each_token(guarded: FlaskClient, key_server: Server) -> None:
    signed = f"Bearer {token(header={'jku': key_server.url}, aud=PUBLIC_URL + SERVICE)}"
    assert cards_of(ask(guarded, signed, prefetch=LIKELY_DVT))
    assert ask(guarded, signed, prefetch=LIKELY_DVT).status_code == 401
    assert ask(guarded, prefetch=LIKELY_DVT).status_code == 401
    assert guarded.get("/cds-services").status_code == 200


def test_a_server_that_is_not_the_clients_to_name_is_not_asked(guarded: FlaskClient, key_server: Server) -> None:
    signed = f"Bearer {token(header={'jku': key_server.url}, aud=PUBLIC_URL + SERVICE)}"
    with serving(answers) as elsewhere:
        named: JSON = {"fhirServer": f"{elsewhere.url}/r4", "fhirAuthorization": ACCESS}
        assert cards_of(ask(guarded, signed, prefetch=LIKELY_DVT, **named))
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("environment", "status"),
    [
        ({"REMOTE_ADDR": "192.0.2.7"}, 403),
        ({"HTTP_HOST": "evil.example"}, 403),
        ({"HTTP_ORIGIN": "https://evil.example", "CONTENT_TYPE": "text/plain"}, 415),
        ({"HTTP_ORIGIN": "https://evil.example"}, 200),
        ({"HTTP_HOST": "127.0.0.1:8000"}, 200),
        ({"HTTP_HOST": "[::1]:8000", "REMOTE_ADDR": "::1"}, 200),
    ],
)
def test_where_nobody_is_asked_only_this_machine_is_served(
    library: Library, tmp_path: Path, environment: dict[str, str], status: int
) -> None:
    client = create_app(settings(tmp_path), library, lambda: NOW).test_client()
    answer = client.post(SERVICE, json=request(prefetch=LIKELY_DVT), environ_overrides=environment)
    assert answer.status_code == status
    assert (answer.get_json()["resourceType"] == "OperationOutcome") if status != 200 else cards_of(answer)


def test_the_sandbox_is_answered_where_nobody_is_asked(library: Library, tmp_path: Path) -> None:
    client = create_app(settings(tmp_path, fhir_seconds=5), library, lambda: NOW).test_client()
    odd = {"entry": [{"resource": {"resourceType": "Condition", "code": {"coding": [{}]}, "category": []}}]}
    unknown = f"Bearer {token(iss='https://sandbox.cds-hooks.org')}"
    prefetch = {"patient": {"resourceType": "Patient", "id": "p1"}, "conditions": {"resourceType": "Bundle", **odd}}
    assert ask(client, unknown, prefetch=prefetch).status_code == 200
