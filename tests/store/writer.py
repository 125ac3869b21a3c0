"""A process that records answers and says which were acknowledged, until it is done or killed.

Run as `python -m tests.store.writer URL SPOOL FIRST COUNT PAUSE`.
"""

import sys
import time
from pathlib import Path

import structlog

from service.store import Store
from tests.store.answers import NOW, answer


def main() -> None:
    url, spool, first, count, pause = sys.argv[1:]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    store = Store(url, spool=Path(spool), patients="none", secret=None, clock=lambda: NOW)
    for number in range(int(first), int(first) + int(count)):
        store.record(answer(number))
        print(number, flush=True)  # noqa: T201 - the acknowledgement
        time.sleep(float(pause))
    store.close()


if __name__ == "__main__":
    main()
