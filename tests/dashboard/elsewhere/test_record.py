"""The record in the EHR: read on request, written to on request, and never taken for an all-clear."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import update

from service.dashboard.elsewhere.sending import sending
from service.dashboard.render import render
from service.intake.queries import PREFETCH
from service.store.tables import assessments
from tests.dashboard.authorization_server import ACCESS, PATIENT, Server
from tests.dashboard.elsewhere.launching import CHART, COMPLAINT, EHR, Clock, assessed, csrf, launched, service_for
from tests.dashboard.people import desk, present, sign_in


def test_of_a_patient_without_assessment_the_record_is_read_on_request(
    app: Flask, browser: FlaskClient, server: Server
) -> None:
    server.orders.chart = CHART
    offer = browser.get(launched(browser, server).location)
    assert "No assessment of this patient yet" in offer.text
    assert not server.searched

    made = browser.post("/smart/assess", data={"csrf": csrf(app)})

    kept = desk(app).assessor.store.assessments(limit=1)[0]
    assert made.location == f"/dashboard/assessments/{kept.id}"
    assert (kept.service, kept.client, kept.tier) == ("smart", EHR, "same_day")
    assert {header for _, header in server.searched} == {f"Bearer {ACCESS}"}
    assert launched(browser, server).location == made.location


def told(app: Flask, browser: FlaskClient) -> str:
    answer = browser.post("/smart/assess", data={"csrf": csrf(app)})
    return browser.get(answer.location).text


def test_a_record_without_a_leg_complaint_is_not_kept(app: Flask, browser: FlaskClient, server: Server) -> None:
    server.orders.chart = {"Patient": CHART["Patient"]}
    launched(browser, server)

    assert "No leg complaint was found" in told(app, browser)
    assert desk(app).assessor.store.assessments() == []
    read = [each for each in desk(app).assessor.store.audit(limit=5) if each.action == "assess: record"]
    assert [each.outcome for each in read] == ["refused"]


def test_a_record_that_calls_the_patient_dead_is_no_all_clear(app: Flask, browser: FlaskClient, server: Server) -> None:
    server.orders.chart = CHART | {"Patient": [CHART["Patient"][0] | {"deceasedBoolean": True}]}
    launched(browser, server)

    assert "says that the patient has died" in told(app, browser)


def test_the_offer_says_which_patient_and_goes_when_there_is_an_assessment(
    app: Flask, browser: FlaskClient, server: Server
) -> None:
    launched(browser, server)
    assert f"<strong>{PATIENT}</strong>" in browser.get("/smart/patient").text

    made = assessed(app)

    assert browser.get("/smart/patient").location == f"/dashboard/assessments/{made}"
    answer = browser.post("/smart/assess", data={"csrf": csrf(app)})
    page = browser.get(answer.location).text
    assert f"/dashboard/assessments/{made}" in page
    assert "The record gave no data" not in page


def test_no_address_but_our_own_says_that_nothing_was_found(
    app: Flask, browser: FlaskClient, server: Server, clock: Clock
) -> None:
    server.orders.chart = {"Patient": CHART["Patient"]}
    launched(browser, server)
    words = "No leg complaint was found"
    told = browser.post("/smart/assess", data={"csrf": csrf(app)}).location
    assert words in browser.get(told).text
    assert words not in browser.get("/smart/patient?told=no-complaint").text

    server.orders.token = {"patient": "somebody-else"}
    launched(browser, server)
    assert words not in browser.get(told).text

    server.orders.token = {}
    launched(browser, server)
    assert words in browser.get(told).text
    clock.now += timedelta(minutes=11)
    assert words not in browser.get(told).text


def test_what_could_hide_a_complaint_is_named(app: Flask, browser: FlaskClient, server: Server) -> None:
    server.orders.chart = {"Patient": CHART["Patient"]}
    server.orders.away = ("Condition",)
    launched(browser, server)

    page = told(app, browser)

    assert "Whether there is a leg complaint is unknown" in page
    assert "Not received: problems." in page


def test_a_record_that_gives_nothing_is_no_all_clear(app: Flask, browser: FlaskClient, server: Server) -> None:
    launched(browser, server)
    store = desk(app).assessor.store
    server.orders.away = ("Patient", *{query.partition("?")[0] for query in PREFETCH.values()})

    assert "The record gave no data" in told(app, browser)
    assert store.assessments() == []


def test_the_record_closes_with_its_token(app: Flask, browser: FlaskClient, server: Server, clock: Clock) -> None:
    launched(browser, server)
    clock.now += timedelta(minutes=16)

    assert "no longer open to us" in told(app, browser)
    assert not server.searched


def test_a_viewer_may_look_and_not_assess(
    tmp_path: Path, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = service_for(tmp_path, server, clock, monkeypatch, role="viewer")
    browser = app.test_client()
    launched(browser, server)

    assert "Read the record and assess" not in browser.get("/smart/patient").text
    assert browser.post("/smart/assess", data={"csrf": csrf(app)}).status_code == 403


def test_a_session_that_nobody_launched_has_no_record(app: Flask, server: Server) -> None:
    browser = app.test_client()
    token, session = sign_in(app, "clinician")
    browser.set_cookie("legtriage", token)
    id_ = assessed(app)

    closed = browser.post("/smart/assess", data={"csrf": session.kept.csrf})
    assert "no longer open to us" in browser.get(closed.location).text
    sent = browser.post(f"/dashboard/assessments/{id_}/record", data={"csrf": session.kept.csrf})
    assert sent.status_code == 404


def with_answers(app: Flask, *findings: dict[str, Any]) -> str:
    """An assessment with answers that a clinician gave on our pages."""
    store = desk(app).assessor.store
    kept = store.assessment(assessed(app))
    assert kept
    given = [
        {"temporality": "current", "side": None, "value": None, "unit": None, "onset": None, "recorded": None}
        | {
            "label": each["key"],
            "sources": [
                {"reference": "answer of ada", "element": each["key"], "method": "stated", "by_clinician": True}
            ],
        }
        | each
        for each in findings
    ]
    document = [*kept.document["findings"], *given]
    change = update(assessments).where(assessments.c.id == kept.id).values(findings=document)
    store._ask(lambda connection: connection.execute(change))
    return kept.id


def test_answers_are_sent_to_the_record(app: Flask, browser: FlaskClient, server: Server) -> None:
    id_ = with_answers(
        app,
        present("active_cancer"),
        {"key": "numbness", "status": "absent"},
        present("leg_cold", side="left"),
        present("leg_pale"),
    )
    launched(browser, server)

    sent = browser.post(f"/dashboard/assessments/{id_}/record", data={"csrf": csrf(app)})

    assert sent.location == f"/dashboard/assessments/{id_}?record=sent#record"
    ((resource, headers),) = server.written
    assert headers["Authorization"] == f"Bearer {ACCESS}"
    assert id_ in headers["If-None-Exist"]
    assert resource["subject"] == {"reference": f"Patient/{PATIENT}"}
    assert resource["author"] == {"reference": "Practitioner/prac-1"}
    answers = {
        item["linkId"]: next(iter(item["answer"][0].values())) for group in resource["item"] for item in group["item"]
    }
    codes = {key: value["code"] if isinstance(value, dict) else value for key, value in answers.items()}
    # A yes without a side has no place there, and no side is made up.
    assert codes == {"active_cancer": True, "numbness": "absent", "leg_cold": "left"}


def test_the_record_reads_back_what_was_sent(app: Flask, browser: FlaskClient, server: Server) -> None:
    id_ = with_answers(app, present("active_cancer"), present("leg_cold", side="left"))
    launched(browser, server)
    browser.post(f"/dashboard/assessments/{id_}/record", data={"csrf": csrf(app)})
    server.orders.chart = CHART | {"QuestionnaireResponse": [COMPLAINT, server.written[0][0]]}

    browser.post("/smart/assess", data={"csrf": csrf(app)})

    findings = desk(app).assessor.store.assessments(limit=1)[0].document["findings"]
    read = {f["key"]: (f["status"], f["side"]) for f in findings}
    assert read["active_cancer"] == ("present", None)
    assert read["leg_cold"] == ("present", "left")


def test_what_was_answered_here_is_not_lost_when_the_record_is_read_again(
    app: Flask, browser: FlaskClient, server: Server
) -> None:
    with_answers(app, present("active_cancer"))
    launched(browser, server)
    server.orders.chart = CHART

    browser.post("/smart/assess", data={"csrf": csrf(app)})

    kept = desk(app).assessor.store.assessments(limit=1)[0]
    assert kept.service == "smart"
    assert {"active_cancer", "calf_pain"} <= {finding["key"] for finding in kept.document["findings"]}


@pytest.mark.parametrize(("status", "outcome"), [(200, "sent"), (403, "refused"), (422, "refused"), (503, "away")])
def test_what_the_record_answers_is_told(
    app: Flask, browser: FlaskClient, server: Server, status: int, outcome: str
) -> None:
    id_ = with_answers(app, present("active_cancer"))
    launched(browser, server)
    server.orders.writing = status

    sent = browser.post(f"/dashboard/assessments/{id_}/record", data={"csrf": csrf(app)})

    assert f"record={outcome}" in sent.location


def test_nothing_is_sent_without_an_answer_or_an_open_record(
    app: Flask, browser: FlaskClient, server: Server, clock: Clock
) -> None:
    none, some = assessed(app), with_answers(app, present("active_cancer"))
    launched(browser, server)
    data = {"csrf": csrf(app)}

    assert "record=none" in browser.post(f"/dashboard/assessments/{none}/record", data=data).location
    clock.now += timedelta(minutes=16)
    assert "record=closed" in browser.post(f"/dashboard/assessments/{some}/record", data=data).location
    assert not server.written


def part_of_page(app: Flask, browser: FlaskClient, id_: str, query: str = "") -> str:
    """What the page of an assessment says of the record."""
    cookie = browser.get_cookie("legtriage")
    assert cookie
    with app.test_request_context(f"/?{query}", headers={"Cookie": f"legtriage={cookie.value}"}):
        g.session = desk(app).sessions.find(cookie.value)
        kept = desk(app).assessor.store.assessment(id_)
        assert kept
        return render("patient/record.html.j2", sending=sending(kept), assessment_id=id_)


def test_the_page_of_an_assessment_says_what_goes_to_the_record(
    app: Flask, browser: FlaskClient, server: Server
) -> None:
    id_ = with_answers(app, present("active_cancer"), present("leg_pale"))
    launched(browser, server)

    part = part_of_page(app, browser, id_, "record=refused")

    assert "The record did not take the answers" in part
    sent, left_out = part.split("Not sent:")
    assert "cancer" in sent.lower()
    assert "pale" in left_out.lower()
    assert f'action="/dashboard/assessments/{id_}/record"' in part


def test_the_page_says_that_answers_are_in_the_record_when_they_are(
    app: Flask, browser: FlaskClient, server: Server
) -> None:
    id_ = with_answers(app, present("active_cancer"))
    launched(browser, server)
    assert "not in the record yet" in part_of_page(app, browser, id_, "record=sent")

    browser.post(f"/dashboard/assessments/{id_}/record", data={"csrf": csrf(app)})

    assert "Sent to the record on" in part_of_page(app, browser, id_)


def test_the_page_of_an_assessment_that_no_ehr_opened_says_nothing_of_a_record(app: Flask) -> None:
    kept = desk(app).assessor.store.assessment(assessed(app))
    assert kept
    with app.test_request_context("/"):
        g.session = sign_in(app, "clinician")[1]
        assert sending(kept) is None
        assert not render("patient/record.html.j2", sending=None, assessment_id=kept.id).strip()
