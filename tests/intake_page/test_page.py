"""The intake page as a browser without scripts uses it, and as somebody with bad intentions does."""

import re
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from environs import EnvError
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.config import read_config
from service.intake_page.answers import is_yes_or_no
from service.knowledge.cases import NOW
from service.store import NotStoredError, Store
from service.triage.rules import Tier
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

FORM = "application/x-www-form-urlencoded"
CALF_PAIN = {"age_years": "54", "sex_at_birth": "female", "body_region": "calf_pain.left"}
COLD_LEG = CALF_PAIN | {"leg_cold": "present", "leg_pale": "present", "numbness": "present", "leg_weakness": "present"}


def send(client: FlaskClient, fields: dict[str, Any], path: str = "/intake/", **headers: str) -> TestResponse:
    return client.post(path, data=fields, headers={name.replace("_", "-"): value for name, value in headers.items()})


def text(response: TestResponse) -> str:
    """What is read on the page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


def test_all_questions_stand_on_one_page(client: FlaskClient) -> None:
    page = client.get("/intake/")
    assert page.status_code == 200
    for item in LIBRARY.form.items:
        assert f'name="{item.key}"' in page.text
    for sign in LIBRARY.patient_words.ambulance:
        assert sign in text(page)


def test_an_emergency_is_sent_to_the_ambulance_and_to_nothing_else(client: FlaskClient) -> None:
    page = send(client, COLD_LEG)
    assert page.status_code == 200
    assert LIBRARY.patient_words.leaflet.tiers[Tier.EMERGENCY].headline in text(page)
    assert "look after your leg" not in text(page)


def test_the_assessment_is_kept_under_the_code_that_is_shown(tmp_path: Path) -> None:
    config = settings(tmp_path, intake_page=True)
    own = create_app(config, LIBRARY, lambda: NOW).test_client()
    page = send(own, CALF_PAIN)
    code = re.search(r"<strong>([0-9A-F]{8})</strong>", page.text)
    store = Store(config.database_url, spool=config.spool, patients="none", secret=None, clock=lambda: NOW)
    store.start()
    (kept,) = store.assessments()
    assert code
    assert kept.id.upper().startswith(code[1])
    assert (kept.client, kept.service) == ("intake-page", "intake-page")
    told = {finding["key"]: finding for finding in kept.document["findings"]}
    assert told["calf_pain"]["side"] == "left"
    assert told["symptom_side"]["value"] == "left"
    assert told["age_years"]["value"] == 54


def test_no_leg_complaint_is_told_without_an_all_clear(client: FlaskClient) -> None:
    page = send(client, {"age_years": "40"})
    words = LIBRARY.patient_words
    assert words.leaflet.not_checked.headline in text(page)
    assert words.ambulance[0] in text(page)
    assert "only for problems of the leg" in text(page)
    assert "self-care" not in text(page).lower()


def test_what_cannot_be_kept_is_told_all_the_same(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise NotStoredError

    monkeypatch.setattr(Store, "record", away)
    page = send(client, COLD_LEG)
    assert page.status_code == 200
    assert "could not be saved" in text(page)
    assert "Tell us this code" not in text(page)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"shoe_size": "44"}, "shoe_size"),
        ({"age_years": "old"}, "How old are you?"),
        ({"age_years": "131"}, "How old are you?"),
        ({"age_years": "nan"}, "How old are you?"),
        ({"leg_cold": "maybe"}, "leg_cold"),
        ({"leg_cold": ["present", "absent"]}, "leg_cold"),
        ({"leg_cold.side": "top"}, "leg_cold.side"),
        ({"chest_pain.side": "left"}, "chest_pain.side"),
        ({"body_region": "arm_pain.left"}, "body_region"),
        ({"body_region": "calf_pain.bilateral"}, "body_region"),
        ({"body_region": "low_back_pain.left"}, "body_region"),
        ({"symptom_onset_date": (NOW + timedelta(days=1)).date().isoformat()}, "symptom_onset_date"),
        ({"symptom_onset_date": "yesterday"}, "symptom_onset_date"),
        ({"asked": "shoe_size"}, "asked"),
        ({"text": "a" * 4001}, "text"),
    ],
)
def test_what_does_not_fit_is_named_and_the_rest_is_not_lost(
    client: FlaskClient, fields: dict[str, Any], named: str
) -> None:
    page = send(client, {"sex_at_birth": "male"} | fields)
    assert page.status_code == 422
    assert "Please check your answers" in page.text
    questions = {item.key: item.text for item in LIBRARY.form.items}
    assert questions.get(named, named).split("(")[0].strip() in text(page).replace("&#39;", "'")
    assert 'value="male" checked' in page.text
    asked = send(client, fields, "/intake/next")
    assert asked.status_code == 422
    assert asked.json
    assert [error["field"] for error in asked.json["errors"]] == [*fields]


@pytest.mark.parametrize("field", ["text", "age_years", "body_region", "<img src=x onerror=alert(1)>", "asked"])
def test_nothing_that_was_sent_becomes_part_of_the_page(client: FlaskClient, field: str) -> None:
    attack = "\"'><script>alert(1)</script>"
    for path in ("/intake/", "/intake/next"):
        page = send(client, CALF_PAIN | {field: attack} | {"shoe_size": attack}, path)
        assert page.status_code == 422
        assert "<script>alert" not in page.text or page.mimetype == "application/json"
        assert "<img" not in page.text or page.mimetype == "application/json"


def test_own_words_are_taken_and_never_shown_to_anybody_else(client: FlaskClient) -> None:
    page = send(client, CALF_PAIN | {"text": "my <b>calf</b> hurts since the marathon"})
    assert page.status_code == 200
    assert "marathon" not in page.text


def header(response: TestResponse, name: str) -> str:
    return response.headers.get(name, "")


def pages(client: FlaskClient) -> Iterable[TestResponse]:
    return (
        client.get("/intake/"),
        send(client, CALF_PAIN),
        send(client, CALF_PAIN, "/intake/next"),
        send(client, {"x": "y"}),
        client.get("/intake/static/old/page.css"),
    )


def test_pages_are_closed_to_strangers_and_are_not_kept(client: FlaskClient) -> None:
    for page in pages(client):
        policy = header(page, "Content-Security-Policy")
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert header(page, "Cache-Control") == "no-store"
        assert header(page, "X-Robots-Tag") == "noindex"
        assert header(page, "X-Content-Type-Options") == "nosniff"
        assert not header(page, "Set-Cookie")
        assert not re.search(r'\s(style|on\w+)="|<style|https?://', page.text)


def test_what_never_changes_is_kept_for_long(client: FlaskClient) -> None:
    names = re.findall(r'"(/intake/static/[^"]+)"', client.get("/intake/").text)
    assert {Path(name).name for name in names} == {"page.css", "page.js", "icon.svg"}
    for name in names:
        file = client.get(name)
        assert file.status_code == 200
        assert header(file, "Cache-Control") == "public, max-age=31536000, immutable"


def test_no_result_has_an_address(client: FlaskClient) -> None:
    for path in ("/intake/result", "/intake/result/1", "/intake/next"):
        assert client.get(path).status_code in {404, 405}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_no_other_page_may_send_answers(client: FlaskClient, headers: dict[str, str]) -> None:
    for path in ("/intake/", "/intake/next"):
        assert send(client, CALF_PAIN, path, **headers).status_code in {403, 415}


def test_the_page_itself_may(client: FlaskClient) -> None:
    assert send(client, CALF_PAIN, Origin="http://localhost", Sec_Fetch_Site="same-origin").status_code == 200


def test_too_much_and_what_is_no_form_is_refused(client: FlaskClient) -> None:
    assert send(client, {"text": "a" * 70_000}).status_code == 413
    assert client.post("/intake/", json={"age_years": 40}).status_code == 415
    # A proxy may pass it on without its length; what is cut off then must not pass for answers that are not known.
    body = BytesIO(b"body_region=calf_pain.left" + b"&" * 70_000 + b"leg_cold=present")
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    assert client.post("/intake/", input_stream=body, content_type=FORM, environ_overrides=chunked).status_code == 413
    garbled = client.post("/intake/", data=b"\xff\xfe=present", content_type=FORM)
    assert garbled.status_code == 400
    assert "ambulance" in client.get("/intake/static/x/y").text


def test_a_failure_of_ours_is_a_page_too(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("of John Doe")

    monkeypatch.setattr("service.intake_page.pages.read_intake", fail)
    page = send(client, CALF_PAIN)
    assert page.status_code == 500
    assert "John" not in page.text
    assert "ambulance" in page.text


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    off = create_app(settings(tmp_path, intake_page=False), LIBRARY, lambda: NOW).test_client()
    assert off.get("/intake/").status_code == 404
    assert off.post("/intake/", data=CALF_PAIN).status_code == 404


def test_it_is_open_on_this_machine_alone_unless_a_site_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert read_config().intake_page
    monkeypatch.setenv("LEGTRIAGE_AUTH", "required")
    monkeypatch.setenv("LEGTRIAGE_PUBLIC_URLS", "https://cds.example.org")
    monkeypatch.setenv("LEGTRIAGE_TRUSTED_CLIENTS", str(tmp_path / "clients.yaml"))
    assert not read_config().intake_page
    monkeypatch.setenv("LEGTRIAGE_INTAKE_PAGE", "on")
    assert read_config().intake_page
    monkeypatch.setenv("LEGTRIAGE_INTAKE_PAGE", "perhaps")
    with pytest.raises(EnvError, match="INTAKE_PAGE"):
        read_config()


def test_whoever_leaves_a_danger_sign_open_checks_the_signs_first(client: FlaskClient) -> None:
    denied = {item.key: "absent" for item in LIBRARY.form.items if is_yes_or_no(item)}
    denied |= {"age_years": "54", "sex_at_birth": "male", "body_region": "calf_pain.left", "acute_injury": "absent"}
    words = LIBRARY.patient_words.leaflet
    told = text(send(client, denied))
    assert words.tiers[Tier.SELF_CARE].headline in told
    assert words.unsettled.headline not in told
    unsure = text(send(client, denied | {"leg_cold": "unknown"}))
    assert words.unsettled.headline in unsure
    assert unsure.index(words.unsettled.headline) < unsure.index(words.left_open.headline)
