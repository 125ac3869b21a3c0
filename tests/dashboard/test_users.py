"""What administrators do about users, and what everybody does about their own account."""

import html
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.security import passwords
from service.store import Store
from service.store.tables import audit
from tests.dashboard.conftest import Client
from tests.dashboard.forms import send
from tests.dashboard.people import desk, sign_in, user
from tests.dashboard.test_sign_in import CHEAP, GOOD, WRONG
from tests.store.conftest import rows_of


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", CHEAP)


@pytest.fixture
def admin(client: Client) -> FlaskClient:
    return client("admin")


@pytest.fixture
def store(app: Flask) -> Store:
    return desk(app).assessor.store


def add(admin: FlaskClient, login: str = "alice", **fields: str) -> TestResponse:
    return send(admin, "/dashboard/users", **{"login": login, "name": "Alice Adams", "role": "clinician"} | fields)


def link_in(page: TestResponse) -> str:
    found = re.search(r'id="link" value="([^"]+)"', page.text)
    assert found
    return html.unescape(found[1])


def welcomed(app: Flask, link: str, password: str = GOOD) -> FlaskClient:
    """Whoever took the link and is signed in now."""
    browser = app.test_client()
    assert browser.post(urlsplit(link).path, data={"password": password, "again": password}).status_code == 303
    return browser


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/dashboard/account").status_code == 200


def test_a_new_user_gets_a_link_and_then_works(app: Flask, admin: FlaskClient, store: Store) -> None:
    answer = add(admin, " Alice ")
    assert answer.status_code == 200
    alice = welcomed(app, link_in(answer))
    assert "Alice Adams" in alice.get("/dashboard/").text
    assert alice.get("/dashboard/users").status_code == 403
    assert "Alice Adams" in admin.get("/dashboard/users").text
    assert urlsplit(link_in(answer)).path.rpartition("/")[2] not in admin.get("/dashboard/users/alice").text


NOBODY = [
    ({"login": ""}, "A login has"),
    ({"login": "../admin"}, "A login has"),
    ({"login": "a b"}, "A login has"),
    ({"login": "a" * 101}, "A login has"),
    ({"login": "admin"}, "Somebody has this login already"),
    ({"name": "  "}, "Give a name"),
    ({"name": "a\x00b"}, "Give a name"),
    ({"role": "root"}, "A role is one of"),
    ({"role": ""}, "A role is one of"),
    ({"client": "x y"}, "A client is named by"),
    ({"role": "admin", "client": "north"}, "sees one client only"),
    ({"role": "knowledge-owner", "client": "north"}, "sees one client only"),
]


def test_what_no_user_can_be_is_refused_by_name(admin: FlaskClient, store: Store) -> None:
    for fields, words in NOBODY:
        answer = add(admin, **fields)
        assert answer.status_code == 422, fields
        assert words in html.unescape(answer.text), fields
        assert 'aria-invalid="true"' in answer.text or 'id="role-fault"' in answer.text, fields
    assert len(store.users()) == 1


def test_rights_that_change_end_the_sessions_and_a_name_does_not(app: Flask, admin: FlaskClient) -> None:
    alice = welcomed(app, link_in(add(admin)))
    send(admin, "/dashboard/users/alice", name="Alice Brown", role="clinician", client="")
    assert "Alice Brown" in alice.get("/dashboard/").text
    send(admin, "/dashboard/users/alice", name="Alice Brown", role="clinician", client="north")
    assert not is_in(alice)
    answer = send(admin, "/dashboard/users/alice", name="", role="clinician", client="")
    assert answer.status_code == 422
    assert "Give a name" in answer.text


def test_the_last_admin_stays(app: Flask, admin: FlaskClient, store: Store) -> None:
    for address, fields in (
        ("/dashboard/users/admin", {"name": "Admin", "role": "viewer"}),
        ("/dashboard/users/admin/disable", {}),
    ):
        answer = send(admin, address, **fields)
        assert answer.status_code == 422
        assert "last administrator" in answer.text
    user(app, "admin", login="second")
    assert send(admin, "/dashboard/users/admin", name="Admin", role="viewer").status_code == 303
    assert not is_in(admin)
    assert [each.role for each in store.users()] == ["viewer", "admin"]


def test_a_disabled_account_opens_nothing_until_it_is_enabled(app: Flask, admin: FlaskClient) -> None:
    first = link_in(add(admin))
    alice = welcomed(app, first)
    send(admin, "/dashboard/users/alice/disable")
    assert not is_in(alice)
    assert "disabled" in admin.get("/dashboard/users").text
    assert send(admin, "/dashboard/users/alice/link").status_code == 422
    again = {"login": "alice", "password": GOOD}
    assert alice.post("/dashboard/sign-in", data=again).status_code == 422
    send(admin, "/dashboard/users/alice/enable")
    assert alice.post("/dashboard/sign-in", data=again).status_code == 303


def test_a_new_link_opens_a_locked_account_and_ends_its_sessions(app: Flask, admin: FlaskClient) -> None:
    alice = welcomed(app, link_in(add(admin)))
    for _ in range(5):
        app.test_client().post("/dashboard/sign-in", data={"login": "alice", "password": WRONG})
    assert "locked for now" in admin.get("/dashboard/users").text
    link = link_in(send(admin, "/dashboard/users/alice/link"))
    assert is_in(alice)
    assert is_in(welcomed(app, link, f"{GOOD} 2"))
    assert not is_in(alice)
    assert "locked" not in admin.get("/dashboard/users").text


