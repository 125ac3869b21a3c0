"""openapi.yaml is what the service says of itself, and that is true: addresses, methods, bodies and every example."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
import yaml
from click.testing import CliRunner
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from werkzeug.test import TestResponse

from service.app import create_app
from service.cli import main
from service.config import read_config
from service.hooks import PREFETCH
from service.knowledge.library import Library
from service.knowledge.load import load

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
EXAMPLE = ROOT / "docs" / "examples" / "calf-pain.json"
CARDS = "CardsResponse"
# Pages, which describe themselves to those who look at them.
FOR_PEOPLE = {"dashboard", "docs", "intake_page", "smart"}
HOOKS, FEEDBACK, REST, FHIR = r"/cds-services/[^/]+", r"/cds-services/[^/]+/feedback", r"/api/.*", r"/fhir/.*"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
PATIENT_VIEW = "/cds-services/leg-pain-patient-view"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture
def client(library: Library) -> FlaskClient:
    return create_app(quiet(), library, lambda: NOW).test_client()


def quiet(**changes: Any) -> Any:
    return replace(read_config(), log_level="error", **changes)


def faults(body: object, schema: str) -> list[str]:
    """What is wrong with a body that should be of the named schema."""
    wanted = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    validator = OAS31Validator(wanted, format_checker=OAS31Validator.FORMAT_CHECKER)
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in validator.iter_errors(body)]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def request_examples(addresses: str) -> Iterator[Any]:
    """Every example of a request to one of these addresses."""
    for path, _, operation in operations():
        contents = operation.get("requestBody", {}).get("content", {}) if re.fullmatch(addresses, path) else {}
        for kind, content in contents.items():
            schema = content["schema"]["$ref"].rpartition("/")[2]
            for name, example in content["examples"].items():
                yield pytest.param(path, kind, schema, example["value"], id=f"{path} {name}")


def described_answers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every answer with a body that is described somewhere, as its name and its content."""
    for name, entry in DOCUMENT["components"]["responses"].items():
        yield name, entry.get("content", {})
    for path, method, operation in operations():
        for status, entry in operation["responses"].items():
            yield f"{method} {path} {status}", entry.get("content", {})


def response_examples() -> Iterator[Any]:
    for name, contents in described_answers():
        for kind, content in contents.items():
            if "example" in content:
                yield pytest.param(
                    content["schema"]["$ref"].rpartition("/")[2], content["example"], id=f"{name} {kind}"
                )


def test_the_document_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    openapi_spec_validator.validate(DOCUMENT)


def test_its_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert DOCUMENT["info"]["version"] == project["version"]


def test_it_lists_exactly_the_addresses_and_methods_that_are_served(client: FlaskClient) -> None:
    ids = [service["id"] for service in client.get("/cds-services").get_json()["services"]]
    paths: set[str] = set()
    for rule in client.application.url_map.iter_rules():
        # What answers for every other address is none itself.
        if rule.endpoint.split(".")[0] not in FOR_PEOPLE and "elsewhere" not in rule.arguments:
            paths |= {PARAMETER.sub(r"{\1}", rule.rule.replace("<service_id>", name)) for name in ids}
    # One of the types of definition stands for all of them.
    served = {path: methods for path in paths if (methods := allowed(client, path.replace("{kind}", "ValueSet")))}
    described: dict[str, set[str]] = {}
    for path, method, _ in operations():
        described.setdefault(path, set()).add(method.upper())
    assert described == served


def allowed(client: FlaskClient, path: str) -> set[str]:
    """The methods of an address but for those that come with every one; none where nothing is served."""
    answer = client.options(path)
    allow = answer.headers.get("Allow", "") if answer.status_code == 200 else ""
    return {method.strip() for method in allow.split(",") if method} - {"HEAD", "OPTIONS"}


def test_the_prefetch_keys_are_those_of_discovery() -> None:
    assert [*DOCUMENT["components"]["schemas"]["Prefetch"]["properties"]] == [*PREFETCH]


def test_discovery_is_as_described(client: FlaskClient) -> None:
    answer = client.get("/cds-services")
    assert answer.mimetype == "application/json"
    assert faults(answer.get_json(), "Discovery") == []


