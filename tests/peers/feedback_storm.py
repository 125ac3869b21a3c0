"""Storms: feedback while workers are killed, and calls while the database is away. Nothing acknowledged may be lost.

`python -m tests.peers.feedback_storm` runs both, longer than the tests do.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import click
import urllib3
from sqlalchemy import Text, column, create_engine, select, table

from tests.conformance.records import ago, filled, likely_clot, request
from tests.peers.processes import JSON, Running, gunicorn, postgres

_SERVICE = "/cds-services/leg-pain-patient-view"
_CLIENTS = 8
_TRIES = 50
_REPLAYED = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a storm: what was sent, what was acknowledged, and how often each is in the database.

    `failed` are the answers that no client should get: status and body.
    """

    sent: int
    acknowledged: frozenset[str]
    stored: Mapping[str, int]
    failed: tuple[str, ...]
    disturbances: int

    @property
    def lost(self) -> list[str]:
        """What was acknowledged and is not there."""
        return sorted(self.acknowledged - self.stored.keys())

    @property
    def doubled(self) -> list[str]:
        """What is there more than once."""
        return sorted(each for each, times in self.stored.items() if times > 1)

    def __str__(self) -> str:
        return (
            f"{self.sent} sent, {len(self.acknowledged)} acknowledged, {len(self.stored)} stored, "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.failed)} failed, "
            f"{self.disturbances} disturbances"
        )


def feedback_storm(service: Running, database: str, *, posts: int, chance: random.Random) -> Outcome:
    """Post feedback from several clients, who try again when they get no answer, while workers are killed."""
    cards = [str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(posts)]
    failed: list[str] = []
    with (
        urllib3.PoolManager(retries=False, timeout=10.0, maxsize=_CLIENTS) as pool,
        _killing(service, chance) as killed,
    ):

        def post(card: str) -> bool:
            entry: JSON = {"card": card, "outcome": "overridden", "outcomeTimestamp": ago(0)}
            entry["overrideReason"] = {"userComment": f"Storm {card}"}
            return _until_answered(pool, f"{service.url}{_SERVICE}/feedback", {"feedback": [entry]}, failed)

        with ThreadPoolExecutor(_CLIENTS) as clients:
            answered = list(clients.map(post, cards))
    acknowledged = frozenset(card for card, yes in zip(cards, answered, strict=True) if yes)
    stored = _stored_when_all_there(database, "feedback", "card", acknowledged)
    return Outcome(posts, acknowledged, stored, tuple(failed), len(killed))


def outage_storm(
    service: Running, database: str, *, seconds: float, stop: Callable[[], None], start: Callable[[], None]
) -> Outcome:
    """Call the service all the time, while the database is away for these seconds and for a while after."""
    record = likely_clot("storm")
    prefetch = _prefetch(service)
    failed: list[str] = []
    acknowledged: list[str] = []
    over = threading.Event()
    with urllib3.PoolManager(retries=False, timeout=10.0, maxsize=_CLIENTS) as pool:

        def keep_calling() -> None:
            while not over.is_set():
                body = request("patient-view", record, prefetch=filled(prefetch, record))
                reply = pool.request("POST", f"{service.url}{_SERVICE}", json=body)
                if reply.status == 200 and reply.json()["cards"]:
                    acknowledged.append(body["hookInstance"])
                else:
                    failed.append(f"{reply.status} {reply.data[:200]!r}")

        with ThreadPoolExecutor(_CLIENTS) as clients:
            callers = [clients.submit(keep_calling) for _ in range(_CLIENTS)]
            try:
                time.sleep(1)
                stop()
                time.sleep(seconds)
                start()
                time.sleep(1)
            finally:
                over.set()
            for caller in callers:
                caller.result()
    expected = frozenset(acknowledged)
    stored = _stored_when_all_there(database, "assessments", "hook_instance", expected)
    return Outcome(len(acknowledged) + len(failed), expected, stored, tuple(failed), 1)


def _until_answered(pool: urllib3.PoolManager, url: str, body: JSON, failed: list[str]) -> bool:
    for _ in range(_TRIES):
        try:
            reply = pool.request("POST", url, json=body)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)  # its worker was killed
            continue
        if reply.status != 200:
            failed.append(f"{reply.status} {reply.data[:200]!r}")
        return reply.status == 200
    failed.append("no answer")
    return False


@contextmanager
def _killing(service: Running, chance: random.Random) -> Iterator[list[int]]:
    """Kill a worker now and then; the list grows with each."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(chance.uniform(0.2, 0.8)):
            service.kill_worker(chance.randrange(100))
            killed.append(len(killed))

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


def _prefetch(service: Running) -> Mapping[str, str]:
    with urllib3.PoolManager() as pool:
        services = pool.request("GET", f"{service.url}/cds-services").json()["services"]
    return next(each["prefetch"] for each in services if each["hook"] == "patient-view")


def _stored_when_all_there(database: str, rows: str, name: str, expected: frozenset[str]) -> Mapping[str, int]:
    """How often each is stored. What waits in a spool gets some time to be replayed."""
    stored: Mapping[str, int] = {}
    end = time.monotonic() + _REPLAYED
    while time.monotonic() < end:
        stored = _stored(database, rows, name)
        if expected <= stored.keys():
            break
        time.sleep(0.5)
    return stored


def _stored(database: str, rows: str, name: str) -> Mapping[str, int]:
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            found = connection.execute(select(column(name, Text)).select_from(table(rows))).scalars()
            return Counter(found)
    finally:
        engine.dispose()


@click.command()
@click.option("--posts", default=1000, show_default=True, help="Feedback entries.")
@click.option("--outage", default=30.0, show_default=True, help="Seconds without the database.")
@click.option("--seed", default=0, show_default=True, help="Which workers are killed when.")
def main(posts: int, outage: float, seed: int) -> None:
    """Both storms against a service with two workers, on a PostgreSQL of their own."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    with postgres() as server, gunicorn({"LEGTRIAGE_DATABASE_URL": server.url}) as service:
        click.echo(f"feedback: {feedback_storm(service, server.url, posts=posts, chance=chance)}")
        calls = outage_storm(service, server.url, seconds=outage, stop=server.stop, start=server.start)
        click.echo(f"calls: {calls}")


if __name__ == "__main__":
    main()
