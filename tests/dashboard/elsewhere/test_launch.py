"""Launched from an EHR: who is let in and for which patient, and everything that must not be believed."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.knowledge.cases import NOW
from service.store import AuditEntry
from tests.dashboard.authorization_server import ACCESS, PATIENT, Orders, Server
from tests.dashboard.elsewhere.launching import (
    COMPLAINT,
    EHR,
    Clock,
    assessed,
    callback,
    csrf,
    launch,
    launched,
    service_for,
)
from tests.dashboard.people import desk, sign_in


def is_signed_in(browser: FlaskClient) -> bool:
    return browser.get("/smart/patient").status_code == 200


def test_the_launch_asks_for_what_is_needed_and_proves_who_asks(browser: FlaskClient, server: Server) -> None:
    went = launch(browser, server)

    asked = {name: values[0] for name, values in parse_qs(urlsplit(went.location).query).items()}
    assert asked["response_type"] == "code"
    assert asked["client_id"] == "legtriage"
    assert asked["aud"] == server.fhir
    assert asked["launch"] == "launch-1"
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"].split() == ["launch", "openid", "fhirUser", "patient/*.rs", "patient/QuestionnaireResponse.c"]
    assert asked["redirect_uri"] == "http://localhost/smart/callback"
    assert {len(asked[name]) for name in ("state", "nonce", "code_challenge")} <= {32, 43}


def test_an_older_server_is_asked_in_its_own_words(browser: FlaskClient, server: Server) -> None:
    server.orders.metadata = {"capabilities": ["launch-ehr"]}

    asked = parse_qs(urlsplit(launch(browser, server).location).query)

    assert asked["scope"][0].endswith("patient/*.read patient/QuestionnaireResponse.write")


def test_a_good_launch_opens_the_newest_assessment_of_the_patient(
    app: Flask, browser: FlaskClient, server: Server
) -> None:
    assessed(app)
    newest = assessed(app)
    assessed(app, "somebody-else")

    came = launched(browser, server)

    assert came.status_code == 303
    assert came.location == f"/dashboard/assessments/{newest}"
    (user,) = desk(app).assessor.store.users()
    assert (user.name, user.role, user.client) == ("Dr Ada Example", "clinician", EHR)
    assert user.login == f"practitioner-prac-1@{EHR}"


def test_a_card_opens_the_assessment_that_it_is_about(app: Flask, browser: FlaskClient, server: Server) -> None:
    first = assessed(app)
    assessed(app)
    server.orders.token = {"appContext": first}

    assert launched(browser, server).location == f"/dashboard/assessments/{first}"


def test_a_card_of_another_patient_opens_nothing_of_theirs(app: Flask, browser: FlaskClient, server: Server) -> None:
    own, other = assessed(app), assessed(app, "somebody-else")
    server.orders.token = {"appContext": other}

    assert launched(browser, server).location == f"/dashboard/assessments/{own}"


def test_a_launch_sees_its_patient_and_no_other(app: Flask, browser: FlaskClient, server: Server) -> None:
    own, other = assessed(app), assessed(app, "somebody-else")
    launched(browser, server)
    token = csrf(app)

    assert browser.post(f"/dashboard/assessments/{own}/record", data={"csrf": token}).status_code == 303
    assert browser.post(f"/dashboard/assessments/{other}/record", data={"csrf": token}).status_code == 404


def test_the_token_for_the_record_is_not_readable_in_the_database(
    app: Flask, browser: FlaskClient, server: Server
) -> None:
    launched(browser, server)

    store = desk(app).assessor.store
    (user,) = store.users()
    kept = store.sessions(user.id)[0]
    assert kept.secrets
    assert ACCESS not in kept.secrets
    assert PATIENT not in f"{kept.secrets} {kept.patient}"


def test_a_user_who_comes_again_is_the_same_one_with_the_name_of_today(
    app: Flask, browser: FlaskClient, server: Server
) -> None:
    launched(browser, server)
    server.orders.claims = {"name": "Dr Ada Other"}
    launched(browser, server)

    (user,) = desk(app).assessor.store.users()
    assert user.name == "Dr Ada Other"


def refusal(browser: FlaskClient, address: str, status: int, words: str) -> None:
    answer = browser.get(address)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert not is_signed_in(browser)


@pytest.mark.parametrize("iss", ["https://elsewhere.example.org/fhir", "", "not a url", "http://127.0.0.1:1/fhir"])
def test_an_ehr_that_is_not_listed_is_asked_nothing(browser: FlaskClient, server: Server, iss: str) -> None:
    answer = launch(browser, server, iss=iss)

    assert answer.status_code == 403
    assert "not known here" in answer.text
    assert not server.asked


def test_a_launch_without_its_handle_is_none(browser: FlaskClient, server: Server) -> None:
    assert launch(browser, server, launch="").status_code == 403


def test_another_state_opens_nothing(browser: FlaskClient, server: Server) -> None:
    server.orders.callback = {"state": "another"}
    refusal(browser, callback(launch(browser, server)), 400, "not begun in this browser")
    assert not server.redeemed


def test_a_launch_of_another_browser_opens_nothing(app: Flask, browser: FlaskClient, server: Server) -> None:
    back = callback(launch(browser, server))

    refusal(app.test_client(), back, 400, "not begun in this browser")
    assert not server.redeemed


def test_a_callback_is_good_once(app: Flask, browser: FlaskClient, server: Server) -> None:
    went = launch(browser, server)
    back = callback(went)
    state = parse_qs(urlsplit(went.location).query)["state"][0]
    (name,) = (n for n in cookies(browser) if n != "legtriage")
    kept = cookies(browser)[name]
    assert browser.get(back).status_code == 303
    assert name not in cookies(browser)

    thief = app.test_client()
    thief.set_cookie(name, kept)
    refusal(thief, back, 400, "used already")
    assert state not in name
    assert len(server.redeemed) == 1


def cookies(browser: FlaskClient) -> dict[str, str]:
    return {cookie.key: cookie.value for cookie in (browser._cookies or {}).values()}


def test_a_launch_that_took_too_long_opens_nothing(browser: FlaskClient, server: Server, clock: Clock) -> None:
    back = callback(launch(browser, server))
    clock.now += timedelta(minutes=11)

    refusal(browser, back, 400, "took too long")


def test_a_code_that_ran_out_opens_nothing(browser: FlaskClient, server: Server) -> None:
    server.orders.expired = True
    refusal(browser, callback(launch(browser, server)), 403, "one-time code had run out")


def test_refused_consent_opens_nothing(browser: FlaskClient, server: Server) -> None:
    server.orders.refuse = True
    refusal(browser, callback(launch(browser, server)), 403, "Access was not granted")


@pytest.mark.parametrize(
    "patient", [None, "", "../Patient/1", 7, "a" * 65], ids=["none", "empty", "path", "number", "long"]
)
def test_a_token_without_a_patient_opens_nothing(
    app: Flask, browser: FlaskClient, server: Server, patient: object
) -> None:
    server.orders.token = {"patient": patient}
    refusal(browser, callback(launch(browser, server)), 403, "No patient came along")
    (told,) = desk(app).assessor.store.audit(limit=1)
    assert (told.action, told.outcome) == ("sign in", "refused")


UNPROVEN = [
    pytest.param({"claims": {"aud": "another-app"}}, id="another audience"),
    pytest.param({"claims": {"aud": ["legtriage", "another-app"], "azp": "another-app"}}, id="another party"),
    pytest.param({"claims": {"nonce": "another"}}, id="another nonce"),
    pytest.param({"claims": {"nonce": None}}, id="no nonce"),
    pytest.param({"claims": {"iss": "https://elsewhere.example.org"}}, id="another issuer"),
    pytest.param({"claims": {"exp": 1}}, id="expired"),
    pytest.param({"claims": {"sub": None}}, id="nobody"),
    pytest.param({"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}, id="another access token"),
    pytest.param({"forged": True}, id="another key"),
    pytest.param({"unsigned": True}, id="unsigned"),
    pytest.param({"token": {"id_token": "no token"}}, id="no token"),
    pytest.param({"token": {"id_token": None}}, id="no id token"),
    pytest.param({"token": {"token_type": "mac"}}, id="another kind of token"),
    pytest.param({"callback": {"iss": "https://elsewhere.example.org"}}, id="sent back by another server"),
    pytest.param({"callback": {"code": None}}, id="no code"),
]


@pytest.mark.parametrize("orders", UNPROVEN)
def test_what_is_not_proved_opens_nothing(browser: FlaskClient, server: Server, orders: dict[str, Any]) -> None:
    server.orders = Orders(**orders)
    refusal(browser, callback(launch(browser, server)), 403, "could not be proved")


@pytest.mark.parametrize(
    "user", ["Patient/pat-7", "https://x.example.org/RelatedPerson/1", "Person/1", "Practitioner/", None]
)
def test_only_clinicians_are_let_in(browser: FlaskClient, server: Server, user: str | None) -> None:
    server.orders.claims = {"fhirUser": user}
    refusal(browser, callback(launch(browser, server)), 403, "This is for clinicians")


@pytest.mark.parametrize(
    "metadata",
    [
        {"authorization_endpoint": "http://login.example.org/authorize"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_a_server_that_is_not_fit_is_not_used(browser: FlaskClient, server: Server, metadata: dict[str, Any]) -> None:
    server.orders.metadata = metadata
    refusal(browser, f"/smart/launch?iss={server.fhir}&launch=1", 502, "cannot be used")


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("https://10.0.0.1/token", id="a private address"),
        pytest.param("http://127.0.0.1:1/token", id="another port of this machine"),
        pytest.param("{url}/authorize?state=1&redirect_uri=http://x.example.org", id="a redirect"),
        pytest.param("{url}/ehr", id="no JSON"),
    ],
)
def test_a_secret_goes_where_it_was_meant_to_go(browser: FlaskClient, server: Server, endpoint: str) -> None:
    server.orders.metadata = {"token_endpoint": endpoint.format(url=server.url)}
    refusal(browser, callback(launch(browser, server)), 502, "did not answer")


def test_without_our_secret_the_server_gives_nothing(
    tmp_path: Path, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = service_for(tmp_path, server, clock, monkeypatch, client_secret_env=None).test_client()
    refusal(browser, callback(launch(browser, server)), 502, "cannot be used")


def test_a_public_client_needs_no_secret(
    tmp_path: Path, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.orders.secret = None
    browser = service_for(tmp_path, server, clock, monkeypatch, client_secret_env=None).test_client()
    assert launched(browser, server).location == "/smart/patient"


def test_a_disabled_account_opens_nothing(app: Flask, browser: FlaskClient, server: Server) -> None:
    launched(browser, server)
    store = desk(app).assessor.store
    (user,) = store.users()
    store.disable_user(
        user.id, AuditEntry(at=NOW, actor="test", action="user disabled", subject=user.login), disabled=NOW
    )

    refusal(browser, callback(launch(browser, server)), 403, "disabled")


def test_a_server_may_take_another_key(browser: FlaskClient, server: Server) -> None:
    launched(browser, server)
    server.orders.rotated = True

    assert launched(browser, server).status_code == 303


def test_whoever_was_launched_can_sign_out(app: Flask, browser: FlaskClient, server: Server) -> None:
    launched(browser, server)
    browser.post("/dashboard/sign-out", data={"csrf": csrf(app)})

    assert not is_signed_in(browser)


def test_a_launch_ends_the_session_that_was_there(app: Flask, browser: FlaskClient, server: Server) -> None:
    token, _ = sign_in(app, "admin")
    browser.set_cookie("legtriage", token)

    launched(browser, server)

    assert desk(app).sessions.find(token) is None
    assert browser.get("/dashboard/users").status_code in {403, 404}


def test_an_ehr_that_may_frame_us_gets_a_cookie_for_its_frame_alone(
    tmp_path: Path, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = service_for(tmp_path, server, clock, monkeypatch, frame_ancestors=["https://ehr.example.org"], role="viewer")
    browser = app.test_client()
    went = launch(browser, server)
    assert "Partitioned" in went.headers["Set-Cookie"]
    came = browser.get(callback(went), base_url="https://localhost")

    kept = [c for c in came.headers.getlist("Set-Cookie") if c.startswith("legtriage=") and "Max-Age=0" not in c]
    assert len(kept) == 1
    assert all(part in kept[0] for part in ("Secure", "HttpOnly", "SameSite=None", "Partitioned"))
    page = browser.get("/smart/patient", base_url="https://localhost")
    assert page.status_code == 200
    assert "frame-ancestors https://ehr.example.org" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in app.test_client().get("/dashboard/sign-in").headers["Content-Security-Policy"]


def test_in_a_frame_whose_session_ended_the_way_back_is_told(
    tmp_path: Path, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = "https://ehr.example.org"
    browser = service_for(tmp_path, server, clock, monkeypatch, frame_ancestors=[origin]).test_client()

    answer = browser.get("/dashboard/", headers={"Sec-Fetch-Dest": "iframe"})

    assert answer.status_code == 401
    assert "open legtriage from there" in answer.text
    assert f"frame-ancestors {origin}" in answer.headers["Content-Security-Policy"]


def test_an_ehr_that_may_not_frame_us_gets_the_usual_cookie(browser: FlaskClient, server: Server) -> None:
    came = launched(browser, server)

    (kept,) = (c for c in came.headers.getlist("Set-Cookie") if c.startswith("legtriage=") and "Max-Age=0" not in c)
    assert "SameSite=Lax" in kept
    assert "Partitioned" not in kept
    assert "frame-ancestors 'none'" in browser.get("/smart/patient").headers["Content-Security-Policy"]


def test_cards_of_a_listed_ehr_lead_to_their_assessment(
    tmp_path: Path, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = service_for(tmp_path, server, clock, monkeypatch, public_urls=("http://localhost",))
    answer = hook(app, "Practitioner/prac-1")

    links = [link for card in answer["cards"] for link in card["links"] if link["type"] == "smart"]
    kept = desk(app).assessor.store.assessments(limit=1)[0]
    assert len(links) == len(answer["cards"])
    assert {(link["url"], link["appContext"]) for link in links} == {("http://localhost/smart/launch", kept.id)}
    assert "smart" not in str(hook(app, "Patient/pat-7"))


def hook(app: Flask, user: str) -> dict[str, Any]:
    body = {
        "hook": "patient-view",
        "hookInstance": "00000000-0000-4000-8000-000000000000",
        "context": {"userId": user, "patientId": PATIENT},
        "prefetch": {"questionnaireResponses": COMPLAINT},
    }
    answer: dict[str, Any] = app.test_client().post("/cds-services/leg-pain-patient-view", json=body).json or {}
    assert answer["cards"]
    return answer
