"""Hook requests about a made-up patient, and what their cards must be whatever they say."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fhir.resources.R4B.servicerequest import ServiceRequest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.intake.record import (
    CALF_PAIN,
    CANCER,
    JSON,
    LEFT,
    bundle,
    condition,
    days_ago,
    finding,
    measured,
    patient,
)

LEFT_CALF_PAIN = condition(bodySite=[LEFT], onsetDateTime=days_ago(2))
CALF_PAIN_SOMEWHERE = condition(CALF_PAIN)
ACTIVE_CANCER = condition(CANCER, id="c2", recordedDate=days_ago(40))
SWOLLEN_CALF = measured(finding("calf_circumference_difference_cm"), 4, "cm", bodySite=LEFT)
LIKELY_DVT: JSON = {
    "patient": patient(),
    "conditions": bundle(LEFT_CALF_PAIN, ACTIVE_CANCER),
    "observations": bundle(SWOLLEN_CALF),
}
CARD_MEMBERS = {
    "uuid",
    "summary",
    "detail",
    "indicator",
    "source",
    "suggestions",
    "selectionBehavior",
    "overrideReasons",
    "links",
    "extension",
}
HTML = re.compile(r"<[A-Za-z/!?]")


def request(hook: str = "patient-view", **members: Any) -> JSON:
    """A good request; a member set to None is left out, and context members are given by `context`."""
    context = {"userId": "Practitioner/d1", "patientId": "p1", **members.pop("context", {})}
    whole = {"hook": hook, "hookInstance": "b7b3a1de-6a0d-4a5c-9b33-1d6a0c4b1a11", "context": context, **members}
    return {name: value for name, value in whole.items() if value is not None}


def send(client: FlaskClient, body: JSON | bytes, hook: str = "patient-view") -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/cds-services/leg-pain-{hook}", data=data, content_type="application/json")


def ask(client: FlaskClient, prefetch: Any, hook: str = "patient-view", **context: Any) -> TestResponse:
    return send(client, request(hook, prefetch=prefetch, context=context), hook)


def cards_of(answer: TestResponse) -> list[JSON]:
    """The cards of a good answer, which must keep every rule for cards."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/json"
    body = json.loads(answer.get_data(), parse_constant=_no_constant)
    assert body.keys() == {"cards"}
    check_cards(body["cards"])
    return list(body["cards"])


def cards(client: FlaskClient, prefetch: Any, hook: str = "patient-view", **context: Any) -> list[JSON]:
    return cards_of(ask(client, prefetch, hook, **context))


def draft_orders(given: list[JSON]) -> list[JSON]:
    return [
        action["resource"]
        for card in given
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
    ]


def issue_of(answer: TestResponse) -> JSON:
    """The one issue of an OperationOutcome."""
    assert answer.mimetype == "application/json"
    outcome = answer.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    return dict(issue)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def empties(value: Any, path: str = "") -> Iterator[str]:
    """Every place that is null, blank or empty (checklist JSON-2)."""
    if value is None or value in ("", [], {}):
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from empties(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from empties(inner, f"{path}[{position}]")


def check_cards(given: list[JSON]) -> None:
    """The MUST rules of CDS Hooks for cards (CARD, SUG, ACT, LINK), and our own bar."""
    assert len(given) <= 4
    uuids = [card["uuid"] for card in given]
    for card in given:
        _check_card(card)
        uuids += [suggestion["uuid"] for suggestion in card.get("suggestions", [])]
    assert len(uuids) == len(set(uuids))
    assert all(str(UUID(each)) == each for each in uuids)
    # Most urgent first: the summary stands on top, the rest follows by its indicator.
    rank = [["critical", "warning", "info"].index(card["indicator"]) for card in given]
    assert rank[1:] == sorted(rank[1:])


def _check_card(card: JSON) -> None:
    assert not list(empties(card))
    assert card.keys() <= CARD_MEMBERS
    assert 0 < len(card["summary"]) < 140
    assert card["summary"].isprintable()
    assert card["indicator"] in {"info", "warning", "critical"}
    assert isinstance(card["detail"], str)
    assert not HTML.search(card["detail"] + card["summary"])
    assert card["source"]["label"].strip()
    assert is_absolute(card["source"]["url"])
    assert card["source"]["topic"]["code"]
    assert is_absolute(card["source"]["topic"]["system"])
    for reason in card.get("overrideReasons", []):
        assert reason.keys() >= {"code", "system", "display"}
    for link in card.get("links", []):
        assert link["label"].strip()
        assert is_absolute(link["url"])
        assert link["type"] == "absolute"
        assert not link.keys() & {"appContext", "autolaunchable"}
    suggestions = card.get("suggestions", [])
    assert ("selectionBehavior" in card) is bool(suggestions)
    if suggestions:
        assert card["selectionBehavior"] in {"at-most-one", "any"}
        recommended = [suggestion for suggestion in suggestions if suggestion["isRecommended"]]
        assert card["selectionBehavior"] == "any" or len(recommended) <= 1
    for suggestion in suggestions:
        assert suggestion["label"].strip()
        assert isinstance(suggestion["isRecommended"], bool)
        assert "actionSelectionBehavior" not in suggestion
        assert suggestion["actions"]
        for action in suggestion["actions"]:
            check_order(action)


def check_order(action: JSON) -> None:
    """A created order is a valid draft without identity; others are changed whole, or named to be removed."""
    assert action["description"].strip()
    if action["type"] == "delete":
        assert action["resourceId"].partition("/")[0] in {"ServiceRequest", "MedicationRequest"}
        assert "resource" not in action
        return
    assert "resourceId" not in action
    order = action["resource"]
    if action["type"] == "update":
        assert order["id"]
        ServiceRequest.model_validate(order)
        return
    assert action["type"] == "create"
    assert order["resourceType"] == "ServiceRequest"
    ServiceRequest.model_validate(order)
    assert "id" not in order
    assert (order["status"], order["intent"]) == ("draft", "proposal")
    assert order["subject"]["reference"].startswith("Patient/")
    assert order["code"]["text"].strip()


def is_absolute(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
