"""Clinicians decide about an assessment, and nobody's decision is lost."""

from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.knowledge.cases import NOW
from service.store import Decision
from tests.dashboard.conftest import Client
from tests.dashboard.people import desk, patient, present, sign_in, user
from tests.service.settings import settings
from tests.triage.patients import LIBRARY


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One service for all of them: each has a patient of its own."""
    return create_app(settings(tmp_path_factory.mktemp("desk"), patient_ids="full"), LIBRARY, lambda: NOW)


@pytest.fixture
def swollen(app: Flask) -> dict[str, Any]:
    """A patient who may have a clot."""
    return patient(
        app,
        present("calf_pain", side="left"),
        present("leg_swelling_unilateral", side="left"),
        present("active_cancer"),
        present("entire_leg_swollen", side="left"),
        patient={"id": str(uuid4()), "age": 61, "sex": "female"},
    )


def post(browser: FlaskClient, seen: str, what: str = "decisions", **fields: Any) -> TestResponse:
    """What a form of the patient's page sends, of the version that is shown unless another is given."""
    page = browser.get(f"/dashboard/assessments/{seen}").text
    shown = page.split('name="version" value="', 1)[1].split('"', 1)[0]
    token = page.split('name="csrf" value="', 1)[1].split('"', 1)[0]
    return browser.post(f"/dashboard/assessments/{seen}/{what}", data={"csrf": token, "version": shown, **fields})


def told(app: Flask, seen: str) -> list[Decision]:
    return desk(app).assessor.store.decisions(seen)


def status(app: Flask, seen: str) -> str:
    stored = desk(app).assessor.store.assessment(seen)
    assert stored
    return stored.status


def page(browser: FlaskClient, seen: str) -> str:
    return unescape(browser.get(f"/dashboard/assessments/{seen}").text)


def copied(browser: FlaskClient, seen: str) -> str:
    """The accepted orders as they can be copied."""
    return page(browser, seen).split('id="copy-text"', 1)[1].split("</textarea>", 1)[0]


def test_one_click_acknowledges_and_one_takes_it_back(app: Flask, client: Client, swollen: dict[str, Any]) -> None:
    browser, seen = client("clinician"), swollen["id"]

    assert post(browser, seen, action="acknowledge").status_code == 303

    assert status(app, seen) == "acknowledged"
    assert "Acknowledged by Clinician" in page(browser, seen)
    assert "Undo the acknowledgement" in page(browser, seen)
    post(browser, seen, action="undo")
    assert status(app, seen) == "open"
    assert "Undo the" not in page(browser, seen)


def test_accepted_orders_can_be_copied_and_taken_as_fhir(app: Flask, client: Client, swollen: dict[str, Any]) -> None:
    browser, seen = client("clinician"), swollen["id"]
    suggested = [order for kind in ("workup", "referrals") for order in swollen[kind]]
    assert browser.get(f"/dashboard/assessments/{seen}/orders.json").status_code == 404

    post(browser, seen, action="accept")

    text = copied(browser, seen)
    bundle = browser.get(f"/dashboard/assessments/{seen}/orders.json")
    assert all(order["label"] in text for order in suggested)
    assert bundle.mimetype == "application/fhir+json"
    assert "attachment" in bundle.headers["Content-Disposition"]
    Bundle.model_validate(bundle.json)
    requested = [
        e["resource"] for e in (bundle.json or {})["entry"] if e["resource"]["resourceType"] == "ServiceRequest"
    ]
    assert [each["code"]["text"] for each in requested] == [order["label"] for order in suggested]


def test_a_single_order_is_accepted_alone(app: Flask, client: Client, swollen: dict[str, Any]) -> None:
    browser, seen = client("clinician"), swollen["id"]
    first, *others = [order for kind in ("workup", "referrals") for order in swollen[kind]]
    assert others

    post(browser, seen, action="accept", order=first["order"])

    text = copied(browser, seen)
    bundle = browser.get(f"/dashboard/assessments/{seen}/orders.json").json or {}
    assert first["label"] in text
    assert others[0]["label"] not in text
    assert [e["resource"]["resourceType"] for e in bundle["entry"]].count("ServiceRequest") == 1
    post(browser, seen, action="undo", order=first["order"])
    assert status(app, seen) == "open"


def test_an_override_says_why(app: Flask, client: Client, swollen: dict[str, Any]) -> None:
    browser, seen = client("clinician"), swollen["id"]

    post(browser, seen, action="override", reason="other-diagnosis", comment="Baker's cyst <b>seen</b>")

    (made,) = told(app, seen)
    assert (made.action, made.reason_code, made.comment) == ("override", "other-diagnosis", "Baker's cyst <b>seen</b>")
    assert "another diagnosis explains the picture" in page(browser, seen)
    assert "<b>seen</b>" not in browser.get(f"/dashboard/assessments/{seen}").text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"action": "override"}, "Reason: An override needs a reason."),
        ({"action": "override", "reason": "bored"}, "Reason: Must be one of"),
        (
            {"action": "override", "reason": "data-wrong", "comment": "x" * 2001},
            "Comment: Length must be",
        ),
        ({"action": "accept", "order": "leeches"}, "Order: the assessment suggests no such order."),
        ({"action": "undo"}, "There is nothing to undo."),
        ({"action": "explode"}, "Action: Must be one of"),
        ({}, "Action: Missing data"),
    ],
    ids=lambda each: each[:30] if isinstance(each, str) else None,
)
def test_what_makes_no_sense_is_named_and_what_was_typed_stays(
    app: Flask, client: Client, swollen: dict[str, Any], fields: dict[str, str], says: str
) -> None:
    answer = post(client("clinician"), swollen["id"], **{"comment": "kept words"} | fields)

    assert answer.status_code == 422
    assert says in unescape(answer.text)
    assert fields.get("comment", "kept words") in answer.text
    assert told(app, swollen["id"]) == []


