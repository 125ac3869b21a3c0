"""Pathways switched off and on at one site."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service.store import AuditEntry, DatabaseAwayError, Store, Switch
from service.store.tables import audit
from tests.store.answers import NOW
from tests.store.conftest import MakeStore, Rows


def switch(store: Store, pathway: str, *, off: bool, reason: str = "not here", at: datetime = NOW) -> bool:
    entry = AuditEntry(at=at, actor="ann", action=f"switch {'off' if off else 'on'}", subject=pathway)
    return store.switch(Switch(pathway, off, reason, "ann", at), entry)


def test_the_last_switch_of_each_pathway_holds_and_the_others_are_remembered(store: Store, rows: Rows) -> None:
    assert store.switches() == {}
    later = NOW + timedelta(days=1)

    assert switch(store, "shin-pain", off=True, reason="the sports clinic does it")
    assert switch(store, "leg-cramps", off=True)
    assert switch(store, "shin-pain", off=False, reason="it closed", at=later)

    standing = store.switches()
    assert {name: (each.off, each.reason) for name, each in standing.items()} == {
        "shin-pain": (False, "it closed"),
        "leg-cramps": (True, "not here"),
    }
    assert standing["shin-pain"].at == later
    assert [each.reason for each in store.switched("shin-pain")] == ["it closed", "the sports clinic does it"]
    assert [(each["action"], each["subject"]) for each in rows(audit)] == [
        ("switch off", "shin-pain"),
        ("switch off", "leg-cramps"),
        ("switch on", "shin-pain"),
    ]


def test_what_stands_so_already_is_not_switched_again(store: Store, rows: Rows) -> None:
    assert not switch(store, "shin-pain", off=False)
    assert switch(store, "shin-pain", off=True, reason="first")
    assert not switch(store, "shin-pain", off=True, reason="second")

    assert [each.reason for each in store.switched("shin-pain")] == ["first"]
    assert len(rows(audit)) == 1


def test_a_database_that_waits_for_its_upgrade_says_so_and_does_not_count_as_away(
    make_store: MakeStore, tmp_path: Path
) -> None:
    store = make_store(f"sqlite:///{tmp_path / 'without tables.db'}")

    with pytest.raises(DatabaseAwayError):
        store.switches()
    assert store.ready().reason.startswith("database behind")
    with pytest.raises(DatabaseAwayError):
        switch(store, "shin-pain", off=True)


def test_a_long_reason_is_kept_word_for_word(store: Store) -> None:
    reason = "The vascular clinic takes them all. " * 14

    assert switch(store, "shin-pain", off=True, reason=reason)

    assert store.switches()["shin-pain"].reason == reason
