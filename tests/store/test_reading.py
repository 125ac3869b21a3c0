"""What was kept can be read again: one, all page by page, and the worklist with the most urgent first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from service.store import DatabaseAwayError, Notice, Store
from service.store.tables import assessments, cards, notices
from tests.store.answers import FINDING, NOW, answer
from tests.store.conftest import MakeStore, Rows, settle
from tests.store.test_spool import AWAY, wait_until_empty

RANKS = {"emergency": 4, "same_day": 3, "urgent": 2, "routine": 1, "self_care": 0}


def keep(store: Store, number: int, tier: str | None = "routine", due: float | None = None, **changes: Any) -> None:
    """Keep an answer about a patient of its own, due in so many hours."""
    usual = {
        "patient_id": f"pat-{number}",
        "tier": tier,
        "tier_rank": None if tier is None else RANKS[tier],
        "due": None if due is None else NOW + timedelta(hours=due),
    }
    store.record(answer(number, **{**usual, **changes}))
    settle(store)


def ids(found: list[Any]) -> list[int]:
    return [int(each.id.removeprefix("answer-")) for each in found]


def test_an_assessment_is_read_as_it_was_given(make_store: MakeStore, url: str) -> None:
    store = make_store(url, "full")
    store.start()
    given = answer(result={"id": "answer-00001", "in_scope": True, "urgency": {"tier": "same_day"}})
    store.record(given)
    settle(store)
    read = store.assessment("answer-00001")
    assert read is not None
    assert read.document == {**given.result, "findings": [FINDING]}
    assert (read.status, read.version, read.due, read.patient) == ("open", 1, given.due, given.patient_id)
    assert (read.created, read.client, read.service) == (given.created, "northfield", "leg-pain-patient-view")


def test_a_client_reads_its_own_alone(store: Store) -> None:
    store.record(answer(1))
    settle(store)
    assert store.assessment("answer-00001", client="northfield")
    assert store.assessment("answer-00001", client="southfield") is None
    assert store.assessments(client="southfield") == store.worklist(client="southfield") == []


@pytest.mark.parametrize("odd", ["", "nowhere", "nul \0", "\ud800", "x" * 100_000])
def test_what_is_not_there_is_not_found(store: Store, odd: str) -> None:
    store.record(answer(1))
    settle(store)
    assert store.assessment(odd) is None
    assert store.repeated(odd, odd) is None
    assert store.assessments(tier=odd, status=odd, client=odd) == store.worklist(tier=odd, status=odd) == []
    assert store.ready().ready


def test_the_newest_come_first_page_by_page(store: Store) -> None:
    for number in range(1, 8):
        keep(store, number, "urgent" if number % 2 else "routine")
    pages, before = [], None
    while page := store.assessments(before=before, limit=3):
        pages.append(ids(page))
        before = page[-1].sequence
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]
    assert ids(store.assessments(tier="urgent")) == [7, 5, 3, 1]
    assert store.assessments(before=-(10**30)) == []
    assert len(store.assessments(before=10**30)) == 7


def test_the_worklist_has_the_most_urgent_first_then_what_is_due_first(store: Store) -> None:
    keep(store, 1, "self_care")
    keep(store, 2, "same_day", due=4)
    keep(store, 3, None)
    keep(store, 4, "same_day", due=3)
    keep(store, 5, "emergency", due=0)
    keep(store, 6, "emergency", due=-1, in_scope=False)
    keep(store, 7, "urgent", due=None)
    keep(store, 8, "urgent", due=300)
    keep(store, 9, "same_day", due=3)
    expected = [5, 4, 9, 2, 8, 7, 1, 3]
    assert ids(store.worklist()) == expected
    assert ids(store.worklist(tier="same_day")) == [4, 9, 2]
    paged, after = [], None
    while page := store.worklist(after=after, limit=1):
        paged += ids(page)
        after = orjson.loads(orjson.dumps(page[-1].place))
    assert paged == expected


@pytest.mark.parametrize("after", [(), (1,), "abc", (1, "yesterday", 2), (1, "2026-01-01", 2), (10**40, NOW, 1), 7])
def test_a_page_after_nowhere_is_an_error(store: Store, after: Any) -> None:
    with pytest.raises(ValueError, match="no place"):
        store.worklist(after=after)


def test_of_a_patient_the_latest_is_listed_and_what_was_more_urgent_before_it(store: Store) -> None:
    keep(store, 1, "same_day", due=1, patient_id="p")
    keep(store, 2, "same_day", due=2, patient_id="p")
    keep(store, 3, "routine", patient_id="p")
    keep(store, 4, "emergency", due=0, patient_id="p", client="southfield")
    keep(store, 5, None, patient_id="p", in_scope=False)
    assert ids(store.worklist()) == [4, 2, 3]
    keep(store, 6, "emergency", due=0, patient_id="p")
    assert ids(store.worklist()) == [6, 4] or ids(store.worklist()) == [4, 6]


def test_of_patients_who_are_not_known_all_are_listed(store: Store) -> None:
    keep(store, 1, patient_id=None)
    keep(store, 2, patient_id=None)
    assert ids(store.worklist()) == [1, 2]


def test_reading_says_so_when_the_database_is_away(make_store: MakeStore) -> None:
    away = make_store(AWAY)
    for read in (
        lambda: away.assessment("a"),
        away.assessments,
        away.worklist,
        lambda: away.repeated("c", "k"),
        lambda: away.decisions("a"),
        lambda: away.statistics(NOW, NOW),
    ):
        with pytest.raises(DatabaseAwayError):
            read()


# The same request again


def asked(number: int, key: str | None = "k-1", **changes: Any) -> Any:
    notice = Notice(f"notice-{number}", "ward", "{}")
    return answer(number, idempotency_key=key, request_digest=f"digest {number}", notices=(notice,), **changes)


def test_of_the_same_request_the_first_answer_stands_and_nothing_of_the_second(store: Store, rows: Rows) -> None:
    store.record(asked(1))
    store.record(asked(2))
    store.record(asked(3, client="southfield"))
    store.record(asked(4, key=None))
    store.record(asked(5, key=None))
    settle(store)
    assert store.repeated("northfield", "k-1") == ("answer-00001", "digest 1")
    assert store.repeated("southfield", "k-1") == ("answer-00003", "digest 3")
    assert store.repeated("northfield", "k-2") is None
    standing = {"answer-00001", "answer-00003", "answer-00004", "answer-00005"}
    for table, column in ((assessments, "id"), (cards, "assessment"), (notices, "assessment")):
        assert {each[column] for each in rows(table)} == standing, table.name


def test_of_many_at_once_one_answer_stands(store: Store, rows: Rows) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.record(asked(number)), range(1, 25)))
        settle(store)
        told = set(pool.map(lambda _: store.repeated("northfield", "k-1"), range(8)))
    (standing,) = rows(assessments)
    assert told == {(standing["id"], standing["request_digest"])}
    assert [each["assessment"] for each in rows(notices)] == [standing["id"]]


def test_the_spool_keeps_a_record_whole_and_drops_the_same_request(
    make_store: MakeStore, url: str, rows: Rows, tmp_path: Path
) -> None:
    away = make_store(AWAY)
    away.record(asked(1))
    assert away.repeated("northfield", "k-1") == ("answer-00001", "digest 1")
    with pytest.raises(DatabaseAwayError):
        away.repeated("northfield", "k-2")
    away.record(asked(2))
    away.close()
    back = make_store(url)
    back.upgrade()
    back.start()
    wait_until_empty(tmp_path / "spool")
    assert back.repeated("northfield", "k-1") == ("answer-00001", "digest 1")
    assert [(each["id"], each["state"]) for each in rows(notices)] == [("notice-1", "waiting")]
    (read,) = back.worklist()
    assert read.due == answer(1).due


def test_a_clients_name_for_its_request_is_not_kept(store: Store, rows: Rows) -> None:
    store.record(asked(1, key="pat-77310 of today"))
    settle(store)
    assert "pat-77310" not in str(rows(assessments))
    assert store.repeated("northfield", "pat-77310 of today")


# From before


NEW = (
    *("status", "version", "tier_order", "due", "idempotency_key", "request_digest"),
    *(
        "patient_name",
        "sought_name",
        "birth_date",
        "age_years",
        "sex",
        "side",
        "pathways",
        "headline",
        "follows",
        "superseded",
    ),
)


def test_a_record_that_an_earlier_version_left_waiting_stands_in_its_place(
    make_store: MakeStore, url: str, tmp_path: Path
) -> None:
    away = make_store(AWAY)
    away.record(answer(1, tier="routine", patient_id=None))
    away.record(answer(2, tier="emergency", patient_id=None))
    away.close()
    waiting = tmp_path / "spool" / "waiting.jsonl"
    lines = [orjson.loads(line) for line in waiting.read_bytes().splitlines()]
    for line in lines:
        del line["notices"]
        for name in NEW:
            del line["assessments"][0][name]
    waiting.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    back = make_store(url)
    back.upgrade()
    back.start()
    first, second = back.worklist()
    assert (first.id, first.due, first.status, first.version) == ("answer-00002", first.created, "open", 1)
    assert (second.id, second.due) == ("answer-00001", None)
