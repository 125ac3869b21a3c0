"""Accounts on both databases: what two people at once must not do, and `legtriage user`."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.security.accounts import first_link, link_digest, new_link, new_user
from service.store import AuditEntry, DatabaseAwayError, LastAdminError, LoginTakenError, Store, User
from service.store.tables import audit
from service.user_cli import welcome_first
from tests.store.answers import NOW
from tests.store.conftest import MakeStore, Rows
from tests.store.test_spool import AWAY

BASE = "https://triage.example.org/"


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    monkeypatch.setenv("LEGTRIAGE_DATABASE_URL", url)
    monkeypatch.setenv("LEGTRIAGE_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setenv("LEGTRIAGE_PUBLIC_URLS", BASE)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["user", *arguments])


def told(action: str) -> AuditEntry:
    return AuditEntry(at=NOW, actor="test", action=action, subject="somebody")


def added(store: Store, login: str, role: str = "admin") -> User:
    made = new_user(login, login.title(), role, None, NOW)
    store.add_user(made, told("user added"))
    return made


def token_in(link: str) -> str:
    return urlsplit(link).path.rpartition("/")[2]


# At the same time


def test_of_two_admins_who_disable_each_other_one_is_left(store: Store) -> None:
    one, two = added(store, "one"), added(store, "two")
    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(lambda each: disabled(store, each), (one, two))) == [False, True]
    assert len([each for each in store.users() if not each.disabled]) == 1


def disabled(store: Store, user: User) -> bool:
    try:
        store.disable_user(user.id, told("user disabled"), disabled=NOW)
    except LastAdminError:
        return False
    return True


def test_a_link_that_two_use_at_once_sets_one_password(store: Store) -> None:
    link = link_digest(token_in(new_link(store, added(store, "alice"), told("link made"), BASE)))
    with ThreadPoolExecutor(4) as threads:
        used = list(threads.map(lambda n: store.use_link(link, f"hash {n}", told("password set")), range(4)))
    assert used.count(True) == 1
    kept = store.user("alice")
    assert kept
    assert kept.password == f"hash {used.index(True)}"


def test_of_machines_that_start_at_once_one_makes_the_first_account(store: Store) -> None:
    with ThreadPoolExecutor(4) as threads:
        links = list(threads.map(lambda _: first_link(store, lambda: NOW, base_url=BASE), range(4)))
    assert len([link for link in links if link]) == 1
    assert [each.login for each in store.users()] == ["admin"]


# One after another


def test_a_login_and_a_person_elsewhere_have_one_account(store: Store) -> None:
    alice = replace(new_user("alice", "Alice", "viewer", None, NOW), subject="issuer 1")
    store.add_user(alice, told("user added"))
    store.add_user(alice, told("user added"))  # sent again, as after a lost connection
    for taken in (replace(alice, id=str(uuid4()), subject=None), replace(alice, id=str(uuid4()), login="b")):
        with pytest.raises(LoginTakenError):
            store.add_user(taken, told("user added"))
    store.add_user(replace(alice, id=str(uuid4()), login="b", subject="issuer 2"), told("user added"))
    found = store.user_of("issuer 2")
    assert found
    assert found.login == "b"
    assert store.user_of("issuer 3") is None


def test_a_store_that_is_away_says_so(make_store: MakeStore) -> None:
    store = make_store(AWAY)
    for ask in (store.users, lambda: store.user("a"), lambda: first_link(store, lambda: NOW, base_url=BASE)):
        with pytest.raises(DatabaseAwayError):
            ask()


# Commands


def test_a_user_is_added_with_a_link_listed_disabled_and_enabled(store: Store, rows: Rows) -> None:
    result = run("add", "Alice", "--name", "Dr [b]Adams[/b]", "--client", "north")
    assert result.exit_code == 0, result.output
    link = result.stdout.strip()
    assert link.startswith("https://triage.example.org/dashboard/welcome/")
    kept = store.link(link_digest(token_in(link)), NOW)
    assert kept
    assert (kept.login, kept.name, kept.role, kept.client) == ("alice", "Dr [b]Adams[/b]", "clinician", "north")
    listed = run("list").output
    for words in ("alice", "Dr [b]Adams[/b]", "clinician", "north", "no password yet"):
        assert words in listed
    assert run("add", "root", "--role", "admin").exit_code == 0
    assert run("disable", "ALICE").output == "Disabled alice.\n"
    assert "disabled" in run("list").output
    assert run("link", "alice").exit_code == 1
    assert run("enable", "alice").output == "Enabled alice.\n"
    assert token_in(run("link", "alice").stdout.strip()) != token_in(link)
    actions = [row["action"] for row in rows(audit) if row["subject"] == "alice"]
    assert actions == ["user added", "link made", "user disabled", "user enabled", "link made"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "../x"], "login: A login has"),
        (["add", "x", "--name", ""], None),
        (["add", "x", "--role", "king"], "'king' is not one of"),
        (["add", "x", "--role", "admin", "--client", "north"], "client: Who sees one client only"),
        (["add", "root"], "there is a user root already"),
        (["link", "nobody"], "there is no user nobody"),
        (["link", "elsewhere"], "signs in elsewhere"),
        (["disable", "nobody"], "there is no user nobody"),
        (["disable", "root"], "root is the last admin"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(store: Store, arguments: list[str], words: str | None) -> None:
    added(store, "root")
    store.add_user(replace(new_user("elsewhere", "E", "viewer", None, NOW), subject="issuer 1"), told("user added"))
    result = run(*arguments)
    if words is None:
        assert result.exit_code == 0
    else:
        assert result.exit_code != 0
        assert words in re.sub(r"\s+", " ", result.output)


# The first start


def test_the_first_start_prints_a_link_and_no_later_one(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    welcome_first(store, BASE, lambda: NOW)
    printed = capsys.readouterr().out
    (link,) = re.findall(r"https://\S+", printed)
    assert "once, within 24 hours" in printed
    found = store.link(link_digest(token_in(link)), NOW + timedelta(hours=23))
    assert found
    assert (found.login, found.role, found.password) == ("admin", "admin", None)
    welcome_first(store, BASE, lambda: NOW)
    assert capsys.readouterr().out == ""


def test_a_start_without_a_database_says_what_is_unknown(
    make_store: MakeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    welcome_first(make_store(AWAY), BASE, lambda: NOW)
    assert "unknown: the database is away" in capsys.readouterr().out
