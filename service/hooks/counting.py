"""How often hooks fire, and how often they stay silent: counted in memory, written down now and then.

Nobody who opens a chart waits for it. What is not written when a process is killed is lost; the counts are only read
as rates.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from service.store import CallsNotAddedError

Keep = Callable[[Mapping[tuple[str, str, str], Sequence[int]]], None]
_EVERY = 10.0  # seconds


class CallCounts:
    """The calls of this process that are not written down yet. Safe for threads, and for a fork before the first."""

    def __init__(self, keep: Keep, clock: Callable[[], datetime], every: float = _EVERY) -> None:
        """Have them kept at most once in `every` seconds; `keep` raises CallsNotAddedError when it cannot."""
        self._keep = keep
        self._clock = clock
        self._every = every
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str, str], list[int]] = {}
        self._writer: threading.Thread | None = None

    def add(self, client: str, service: str, cards: int) -> None:
        """Count one call and the cards it gave."""
        day = f"{self._clock().astimezone(UTC):%Y-%m-%d}"
        with self._lock:
            self._merge((day, client, service), [1, int(not cards), cards])
            if self._writer is None or not self._writer.is_alive():
                # Not a daemon: a process that ends waits for what it writes last.
                self._writer = threading.Thread(target=self._write_until_done, name="call counts")
                with suppress(RuntimeError):  # no thread to be had: an answer does not fail for its count
                    self._writer.start()

    def _write(self) -> None:
        """Write down what is counted. What the database does not take now stays for the next time."""
        with self._lock:
            counts, self._counts = self._counts, {}
        try:
            self._keep(counts)
        except CallsNotAddedError:
            with self._lock:
                for key, values in counts.items():
                    self._merge(key, values)

    def _write_until_done(self) -> None:
        while True:
            # Ends early when the process does.
            threading.main_thread().join(self._every)
            self._write()
            with self._lock:
                if not self._counts or not threading.main_thread().is_alive():
                    self._writer = None
                    return

    def _merge(self, key: tuple[str, str, str], values: list[int]) -> None:
        so_far = self._counts.get(key, [0, 0, 0])
        self._counts[key] = [old + new for old, new in zip(so_far, values, strict=True)]
