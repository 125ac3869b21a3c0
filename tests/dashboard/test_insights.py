"""Insights: the figures of a day that clinicians worked through, on the page and in its files."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from service.app import create_app
from service.knowledge.cases import NOW
from tests.dashboard.chromium import WAIT, listening, violations
from tests.dashboard.people import desk, patient, present, sign_in
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

DVT = (present("calf_pain", side="left"), present("leg_swelling_unilateral", side="left"))
PAGE = "/dashboard/insights"
TABLES = ("volume", "tiers", "waits", "rules", "reasons", "questions", "calls")


class Clock:
    """A clock that is put on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Twelve patients who were seen today; eleven of them were answered, ten of them otherwise than advised."""
    clock = Clock()
    app = create_app(settings(tmp_path_factory.mktemp("insights"), patient_ids="full"), LIBRARY, clock)
    made = [patient(app, *DVT, patient={"id": f"p{n}", "age": 61, "sex": "female"}) for n in range(12)]
    clock.now += timedelta(minutes=30)
    patient(app, *DVT, present("chest_pain"), patient={"id": "p11", "age": 61, "sex": "female"})
    for n, each in enumerate(made[:11]):
        decision = {"action": "override", "reason": "other-diagnosis"} if n else {"action": "accept"}
        address = f"/api/v1/assessments/{each['id']}/decisions"
        assert app.test_client().post(address, json=decision).status_code < 300
    day = f"{NOW:%Y-%m-%d}"
    desk(app).assessor.store.add_calls({(day, "anonymous", "leg-pain-patient-view"): [200, 190, 16]})
    clock.now += timedelta(hours=6)
    return app


def browser_of(app: Flask, role: str, **changes: str) -> FlaskClient:
    browser = app.test_client()
    token, _ = sign_in(app, role, **changes)
    browser.set_cookie("legtriage", token)
    return browser


@pytest.fixture
def viewer(app: Flask) -> FlaskClient:
    return browser_of(app, "viewer")


def table(client: FlaskClient, name: str, period: str = "days=1") -> list[dict[str, str]]:
    answer = client.get(f"{PAGE}.csv?table={name}&{period}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_the_page_tells_what_the_period_came_to(viewer: FlaskClient) -> None:
    page = viewer.get(f"{PAGE}?days=7").text

    assert "16 Nov 2026 to 22 Nov 2026" in page
    assert "<dd>13</dd>" in page  # assessments
    assert "<dd>30 min</dd>" in page
    assert "8.0" in page
    assert "95 % silent" in page
    assert "Another diagnosis explains the picture (10)" in page
    assert page.count('role="img"') == 5


def test_volume_is_told_day_by_day(viewer: FlaskClient) -> None:
    today, yesterday = table(viewer, "volume", "days=2")[::-1]
    assert (today["day"], today["total"], today["same_day"], today["emergency"]) == ("2026-11-22", "13", "12", "1")
    assert yesterday["total"] == "0"


def test_a_patient_whose_danger_rose_waits_for_the_higher_tier(viewer: FlaskClient) -> None:
    tiers = {row["tier"]: row for row in table(viewer, "tiers")}
    assert {k: tiers["same_day"][k] for k in ("patients", "answered", "breached", "median_minutes")} == {
        "patients": "11",
        "answered": "11",
        "breached": "0",
        "median_minutes": "30.0",
    }
    assert (tiers["emergency"]["patients"], tiers["emergency"]["breached"]) == ("1", "1")
    assert (tiers["emergency"]["breach_rate"], tiers["same_day"]["breach_rate"]) == ("1.0", "0")
    assert tiers["routine"]["has_target"] == "no"
    assert {row["within"]: row["patients"] for row in table(viewer, "waits") if row["patients"] != "0"} == {"1 h": "11"}


def test_who_still_has_time_counts_for_neither(tmp_path: Path) -> None:
    clock = Clock()
    app = create_app(settings(tmp_path), LIBRARY, clock)
    patient(app, *DVT)
    counts = ("in_time", "breached", "still_in_time", "breach_rate")

    def same_day() -> list[str]:
        viewer = browser_of(app, "viewer")  # anew: a session that was idle for hours is over
        return [row[name] for row in table(viewer, "tiers") if row["tier"] == "same_day" for name in counts]

    clock.now += timedelta(hours=3)
    assert same_day() == ["0", "0", "1", ""]
    clock.now += timedelta(hours=2)
    assert same_day() == ["0", "1", "0", "1.0"]


def test_a_rule_that_is_mostly_overridden_is_held_up_for_review(viewer: FlaskClient) -> None:
    (rule,) = table(viewer, "rules")
    assert (rule["answered"], rule["overridden"], rule["for_review"]) == ("11", "10", "yes")
    assert rule["title"] != rule["rule"]  # in the words of the knowledge
    assert table(viewer, "reasons") == [
        {
            "rule": rule["rule"],
            "reason": "other-diagnosis",
            "words": "Another diagnosis explains the picture",
            "overridden": "10",
        }
    ]
    page = viewer.get(PAGE).text
    assert ">Review</span>" in page
    assert f"<code>{rule['rule']}</code>" in page


def test_questions_that_nobody_answered_come_first(viewer: FlaskClient) -> None:
    questions = {row["finding"]: row for row in table(viewer, "questions")}
    assert (questions["chest_pain"]["asked"], questions["chest_pain"]["unanswered"]) == ("12", "11")
    unanswered = [int(row["unanswered"]) for row in questions.values()]
    assert unanswered == sorted(unanswered, reverse=True)


def test_quietness_is_told_by_service(viewer: FlaskClient) -> None:
    assert table(viewer, "calls") == [
        {
            "service": "leg-pain-patient-view",
            "calls": "200",
            "silent": "190",
            "cards": "16",
            "silent_rate": "0.95",
            "cards_per_100": "8.0",
        }
    ]


def test_a_period_in_which_nothing_was_is_shown_as_such(viewer: FlaskClient) -> None:
    page = viewer.get(f"{PAGE}?from=2026-01-01&to=2026-03-31")
    assert page.status_code == 200
    assert "No hook was called in this period." in page.text
    assert table(viewer, "rules", "from=2026-01-01&to=2026-01-31") == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("days=0", "days: a whole number from 1 to 366."),
        ("days=forty", "days: a whole number"),
        ("days=²", "days: a whole number"),
        ("days=99999999999999999999", "days: a whole number"),
        ("from=yesterday", "from: a day as 2026-11-23."),
        ("to=2026-02-30", "to: a day as 2026-11-23."),
        ("to=2026-11-23", "to: not after today."),
        ("from=2026-11-02&to=2026-11-01", "from: not after the last day."),
        ("from=2025-11-01&to=2026-11-22", "from: at most 366 days before the last one."),
        ("to=0001-01-01", "to: too long ago."),
    ],
)
def test_a_period_that_cannot_be_shown_is_named(viewer: FlaskClient, query: str, named: str) -> None:
    page, file = viewer.get(f"{PAGE}?{query}"), viewer.get(f"{PAGE}.csv?table=rules&{query}")
    assert (page.status_code, file.status_code) == (400, 400)
    assert named in page.text
    assert named in file.text


def test_a_table_that_is_not_there_is_named(viewer: FlaskClient) -> None:
    answer = viewer.get(f"{PAGE}.csv?table=patients")
    assert answer.status_code == 400
    assert answer.text.startswith("table: choose one of volume")


def test_a_user_of_one_client_sees_its_figures_alone(app: Flask) -> None:
    bounded = browser_of(app, "viewer", login="elsewhere", client="northfield")
    assert [table(bounded, name) for name in ("rules", "reasons", "questions", "calls")] == [[], [], [], []]
    assert table(bounded, "volume")[0]["total"] == "0"
    assert "northfield alone" in bounded.get(PAGE).text


def test_a_session_of_one_patient_sees_no_figures_of_others(app: Flask) -> None:
    user = desk(app).assessor.store.user("viewer") or sign_in(app, "viewer")[1].user
    token, _ = desk(app).sessions.open(user, address=None, client="anonymous", patient="p1")
    browser = app.test_client()
    browser.set_cookie("legtriage", token)
    assert (browser.get(PAGE).status_code, browser.get(f"{PAGE}.csv?table=rules").status_code) == (404, 404)


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with listening(app) as url:
        yield url


def test_everybody_can_read_it(app: Flask, address: str, chromium: Browser) -> None:
    context = chromium.new_context()
    context.set_default_timeout(WAIT)
    context.add_cookies([{"name": "legtriage", "value": sign_in(app, "viewer")[0], "url": address}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{address}{PAGE}?days=30")
    for summary in page.locator("main summary").all():
        summary.click()  # the tables behind the charts, too

    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    context.close()
