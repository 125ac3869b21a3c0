"""A topic as far from legs as can be: somebody may want a cup of tea."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks import Card, Coding, HookRequest, HookService, PreconditionFailed, Source, create_blueprint
from cds_hooks.hooks import HOOKS

MAX_BODY = 1024 * 1024
CARD_UUID = "2f0c8a4e-5a0c-4f43-9d57-0f6f1d1f0a10"
SECRET = "Rumpelstiltskin"  # noqa: S105 - stands for anything of a patient's
JSON = dict[str, Any]


def card(**changes: Any) -> Card:
    members: JSON = {
        "uuid": CARD_UUID,
        "summary": "Offer a cup of tea",
        "indicator": "info",
        "source": Source(label="Tea Board", topic=Coding("tea", "https://tea.example.org/topics")),
    }
    return Card(**members | changes)


def offer_tea(request: HookRequest) -> Sequence[Card]:
    """Show what arrived, so that the tests can see it from outside."""
    kettle = request.prefetch.get("kettle", b"(absent)").decode(errors="replace")
    return [card(detail=f"patient={request.context['patient_id']} kettle={kettle[:200]}")]


def say_nothing(request: HookRequest) -> Sequence[Card]:
    return []


def lack_everything(request: HookRequest) -> Sequence[Card]:
    raise PreconditionFailed("No tea without water: prefetch 'kettle' is needed.")


def break_down(request: HookRequest) -> Sequence[Card]:
    raise KeyError(SECRET)


def service(**changes: Any) -> HookService:
    members: JSON = {
        "id": "tea",
        "hook": "patient-view",
        "title": "Tea",
        "description": "Offers **tea**.",
        "handler": offer_tea,
    }
    return HookService(**members | changes)


def client_of(*services: HookService, max_body_bytes: int = MAX_BODY, **more: Any) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(services, max_body_bytes=max_body_bytes, **more))
    return app.test_client()


BUNDLE: JSON = {"resourceType": "Bundle", "type": "collection", "entry": []}
CONTEXTS: dict[str, JSON] = {
    "patient-view": {},
    "encounter-start": {"encounterId": "e1"},
    "problem-list-item-create": {"conditions": BUNDLE},
    "order-select": {"selections": ["ServiceRequest/s1"], "draftOrders": BUNDLE},
    "order-sign": {"draftOrders": BUNDLE},
    "appointment-book": {"appointments": BUNDLE},
    "encounter-discharge": {"encounterId": "e1"},
}
assert CONTEXTS.keys() == HOOKS.keys()


def call(hook: str = "patient-view", *, context: JSON | None = None, **members: Any) -> JSON:
    """A good request; `context` and `members` change it, and a member set to `...` is taken out."""
    whole_context = {"userId": "Practitioner/u1", "patientId": "p1", **CONTEXTS[hook], **(context or {})}
    request: JSON = {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {name: value for name, value in whole_context.items() if value is not ...},
        **members,
    }
    return {name: value for name, value in request.items() if value is not ...}


def post(client: FlaskClient, body: JSON | bytes, path: str = "/cds-services/tea") -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, data=data, content_type="application/json")


def issue_of(answer: TestResponse) -> JSON:
    """The one issue of an answer that must be an OperationOutcome."""
    assert answer.mimetype == "application/json"
    outcome = answer.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    assert issue["severity"] in {"error", "fatal"}
    assert issue["diagnostics"]
    return dict(issue)
