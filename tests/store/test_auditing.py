"""The audit is read again: the newest first, page by page, by time, by who and by what."""

from datetime import timedelta
from typing import Any

import pytest

from service.store import AuditEntry, DatabaseAwayError, KeptSession, Store, User, auditing
from tests.store.answers import NOW
from tests.store.conftest import Clock, MakeStore
from tests.store.test_spool import AWAY


@pytest.fixture
def told(store: Store) -> Store:
    """A store in which two people looked at two things, an hour apart."""
    for hour in range(6):
        actor, subject = ("dr-adams", "dr-brown")[hour % 2], f"answer-{hour % 3}"
        at = NOW + timedelta(hours=hour)
        store.tell_audit(
            AuditEntry(at=at, actor=actor, action="view: patient", subject=subject, role="viewer", address="192.0.2.7")
        )
    return store


def hours(told: Any) -> list[int]:
    return [int((each.at - NOW) / timedelta(hours=1)) for each in told]


def test_the_newest_come_first_page_by_page(told: Store) -> None:
    pages, after = [], None
    while page := told.audit(after=after, limit=4):
        pages.append(hours(page))
        after = page[-1].sequence
    assert pages == [[5, 4, 3, 2], [1, 0]]
    assert told.audit(after=-(10**30)) == []
    first = told.audit()[-1]
    assert (first.actor, first.action, first.subject) == ("dr-adams", "view: patient", "answer-0")
    assert (first.role, first.address, first.outcome) == ("viewer", "192.0.2.7", "success")


def test_they_are_found_by_time_by_who_and_by_what(told: Store) -> None:
    since, until = NOW + timedelta(hours=1), NOW + timedelta(hours=4)
    assert hours(told.audit(since=since, until=until)) == [3, 2, 1]
    assert hours(told.audit(actor="dr-brown")) == [5, 3, 1]
    assert hours(told.audit(subject="answer-1")) == [4, 1]
    assert hours(told.audit(actor="dr-brown", subject="answer-1", since=since)) == [1]
    assert told.audit(actor="nul \0 \ud800") == []


def test_the_whole_of_it_is_read_piece_by_piece(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "_AT_ONCE", 10)
    for number in range(25):
        store.tell_audit(AuditEntry(at=NOW, actor="dr-adams", action="view", subject=f"{number}"))
    read = [each.subject for each in store.whole_audit(actor="dr-adams")]
    assert read == [f"{number}" for number in reversed(range(25))]


def test_a_purge_forgets_sessions_that_are_over(store: Store, clock: Clock) -> None:
    who = User(id="u", login="dr-adams", name="Dr Adams", role="viewer", created=NOW)
    entry = AuditEntry(at=NOW, actor="test", action="test", subject="test")
    store.add_user(who, entry)
    for digest, hours_left in (("over", 1), ("open", 9)):
        expires = NOW + timedelta(hours=hours_left)
        session = KeptSession(digest=digest, user=who, csrf="c", created=NOW, seen=NOW, expires=expires)
        store.open_session(session, entry)
    clock.now = NOW + timedelta(hours=2)
    assert store.purge(NOW, "tester")["sessions"] == 1
    assert store.session("over") is None
    assert store.session("open") is not None


def test_the_audit_says_so_when_the_database_is_away(make_store: MakeStore) -> None:
    with pytest.raises(DatabaseAwayError):
        make_store(AWAY).audit()
