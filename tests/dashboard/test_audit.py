"""The audit as administrators read it, and as FHIR."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.knowledge.cases import NOW
from service.store import AuditEntry, Store
from tests.dashboard.conftest import Client
from tests.dashboard.forms import csrf
from tests.dashboard.people import desk, patient, present

FHIR = "http://terminology.hl7.org/CodeSystem"


@pytest.fixture
def store(app: Flask) -> Store:
    return desk(app).assessor.store


@pytest.fixture
def admin(client: Client) -> FlaskClient:
    return client("admin")


def tell(
    store: Store, subject: str, *, actor: str = "alice", at: datetime = NOW, action: str = "view: patient"
) -> None:
    store.tell_audit(AuditEntry(at=at, actor=actor, action=action, subject=subject, role="viewer", address="10.1.2.3"))


def subjects(page: str) -> list[str]:
    """What the lines are about, from the top."""
    return re.findall(r"\bsubject-\d+\b", page)


def events(text: str) -> list[Any]:
    """The events of an export, checked to be FHIR."""
    return [AuditEvent.model_validate_json(line) for line in text.splitlines()]


def test_the_audit_says_who_saw_what_when_and_from_where(admin: FlaskClient, store: Store) -> None:
    tell(store, "subject-1", at=NOW + timedelta(seconds=7))
    page = admin.get("/dashboard/audit").text
    for words in ("22 Nov 2026, 12:00:07", "alice", "viewer", "view: patient", "subject-1", "10.1.2.3"):
        assert words in page


def test_what_somebody_may_not_see_is_told_too(client: Client, admin: FlaskClient) -> None:
    assert client("clinician").get("/dashboard/audit").status_code == 403
    page = admin.get("/dashboard/audit?actor=clinician").text
    assert re.search(r"view: audit <strong[^>]*>refused", page)


def test_a_filter_shows_its_part_and_the_export_is_the_same(admin: FlaskClient, store: Store) -> None:
    for day in range(5):
        tell(store, f"subject-{day}", at=NOW + timedelta(days=day), actor=("alice", "bob")[day % 2])
    for query, shown in {
        "since=2026-11-23&until=2026-11-25": ["subject-3", "subject-2", "subject-1"],
        "since=2026-11-26": ["subject-4"],
        "until=2026-11-22": ["subject-0"],
        "actor=bob": ["subject-3", "subject-1"],
        "subject=subject-2": ["subject-2"],
        "actor=+bob+&since=2026-11-24&until=&subject=": ["subject-3"],
        "actor=nobody": [],
    }.items():
        page = admin.get(f"/dashboard/audit?{query}").text
        lines = page.partition("<tbody>")[2]
        assert list(dict.fromkeys(subjects(lines))) == shown, query
        (export,) = re.findall(r'href="(/dashboard/audit\.ndjson[^"]*)"', page)
        exported = events(admin.get(export.replace("&amp;", "&")).text)
        assert [each.entity[0].name for each in exported if each.entity and "subject" in each.entity[0].name] == shown


def test_what_cannot_be_asked_for_is_refused_by_name(admin: FlaskClient) -> None:
    for query, words in {
        "since=yesterday": "Give a day",
        "until=0001-01-01": "Give a day",
        "until=9999-12-31": "Give a day",
        "since=2026-11-23&until=2026-11-22": "lies before",
        "after=x": "number of an entry",
        "after=-1": "number of an entry",
        "after=99999999999999999999": "number of an entry",
    }.items():
        for address in ("/dashboard/audit", "/dashboard/audit.ndjson"):
            answer = admin.get(f"{address}?{query}")
            assert (answer.status_code, words in answer.text) == (422, True), query


def test_pages_lead_from_the_newest_to_the_oldest_without_a_gap(admin: FlaskClient, store: Store) -> None:
    for number in range(250):
        tell(store, f"subject-{number}")
    address, seen, pages = "/dashboard/audit?actor=alice", list[str](), 0
    while address:
        page = admin.get(address).text
        seen += subjects(page.partition("<tbody>")[2])
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address, pages = older[1].replace("&amp;", "&") if older else "", pages + 1
    assert pages == 3
    assert seen == [f"subject-{number}" for number in reversed(range(250))]


def test_a_patient_leads_to_their_page(app: Flask, admin: FlaskClient, store: Store) -> None:
    made = patient(app, present("calf_pain", side="left"))
    tell(store, made["id"])
    tell(store, "../users")
    page = admin.get("/dashboard/audit?actor=alice").text
    assert f'href="/dashboard/assessments/{made["id"]}"' in page
    assert 'href="/dashboard/assessments/../users"' not in page


def test_the_export_is_fhir_and_says_what_was_done(app: Flask, admin: FlaskClient, store: Store) -> None:
    made = patient(app, present("calf_pain", side="left"))
    tell(store, made["id"])
    tell(store, made["id"], action="decision: accept")
    tell(store, "alice", action="user disabled", actor="root")
    tell(store, made["id"], action="print: assessment")
    store.tell_audit(AuditEntry(at=NOW, actor="unknown", action="sign in", subject="", outcome="refused"))
    answer = admin.get("/dashboard/audit.ndjson")
    assert answer.mimetype == "application/fhir+ndjson"
    assert "attachment" in answer.headers["Content-Disposition"]
    told = events(answer.text)
    assert len({each.id for each in told}) == len(told)
    export, refused, printed, disabled, accepted, viewed = told[:6]
    assert [(each.type.code, each.action, each.outcome) for each in told[:6]] == [
        ("110106", "R", "0"),
        ("110114", "E", "4"),
        ("110110", "R", "0"),
        ("110113", "U", "0"),
        ("110110", "U", "0"),
        ("110110", "R", "0"),
    ]
    assert printed.subtype[0].display == "print: assessment"
    assert viewed.agent[0].who.identifier.value == "alice"
    assert viewed.agent[0].network.address == "10.1.2.3"
    assert viewed.agent[0].role[0].text == "viewer"
    assert viewed.entity[0].what.identifier.value == made["id"]
    assert accepted.subtype[0].display == "decision: accept"
    assert disabled.entity[0].name == "alice"
    assert refused.entity is None
    assert export.agent[0].who.identifier.value == "admin"
    assert export.source.type[0].system == f"{FHIR}/security-source-type"


def test_the_same_entry_is_the_same_event(admin: FlaskClient, store: Store) -> None:
    tell(store, "subject-1")
    first, second = (json.loads(admin.get("/dashboard/audit.ndjson?actor=alice").text) for _ in range(2))
    assert first == second


def test_what_was_refused_is_told_as_refused_once(app: Flask, client: Client, admin: FlaskClient, store: Store) -> None:
    id_ = patient(app, present("calf_pain", side="left"))["id"]
    browser = client("clinician")
    form = csrf(browser.get(f"/dashboard/assessments/{id_}"))
    address, stale = f"/dashboard/assessments/{id_}", {"csrf": form, "version": "99"}
    tries: list[tuple[Callable[[], TestResponse], int, str]] = [
        (lambda: browser.post(f"{address}/decisions", data=stale | {"action": "acknowledge"}), 409, id_),
        (lambda: browser.post(f"{address}/decisions", data=stale | {"action": "explode"}), 422, id_),
        (lambda: browser.post(f"{address}/decisions", data={"csrf": "wrong", "action": "acknowledge"}), 403, id_),
        (lambda: browser.post(f"{address}/assignment", data=stale | {"action": "claim"}), 409, id_),
        (lambda: browser.post(f"/dashboard/worklist/{id_}", data=stale | {"deed": "claim"}), 303, id_),
        (lambda: browser.post(f"{address}/answers", data=stale | {"finding": "abi", "value": "low"}), 422, id_),
        (lambda: admin.get("/dashboard/audit.ndjson?since=then"), 422, ""),
        (lambda: admin.get("/dashboard/feedback.csv?from=then"), 400, ""),
    ]

    for attempt, status, subject in tries:
        before = store.audit(limit=1)[0].sequence
        assert attempt().status_code == status
        told = [each for each in store.audit(limit=5) if each.sequence > before]
        assert [(each.subject, each.outcome, each.address) for each in told] == [(subject, "refused", "127.0.0.1")]
