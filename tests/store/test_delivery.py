"""Every notice reaches its receiver, signed, at least once, whoever dies on the way; and no secret is told."""

import base64
import hmac
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from structlog.testing import CapturingLogger

from cds_hooks.outbound import FetchFailed
from service.security.outbound import Outbound
from service.store import DatabaseAwayError, Notice, Store
from service.store.tables import notices
from service.webhooks import Webhook, Webhooks, delivery
from service.webhooks.signing import signed_headers
from tests.security.servers import Asked, Reply, Server, serving
from tests.store.answers import NOW, answer
from tests.store.conftest import Clock, MakeStore, Rows, settle
from tests.store.deliverer import SECRET
from tests.store.test_spool import AWAY

Post = Callable[..., int]


@pytest.fixture
def receiver() -> Iterator[Server]:
    with serving(Reply()) as running:
        yield running


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    """What delivery logs, whatever an application of another test has set."""
    log = CapturingLogger()
    monkeypatch.setattr(delivery, "_log", log)
    return log


def ward(receiver: Server) -> Webhook:
    return Webhook("ward", receiver.url, SECRET)


def made(store: Store, clock: Clock, *webhooks: Webhook, post: Post | None = None) -> Webhooks:
    post = post or Outbound(may_be_loopback=lambda _address: True).post
    return Webhooks(webhooks, store, post, clock=clock, dice=Random(7))  # noqa: S311


def keep(store: Store, *numbers: int, webhook: str = "ward") -> None:
    for number in numbers:
        notice = Notice(f"msg_{webhook}_{number}", webhook, f'{{"n":{number}}}')
        store.record(answer(number, created=NOW, notices=(notice,)))
    settle(store)


def ids(asked: list[Asked]) -> list[str]:
    return [each.headers["webhook-id"] for each in asked]


def verified(asked: Asked) -> bool:
    message = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
    expected = base64.b64encode(hmac.new(SECRET, message, "sha256").digest()).decode()
    return asked.headers["webhook-signature"] == f"v1,{expected}"


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.01)
    assert condition()


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that the libraries of Standard Webhooks test themselves with."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    assert signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}') == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_what_is_kept_is_delivered_by_threads_signed_and_once(store: Store, clock: Clock, receiver: Server) -> None:
    webhooks = made(store, clock, ward(receiver))
    webhooks.wake()
    keep(store, 1, 2, 3)
    webhooks.wake()
    try:
        wait_for(lambda: store.notice_counts() == [("ward", "delivered", 3)])
    finally:
        webhooks.stop()
    assert sorted(ids(receiver.asked)) == ["msg_ward_1", "msg_ward_2", "msg_ward_3"]
    assert all(verified(each) for each in receiver.asked)
    assert {each.body for each in receiver.asked} == {b'{"n":1}', b'{"n":2}', b'{"n":3}'}
    assert receiver.asked[0].headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert receiver.asked[0].headers["Content-Type"] == "application/json"


def test_a_notice_is_tried_again_ever_more_seldom_for_three_days(
    store: Store, clock: Clock, rows: Rows, log: CapturingLogger
) -> None:
    keep(store, 1)
    tried: list[tuple[datetime, str]] = []

    def post(_url: str, _body: bytes, *, headers: Mapping[str, str], deadline: float) -> int:
        tried.append((clock.now, headers["webhook-id"]))
        if len(tried) % 2:
            raise FetchFailed("TimeoutError")
        return 503

    hook = Webhook("ward", "https://ward.example.org/", SECRET)
    webhooks = made(store, clock, hook, post=post)
    while webhooks.deliver_next(hook):
        (row,) = rows(notices)
        clock.now = max(clock.now, row["next_try"] if row["state"] == "waiting" else clock.now)
    pauses = [(later - earlier).total_seconds() for (earlier, _), (later, _) in pairwise(tried)]
    for pause, most in zip(pauses, [5, 30, 120, 600, *[3600] * 1000], strict=False):
        assert 0 <= pause <= most
    assert len({round(pause) for pause in pauses[4:]}) > 10
    assert max(pauses) > 1800
    assert timedelta(days=2, hours=23) < tried[-1][0] - NOW <= timedelta(days=3)
    assert {notice for _, notice in tried} == {"msg_ward_1"}
    assert store.notice_counts() == [("ward", "given up", 1)]
    assert log.calls[-1].args == ("webhook notice given up",)
    assert store.retry_notices("ward", clock.now) == 1
    assert webhooks.deliver_next(hook)


def test_a_notice_is_with_one_deliverer_at_a_time_until_its_lease_runs_out(store: Store, clock: Clock) -> None:
    keep(store, *range(1, 31))
    claimed: list[str] = []
    until = NOW + timedelta(minutes=1)

    def work() -> None:
        while notice := store.claim_notice("ward", NOW, until):
            claimed.append(notice.id)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # One that was beaten to all it looked at may have stopped too early.
    work()
    assert Counter(claimed) == {f"msg_ward_{n}": 1 for n in range(1, 31)}
    assert store.claim_notice("ward", until - timedelta(seconds=1), until) is None
    again = store.claim_notice("ward", until, until + timedelta(minutes=1))
    assert again is not None
    assert again.attempts == 2


