"""Calls of hooks are counted beside the answers, and written down by and by."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from service.hooks.counting import CallCounts
from service.store import CallsNotAddedError, Store

NIGHT = datetime(2026, 11, 24, 9, 30, tzinfo=timezone(timedelta(hours=14)))
SERVICE = "leg-pain-patient-view"
KEY = ("2026-11-23", "northfield", SERVICE)


class Kept:
    """What was written down; the first so many times are refused."""

    def __init__(self, refused: int = 0) -> None:
        self.refused = refused
        self.counts: dict[tuple[str, str, str], list[int]] = {}

    def __call__(self, counts: Mapping[tuple[str, str, str], Sequence[int]]) -> None:
        if self.refused:
            self.refused -= 1
            raise CallsNotAddedError
        for key, values in counts.items():
            self.counts[key] = [a + b for a, b in zip(self.counts.get(key, [0, 0, 0]), values, strict=True)]


def come_true(condition: Callable[[], bool]) -> bool:
    limit = time.monotonic() + 60
    while not condition() and time.monotonic() < limit:
        time.sleep(0.01)
    return condition()


def test_calls_are_written_by_and_by_under_their_day_in_utc() -> None:
    kept = Kept()
    counts = CallCounts(kept, lambda: NIGHT, every=0.05)
    for cards in (0, 0, 3):
        counts.add("northfield", SERVICE, cards)
    assert come_true(lambda: kept.counts == {KEY: [3, 2, 3]})

    counts.add("northfield", SERVICE, 1)
    assert come_true(lambda: kept.counts == {KEY: [4, 2, 4]})


def test_what_is_not_taken_is_written_the_next_time() -> None:
    kept = Kept(refused=3)
    counts = CallCounts(kept, lambda: NIGHT, every=0.02)
    counts.add("northfield", SERVICE, 2)

    assert come_true(lambda: kept.counts == {KEY: [1, 0, 2]})
    assert not kept.refused


def make_store(folder: Path) -> Store:
    store = Store(f"sqlite:///{folder / 'x.db'}", spool=folder, patients="none", secret="s", clock=lambda: NIGHT)  # noqa: S106
    store.start()
    return store


def test_a_process_that_ends_writes_what_it_counted(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.service.test_counting import *\n"
        "counts = CallCounts(make_store(Path(sys.argv[1])).add_calls, lambda: NIGHT, every=3600)\n"
        "counts.add('northfield', SERVICE, 2)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=120)  # noqa: S603

    day = datetime(2026, 11, 23, tzinfo=UTC)
    (told,) = make_store(tmp_path).insights(day, day + timedelta(days=1)).calls
    assert (told.service, told.calls, told.silent, told.cards) == (SERVICE, 1, 0, 2)
