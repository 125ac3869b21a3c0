"""Killed writers, killed replays, a database that is stopped or frozen: what was acknowledged is there, once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.store import Store
from service.store.tables import assessments, cards
from tests.store.answers import NOW, answer
from tests.store.conftest import MakeStore, rows_of
from tests.store.postgresql import Server
from tests.store.test_spool import AWAY, wait_until_empty

Process = subprocess.Popen[str]


def start(url: str, spool: Path, first: int, count: int, pause: float = 0) -> Process:
    command = [sys.executable, "-m", "tests.store.writer", url, spool, first, count, pause]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)  # noqa: S603


def acknowledged(process: Process) -> list[int]:
    """What a process that has ended had said; a line that it was cut off in says nothing."""
    said, _ = process.communicate()
    return [int(line) for line in said[: said.rfind("\n") + 1].splitlines()]


def kill_while_it_writes(process: Process, dice: random.Random) -> list[int]:
    assert process.stdout is not None
    first = int(process.stdout.readline())
    time.sleep(dice.uniform(0, 0.15))
    process.kill()
    return [first, *acknowledged(process)]


def stored(url: str) -> list[int]:
    return [int(each["id"].removeprefix("answer-")) for each in rows_of(url, assessments)]


def assert_kept(url: str, told: list[list[int]]) -> None:
    """All that was acknowledged is there, each writer's in its order, and nothing twice."""
    kept = stored(url)
    assert len(kept) == len(set(kept))
    for numbers in told:
        assert numbers
        assert [number for number in kept if number in set(numbers)] == numbers
    whole = {each["assessment"] for each in rows_of(url, cards)}
    assert len(whole) == len(kept)


def test_killed_while_writing_to_the_database(url: str, make_store: MakeStore, tmp_path: Path) -> None:
    make_store(url).upgrade()
    dice = random.Random(1)  # noqa: S311
    told = [
        kill_while_it_writes(start(url, tmp_path / "spool", first, 10_000), dice) for first in range(0, 30_000, 10_000)
    ]
    make_store(url).start()
    assert_kept(url, told)


def test_killed_while_writing_to_the_spool(url: str, make_store: MakeStore, tmp_path: Path) -> None:
    dice = random.Random(2)  # noqa: S311
    told = [
        kill_while_it_writes(start(AWAY, tmp_path / "spool", first, 10_000), dice) for first in range(0, 30_000, 10_000)
    ]
    store = make_store(url)
    store.upgrade()
    store.start()
    assert_kept(url, told)


def test_killed_while_replaying(url: str, make_store: MakeStore, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    away = make_store(AWAY)
    for number in range(1, 401):
        away.record(answer(number, result={"padding": "x" * 2000}))
    away.close()
    make_store(url).upgrade()
    dice = random.Random(3)  # noqa: S311
    for first in range(1000, 3000, 1000):
        process = start(url, spool, first, 1, 10)  # its first record wakes the replay
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(dice.uniform(0, 0.05))
        process.kill()
        process.communicate()
    make_store(url).start()
    wait_until_empty(spool)
    assert_kept(url, [list(range(1, 401)), [1000], [2000]])


def test_the_database_is_stopped_and_started_under_two_writers(
    server: Server, postgresql_url: str, tmp_path: Path
) -> None:
    """Each is a machine of its own, for both to lose and find the database."""
    writers = [start(postgresql_url, tmp_path / str(n), n * 10_000, 250, 0.01) for n in (1, 2)]
    said = []
    for writer in writers:
        assert writer.stdout is not None
        said.append(int(writer.stdout.readline()))
    for _ in range(2):
        time.sleep(0.3)
        server.stop()
        time.sleep(0.3)
        server.start()
    told = [[first, *acknowledged(writer)] for first, writer in zip(said, writers, strict=True)]
    assert [writer.returncode for writer in writers] == [0, 0]
    for n in (1, 2):
        left = Store(postgresql_url, spool=tmp_path / str(n), patients="none", secret=None, clock=lambda: NOW)
        left.start()
        left.close()
    assert [len(numbers) for numbers in told] == [250, 250]
    assert_kept(postgresql_url, told)


def test_two_processes_that_share_a_spool_write_at_once(url: str, make_store: MakeStore, tmp_path: Path) -> None:
    make_store(url).upgrade()
    away = make_store(AWAY)
    for number in range(1, 101):
        away.record(answer(number))
    away.close()
    writers = [start(url, tmp_path / "spool", n * 10_000, 100) for n in (1, 2)]
    told = [acknowledged(writer) for writer in writers]
    make_store(url).start()
    assert [len(numbers) for numbers in told] == [100, 100]
    assert_kept(url, [list(range(1, 101)), *told])


def test_a_frozen_server_holds_nobody_up_for_long(
    server: Server, postgresql_url: str, make_store: MakeStore, capfd: pytest.CaptureFixture[str]
) -> None:
    store = make_store(postgresql_url)
    store.record(answer(1))
    server.signal_backends(signal.SIGSTOP)
    try:
        started = time.monotonic()
        store.record(answer(2))
        store.record(answer(3))
        assert time.monotonic() - started < 3
    finally:
        server.signal_backends(signal.SIGCONT)
    store.ready()
    wait_until_empty(Path(store._spool._folder))
    assert stored(postgresql_url) == [1, 2, 3]
    assert capfd.readouterr().err == ""  # the libraries would tell in their own words


def test_a_connection_from_before_a_restart_costs_no_outage(
    server: Server, postgresql_url: str, make_store: MakeStore, tmp_path: Path
) -> None:
    store = make_store(postgresql_url)
    store.record(answer(1))
    server.stop()
    server.start()
    store.record(answer(2))
    assert stored(postgresql_url) == [1, 2]
    assert not (tmp_path / "spool" / "waiting.jsonl").exists()


def test_a_store_that_was_used_before_the_fork_works_on_both_sides(
    url: str, make_store: MakeStore, tmp_path: Path
) -> None:
    store = make_store(url)
    store.upgrade()
    store.record(answer(1))
    child = os.fork()
    if not child:
        store.record(answer(2))
        store.close()
        os._exit(0)
    store.record(answer(3))
    assert os.waitpid(child, 0)[1] == 0
    assert sorted(stored(url)) == [1, 2, 3]
