"""Writes notices and delivers them: at least once, by whichever worker comes first, away from every request.

A notice is kept in the same transaction as its assessment, so none is lost. A deliverer that dies between sending a
notice and marking it leaves it to be sent again, under the same `webhook-id`.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol
from uuid import UUID, uuid5

import orjson
import structlog

from cds_hooks.outbound import FetchFailed
from service.store import ClaimedNotice, DatabaseAwayError, Notice, Store
from service.webhooks.endpoints import Webhook
from service.webhooks.signing import signed_headers

LEASE = timedelta(minutes=1)
"""After so long another deliverer may take a notice that was not marked; longer than an attempt ever takes."""
_ATTEMPT = 10.0  # seconds
_LOOK_EVERY = 5.0  # seconds between two looks for what others kept, or what is to be tried again
_PAUSES = (5, 30, 120, 600, 3600)  # seconds before the next attempt, at most; the last one for all that follow
_GIVE_UP_AFTER = timedelta(days=3)
_SUCCESS = range(200, 300)
_NOTICES = UUID("0b6f7b1e-1b5c-5f0e-8d43-9c1a3d5f2e60")
_log = structlog.get_logger()


class Post(Protocol):
    """A guarded POST, such as `service.security.outbound.Outbound.post`."""

    def __call__(self, url: str, body: bytes, *, headers: Mapping[str, str], deadline: float) -> int:
        """The status of the answer; FetchFailed when there was none."""
        ...


class Webhooks:
    """The webhooks of a site. One thread for each in every process, so that one that hangs delays no other."""

    def __init__(
        self,
        webhooks: Sequence[Webhook],
        store: Store,
        post: Post,
        *,
        clock: Callable[[], datetime],
        dice: Random,
        base_url: str = "",
    ) -> None:
        """Start nothing yet: threads do not live on in a forked process.

        Args:
            webhooks: Who is told.
            store: Where notices wait.
            post: How they are sent.
            clock: The time now.
            dice: Spreads attempts, so that an endpoint that comes back is not overrun.
            base_url: Of this service, as others know it, for the location of an assessment.
        """
        self._webhooks = tuple(webhooks)
        self._store = store
        self._post = post
        self._clock = clock
        self._dice = dice
        self._base_url = base_url
        self._process: int | None = None
        self._starting = threading.Lock()
        self._stopped = threading.Event()
        self._news: list[threading.Event] = []
        self._threads: list[threading.Thread] = []

    def notices(self, document: Mapping[str, Any]) -> tuple[Notice, ...]:
        """What each webhook is to be told of this assessment: where to read it, and nothing of the patient."""
        urgency = document["urgency"]
        body = orjson.dumps(
            {
                "type": "assessment.created",
                "timestamp": document["created"],
                "data": {
                    "id": document["id"],
                    "tier": urgency["tier"],
                    "could_be": urgency["could_be"],
                    "created": document["created"],
                    "location": f"{self._base_url}/api/v1/assessments/{document['id']}",
                },
            }
        ).decode()
        # The same assessment, when its request comes again, makes the same notice, and that is kept once.
        ids = {each.name: uuid5(_NOTICES, f"{document['id']}\n{each.name}").hex for each in self._webhooks}
        return tuple(Notice(f"msg_{id_}", name, body) for name, id_ in ids.items())

    def start(self) -> None:
        """Deliver from this process. Does nothing where that is done already."""
        if self._process == os.getpid():
            return
        with self._starting:
            if self._process != os.getpid():
                self._start()
                self._process = os.getpid()

    def wake(self) -> None:
        """There is something new to deliver."""
        self.start()
        for news in self._news:
            news.set()

    def stop(self) -> None:
        """Deliver no more from this process; what is under way is finished first."""
        self._stopped.set()
        for news in self._news:
            news.set()
        for thread in self._threads:
            thread.join()
        self._process = None

    def deliver_next(self, webhook: Webhook) -> bool:
        """Try one notice that is to be tried now, and tell whether there was one.

        Raises:
            DatabaseAwayError: Notices cannot be read or marked now.
        """
        now = self._clock()
        notice = self._store.claim_notice(webhook.name, now, now + LEASE)
        if notice is None:
            return False
        if self._arrives(webhook, notice, now):
            self._store.notice_delivered(notice)
            return True
        pause = _PAUSES[min(notice.attempts, len(_PAUSES)) - 1]
        retry = self._clock() + timedelta(seconds=self._dice.uniform(0, pause))
        if retry - notice.created > _GIVE_UP_AFTER:
            self._store.notice_given_up(notice)
            _log.error("webhook notice given up", webhook=webhook.name, attempts=notice.attempts)
        else:
            self._store.notice_put_off(notice, retry)
        return True

    def _start(self) -> None:
        self._stopped = threading.Event()
        self._news = [threading.Event() for _ in self._webhooks]
        self._threads = [
            threading.Thread(target=self._serve, args=pair, name=f"webhook {pair[0].name}", daemon=True)
            for pair in zip(self._webhooks, self._news, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def _arrives(self, webhook: Webhook, notice: ClaimedNotice, now: datetime) -> bool:
        body = notice.body.encode()
        headers = signed_headers(webhook.secret, notice.id, now, body)
        headers |= {"Content-Type": "application/json", "User-Agent": "legtriage"}
        try:
            status = self._post(webhook.url, body, headers=headers, deadline=time.monotonic() + _ATTEMPT)
        except FetchFailed as failure:
            _log.warning("webhook not reached", webhook=webhook.name, attempts=notice.attempts, why=str(failure))
            return False
        if status not in _SUCCESS:
            _log.warning("webhook refused", webhook=webhook.name, attempts=notice.attempts, status=status)
        return status in _SUCCESS

    def _serve(self, webhook: Webhook, news: threading.Event) -> None:
        stopped = self._stopped
        while not stopped.is_set():
            news.clear()
            try:
                more = self.deliver_next(webhook)
            except DatabaseAwayError:
                more = False
            except Exception as error:  # noqa: BLE001 - whatever it is, the next notice must not wait for a restart
                _log.error("webhook delivery failed", webhook=webhook.name, exc_type=type(error).__name__)
                more = False
            if not more:
                news.wait(_LOOK_EVERY * self._dice.uniform(0.5, 1.5))
