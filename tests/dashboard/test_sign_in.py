"""Signing in: passwords, the lock, one-time links, and the session that a browser gets."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table
from werkzeug.test import TestResponse

from service.app import create_app
from service.knowledge.cases import NOW
from service.security import passwords
from service.security.accounts import _wait, first_link, new_link
from service.store import AuditEntry, Store, User
from service.store.tables import audit
from tests.dashboard.forms import csrf
from tests.dashboard.people import desk, user
from tests.service.settings import settings
from tests.store.conftest import rows_of
from tests.triage.patients import LIBRARY

GOOD = "correct horse battery staple"
WRONG = "a wrong password"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
BASE = "https://triage.example.org"


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password costs half a second of a busy machine, and these tests set and try a hundred."""
    monkeypatch.setattr(passwords, "_HASHER", CHEAP)
    monkeypatch.setattr(passwords, "_NOBODY", CHEAP.hash("nobody"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Flask:
    return create_app(settings(tmp_path), LIBRARY, clock)


@pytest.fixture
def store(app: Flask) -> Store:
    return desk(app).assessor.store


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def link_for(store: Store, somebody: User, at: datetime = NOW) -> str:
    entry = AuditEntry(at=at, actor="test", action="link made", subject=somebody.login)
    return urlsplit(new_link(store, somebody, entry, BASE)).path


@pytest.fixture
def alice(app: Flask, store: Store) -> User:
    """A clinician with a password."""
    made = user(app, "clinician", login="alice")
    welcomed = app.test_client().post(link_for(store, made), data={"password": GOOD, "again": GOOD})
    assert welcomed.status_code == 303
    return made


@pytest.fixture
def link(store: Store, alice: User) -> str:
    """Where alice sets another one."""
    return link_for(store, alice)


def try_in(browser: FlaskClient, login: str = "alice", password: str = GOOD, **more: str) -> TestResponse:
    return browser.post("/dashboard/sign-in", data={"login": login, "password": password, **more})


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/dashboard/account").status_code == 200


def kept(tmp_path: Path, table: Table) -> list[dict[str, Any]]:
    return rows_of(f"sqlite:///{tmp_path / 'legtriage.db'}", table)


# One-time links


def test_a_link_sets_a_password_once_and_signs_in(app: Flask, store: Store, browser: FlaskClient) -> None:
    link = link_for(store, user(app, "clinician", login="alice"))
    assert "alice" in browser.get(link).text
    assert browser.post(link, data={"password": GOOD, "again": GOOD}).location == "/dashboard/"
    assert is_in(browser)
    assert is_in_after(app, "alice", GOOD)
    for again in (browser.get(link), browser.post(link, data={"password": "another long password", "again": "x"})):
        assert again.status_code == 404
        assert "opens nothing" in again.text
    assert is_in_after(app, "alice", GOOD)


POOR = [
    ("tiny", "tiny", "shorter than 12"),
    ("", "", "shorter than 12"),
    ("alice-alice-alice-1", "alice-alice-alice-1", "besides your login"),
    ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "more different"),
    (GOOD * 10, GOOD * 10, "at most 256"),
    (GOOD, f"{GOOD}!", "not what you typed above"),
]


def test_a_password_beyond_all_bounds_keeps_nobody_waiting(browser: FlaskClient, alice: User) -> None:
    """Accents in the wrong order are put right one by one: a quarter of a million take minutes, and the whole core."""
    begun = time.monotonic()

    assert try_in(browser, password="a" + "\u0301\u0316" * 120_000).status_code == 422

    assert time.monotonic() - begun < 10


def test_a_flood_of_sign_ins_locks_out_nobody(
    browser: FlaskClient, alice: User, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_AT_ONCE", BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "_WAIT", 0.01)
    with passwords._AT_ONCE:
        assert {try_in(browser).status_code for _ in range(6)} == {503}

    assert is_in_after(app, "alice", GOOD)


def test_a_poor_password_is_refused_in_words_and_the_link_still_works(browser: FlaskClient, link: str) -> None:
    for password, again, words in POOR:
        refused = browser.post(link, data={"password": password, "again": again})
        assert refused.status_code == 422, words
        assert words in refused.text
        assert not password or password not in refused.text
    assert browser.get(link).status_code == 200


def test_a_link_dies_with_its_day_with_a_newer_one_and_with_the_account(
    app: Flask, store: Store, browser: FlaskClient, clock: Clock
) -> None:
    alice = user(app, "clinician", login="alice")
    old, new = link_for(store, alice), link_for(store, alice)
    assert browser.get(old).status_code == 404
    assert browser.get(new).status_code == 200
    clock.now += timedelta(hours=24)
    assert browser.get(new).status_code == 404
    newest = link_for(store, alice, clock.now)
    entry = AuditEntry(at=clock.now, actor="test", action="user disabled", subject="alice")
    store.disable_user(alice.id, entry, disabled=clock.now)
    assert browser.post(newest, data={"password": GOOD, "again": GOOD}).status_code == 404


def test_a_new_password_by_link_ends_every_session(app: Flask, store: Store, alice: User) -> None:
    old = app.test_client()
    try_in(old)
    app.test_client().post(link_for(store, alice), data={"password": f"{GOOD} 2", "again": f"{GOOD} 2"})
    assert not is_in(old)
    assert not is_in_after(app, "alice", GOOD)


def test_a_link_made_by_whoever_guesses_opens_nothing(browser: FlaskClient) -> None:
    for token in ("x", "x" * 300, "%00", "%F0%9F%A6%B5"):
        assert browser.get(f"/dashboard/welcome/{token}").status_code == 404


def test_only_where_nobody_has_an_account_there_is_a_first_link(store: Store, browser: FlaskClient) -> None:
    link = first_link(store, lambda: NOW, base_url=f"{BASE}/")
    assert link
    assert re.fullmatch(rf"{BASE}/dashboard/welcome/[\w-]{{43}}", link)
    assert first_link(store, lambda: NOW, base_url=BASE) is None
    browser.post(urlsplit(link).path, data={"password": GOOD, "again": GOOD})
    assert is_in(browser)
    assert [(each.login, each.role) for each in store.users()] == [("admin", "admin")]


# Passwords


def test_login_and_password_open_a_session_and_sign_out_ends_it(browser: FlaskClient, alice: User) -> None:
    answer = try_in(browser, " Alice ")
    assert (answer.status_code, answer.location) == (303, "/dashboard/")
    page = browser.get("/dashboard/account")
    assert "alice" in page.text
    cookie = browser.get_cookie("legtriage")
    assert cookie
    browser.post("/dashboard/sign-out", data={"csrf": csrf(page)})
    browser.set_cookie("legtriage", cookie.value)
    assert not is_in(browser)


def test_nobody_learns_who_has_an_account(app: Flask, browser: FlaskClient, store: Store, alice: User) -> None:
    user(app, "viewer", login="without")
    entry = AuditEntry(at=NOW, actor="test", action="user disabled", subject="gone")
    store.disable_user(user(app, "viewer", login="gone").id, entry, disabled=NOW)
    pages = {try_in(browser, login, "a wrong password").text.replace(login, "") for login in ("alice", "nobody")}
    pages |= {try_in(browser, login).text.replace(login, "") for login in ("nobody", "without", "gone")}
    assert len(pages) == 1


def test_odd_logins_are_merely_wrong(browser: FlaskClient, alice: User) -> None:
    for login in ("", "\0", "x" * 5000, "'; drop table users --", "?", "🦵"):
        assert try_in(browser, login).status_code == 422, login


def test_wrong_passwords_lock_the_account_for_longer_and_longer(
    browser: FlaskClient, alice: User, clock: Clock
) -> None:
    for _ in range(4):
        try_in(browser, password=WRONG)
    assert try_in(browser).status_code == 303  # the fifth was right, and all is forgotten
    for wait in (1, 2, 4):
        for _ in range(5 if wait == 1 else 1):
            try_in(browser, password=WRONG)
        clock.now += timedelta(minutes=wait, seconds=-1)
        assert try_in(browser).status_code == 422, wait
        clock.now += timedelta(seconds=1)
    assert try_in(browser).status_code == 303


def test_the_lock_ends_within_an_hour_however_often_somebody_tried(alice: User, store: Store) -> None:
    for _ in range(100):
        store.count_attempt(alice.id, NOW + timedelta(days=1000), _wait)
    locked = store.user("alice")
    assert locked
    assert locked.locked_until == NOW + timedelta(days=1000, minutes=1)
    for day in range(1001, 1100):
        store.count_attempt(alice.id, NOW + timedelta(days=day), _wait)
    locked = store.user("alice")
    assert locked
    assert locked.locked_until == NOW + timedelta(days=1099, hours=1)


def test_tries_at_the_same_time_do_not_get_past_the_lock(alice: User, store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lambda _: store.count_attempt(alice.id, NOW, _wait), range(20)))
    assert allowed.count(True) == 5


def test_what_was_tried_is_in_the_audit_and_no_login_that_nobody_has(
    browser: FlaskClient, alice: User, tmp_path: Path
) -> None:
    try_in(browser, password=WRONG)
    try_in(browser, login="my secret password")
    try_in(browser)
    entries = [(row["actor"], row["outcome"]) for row in kept(tmp_path, audit) if row["action"] == "sign in"]
    assert entries == [("alice", "success"), ("alice", "refused"), ("unknown", "refused"), ("alice", "success")]
    assert "my secret" not in str(kept(tmp_path, audit))


def test_a_hash_of_earlier_parameters_is_renewed(browser: FlaskClient, alice: User, store: Store) -> None:
    entry = AuditEntry(at=NOW, actor="test", action="password set", subject="alice")
    store.set_password(alice.id, PasswordHasher(time_cost=1, memory_cost=128).hash(GOOD), entry)
    assert try_in(browser).status_code == 303
    renewed = store.user("alice")
    assert renewed
    assert renewed.password
    assert not CHEAP.check_needs_rehash(renewed.password)
    assert is_in(browser)


def test_passwords_links_and_tokens_are_not_kept(
    browser: FlaskClient, alice: User, store: Store, tmp_path: Path
) -> None:
    link = link_for(store, alice)
    try_in(browser)
    cookie = browser.get_cookie("legtriage")
    assert cookie
    database = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (GOOD, link.rpartition("/")[2], cookie.value):
        assert secret.encode() not in database


# Sessions


def test_signing_in_changes_the_token(app: Flask, browser: FlaskClient, alice: User) -> None:
    browser.set_cookie("legtriage", "chosen by somebody else")
    try_in(browser)
    first = browser.get_cookie("legtriage")
    assert first
    assert first.value != "chosen by somebody else"
    other = user(app, "viewer", login="other")
    browser.post(link_for(desk(app).assessor.store, other), data={"password": GOOD, "again": GOOD})
    second = browser.get_cookie("legtriage")
    assert second
    assert second.value != first.value
    browser.set_cookie("legtriage", first.value)
    assert not is_in(browser)


def test_an_idle_session_ends_and_a_busy_one_ends_with_the_shift(
    browser: FlaskClient, alice: User, clock: Clock
) -> None:
    try_in(browser)
    for _ in range(24):
        clock.now += timedelta(minutes=29)
        assert is_in(browser)
    clock.now += timedelta(minutes=24)
    assert not is_in(browser)
    try_in(browser)
    clock.now += timedelta(minutes=30)
    assert not is_in(browser)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    app: Flask, browser: FlaskClient, alice: User, tmp_path: Path
) -> None:
    plain = try_in(browser).headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Domain" not in plain
    public = create_app(settings(tmp_path, public_urls=(BASE,)), LIBRARY, lambda: NOW)
    secure = try_in(public.test_client()).headers["Set-Cookie"]
    assert secure.startswith("__Host-legtriage=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(secure.split("; "))


ASKED = {
    "/dashboard/insights": "/dashboard/insights",
    "https://evil.example/dashboard/": "/dashboard/",
    "//evil.example/dashboard/": "/dashboard/",
    "/\\evil.example": "/dashboard/",
    "/dashboard/\\evil.example": "/dashboard/",
    "/dashboard/\r\nSet-Cookie: a=b": "/dashboard/",
    "/api/v1/assessments": "/dashboard/",
    "javascript:alert(1)": "/dashboard/",
}


def test_after_signing_in_one_goes_on_to_an_own_page_alone(browser: FlaskClient, alice: User) -> None:
    for asked, gets in ASKED.items():
        assert try_in(browser, next=asked).location == gets, asked
        assert browser.get("/dashboard/sign-in", query_string={"next": asked}).location == gets, asked


def test_a_page_that_was_asked_for_comes_after_signing_in(browser: FlaskClient, alice: User) -> None:
    way = browser.get("/dashboard/account").location
    form = browser.get(way).text
    field = re.search(r'name="next" value="([^"]*)"', form)
    assert field
    assert try_in(browser, next=field[1]).location == "/dashboard/account"


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.7")])
def test_the_audit_says_from_where_as_far_as_proxies_are_believed(
    alice: User, tmp_path: Path, proxies: int, address: str
) -> None:
    config = settings(tmp_path, proxies=proxies)
    behind = create_app(config, LIBRARY, lambda: NOW)
    behind.before_request_funcs[None].clear()  # open, it serves this machine alone
    headers = {"X-Forwarded-For": "127.6.6.6, 198.51.100.7, 203.0.113.9"}
    behind.test_client().post("/dashboard/sign-in", data={"login": "alice", "password": GOOD}, headers=headers)
    assert kept(tmp_path, audit)[-1]["address"] == address


def is_in_after(app: Flask, login: str, password: str) -> bool:
    return try_in(app.test_client(), login, password).status_code == 303
