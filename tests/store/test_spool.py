"""What waits while the database is away comes to it later: in order, once, and nothing of it is lost."""

import shutil
import stat
import threading
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import NullPool, create_engine

from service.store import NotStoredError, Store
from service.store.spool import Spool
from service.store.tables import assessments, feedback
from tests.store.answers import answer, overridden
from tests.store.conftest import MakeStore, Rows, settle

AWAY = "postgresql+psycopg://owner@127.0.0.1:1/none"


def wait_until_empty(spool: Path) -> None:
    limit = time.monotonic() + 10
    while (spool / "waiting.jsonl").stat().st_size and time.monotonic() < limit:
        time.sleep(0.01)
    assert not (spool / "waiting.jsonl").stat().st_size


def numbers(rows: Rows) -> list[int]:
    return [int(each["id"].removeprefix("answer-")) for each in rows(assessments)]


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def back(make_store: MakeStore, url: str) -> Store:
    """A store that finds the database, where others did not."""
    store = make_store(url)
    store.upgrade()
    return store


def test_what_waited_is_replayed_at_the_start_in_order(
    make_store: MakeStore, back: Store, rows: Rows, spool: Path
) -> None:
    away = make_store(AWAY)
    for number in range(1, 51):
        away.record(answer(number))
    away.feedback([overridden()])
    away.feedback([overridden()])
    assert len((spool / "waiting.jsonl").read_bytes().splitlines()) == 52
    away.close()
    back.start()
    assert numbers(rows) == list(range(1, 51))
    assert len(rows(feedback)) == 1
    wait_until_empty(spool)


def test_new_records_queue_up_behind_those_that_wait(
    make_store: MakeStore, back: Store, rows: Rows, spool: Path
) -> None:
    away = make_store(AWAY)
    for number in range(1, 21):
        away.record(answer(number))
    away.close()
    for number in range(21, 41):
        back.record(answer(number))
    wait_until_empty(spool)
    assert numbers(rows) == list(range(1, 41))


def test_a_look_at_readiness_is_enough_to_replay(make_store: MakeStore, back: Store, rows: Rows, spool: Path) -> None:
    make_store(AWAY).record(answer(1))
    assert back.ready().ready
    wait_until_empty(spool)
    assert numbers(rows) == [1]


def test_a_replay_that_was_cut_off_is_done_again_without_harm(
    make_store: MakeStore, back: Store, rows: Rows, spool: Path
) -> None:
    away = make_store(AWAY)
    for number in range(1, 11):
        away.record(answer(number))
    away.close()
    waiting = (spool / "waiting.jsonl").read_bytes()
    back.start()
    (spool / "waiting.jsonl").write_bytes(waiting)  # as if it had been killed before it could forget
    back.start()
    assert numbers(rows) == list(range(1, 11))


@pytest.mark.parametrize(
    "torn",
    [b'{"assessments":[{"id":"answer-000', b"{", b"\0" * 100, b"x" * 600_000],
    ids=["half", "brace", "zeros", "long"],
)
def test_a_torn_line_is_kept_aside_and_spoils_nothing(
    make_store: MakeStore, back: Store, rows: Rows, spool: Path, torn: bytes
) -> None:
    away = make_store(AWAY)
    away.record(answer(1))
    with (spool / "waiting.jsonl").open("ab") as file:
        file.write(torn)
    away.record(answer(2))
    with (spool / "waiting.jsonl").open("ab") as file:
        file.write(torn)
    away.close()
    back.start()
    assert numbers(rows) == [1, 2]
    assert (spool / "aside.jsonl").read_bytes() == (torn + b"\n") * 2


@pytest.mark.parametrize(
    "line", [b"not JSON", b"[]", b'"x"', b'{"assessments":[{"id":null}]}', b'{"assessments":[7]}', b'{"cards":7}', b""]
)
def test_a_line_that_cannot_be_used_is_kept_aside_and_holds_up_nothing(
    make_store: MakeStore, back: Store, rows: Rows, spool: Path, line: bytes
) -> None:
    away = make_store(AWAY)
    away.record(answer(1))
    with (spool / "waiting.jsonl").open("ab") as file:
        file.write(line + b"\n")
    away.record(answer(2))
    away.close()
    back.start()
    assert numbers(rows) == [1, 2]
    assert (spool / "aside.jsonl").read_bytes() == line + b"\n"