def test_sessions_can_be_ended_by_an_admin(app: Flask, admin: FlaskClient) -> None:
    alice = welcomed(app, link_in(add(admin)))
    send(admin, "/dashboard/users/alice/sessions")
    assert not is_in(alice)
    assert is_in(admin)


def test_who_signs_in_elsewhere_gets_no_link(app: Flask, admin: FlaskClient) -> None:
    user(app, "clinician", login="elsewhere", subject="https://id.example.org 42")
    assert "Make a one-time link" not in admin.get("/dashboard/users/elsewhere").text
    assert send(admin, "/dashboard/users/elsewhere/link").status_code == 422


def test_what_is_done_about_users_is_in_the_audit(app: Flask, admin: FlaskClient, tmp_path: Path) -> None:
    add(admin)
    send(admin, "/dashboard/users/alice", name="Alice Brown", role="viewer")
    send(admin, "/dashboard/users/alice/sessions")
    send(admin, "/dashboard/users/alice/disable")
    send(admin, "/dashboard/users/alice/enable")
    told = [row for row in rows_of(f"sqlite:///{tmp_path / 'legtriage.db'}", audit) if row["subject"] == "alice"]
    assert [row["action"] for row in told] == [
        "user added",
        "link made",
        "user changed",
        "sessions ended",
        "user disabled",
        "user enabled",
    ]
    assert {(row["actor"], row["role"], row["address"]) for row in told} == {("admin", "admin", "127.0.0.1")}


# One's own account


@pytest.fixture
def alice(app: Flask, admin: FlaskClient) -> FlaskClient:
    return welcomed(app, link_in(add(admin)))


def change(browser: FlaskClient, old: str, new: str, again: str | None = None) -> TestResponse:
    return send(browser, "/dashboard/account/password", old=old, password=new, again=new if again is None else again)


def test_a_new_password_ends_the_other_sessions_and_changes_the_token(app: Flask, alice: FlaskClient) -> None:
    other = app.test_client()
    other.post("/dashboard/sign-in", data={"login": "alice", "password": GOOD})
    before = alice.get_cookie("legtriage")
    answer = change(alice, GOOD, f"{GOOD} 2")
    assert answer.status_code == 303
    assert "is changed" in alice.get(answer.location).text
    assert not is_in(other)
    after = alice.get_cookie("legtriage")
    assert before
    assert after
    assert before.value != after.value
    other.set_cookie("legtriage", before.value)
    assert not is_in(other)


REFUSED = [
    (WRONG, f"{GOOD} 2", f"{GOOD} 2", "not your password now"),
    ("", f"{GOOD} 2", f"{GOOD} 2", "not your password now"),
    (GOOD, "short", "short", "shorter than 12"),
    (GOOD, f"{GOOD} 2", f"{GOOD} 3", "not what you typed above"),
]


def test_a_password_is_changed_by_whoever_knows_it_to_a_good_one(alice: FlaskClient) -> None:
    for old, new, again, words in REFUSED:
        answer = change(alice, old, new, again)
        assert answer.status_code == 422, words
        assert words in answer.text
    assert alice.post("/dashboard/sign-in", data={"login": "alice", "password": GOOD}).status_code == 303


def test_a_password_cannot_be_guessed_on_the_account_page(alice: FlaskClient) -> None:
    for _ in range(5):
        change(alice, WRONG, f"{GOOD} 2")
    assert change(alice, GOOD, f"{GOOD} 2").status_code == 422


def test_other_sessions_can_be_ended(app: Flask, alice: FlaskClient) -> None:
    other = app.test_client()
    other.post("/dashboard/sign-in", data={"login": "alice", "password": GOOD})
    assert "Another one" in alice.get("/dashboard/account").text
    send(alice, "/dashboard/account/sessions")
    assert is_in(alice)
    assert not is_in(other)
    assert "Another one" not in alice.get("/dashboard/account").text


def test_a_session_that_is_bounded_stays_so_with_a_new_password(app: Flask, alice: FlaskClient, store: Store) -> None:
    somebody = store.user("alice")
    assert somebody
    token, _ = desk(app).sessions.open(somebody, address=None, client="north", patient="patient-1")
    alice.set_cookie("legtriage", token)
    change(alice, GOOD, f"{GOOD} 2")
    kept = store.sessions(somebody.id)
    assert [(each.client, each.patient) for each in kept] == [("north", "patient-1")]


def test_whoever_sees_a_part_alone_rules_nothing_that_holds_for_all(app: Flask) -> None:
    admin = user(app, "admin")
    for bound in ({"client": "north"}, {"patient": "patient-1"}):
        token, bounded = desk(app).sessions.open(admin, address=None, **bound)
        browser = app.test_client()
        browser.set_cookie("legtriage", token)
        assert browser.get("/dashboard/users").status_code == 403, bound
        assert browser.get("/dashboard/account").status_code == 200
        assert bounded.is_bounded


def test_a_role_that_nobody_knows_may_nothing(app: Flask) -> None:
    token, _ = sign_in(app, "surgeon")
    browser = app.test_client()
    browser.set_cookie("legtriage", token)
    assert browser.get("/dashboard/").status_code == 403
