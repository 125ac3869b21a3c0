"""What the tests of the store share: two kinds of database, and a store on a fresh one."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, Table, create_engine, select, text

from service.store import Store
from service.store.database import Database
from service.store.privacy import Policy
from service.store.tables import REVISION, metadata
from tests.store.answers import NOW
from tests.store.postgresql import Server

Rows = Callable[[Table], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    try:
        server.start()
        server.execute("CREATE DATABASE ready")
        database = Database(server.url("ready"))
        database.upgrade()
        database.close()
        yield server
    finally:
        server.remove()


@pytest.fixture
def postgresql_url(server: Server) -> str:
    """The URL of a database that has the tables and nothing in them."""
    url = server.url("ready")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # the audit lets nobody else empty it
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": REVISION})
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database; PostgreSQL has its tables, SQLite gets them at the start."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path / 'var' / 'legtriage.db'}"


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


MakeStore = Callable[..., Store]
_SECRET = "a secret for tests"  # noqa: S105


@pytest.fixture
def make_store(tmp_path: Path, clock: Clock) -> Iterator[MakeStore]:
    """Stores that are closed at the end of the test."""
    made: list[Store] = []

    def make(url: str, patients: Policy = "pseudonym", secret: str | None = _SECRET) -> Store:
        store = Store(url, spool=tmp_path / "spool", patients=patients, secret=secret, clock=clock)
        made.append(store)
        return store

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: MakeStore, url: str) -> Store:
    store = make_store(url)
    store.start()
    return store


def rows_of(url: str, table: Table) -> list[dict[str, Any]]:
    """All rows of a table, in the order they came where the table keeps it."""
    statement = select(table).order_by(*table.primary_key.columns)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


@pytest.fixture
def rows(url: str, tmp_path: Path) -> Rows:
    """What a table holds once nothing waits: on a busy machine a database may be slow enough to count as away."""
    waiting = tmp_path / "spool" / "waiting.jsonl"

    def read(table: Table) -> list[dict[str, Any]]:
        limit = time.monotonic() + 60
        while waiting.is_file() and waiting.stat().st_size and time.monotonic() < limit:
            time.sleep(0.01)
        return rows_of(url, table)

    return read


def settle(store: Store) -> None:
    """Wait until nothing waits in the spool: on a busy machine a database may be slow enough to count as away."""
    limit = time.monotonic() + 60
    while store.ready().reason != f"database at {REVISION}" and time.monotonic() < limit:
        time.sleep(0.02)
