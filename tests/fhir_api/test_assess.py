"""`POST /fhir/QuestionnaireResponse/$assess`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from fhir.resources.R4B.bundle import Bundle
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from service.advice.bundle import assessment_bundle
from service.app import create_app, open_store
from service.assessing import Assessor
from service.fhir_api import Fhir, create_fhir_blueprint
from service.in_force import InForce
from service.knowledge.library import Library
from service.security.keys import ANYBODY, Caller, KeyRefusedError
from service.store import DatabaseAwayError, NotStoredError, Store
from tests.fhir_api.form_answers import questionnaire_response
from tests.intake.record import NOW, patient
from tests.service.settings import settings as settings_of

JSON = dict[str, Any]
URL = "/fhir/QuestionnaireResponse/$assess"
FHIR = "application/fhir+json"
ANSWERS = {
    "age_years": ["62"],
    "body_region": ["calf_pain"],
    "symptom_side": ["left"],
    "leg_swelling_unilateral": ["left"],
    "active_cancer": ["present"],
    "chest_pain": ["absent"],
}


def items(*answers: tuple[str, JSON]) -> JSON:
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "item": [{"linkId": key, "answer": [value]} for key, value in answers],
    }


PAIN = items(("leg_pain", {"valueBoolean": True}))


def parameters(**parts: JSON) -> JSON:
    named = [{"name": name.replace("_", "-"), "resource": part} for name, part in parts.items()]
    return {"resourceType": "Parameters", "parameter": named}


def part(answer: TestResponse, kind: str) -> JSON:
    bundle = answer.get_json(force=True)
    assert answer.status_code == 200, bundle
    Bundle.model_validate(bundle)
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)


def test_the_answers_of_a_patient_are_assessed_and_kept(client: FlaskClient, library: Library) -> None:
    answer = client.post(URL, json=questionnaire_response(library, ANSWERS, NOW), content_type=FHIR)
    assert answer.mimetype == FHIR
    assert answer.headers["Cache-Control"] == "no-store"
    risk = part(answer, "RiskAssessment")
    assert "Same day" in risk["note"][0]["text"]
    assert risk["prediction"][0]["outcome"]["text"] == "Deep vein thrombosis"
    assert part(answer, "RequestGroup")["action"]


def test_the_answers_may_come_with_the_patient_and_the_record(client: FlaskClient) -> None:
    record = {"resourceType": "Bundle", "type": "collection", "entry": []}
    answer = client.post(URL, json=parameters(questionnaire_response=PAIN, patient=patient(), record=record))
    assert part(answer, "RiskAssessment")["subject"] == {"reference": "Patient/p1"}


def test_a_new_danger_sign_counts_when_the_answers_bear_no_date(client: FlaskClient) -> None:
    urgent = items(("leg_pain", {"valueBoolean": True}), ("saddle_numbness", {"valueBoolean": True}))
    for response in (urgent, urgent | {"authored": NOW.isoformat()}):
        assert "Emergency" in part(client.post(URL, json=response), "RiskAssessment")["note"][0]["text"]


def test_no_leg_complaint_is_said_to_be_none(client: FlaskClient) -> None:
    answer = client.post(URL, json=items(("leg_pain", {"valueBoolean": False})))
    assert "not triaged" in part(answer, "GuidanceResponse")["note"][0]["text"]


def test_an_answer_that_cannot_be_used_is_not_dropped_in_silence(client: FlaskClient) -> None:
    odd = items(
        ("leg_pain", {"valueBoolean": True}), ("numbness", {"valueInteger": 3}), ("nonsense", {"valueString": "x"})
    )
    told = " ".join(note["text"] for note in part(client.post(URL, json=odd), "GuidanceResponse")["note"])
    assert "Numbness: the answer is of no kind that this item takes: not used" in told
    assert "an answered item is no finding of ours" in told


@pytest.mark.parametrize(
    ("body", "status", "expression"),
    [
        ({"resourceType": "Patient"}, 400, "resourceType"),
        ({}, 400, "resourceType"),
        (
            PAIN | {"questionnaire": "https://example.org/Questionnaire/other"},
            422,
            "QuestionnaireResponse.questionnaire",
        ),
        (PAIN | {"status": "entered-in-error"}, 422, "QuestionnaireResponse.status"),
        ({k: v for k, v in PAIN.items() if k != "status"}, 422, "QuestionnaireResponse.status"),
        (PAIN | {"item": []}, 422, "QuestionnaireResponse.item"),
        (PAIN | {"item": 1}, 422, "QuestionnaireResponse.item"),
        (PAIN | {"authored": "2031-01-01"}, 422, "QuestionnaireResponse.authored"),
        (items(("leg_pain", {"valueBoolean": "yes"})), 422, "QuestionnaireResponse"),
        (parameters(), 422, "Parameters.parameter"),
        (parameters(patient=patient()), 422, "Parameters.parameter"),
        (parameters(questionnaire_response=PAIN, other=PAIN), 422, "Parameters.parameter[1].name"),
        (parameters(questionnaire_response=PAIN, patient=PAIN), 422, "Parameters.parameter[1].resource"),
        (
            parameters(questionnaire_response=PAIN | {"subject": {"reference": "Patient/p2"}}, patient=patient()),
            422,
            "QuestionnaireResponse.subject",
        ),
        (
            parameters(
                questionnaire_response=PAIN,
                record={"resourceType": "Bundle", "entry": [{"resource": patient()}, {"resource": patient(id="p2")}]},
            ),
            422,
            "Parameters.parameter",
        ),
    ],
)
def test_what_cannot_be_assessed_is_refused_and_the_place_is_named(
    client: FlaskClient, body: JSON, status: int, expression: str
) -> None:
    answer = client.post(URL, json=body)
    outcome = answer.get_json(force=True)
    assert (answer.status_code, outcome["resourceType"]) == (status, "OperationOutcome")
    assert outcome["issue"][0]["expression"] == [expression]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"resourceType":"Patient","resourceType":""}']
)
def test_what_is_no_json_object_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = client.post(URL, data=body, content_type=FHIR)
    assert (answer.status_code, answer.mimetype) == (400, FHIR)


def test_only_json_is_taken_and_only_by_post(client: FlaskClient) -> None:
    assert client.post(URL, data=b"{}", content_type="text/plain").status_code == 415
    assert client.post(URL, data=b"{}", content_type=FHIR, headers={"Content-Encoding": "gzip"}).status_code == 415
    refused = client.get(URL)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST, OPTIONS")


def test_a_body_that_is_too_long_is_refused(small: Callable[[int], FlaskClient]) -> None:
    assert small(50).post(URL, json=PAIN).status_code == 413


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["linkId", "answer", "item", "valueCoding"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(["item", "status", "authored", "subject", "questionnaire", "id"]), JSON_VALUES))
def test_no_body_makes_it_fail(client: FlaskClient, members: JSON) -> None:
    for body in (PAIN | members, parameters(questionnaire_response=PAIN | members, patient=patient())):
        assert client.post(URL, json=body).status_code in {200, 400, 422}


class Forgetful:
    """A memory that keeps nothing."""

    def record(self, _answer: object) -> None:
        raise NotStoredError


def turned_away(library: Library, error: type[Exception] | None) -> FlaskClient:
    """A service that cannot keep anything, and whose callers meet this error."""

    def caller(_authorization: str | None) -> Caller:
        if error:
            raise error
        return ANYBODY

    assessor = Assessor(InForce(library, store := cast("Store", Forgetful())), store)
    app = Flask(__name__)
    app.register_blueprint(create_fhir_blueprint(Fhir(assessor, lambda: NOW, caller, 10_000)))
    return app.test_client()


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (KeyRefusedError, 401, ("WWW-Authenticate", "Bearer")),
        (DatabaseAwayError, 503, ("Retry-After", "5")),
        (None, 503, ("Retry-After", "5")),
    ],
)
def test_nothing_is_assessed_for_nobody_or_without_being_kept(
    library: Library, error: type[Exception] | None, status: int, header: tuple[str, str]
) -> None:
    client = turned_away(library, error)
    refused = client.post(URL, json=PAIN)
    assert (refused.status_code, refused.mimetype) == (status, FHIR)
    assert refused.headers[header[0]] == header[1]
    assert client.get("/fhir/metadata").status_code == 200


def test_who_asked_is_kept_with_the_assessment(library: Library, tmp_path: Path) -> None:
    app = create_app(settings_of(tmp_path), library, lambda: NOW)
    made = app.test_client().post(URL, json=PAIN).get_json(force=True)
    kept = open_store(settings_of(tmp_path)).assessment(made["identifier"]["value"])
    assert kept is not None
    assert (kept.client, kept.service) == ("anonymous", "fhir")
    assert assessment_bundle(kept.document, library) == made