def test_a_record_from_before_an_upgrade_fits(make_store: MakeStore, back: Store, rows: Rows, spool: Path) -> None:
    away = make_store(AWAY)
    away.record(answer(1))
    away.close()  # or it may look at the file while it is rewritten here
    record = orjson.loads((spool / "waiting.jsonl").read_bytes())
    del record["assessments"][0]["could_be"]
    record["assessments"][0]["gone"] = 1
    record["gone"] = [{"x": 1}]
    (spool / "waiting.jsonl").write_bytes(orjson.dumps(record) + b"\n")
    back.start()
    (kept,) = rows(assessments)
    assert kept["could_be"] is None


def test_much_may_wait(make_store: MakeStore, back: Store, rows: Rows, spool: Path) -> None:
    long = ["word " * 100_000]
    away = make_store(AWAY)
    for number in range(1, 300):
        away.record(answer(number, findings=long if number == 150 else []))
    assert (spool / "waiting.jsonl").stat().st_size > 500_000
    away.close()
    back.start()
    assert numbers(rows) == list(range(1, 300))


def test_of_several_that_replay_and_write_none_loses_a_line(tmp_path: Path) -> None:
    used: list[bytes] = []
    done = threading.Event()

    def replay() -> None:
        while not done.is_set() or not Spool(tmp_path).is_empty():
            Spool(tmp_path).drain(used.extend)

    def write(first: int) -> None:
        for number in range(first, first + 100):
            Spool(tmp_path).append(b"%d" % number)

    replayers = [threading.Thread(target=replay) for _ in range(2)]
    writers = [threading.Thread(target=write, args=[first]) for first in (0, 100, 200)]
    for thread in (*replayers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in replayers:
        thread.join()
    assert sorted(map(int, used)) == list(range(300))
    for first in (0, 100, 200):
        assert [n for n in map(int, used) if first <= n < first + 100] == list(range(first, first + 100))


def test_while_a_replay_fails_nothing_is_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"1")

    def fail(_lines: Any) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        spool.drain(fail)
    seen: list[bytes] = []
    assert spool.drain(seen.extend)
    assert seen == [b"1"]
    assert spool.is_empty()


def test_when_nothing_can_be_written_the_caller_is_told(make_store: MakeStore, spool: Path) -> None:
    store = make_store(AWAY)
    shutil.rmtree(spool)
    with pytest.raises(NotStoredError):
        store.record(answer())
    with pytest.raises(NotStoredError):
        store.feedback([overridden()])
    assert store.ready() == (False, "database away, spool not writable")


def test_who_lost_a_record_is_ready_again_when_the_next_one_can_be_kept(
    make_store: MakeStore, tmp_path: Path, spool: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'there.db'}"
    store = make_store(url)
    store.start()
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN EXCLUSIVE")
        spool.rename(tmp_path / "elsewhere")
        with pytest.raises(NotStoredError):
            store.record(answer())
        assert not store.ready().ready
        other.rollback()
    (tmp_path / "elsewhere").rename(spool)
    settle(store)
    assert store.ready().ready


def test_a_spool_that_cannot_be_written_is_no_matter_while_the_database_is_there(
    store: Store, rows: Rows, spool: Path
) -> None:
    shutil.rmtree(spool)
    store.record(answer())
    assert numbers(rows) == [1]


def test_a_full_spool_falls_back_on_the_database(make_store: MakeStore, back: Store, rows: Rows, spool: Path) -> None:
    (spool / "waiting.jsonl").unlink(missing_ok=True)
    (spool / "waiting.jsonl").mkdir()  # looks as if something waited, and cannot be written
    back.record(answer())
    assert numbers(rows) == [1]
    (spool / "waiting.jsonl").rmdir()


def test_sqlite_that_is_locked_for_long_is_away_and_found_again(
    make_store: MakeStore, tmp_path: Path, spool: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'there.db'}"
    store = make_store(url)
    store.start()
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN EXCLUSIVE")
        store.record(answer(1))
        started = time.monotonic()
        store.record(answer(2))
        assert time.monotonic() - started < 0.5
        assert stat.S_IMODE((spool / "waiting.jsonl").stat().st_mode) == 0o600
        other.rollback()
    wait_until_empty(spool)
    assert store.ready().reason.startswith("database at")
    with engine.connect() as other:
        found = other.exec_driver_sql("SELECT id FROM assessments ORDER BY sequence").scalars().all()
    assert found == ["answer-00001", "answer-00002"]