def test_the_checks_for_operators_answer_as_described(client: FlaskClient) -> None:
    alive, ready = client.get("/livez"), client.get("/readyz")
    assert (alive.status_code, ready.status_code) == (200, 200)
    assert alive.text == DOCUMENT["components"]["responses"]["Ok"]["content"][alive.mimetype]["schema"]["const"]
    assert ready.mimetype in DOCUMENT["paths"]["/readyz"]["get"]["responses"]["200"]["content"]
    assert "database at" in ready.text


@pytest.mark.parametrize(("path", "kind", "schema", "example"), [*request_examples(HOOKS)])
def test_the_example_requests_are_answered_with_cards(
    client: FlaskClient, path: str, kind: str, schema: str, example: Mapping[str, Any]
) -> None:
    assert faults(example, schema) == []
    answer = client.post(path, data=json.dumps(example), content_type=kind)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json()["cards"]
    assert faults(answer.get_json(), CARDS) == []


@pytest.mark.parametrize(("path", "kind", "schema", "example"), [*request_examples(FEEDBACK)])
def test_the_example_feedback_is_taken(
    client: FlaskClient, path: str, kind: str, schema: str, example: Mapping[str, Any]
) -> None:
    assert faults(example, schema) == []
    answer = client.post(path, data=json.dumps(example), content_type=kind)
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize(("path", "kind", "schema", "example"), [*request_examples(REST)])
def test_the_example_requests_of_rest_are_answered_as_described(
    client: FlaskClient, path: str, kind: str, schema: str, example: Mapping[str, Any]
) -> None:
    assert faults(example, schema) == []
    # The examples of decisions are about the patient of the first example; to undo, something must be decided.
    first = next(request_examples("/api/v1/assessments")).values[3]
    patient = client.post("/api/v1/assessments", json=first).get_json()["id"]
    client.post(f"/api/v1/assessments/{patient}/decisions", json={"action": "accept"})
    answer = client.post(path.replace("{id}", patient), data=json.dumps(example), content_type=kind)
    described = DOCUMENT["paths"][path]["post"]["responses"][str(answer.status_code)]
    assert answer.status_code in {200, 201}
    named = described["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert faults(answer.get_json(), named) == []


@pytest.mark.parametrize(("path", "kind", "schema", "example"), [*request_examples(FHIR)])
def test_the_example_requests_of_fhir_are_answered_with_fhir(
    client: FlaskClient, path: str, kind: str, schema: str, example: Mapping[str, Any]
) -> None:
    assert faults(example, schema) == []
    answer = client.post(path, data=json.dumps(example), content_type=kind)
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert "RiskAssessment" in answer.text


def test_no_example_of_a_request_is_left_out() -> None:
    run = [each.id for addresses in (HOOKS, FEEDBACK, REST, FHIR) for each in request_examples(addresses)]
    assert sorted(map(str, run)) == sorted(str(each.id) for each in request_examples(".*"))
    assert len(run) > 15


def test_every_body_that_may_be_sent_has_an_example() -> None:
    for path, _, operation in operations():
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            assert content["examples"], (path, kind)


def test_the_committed_document_is_the_one_that_is_served(client: FlaskClient) -> None:
    served = client.get("/openapi.yaml")
    assert served.mimetype == "application/yaml"
    assert served.text == (ROOT / "openapi.yaml").read_text(encoding="utf-8"), "run: legtriage openapi > openapi.yaml"


def test_the_command_writes_the_same() -> None:
    assert CliRunner().invoke(main, ["openapi"]).stdout == (ROOT / "openapi.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "spoilt",
    [{"outcome": "ignored"}, {"outcome": "accepted"}, {"card": ""}, {"outcomeTimestamp": 7}, {"overrideReason": 7}],
)
def test_feedback_that_is_refused_is_not_described(client: FlaskClient, spoilt: Mapping[str, Any]) -> None:
    entry = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-22T12:00:00Z", **spoilt}
    assert faults({"feedback": [entry]}, "FeedbackRequest") != []
    assert client.post(f"{PATIENT_VIEW}/feedback", json={"feedback": [entry]}).status_code == 400


def test_the_request_of_the_readme_and_its_answer_are_as_described(client: FlaskClient) -> None:
    assert faults(json.loads(EXAMPLE.read_bytes()), "PatientViewRequest") == []
    cards = client.post(PATIENT_VIEW, data=EXAMPLE.read_bytes()).get_json()
    assert any("suggestions" in card for card in cards["cards"])
    assert faults(cards, CARDS) == []


@pytest.mark.parametrize(("schema", "example"), [*response_examples()])
def test_the_example_answers_are_as_described(schema: str, example: object) -> None:
    assert faults(example, schema) == []


def test_the_schema_of_cards_refuses_what_the_protocol_forbids(client: FlaskClient) -> None:
    cards = client.post(PATIENT_VIEW, data=EXAMPLE.read_bytes()).get_json()
    cards["cards"][0]["summary"] = "x" * 140
    del cards["cards"][1]["selectionBehavior"]
    assert len(faults(cards, CARDS)) == 2


def failing_clock() -> Callable[[], datetime]:
    """A clock that works for the start, and for no request after it."""
    moments = iter([NOW, NOW])

    def clock() -> datetime:
        if moment := next(moments, None):
            return moment
        raise LookupError

    return clock


def required(folder: Path) -> dict[str, Any]:
    """The settings with which clients must prove who they are."""
    file = folder / "clients.yaml"
    clients = [{"name": "ehr", "issuer": "https://ehr.example.org", "jku": ["https://ehr.example.org/jwks.json"]}]
    file.write_text(yaml.safe_dump({"clients": clients}), encoding="utf-8")
    return {"auth": "required", "public_urls": ("https://legtriage.example.org",), "trusted_clients": file}


def provoke(library: Library, status: int, folder: Path) -> TestResponse:
    """An answer with this status."""
    good = EXAMPLE.read_bytes()
    empty = json.dumps({**json.loads(good), "prefetch": {}})
    clock = failing_clock() if status == 500 else lambda: NOW
    changes: dict[int, dict[str, Any]] = {413: {"max_body_bytes": 1000}, 401: required(folder)}
    client = create_app(quiet(**changes.get(status, {})), library, clock).test_client()
    match status:
        case 404:
            return client.post("/cds-services/no-such-service", data=good)
        case 405:
            return client.get(PATIENT_VIEW)
        case _:
            return client.post(PATIENT_VIEW, data={400: b"{}", 412: empty}.get(status, good))


@pytest.mark.parametrize("status", [400, 401, 404, 405, 412, 413, 500])
def test_errors_are_operation_outcomes_as_described(library: Library, status: int, tmp_path: Path) -> None:
    answer = provoke(library, status, tmp_path)
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert faults(answer.get_json(), "OperationOutcome") == []
    described = DOCUMENT["paths"][PATIENT_VIEW]["post"]["responses"][str(status)]["$ref"].rpartition("/")[2]
    example = DOCUMENT["components"]["responses"][described]["content"][answer.mimetype]["example"]
    assert answer.get_json()["issue"][0]["code"] == example["issue"][0]["code"]


def test_every_service_answers_with_the_same_errors() -> None:
    posts = {
        path: {*operation["responses"]}
        for path, method, operation in operations()
        if method == "post" and re.fullmatch(f"{HOOKS}|{FEEDBACK}", path)
    }
    errors = {"200", "400", "401", "404", "405", "413", "500"}
    assert posts == {path: errors if path.endswith("/feedback") else errors | {"412"} for path in posts}


def test_every_address_that_may_ask_for_a_token_says_so() -> None:
    asking = {path for path, _, operation in operations() if {"clientToken": []} in operation.get("security", [])}
    assert asking == {path for path, method, _ in operations() if re.fullmatch(f"{HOOKS}|{FEEDBACK}", path)}


def test_every_address_of_rest_says_that_it_may_ask_for_a_key() -> None:
    for path, _, operation in operations():
        if re.fullmatch(REST, path):
            assert {"apiKey": []} in operation["security"]
            assert "401" in operation["responses"]
