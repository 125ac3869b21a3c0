"""Handing in a patient: what is taken, what is refused and where, and that it is safe to send again."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.api.calls import ASSESSMENTS, CAUDA_EQUINA, DVT, FHIR, assessed, faults, hand_in, pointers, problem_of
from tests.intake.record import CANCER, JSON, LEFT, answer, answers, bundle, condition, days_ago, patient

ASSESSMENT = {"$ref": "#/components/schemas/Assessment"}
RECORD = bundle(patient(), condition(bodySite=[LEFT], recordedDate=days_ago(1)), condition(CANCER, id="c2"))


def test_a_patient_is_triaged_and_the_assessment_is_kept(client: FlaskClient) -> None:
    answer = hand_in(client)
    assert (answer.status_code, answer.mimetype) == (201, "application/json")
    assessment = answer.get_json()
    assert assessment["urgency"]["tier"] == "same_day"
    assert assessment["workup"][0]["order"] == "us_leg_veins_duplex"
    assert answer.headers["Location"] == f"{ASSESSMENTS}/{assessment['id']}"
    assert client.get(answer.headers["Location"]).get_json() == assessment


@pytest.mark.parametrize("body", [DVT, CAUDA_EQUINA, {"findings": []}], ids=["same day", "emergency", "out of scope"])
def test_every_member_of_the_answer_is_described(client: FlaskClient, document: JSON, body: JSON) -> None:
    explained = client.post(f"{ASSESSMENTS}?explain=true", json=body).get_json()
    assert "trace" in explained
    assert faults(document, explained, ASSESSMENT) == []
    assert faults(document, assessed(client, body), ASSESSMENT) == []


@pytest.mark.parametrize(
    "resource",
    [RECORD, answers(answer("calf_pain", valueCoding={"code": "left"}), answer("active_cancer", valueBoolean=True))],
    ids=["Bundle", "QuestionnaireResponse"],
)
def test_fhir_is_triaged_too(client: FlaskClient, document: JSON, resource: JSON) -> None:
    sent = client.post(ASSESSMENTS, data=json.dumps(resource), content_type=f"{FHIR}; charset=utf-8")
    assert sent.status_code == 201, sent.text
    assert sent.get_json()["urgency"]["tier"] == "same_day"
    assert faults(document, sent.get_json(), ASSESSMENT) == []


def finding(**members: Any) -> JSON:
    return {"findings": [{"key": "calf_pain", "status": "present"} | members]}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["/findings"]),
        ([], [""]),
        ({"findings": "calf_pain"}, ["/findings"]),
        ({"findings": [None]}, ["/findings/0"]),
        (finding(status="perhaps"), ["/findings/0/status"]),
        (finding(side="up"), ["/findings/0/side"]),
        (finding(onset="yesterday"), ["/findings/0/onset"]),
        (finding(onset="2030-01-01"), ["/findings/0/onset"]),
        (finding(value=3), ["/findings/0/value"]),
        (finding(key="a\0b"), ["/findings/0/key"]),
        (finding(surprise=1), ["/findings/0/surprise"]),
        ({"findings": [], "a/b~": 1}, ["/a~1b~0"]),
        ({"findings": [], "patient": {"age": "65"}}, ["/patient/age"]),
        ({"findings": [], "patient": {"age": 131}}, ["/patient/age"]),
        ({"findings": [], "patient": {"age": 5, "birthDate": "2020-01-01"}}, ["/patient"]),
        ({"findings": [], "patient": {"birthDate": "2030-01-01"}}, ["/patient/birthDate"]),
        ({"findings": [], "text": "x" * 50_001}, ["/text"]),
        ({"resourceType": "Bundle"}, ["/resourceType"]),
        ({"findings": [{"key": "leg_pane", "status": "present"}, {"key": "spo2", "status": "present"}]},
         ["/findings/0/key", "/findings/1/value"]),
    ],
)  # fmt: skip
def test_an_intake_that_cannot_be_used_is_refused_place_by_place(
    client: FlaskClient, body: Any, wrong: list[str]
) -> None:
    assert pointers(hand_in(client, body)) == wrong


def test_an_unknown_key_is_answered_with_the_three_nearest(client: FlaskClient) -> None:
    body = {"findings": [*DVT["findings"][:3], {"key": "calf_pian", "status": "present"}]}
    (error,) = problem_of(hand_in(client, body), 422)["errors"]
    assert error["pointer"] == "/findings/3/key"
    near = error["detail"].partition("did you mean ")[2].rstrip("?").split(", ")
    assert len(near) == 3
    assert "calf_pain" in near


def test_of_very_many_errors_the_first_are_named(client: FlaskClient) -> None:
    refused = problem_of(hand_in(client, {"findings": [{"key": "x" * 200, "status": "present"}] * 2000}), 422)
    assert len(refused["errors"]) == 50
    assert "2000 things are wrong" in refused["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"findings": [{}] * 200_000}, "/findings"),
        ({"findings": [], **{f"x{number}": 1 for number in range(200_000)}}, ""),
        ({"findings": [{f"x{number}": 1 for number in range(200_000)}]}, "/findings/0"),
    ],
)
def test_what_is_far_too_much_is_refused_before_each_part_is_looked_at(
    client: FlaskClient, body: JSON, pointer: str
) -> None:
    assert pointers(hand_in(client, body)) == [pointer]


@pytest.mark.parametrize("kind", ["application/json", FHIR])
@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "empty"),
        (b"  ", "empty"),
        (b"calf pain", "not JSON"),
        (b'{"findings": [], "findings": []}', "'findings' is there twice"),
        (b'{"findings": [{"key": "calf_pain", "status": "present", "status": "absent"}]}', "'status' is there twice"),
        (b'{"findings": [{"key": "spo2", "status": "present", "value": NaN}]}', "not JSON"),
        (b'{"findings": [{"key": "spo2", "status": "present", "value": 1e999}]}', "not JSON"),
        (b'{"findings": [{"key": "spo2", "status": "present", "value": ' + b"9" * 5000 + b"}]}", "not JSON"),
        (b'{"findings": [], "text": "\\ud800"}', "not JSON"),
        (b'{"findings": [], "text": "\xff"}', "not JSON"),
        (b'\xef\xbb\xbf{"findings": []}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"findings": ' + b"[" * 990 + b"]" * 990 + b"}", "nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_json_without_doubt_is_refused(client: FlaskClient, kind: str, data: bytes, detail: str) -> None:
    assert detail in problem_of(client.post(ASSESSMENTS, data=data, content_type=kind), 400)["detail"]


@pytest.mark.parametrize(
    ("resource", "detail"),
    [
        ({}, "names its type"),
        ([], "names its type"),
        ({"resourceType": 7}, "names its type"),
        ({"resourceType": "Basic"}, "nothing that can be read"),
        ({"resourceType": "Bundle", "entry": []}, "nothing that can be read"),
        (bundle(patient(), patient(id="p2"), condition()), "several patients"),
        (bundle(patient(), condition() | {"code": "calf pain"}), "wrong shape"),
    ],
)
def test_fhir_that_tells_nothing_or_of_several_patients_is_refused(
    client: FlaskClient, resource: Any, detail: str
) -> None:
    refused = problem_of(client.post(ASSESSMENTS, data=json.dumps(resource), content_type=FHIR), 422)
    assert detail in refused["errors"][0]["detail"]


def test_a_complaint_that_could_not_be_read_beside_others_is_a_note(client: FlaskClient) -> None:
    broken = condition(id="c9") | {"code": "calf pain"}
    sent = client.post(ASSESSMENTS, data=json.dumps(bundle(patient(), condition(), broken)), content_type=FHIR)
    assert "Condition/c9" in {note["reference"] for note in sent.get_json()["data_quality"]}


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/fhir+xml", "", "nonsense"])
def test_another_kind_of_body_is_answered_with_those_that_are_taken(client: FlaskClient, kind: str) -> None:
    answer = client.post(ASSESSMENTS, data=json.dumps(DVT), content_type=kind)
    assert "application/json or application/fhir+json" in problem_of(answer, 415)["detail"]
    assert answer.headers["Accept"] == "application/json, application/fhir+json"


def test_a_compressed_body_is_not_guessed_at(client: FlaskClient) -> None:
    problem_of(hand_in(client, DVT, **{"Content-Encoding": "gzip"}), 415)


@pytest.mark.parametrize("accept", ["text/html", "application/xml, image/*", "application/json;q=0"])
def test_an_answer_that_cannot_be_had_as_wanted_is_not_made(client: FlaskClient, accept: str) -> None:
    problem_of(hand_in(client, DVT, Accept=accept), 406)
    assert client.get(ASSESSMENTS).get_json()["items"] == []


@pytest.mark.parametrize("accept", ["", "*/*", "application/*", "text/html, application/json;q=0.1"])
def test_json_is_what_most_clients_get(client: FlaskClient, accept: str) -> None:
    assert hand_in(client, DVT, Accept=accept).mimetype == "application/json"


def test_a_body_that_is_too_long_is_refused(serving: Callable[..., FlaskClient]) -> None:
    problem_of(hand_in(serving(max_body_bytes=100)), 413)


@pytest.mark.parametrize("query", ["explain=maybe", "explain=1", "surprise=1"])
def test_a_query_that_is_not_described_is_refused(client: FlaskClient, query: str) -> None:
    assert pointers(client.post(f"{ASSESSMENTS}?{query}", json=DVT)) == [f"#/query/{query.partition('=')[0]}"]


def test_a_request_that_comes_again_is_answered_once(client: FlaskClient) -> None:
    first, again = (hand_in(client, DVT, **{"Idempotency-Key": "visit 7"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert len(client.get(ASSESSMENTS).get_json()["items"]) == 1
    assert hand_in(client, DVT, **{"Idempotency-Key": "visit 8"}).get_json()["id"] != first.get_json()["id"]


def test_a_key_that_comes_again_with_something_else_is_refused(client: FlaskClient) -> None:
    hand_in(client, DVT, **{"Idempotency-Key": "visit 7"})
    refused = hand_in(client, CAUDA_EQUINA, **{"Idempotency-Key": "visit 7"})
    assert pointers(refused) == ["#/headers/Idempotency-Key"]


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9"])
def test_a_key_that_cannot_be_kept_is_refused(client: FlaskClient, key: str) -> None:
    assert pointers(hand_in(client, DVT, **{"Idempotency-Key": key})) == ["#/headers/Idempotency-Key"]


def test_of_many_at_once_under_one_key_one_is_kept(client: FlaskClient) -> None:
    def send(_: int) -> JSON:
        return dict(hand_in(client.application.test_client(), DVT, **{"Idempotency-Key": "k"}).get_json())

    with ThreadPoolExecutor(6) as many:
        given = list(many.map(send, range(6)))
    assert all(each == given[0] for each in given)
    assert len(client.get(ASSESSMENTS).get_json()["items"]) == 1
