"""What is recorded can be read again, whatever was in it, once however often it was sent."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from service.store import AnsweredCard, Store
from service.store.tables import assessments, cards, feedback, suggestions
from tests.store.answers import NOW, RESULT, answer, card, overridden, uuid
from tests.store.conftest import Clock, MakeStore, Rows


def test_an_answer_is_kept_with_its_cards_and_suggestions(make_store: MakeStore, url: str, rows: Rows) -> None:
    store = make_store(url, "full")
    store.start()
    given = answer()
    store.record(given)
    (kept,) = rows(assessments)
    for name in ("id", "created", "client", "hook_instance", "knowledge_digest", "tier", "could_be", "facts"):
        assert kept[name] == getattr(given, name), name
    assert kept["patient"] == given.patient_id
    assert kept["encounter"] == given.encounter_id
    assert kept["in_scope"] is True
    assert kept["inputs"] == given.inputs
    assert kept["findings"] == given.findings
    assert kept["result"] == RESULT
    assert [
        (each["position"], each["topic"], each["rules"]) for each in sorted(rows(cards), key=lambda c: c["position"])
    ] == [
        (0, "leg-pain-summary", ["dvt-likely"]),
        (1, "leg-pain-workup", ["dvt-likely"]),
    ]
    assert {each["order_id"] for each in rows(suggestions)} == {"us_leg_veins_duplex"}


def test_an_answer_without_cards_is_kept(store: Store, rows: Rows) -> None:
    store.record(answer(in_scope=False, tier=None, could_be=None, encounter_id=None, cards=()))
    (kept,) = rows(assessments)
    assert (kept["in_scope"], kept["tier"], kept["could_be"], kept["encounter"]) == (False, None, None, None)
    assert rows(cards) == []


def test_the_same_card_in_two_answers_belongs_to_both(store: Store, rows: Rows) -> None:
    store.record(answer(1))
    store.record(answer(2))
    assert len(rows(assessments)) == 2
    assert len(rows(cards)) == 4


def test_the_same_answer_twice_is_one(store: Store, rows: Rows) -> None:
    store.record(answer())
    store.record(answer())
    assert len(rows(assessments)) == 1
    assert len(rows(cards)) == 2
    assert len(rows(suggestions)) == 2


@pytest.mark.parametrize(
    "odd",
    [
        {"hook_instance": "nul \0 and \ud800 half"},
        {"patient_id": "p\0q"},
        {"patient_id": "\ud800"},
        {"patient_id": "p" * 100_000, "encounter_id": "e" * 100_000},
        {"client": "c" * 100_000, "facts": "f" * 100_000},
        {"findings": [{"value": "a\0b\ud800"}, 10**400, float("nan"), float("inf"), NOW]},
        {"result": {"key\0\ud800": ["'; DROP TABLE cards; --", "\u2028", "\U0001f9b5"], "deep": (1, (2, (3,)))}},
        {"created": datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))},
        {"created": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))},
        {"created": datetime(2026, 1, 1)},  # noqa: DTZ001 - the point of it
    ],
    ids="+".join,
)
@pytest.mark.parametrize("patients", ["full", "pseudonym", "none"])
def test_odd_values_cost_no_record(
    make_store: MakeStore, url: str, rows: Rows, odd: dict[str, Any], patients: Any
) -> None:
    store = make_store(url, patients)
    store.start()
    store.record(answer(1, **odd))
    store.record(answer(2))
    assert len(rows(assessments)) == 2
    assert store.ready().ready


def test_a_record_that_no_database_takes_is_kept_aside_and_holds_up_nothing(
    store: Store, rows: Rows, tmp_path: Any
) -> None:
    endless = AnsweredCard("x", "topic", 2**62, "info")  # PostgreSQL's integer is shorter, SQLite's is not
    store.record(answer(1, cards=(endless,)))
    store.record(answer(2))
    aside = tmp_path / "spool" / "aside.jsonl"
    kept = {each["id"] for each in rows(assessments)}
    assert "answer-00002" in kept
    assert ("answer-00001" in kept) != (aside.exists() and b"answer-00001" in aside.read_bytes())
    assert store.ready().ready


def test_feedback_is_kept_with_its_reason_and_comment(store: Store, rows: Rows, clock: Clock) -> None:
    clock.now = NOW + timedelta(minutes=3)
    accepted = overridden(outcome="accepted", accepted_suggestions=("s-1", "s-2"), reason=None, comment=None)
    local = datetime(2026, 11, 23, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    store.feedback([overridden(timestamp=local), accepted])
    kept = {each["outcome"]: each for each in rows(feedback)}
    assert kept["accepted"]["accepted_suggestions"] == ["s-1", "s-2"]
    told = kept["overridden"]
    assert told["timestamp"] == NOW
    assert told["timestamp"].tzinfo is UTC
    assert told["received"] == clock.now
    assert (told["reason_code"], told["reason_display"]) == ("already-done", "Already done")
    assert told["comment"] == "Seen in clinic"


def test_the_same_feedback_again_is_stored_once(store: Store, rows: Rows, clock: Clock) -> None:
    store.feedback([overridden(), overridden()])
    clock.now = NOW + timedelta(minutes=1)
    store.feedback([overridden()])
    (kept,) = rows(feedback)
    assert kept["received"] == NOW


@pytest.mark.parametrize(
    "other",
    [
        {"timestamp": NOW + timedelta(seconds=1)},
        {"comment": "Something else"},
        {"client": "southfield"},
        {"reason": None},
        {"outcome": "accepted", "accepted_suggestions": ("s",)},
    ],
    ids="+".join,
)
def test_other_feedback_on_the_same_card_is_stored_beside_it(store: Store, rows: Rows, other: dict[str, Any]) -> None:
    store.feedback([overridden(), overridden(**other)])
    assert len(rows(feedback)) == 2


def test_feedback_on_a_card_that_nobody_knows_is_kept(store: Store, rows: Rows) -> None:
    store.feedback([overridden(card=uuid("long ago"))])
    store.feedback([overridden(card="x" * 100_000, comment="\0", timestamp=datetime.max.replace(tzinfo=UTC))])
    assert len(rows(feedback)) == 2


def test_no_feedback_is_nothing(store: Store, rows: Rows) -> None:
    store.feedback([])
    assert rows(feedback) == []


# Quiet


def quiet(store: Store, **changes: Any) -> frozenset[tuple[str, int]]:
    asked: dict[str, Any] = {
        "patient_id": "pat-77310",
        "facts": "f" * 64,
        "since": NOW - timedelta(hours=1),
        "client": "northfield",
    }
    return store.quiet(**(asked | changes))


@pytest.mark.parametrize("patients", ["full", "pseudonym"])
def test_an_overridden_card_is_quiet_for_the_same_patient_and_facts(
    make_store: MakeStore, url: str, patients: Any
) -> None:
    store = make_store(url, patients)
    store.start()
    store.record(answer(1))
    store.record(answer(2))
    assert quiet(store) == frozenset()
    store.feedback([overridden(card("leg-pain-workup", 2))])
    assert quiet(store) == {("leg-pain-workup", 2)}


@pytest.mark.parametrize(
    "asked",
    [
        {"patient_id": "pat-77311"},
        {"facts": "a" * 64},
        {"client": "southfield"},
        {"since": NOW + timedelta(seconds=1)},
        {"patient_id": ""},
    ],
    ids="+".join,
)
def test_nothing_else_is_quiet(store: Store, asked: dict[str, Any]) -> None:
    store.record(answer())
    store.feedback([overridden()])
    assert quiet(store)
    assert quiet(store, **asked) == frozenset()


@pytest.mark.parametrize(
    "told",
    [{"outcome": "accepted", "accepted_suggestions": ("s",)}, {"client": "southfield"}, {"card": uuid("other")}],
    ids="+".join,
)
def test_nothing_else_silences(store: Store, told: dict[str, Any]) -> None:
    store.record(answer())
    store.feedback([overridden(**told)])
    assert quiet(store) == frozenset()


def test_a_client_whose_clock_is_ahead_does_not_silence_for_longer(store: Store) -> None:
    store.record(answer())
    store.feedback([overridden(timestamp=NOW + timedelta(days=3650))])
    assert quiet(store)
    assert quiet(store, since=NOW + timedelta(days=1)) == frozenset()


def test_without_patient_identifiers_nothing_is_quiet(make_store: MakeStore, url: str) -> None:
    store = make_store(url, "none")
    store.start()
    store.record(answer())
    store.feedback([overridden()])
    assert quiet(store) == frozenset()
