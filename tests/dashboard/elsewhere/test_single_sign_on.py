"""Signing in at the single sign-on of the site: who becomes whom here, and what opens nothing."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.knowledge.cases import NOW
from service.store import AuditEntry, Store
from tests.dashboard.authorization_server import Orders, Server
from tests.dashboard.elsewhere.launching import (
    callback,
    launched,
)
from tests.dashboard.people import desk, user

CLAIMS = {"preferred_username": "ada", "groups": ["staff", "leg-clinicians"], "fhirUser": None}


@pytest.fixture(autouse=True)
def _clinician(server: Server) -> None:
    server.orders = Orders(claims=dict(CLAIMS), token={"patient": None})


@pytest.fixture
def store(app: Flask) -> Store:
    return desk(app).assessor.store


def signed_in(browser: FlaskClient, query: str = "") -> Any:
    return browser.get(callback(browser.get(f"/dashboard/single-sign-on{query}")))


def is_signed_in(browser: FlaskClient) -> bool:
    return browser.get("/dashboard/").status_code == 200


def test_the_page_to_sign_in_leads_there_and_on_to_where_one_was_going(browser: FlaskClient, server: Server) -> None:
    page = browser.get("/dashboard/sign-in?next=/dashboard/account")
    assert "Sign in with the hospital account" in page.text
    assert "/dashboard/single-sign-on?next=/dashboard/account" in page.text

    came = signed_in(browser, "?next=/dashboard/account")

    assert came.location == "/dashboard/account"
    assert is_signed_in(browser)


@pytest.mark.parametrize("to", ["https://elsewhere.example.org/", "//elsewhere.example.org", "/api/v1/assessments"])
def test_the_way_on_leads_to_pages_of_ours_alone(browser: FlaskClient, server: Server, to: str) -> None:
    assert signed_in(browser, f"?next={to}").location == "/dashboard/"


def test_the_first_time_makes_a_user_with_the_role_of_their_group(
    browser: FlaskClient, server: Server, store: Store
) -> None:
    signed_in(browser)

    (made,) = store.users()
    assert (made.login, made.name, made.role, made.client) == ("ada@127.0.0.1", "Dr Ada Example", "clinician", None)
    assert made.password is None


def test_of_several_groups_the_first_of_the_file_counts(browser: FlaskClient, server: Server, store: Store) -> None:
    server.orders.claims["groups"] = ["leg-clinicians", "leg-admins"]
    signed_in(browser)

    assert store.users()[0].role == "admin"


def test_each_time_brings_the_role_up_to_date_and_the_login_stays(
    browser: FlaskClient, server: Server, store: Store
) -> None:
    user(desk_app(browser), "admin")
    signed_in(browser)
    server.orders.claims |= {"groups": "leg-admins", "name": "Prof Ada Example", "preferred_username": "ada.e"}
    signed_in(browser)

    (ada,) = (each for each in store.users() if each.subject)
    assert (ada.login, ada.name, ada.role) == ("ada@127.0.0.1", "Prof Ada Example", "admin")


def desk_app(browser: FlaskClient) -> Flask:
    application: Flask = browser.application
    return application


@pytest.mark.parametrize("groups", [None, [], "staff", ["admin"], {"leg-admins": 1}, 7, [["leg-admins"]]])
def test_who_has_no_group_of_ours_is_refused(
    browser: FlaskClient, server: Server, store: Store, groups: object
) -> None:
    server.orders.claims["groups"] = groups

    answer = signed_in(browser)

    assert answer.status_code == 403
    assert "You have no role here" in answer.text
    assert store.users() == []
    assert not is_signed_in(browser)


def test_the_last_admin_here_is_not_let_in_as_less(browser: FlaskClient, server: Server, store: Store) -> None:
    server.orders.claims["groups"] = ["leg-admins"]
    signed_in(browser)
    server.orders.claims["groups"] = ["leg-clinicians"]

    answer = signed_in(browser)

    assert answer.status_code == 403
    assert "last administrator" in answer.text


def test_a_name_at_the_other_server_opens_no_account_that_is_here(
    browser: FlaskClient, server: Server, store: Store
) -> None:
    here = user(desk_app(browser), "admin", login="ada@127.0.0.1")
    signed_in(browser)

    logins = {each.login: each.role for each in store.users()}
    assert logins.pop(here.login) == "admin"
    ((login, role),) = logins.items()
    assert login.startswith("user-")
    assert role == "clinician"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a/b", "x\x00y", "ä" * 300, " "])
def test_an_odd_name_makes_no_odd_login(browser: FlaskClient, server: Server, store: Store, name: str) -> None:
    server.orders.claims |= {"preferred_username": name, "name": name}

    assert signed_in(browser).status_code == 303

    (made,) = store.users()
    assert made.login.startswith("user-")
    assert len(made.name) <= 100
    assert "<script>" not in browser.get("/dashboard/").text


def test_a_disabled_account_opens_nothing(browser: FlaskClient, server: Server, store: Store) -> None:
    signed_in(browser)
    (made,) = store.users()
    entry = AuditEntry(at=NOW, actor="test", action="user disabled", subject=made.login)
    store.disable_user(made.id, entry, disabled=NOW)

    answer = signed_in(browser)

    assert (answer.status_code, "disabled" in answer.text) == (403, True)
    assert not is_signed_in(browser)


def test_a_launch_from_the_same_server_is_another_account(browser: FlaskClient, server: Server, store: Store) -> None:
    server.orders.claims["groups"] = ["leg-admins"]
    signed_in(browser)
    server.orders = Orders()
    launched(browser, server)

    assert sorted((each.role, each.client) for each in store.users()) == [("admin", None), ("clinician", "anonymous")]


def test_a_sign_in_and_a_launch_cannot_stand_in_for_each_other(browser: FlaskClient, server: Server) -> None:
    back = callback(browser.get("/dashboard/single-sign-on"))

    answer = browser.get(back.replace("/dashboard/single-sign-on/callback", "/smart/callback"))

    assert answer.status_code == 400
    assert not is_signed_in(browser)


REFUSED = [
    pytest.param({"refuse": True}, 403, "Access was not granted", id="no consent"),
    pytest.param({"expired": True}, 403, "took too long", id="expired code"),
    pytest.param({"forged": True}, 403, "could not be proved", id="another key"),
    pytest.param({"claims": {"aud": "another"}}, 403, "could not be proved", id="another audience"),
    pytest.param({"claims": {"nonce": "another"}}, 403, "could not be proved", id="another nonce"),
    pytest.param({"callback": {"state": "another"}}, 400, "not begun in this browser", id="another state"),
    pytest.param({"metadata": {"issuer": "https://elsewhere.example.org"}}, 502, "cannot be used", id="another issuer"),
]


@pytest.mark.parametrize(("orders", "status", "words"), REFUSED)
def test_what_is_not_proved_opens_nothing(
    app: Flask, server: Server, orders: dict[str, Any], status: int, words: str
) -> None:
    browser = app.test_client()
    server.orders = Orders(**orders)
    went = browser.get("/dashboard/single-sign-on")

    answer = browser.get(callback(went)) if went.status_code == 303 else went

    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert desk(app).assessor.store.users() == []


def test_the_request_asks_for_no_more_than_it_needs(browser: FlaskClient, server: Server) -> None:
    asked = parse_qs(urlsplit(browser.get("/dashboard/single-sign-on").location).query)

    assert asked["scope"] == ["openid profile email"]
    assert asked["code_challenge_method"] == ["S256"]
    assert "launch" not in asked
