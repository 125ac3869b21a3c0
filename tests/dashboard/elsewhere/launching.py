"""What tests of signing in elsewhere share: a service that knows the test's server, and a browser that goes there."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
import yaml
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from service.app import create_app
from service.knowledge.cases import NOW
from service.store.tables import assessments, sessions, users
from tests.dashboard.authorization_server import CLIENT_ID, LAUNCH, PATIENT, SECRET, Server
from tests.dashboard.people import desk
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

VARIABLE = "TEST_CLIENT_SECRET"
EHR = "anonymous"
"""The client of CDS Hooks calls where nobody has to prove who they are."""


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def empty(app: Flask) -> None:
    """Have a service forget its users and patients, and what the servers told of themselves."""
    found = desk(app)
    found.assessor.store._ask(
        lambda connection: [connection.execute(delete(t)) for t in (sessions, users, assessments)]
    )
    assert found.launches
    assert found.sign_on
    for server in (*found.launches.servers.values(), found.sign_on.server):
        server._known.clear()


def written(path: Path, content: Any) -> Path:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def smart_file(server: Server, **changes: Any) -> dict[str, Any]:
    usual = {
        "client": EHR,
        "issuer": server.fhir,
        "client_id": CLIENT_ID,
        "client_secret_env": VARIABLE,
        "role": "clinician",
    }
    return {"ehrs": [{name: value for name, value in {**usual, **changes}.items() if value is not None}]}


def sign_on_file(server: Server) -> dict[str, Any]:
    return {
        "issuer": server.fhir,
        "client_id": CLIENT_ID,
        "client_secret_env": VARIABLE,
        "name": "Sign in with the hospital account",
        "role_claim": "groups",
        "roles": {"leg-admins": "admin", "leg-clinicians": "clinician"},
    }


def service_for(folder: Path, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Flask:
    """A service that this server may launch, and where people sign in at it; `changes` are of the launch settings."""
    monkeypatch.setenv(VARIABLE, SECRET)
    config = settings(
        folder,
        patient_ids=changes.pop("patient_ids", "pseudonym"),
        public_urls=changes.pop("public_urls", ()),
        smart=written(folder / "smart.yaml", smart_file(server, **changes)),
        single_sign_on=written(folder / "sso.yaml", sign_on_file(server)),
    )
    return create_app(config, LIBRARY, clock)


def launch(browser: FlaskClient, server: Server, **changes: str) -> TestResponse:
    """The first step: the EHR opens our page."""
    asked = {"iss": server.fhir, "launch": LAUNCH} | changes
    return browser.get(f"/smart/launch?{urlencode(asked)}")


def callback(went: TestResponse) -> str:
    """The address that the authorization server sends the browser back to after this answer."""
    assert went.status_code == 303, went.text
    back = requests.get(went.location, allow_redirects=False, timeout=30).headers["Location"]
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def launched(browser: FlaskClient, server: Server, **changes: str) -> TestResponse:
    """All of a launch: the answer that the browser ends with."""
    return browser.get(callback(launch(browser, server, **changes)))


COMPLAINT: dict[str, Any] = {
    "resourceType": "QuestionnaireResponse",
    "id": "qr-0",
    "status": "completed",
    "subject": {"reference": f"Patient/{PATIENT}"},
    "authored": NOW.isoformat(),
    "item": [
        {"linkId": "calf_pain", "answer": [{"valueCoding": {"code": "left"}}]},
        {"linkId": "leg_swelling_unilateral", "answer": [{"valueCoding": {"code": "left"}}]},
    ],
}
CHART: dict[str, list[dict[str, Any]]] = {
    "Patient": [{"resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": "1965-04-01"}],
    "QuestionnaireResponse": [COMPLAINT],
}


def assessed(app: Flask, patient: str = PATIENT, **more: Any) -> str:
    """The id of an assessment that came by the hooks of the EHR."""
    body = {
        "hook": "patient-view",
        "hookInstance": "00000000-0000-4000-8000-000000000000",
        "context": {"userId": "Practitioner/prac-1", "patientId": patient},
        "prefetch": {"questionnaireResponses": COMPLAINT | {"subject": {"reference": f"Patient/{patient}"}}},
    } | more
    answer = app.test_client().post("/cds-services/leg-pain-patient-view", json=body)
    assert answer.status_code == 200, answer.text
    return desk(app).assessor.store.assessments(limit=1)[0].id


def csrf(app: Flask) -> str:
    store = desk(app).assessor.store
    (user,) = (u for u in store.users() if u.client == EHR)
    return store.sessions(user.id)[0].csrf