def test_of_two_clinicians_the_second_sees_what_the_first_did(
    app: Flask, client: Client, swollen: dict[str, Any]
) -> None:
    seen = swollen["id"]
    first, second = client("clinician"), client("admin")
    post(first, seen, action="accept", version=1)

    answer = post(second, seen, action="override", reason="data-wrong", comment="typed with care", version=1)

    assert answer.status_code == 409
    assert "Accepted by Clinician" in unescape(answer.text)
    assert "typed with care" in answer.text
    assert 'btn-primary" name="reason" value="data-wrong"' in answer.text
    assert status(app, seen) == "accepted"
    again = answer.text.split('name="version" value="', 1)[1].split('"', 1)[0]
    post(second, seen, action="override", reason="data-wrong", comment="typed with care", version=again)
    assert status(app, seen) == "overridden"


def test_a_form_without_the_version_that_was_seen_decides_nothing(
    app: Flask, client: Client, swollen: dict[str, Any]
) -> None:
    answer = post(client("clinician"), swollen["id"], action="accept", version="")

    assert answer.status_code == 400
    assert told(app, swollen["id"]) == []


def test_a_patient_is_claimed_handed_over_and_released(app: Flask, client: Client, swollen: dict[str, Any]) -> None:
    seen, browser = swollen["id"], client("clinician")
    user(app, "admin", login="dr-jones")

    post(browser, seen, "assignment", action="claim")
    assert "You look after this patient." in page(browser, seen)
    post(browser, seen, "assignment", action="hand_over", to="dr-jones", comment="Scan is booked.")
    assert "Dr-Jones looks after this patient." in page(browser, seen)
    post(browser, seen, "assignment", action="release")
    assert "Nobody looks after this patient yet." in page(browser, seen)

    assert [(made.action, made.assignee) for made in told(app, seen)] == [
        ("claim", "clinician"),
        ("hand_over", "dr-jones"),
        ("release", None),
    ]
    assert status(app, seen) == "open"


@pytest.mark.parametrize("to", ["nobody-known", "viewer", "", "elsewhere"])
def test_nobody_is_handed_a_patient_they_may_not_decide_about(
    app: Flask, client: Client, swollen: dict[str, Any], to: str
) -> None:
    user(app, "viewer")
    user(app, "clinician", login="elsewhere", client="another hospital")

    answer = post(client("clinician"), swollen["id"], "assignment", action="hand_over", to=to, comment="a note")

    assert answer.status_code == 422
    assert "Choose who takes over." in answer.text
    assert "a note" in answer.text
    assert told(app, swollen["id"]) == []


def test_a_viewer_sees_what_was_decided_and_decides_nothing(
    app: Flask, client: Client, swollen: dict[str, Any]
) -> None:
    post(client("clinician"), swollen["id"], action="acknowledge")
    viewer, seen = client("viewer"), swollen["id"]
    text = page(viewer, seen)

    assert "Acknowledged by Clinician" in text
    assert 'value="accept"' not in text
    assert 'value="present' not in text
    assert viewer.get(f"/dashboard/assessments/{seen}/decide").status_code == 403


def test_the_audit_tells_who_decided_and_from_where(app: Flask, client: Client, swollen: dict[str, Any]) -> None:
    post(client("clinician"), swollen["id"], action="acknowledge")

    entry = next(e for e in desk(app).assessor.store.audit(limit=50) if e.action == "decision: acknowledge")

    assert (entry.actor, entry.role, entry.address, entry.subject) == (
        "clinician",
        "clinician",
        "127.0.0.1",
        swollen["id"],
    )


def test_another_callers_patient_is_not_there(app: Flask, swollen: dict[str, Any]) -> None:
    browser = app.test_client()
    token, session = sign_in(app, "clinician", login="bounded", client="another hospital")
    browser.set_cookie("legtriage", token)
    at = f"/dashboard/assessments/{swollen['id']}"

    for method, path in (
        ("GET", ""),
        ("GET", "/decide"),
        ("GET", "/orders.json"),
        ("GET", "/answers?finding=leg_cold"),
        ("POST", "/decisions"),
        ("POST", "/assignment"),
        ("POST", "/answers"),
    ):
        data = {"csrf": session.kept.csrf, "version": 1, "action": "claim", "finding": "leg_cold"}
        answer = browser.open(at + path, method=method, data=data if method == "POST" else None)
        assert answer.status_code == 404, path
    assert told(app, swollen["id"]) == []


def test_where_no_words_are_kept_none_are_asked_for(tmp_path: Path) -> None:
    app = create_app(settings(tmp_path, patient_ids="none"), LIBRARY, lambda: NOW)
    made = patient(app, present("calf_pain", side="left"), present("leg_swelling_unilateral", side="left"))
    token, _ = sign_in(app, "clinician")
    clinician = app.test_client()
    clinician.set_cookie(desk(app).cookie, token)
    page = clinician.get(f"/dashboard/assessments/{made['id']}").text
    assert "This site keeps no comments." in page
    assert "<textarea" not in page