def test_one_who_comes_back_late_spoils_nothing(store: Store, rows: Rows) -> None:
    keep(store, 1)
    late = store.claim_notice("ward", NOW, NOW)
    other = store.claim_notice("ward", NOW, NOW + timedelta(minutes=1))
    assert late
    assert other
    store.notice_put_off(late, NOW + timedelta(days=1))
    assert rows(notices)[0]["next_try"] == NOW + timedelta(minutes=1)
    store.notice_delivered(late)
    store.notice_put_off(other, NOW)
    assert rows(notices)[0]["state"] == "delivered"


@pytest.mark.parametrize("deaths", [[2, 1]])
def test_a_deliverer_that_dies_between_sending_and_marking_loses_nothing(
    store: Store, url: str, receiver: Server, tmp_path: Path, deaths: list[int]
) -> None:
    keep(store, *range(1, 9))
    ends = []
    for number, deliveries in enumerate([*deaths, 1000]):
        command = [sys.executable, "-m", "tests.store.deliverer", url, tmp_path / "spool", receiver.url]
        done = subprocess.run(  # noqa: S603
            [*map(str, command), str(deliveries), str(2 * number)], check=False, capture_output=True, timeout=60
        )
        ends.append(done.returncode)
    assert ends == [*[-signal.SIGKILL] * len(deaths), 0]
    assert store.notice_counts() == [("ward", "delivered", 8)]
    seen = Counter(ids(receiver.asked))
    assert set(seen) == {f"msg_ward_{n}" for n in range(1, 9)}
    assert sum(seen.values()) == 8 + len(deaths)  # each death cost one repetition, under the same id
    assert {each.body for each in receiver.asked if each.headers["webhook-id"] == "msg_ward_1"} == {b'{"n":1}'}
    assert all(verified(each) for each in receiver.asked)


def test_an_endpoint_that_hangs_delays_no_other(store: Store, clock: Clock, receiver: Server) -> None:
    with serving(Reply(delay=6)) as hanging:
        keep(store, *range(1, 6), webhook="slow")
        keep(store, *range(6, 9))
        webhooks = made(store, clock, Webhook("slow", hanging.url, SECRET), ward(receiver))
        began = time.monotonic()
        webhooks.start()
        webhooks.start()
        keep(store, 9)
        webhooks.wake()
        wait_for(lambda: len(receiver.asked) == 4)
        assert time.monotonic() - began < 5.5
        webhooks.stop()
    assert len(hanging.asked) <= 2


def test_notices_that_waited_in_the_spool_are_delivered(
    make_store: MakeStore, url: str, clock: Clock, receiver: Server
) -> None:
    away = make_store(AWAY)
    away.record(answer(1, created=NOW, notices=(Notice("msg_ward_1", "ward", "{}"),)))
    with pytest.raises(DatabaseAwayError):
        made(away, clock, ward(receiver)).deliver_next(ward(receiver))
    away.close()
    back = make_store(url)
    back.upgrade()
    back.start()
    assert made(back, clock, ward(receiver)).deliver_next(ward(receiver))
    assert ids(receiver.asked) == ["msg_ward_1"]


def test_a_database_that_is_away_or_an_odd_fault_stops_no_thread(
    make_store: MakeStore, clock: Clock, receiver: Server, log: CapturingLogger
) -> None:
    away = made(make_store(AWAY), clock, ward(receiver))
    away.start()
    away.stop()

    class Broken:
        def claim_notice(self, *_: Any) -> None:
            raise RuntimeError

    broken = made(Broken(), clock, ward(receiver))  # type: ignore[arg-type]
    broken.start()
    wait_for(lambda: bool(log.calls))
    assert all(thread.is_alive() for thread in broken._threads)
    broken.stop()
    assert log.calls[0].args == ("webhook delivery failed",)
    assert log.calls[0].kwargs["exc_type"] == "RuntimeError"


def test_no_secret_is_told(store: Store, clock: Clock, log: CapturingLogger) -> None:
    hook = Webhook("ward", "http://127.0.0.1:1/?token=s3cret", SECRET)
    keep(store, 1)
    assert made(store, clock, hook).deliver_next(hook)
    assert log.calls[0].args == ("webhook not reached",)
    assert "s3cret" not in str(log.calls)
    assert SECRET.decode() not in str(log.calls) + repr(hook)


def test_a_notice_says_where_to_read_and_nothing_of_the_patient(store: Store, clock: Clock, receiver: Server) -> None:
    document = {
        "id": "a-1",
        "created": "2026-11-23T10:00:00+00:00",
        "urgency": {"tier": "emergency", "could_be": "emergency", "because": [{"text": "pat-77310"}]},
        "findings": [{"key": "calf_pain"}],
    }
    webhooks = made(store, clock, ward(receiver), Webhook("desk", receiver.url, SECRET))
    first, second = webhooks.notices(document)
    assert (first.webhook, second.webhook) == ("ward", "desk")
    assert first.id != second.id
    assert orjson.loads(first.body) == {
        "type": "assessment.created",
        "timestamp": "2026-11-23T10:00:00+00:00",
        "data": {
            "id": "a-1",
            "tier": "emergency",
            "could_be": "emergency",
            "created": "2026-11-23T10:00:00+00:00",
            "location": "/api/v1/assessments/a-1",
        },
    }
