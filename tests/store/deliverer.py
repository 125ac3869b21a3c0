"""A process that delivers what waits, and dies after so many deliveries, before the last of them is marked.

Run as `python -m tests.store.deliverer DATABASE SPOOL RECEIVER DELIVERIES LATER`; LATER is by how many minutes its
clock is ahead.
"""

import os
import signal
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from random import Random

import structlog

from service.security.outbound import Outbound
from service.store import Store
from service.webhooks import Webhook, Webhooks
from tests.store.answers import NOW

SECRET = b"a secret of the ward, long enough"


def main() -> None:
    url, spool, receiver, deliveries, later = sys.argv[1:]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    now = NOW + timedelta(minutes=int(later))
    store = Store(url, spool=Path(spool), patients="none", secret=None, clock=lambda: now)
    outbound = Outbound(may_be_loopback=lambda _address: True)
    left = int(deliveries)

    def post(url: str, body: bytes, *, headers: Mapping[str, str], deadline: float) -> int:
        nonlocal left
        status = outbound.post(url, body, headers=headers, deadline=deadline)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return status

    ward = Webhook("ward", receiver, SECRET)
    webhooks = Webhooks([ward], store, post, clock=lambda: now, dice=Random(1))  # noqa: S311
    while webhooks.deliver_next(ward):
        pass
    store.close()


if __name__ == "__main__":
    main()
