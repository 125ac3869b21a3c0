"""The same patient by any road gets the same urgency and the same orders."""

import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from flask.testing import FlaskClient

from service.app import create_app
from service.cli import main
from service.knowledge.cases import NOW, Case, given
from service.knowledge.library import Library
from service.knowledge.load import load
from service.triage.findings import Finding
from tests.roads.patients import (
    JSON,
    answers,
    bundle,
    collected,
    intake,
    is_told_by_answers,
    is_told_by_intake,
    resources,
    verdict,
    whole_patients,
)
from tests.service.calls import request
from tests.service.settings import settings

LIBRARY = load()
EVERY = 1 if os.environ.get("LEGTRIAGE_HYPOTHESIS_PROFILE") == "thorough" else 9
PATIENTS = whole_patients(LIBRARY)[::EVERY]
IN_WORDS: list[JSON] = yaml.safe_load(Path(__file__).with_name("in_words.yaml").read_text(encoding="utf-8"))
FHIR = "application/fhir+json"


@pytest.fixture(scope="module")
def library() -> Library:
    return LIBRARY


@pytest.fixture(scope="module")
def client(library: Library, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    config = settings(tmp_path_factory.mktemp("roads"), patient_ids="full")
    return create_app(config, library, lambda: NOW).test_client()


def by_intake(client: FlaskClient, findings: Sequence[Finding]) -> JSON:
    return posted(client, json.dumps(intake(findings)), "application/json")


def by_bundle(client: FlaskClient, findings: Sequence[Finding]) -> JSON:
    return posted(client, json.dumps(bundle(findings)), FHIR)


def by_answers(client: FlaskClient, findings: Sequence[Finding]) -> JSON:
    return posted(client, json.dumps(answers(findings)), FHIR)


def by_fhir_operation(client: FlaskClient, findings: Sequence[Finding]) -> JSON:
    body = json.dumps(answers(findings))
    answer = client.post("/fhir/QuestionnaireResponse/$assess", data=body, content_type=FHIR)
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["resourceType"] == "Bundle"
    return newest(client)


def by_hook(client: FlaskClient, findings: Sequence[Finding]) -> JSON:
    patient, *others = resources(findings)
    prefetch = {"patient": patient, "observations": collected(others)}
    answer = client.post("/cds-services/leg-pain-patient-view", json=request(prefetch=prefetch))
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["cards"]
    return newest(client)


def by_command(_client: FlaskClient, findings: Sequence[Finding]) -> JSON:
    document = json.dumps(bundle(findings, datetime.now(UTC)))
    result = CliRunner().invoke(main, ["assess", "-", "--json"], input=document)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def posted(client: FlaskClient, body: str, kind: str) -> JSON:
    answer = client.post("/api/v1/assessments", data=body, content_type=kind)
    assert answer.status_code == 201, answer.text
    kept = client.get(answer.headers["Location"])
    assert kept.get_json() == answer.get_json()
    return dict(answer.get_json())


def newest(client: FlaskClient) -> JSON:
    listed = client.get("/api/v1/assessments?limit=1").get_json()["items"][0]
    return dict(client.get(listed["location"]).get_json())


Road = Callable[[FlaskClient, Sequence[Finding]], JSON]
ROADS: list[tuple[Road, Callable[[Sequence[Finding]], bool]]] = [
    (by_bundle, lambda _: True),
    (by_answers, is_told_by_answers),
    (by_fhir_operation, is_told_by_answers),
    (by_hook, lambda _: True),
    (by_command, lambda _: True),
]


@pytest.fixture(autouse=True, scope="module")
def _load_once() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.cli.load", lambda *_: LIBRARY)
        yield


@pytest.mark.parametrize("case", PATIENTS, ids=[f"{case.pathway}: {case.name}" for case in PATIENTS])
def test_every_road_brings_the_same_verdict(client: FlaskClient, case: Case) -> None:
    told_by_intake = is_told_by_intake(case.findings)
    expected = verdict(by_intake(client, case.findings) if told_by_intake else by_bundle(client, case.findings))
    assert expected[0] == case.expect["tier"]
    for road, can_tell in ROADS:
        if can_tell(case.findings):
            assert verdict(road(client, case.findings)) == expected, road.__name__


@pytest.mark.parametrize("told", IN_WORDS, ids=[told["text"][:40] for told in IN_WORDS])
def test_plain_words_bring_the_verdict_of_structured_answers(client: FlaskClient, told: JSON) -> None:
    findings = [given(key, value, LIBRARY.knowledge) for key, value in told["means"].items()]
    structured = by_intake(client, findings)
    in_words = posted(client, json.dumps({"findings": [], "text": told["text"]}), "application/json")
    assert in_words["urgency"]["tier"] == structured["urgency"]["tier"] == told["tier"]
    assert verdict(in_words)[2] == verdict(structured)[2]
    assert all(s["method"] == "text" for f in in_words["findings"] for s in f["sources"])
