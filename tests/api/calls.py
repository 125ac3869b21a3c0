"""Requests to the REST routes about made-up patients, and answers held against the API document."""

import copy
import re
from typing import Any

from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from werkzeug.test import TestResponse

from tests.intake.record import JSON

ASSESSMENTS = "/api/v1/assessments"
FHIR = "application/fhir+json"
DVT: JSON = {
    "patient": {"id": "example-patient", "age": 65, "sex": "female"},
    "findings": [
        {"key": "calf_pain", "status": "present", "side": "left"},
        {"key": "calf_circumference_difference_cm", "status": "present", "value": 40, "unit": "mm"},
        {"key": "active_cancer", "status": "present"},
        {"key": "previous_dvt", "status": "absent"},
    ],
}
CAUDA_EQUINA: JSON = {
    "findings": [{"key": "bilateral_radicular_pain", "status": "present"}, {"key": "foot_drop", "status": "present"}]
}


def hand_in(client: FlaskClient, body: Any = DVT, **headers: str) -> TestResponse:
    return client.post(ASSESSMENTS, json=body, headers=headers)


def assessed(client: FlaskClient, body: Any = DVT) -> JSON:
    answer = hand_in(client, body)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def problem_of(answer: TestResponse, status: int) -> JSON:
    """The problem details of a refusal, whose shape is that of RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    problem = dict(answer.get_json())
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"]
    assert problem["detail"]
    return problem


def pointers(answer: TestResponse, status: int = 422) -> list[str]:
    return [error["pointer"] for error in problem_of(answer, status)["errors"]]


def faults(document: JSON, body: object, schema: JSON) -> list[str]:
    """What is wrong with a body that should be of the schema; a member that is not described is wrong, too."""
    closed = _closed(copy.deepcopy(document["components"]["schemas"]))
    wanted = {**schema, "components": {"schemas": closed}}
    validator = OAS31Validator(wanted, format_checker=OAS31Validator.FORMAT_CHECKER)
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in validator.iter_errors(body)]


def _closed(schemas: JSON) -> JSON:
    """The schemas of REST without room for members that nobody described."""
    for name, schema in schemas.items():
        if not re.match("FHIR", name) and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return schemas
