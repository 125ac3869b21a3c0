"""The database: connections, migrations, and telling at once that it is away."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

import orjson
import structlog
from sqlalchemy import URL, Connection, Engine, Insert, NullPool, create_engine, event, literal, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)

from service.store.succession import inheriting, ready, supersede, take_turns
from service.store.tables import REVISION, assessments, metadata

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""What to insert: rows by table, in an order that foreign keys allow."""

ANSWER_WITHIN = 1.0
"""Seconds a PostgreSQL server may take over one transaction before it counts as away."""
_CONNECT_WITHIN = 1  # seconds; libpq makes two of it
_WAIT_FOR_LOCK = 1000  # milliseconds
_STALE = 0.5  # seconds; a connection that is lost sooner was lost before we took it
_MIGRATIONS = Path(__file__).with_name("migrations")
_Result = TypeVar("_Result")
_log = structlog.get_logger()
_engines: WeakSet[Engine] = WeakSet()

for _library in ("psycopg", "sqlalchemy"):  # what they log may quote values
    logging.getLogger(_library).addHandler(logging.NullHandler())
    logging.getLogger(_library).propagate = False


def _close_before_fork() -> None:
    """A connection must not be used, nor closed, on both sides of a fork."""
    for engine in list(_engines):
        engine.dispose()


os.register_at_fork(before=_close_before_fork)


class DatabaseAwayError(Exception):
    """The database cannot be reached or does not work now. Nothing was refused; try again later."""


class RowsRefusedError(Exception):
    """The database works, and will never take these rows."""


class Database:
    """One database.

    After a failure it is `away`, and every call fails at once until one that is made `anyway` has found it back: a
    dead server must not cost every request its timeout.
    """

    def __init__(self, url: str, *, synchronous: str = "FULL") -> None:
        """Connect nothing yet. ValueError when the URL names no database that we can use."""
        self._url = _checked(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._synchronous = synchronous
        self._engine = self._create_engine(pool_size=5, max_overflow=10, pool_timeout=ANSWER_WITHIN)
        _engines.add(self._engine)
        insert = sqlite.insert if self.is_sqlite else postgresql.insert
        self._inserts: dict[str, Insert] = {
            name: insert(table).on_conflict_do_nothing() for name, table in metadata.tables.items()
        }
        self._inserts[assessments.name] = inheriting(self._inserts[assessments.name])
        self.away = False

    def insert(self, rows: Rows, *, within: float = ANSWER_WITHIN, anyway: bool = False) -> None:
        """Insert what is not there yet, all or nothing; see `run`.

        Nothing at all is inserted of an assessment whose request was answered before.
        """

        def work(connection: Connection) -> None:
            repeats: set[str] = set()
            for table, values in rows.items():
                if table == assessments.name:
                    self._insert_assessments(connection, ready(values))
                    repeats = _repeats(connection, values)
                elif fresh := [row for row in values if row.get("assessment") not in repeats]:
                    connection.execute(self._inserts[table], fresh)

        self.run(work, within=within, anyway=anyway)

    def _insert_assessments(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        if rows:
            take_turns(connection, rows)
            connection.execute(self._inserts[assessments.name], rows)
            supersede(connection, rows)

    def insert_first(self, table: str, row: Mapping[str, Any]) -> bool:
        """Insert a row and tell whether it was not there yet."""
        new = self._inserts[table].returning(literal(1))
        return self.run(lambda connection: connection.execute(new, row).first() is not None)

    def run(
        self, work: Callable[[Connection], _Result], *, within: float = ANSWER_WITHIN, anyway: bool = False
    ) -> _Result:
        """What `work` returns, in one transaction that is committed durably.

        Args:
            work: What to do on a connection.
            within: The seconds it may take.
            anyway: Try even if the database is away; that is how it is found back.

        Raises:
            DatabaseAwayError: Whether it was committed is unknown, so `work` must bear repetition.
            RowsRefusedError: Nothing was committed.
        """
        if self.away and not anyway:
            raise DatabaseAwayError
        result = self._run(work, within)
        if self.away:
            self.away = False
            _log.info("database back")
        return result

    def probe(self) -> bool:
        """Whether the database is there, asked anew."""
        try:
            self.run(lambda connection: connection.execute(text("SELECT 1")), anyway=True)
        except DatabaseAwayError:
            return False
        return True

    def is_behind(self, *, anyway: bool = False) -> bool:
        """Whether the tables are older than this code needs, or not there at all."""

        def work(connection: Connection) -> bool:
            # Not by a failing query: that would count as a database that is away.
            if not connection.dialect.has_table(connection, "alembic_version"):
                return True
            revision = connection.execute(text("SELECT max(version_num) FROM alembic_version")).scalar()
            return str(revision or "") < REVISION

        return self._run(work, ANSWER_WITHIN) if anyway else self.run(work)

    def upgrade(self) -> str:
        """Bring the tables to the newest revision and return it. DatabaseAwayError when that cannot be done."""
        from alembic import command  # noqa: PLC0415 - a third of a second that only a start can spare
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        engine = self._create_engine(poolclass=NullPool)
        try:
            with engine.connect() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise DatabaseAwayError(type(error).__name__) from None
        self.away = False
        return REVISION

    def close(self) -> None:
        """Close what is open. A later call opens it again."""
        self._engine.dispose()

    def _run(self, work: Callable[[Connection], _Result], within: float) -> _Result:
        started = time.monotonic()
        while True:
            try:
                with self._engine.connect() as connection, _answer_within(connection, within), connection.begin():
                    return work(connection)
            except (DataError, IntegrityError):
                raise RowsRefusedError from None
            except DBAPIError as error:
                # Of a server that was restarted the pool still holds old connections; the next one is new.
                if not error.connection_invalidated or time.monotonic() - started > _STALE:
                    self._lost(error)
            except StatementError:
                raise RowsRefusedError from None
            except SQLAlchemyError as error:
                self._lost(error)

    def _lost(self, error: SQLAlchemyError) -> None:
        if not self.away:
            _log.warning("database away", exc_type=type(error).__name__)
        self.away = True
        raise DatabaseAwayError from None

    def _create_engine(self, **pool: Any) -> Engine:
        arguments = {} if self.is_sqlite else {"connect_timeout": _CONNECT_WITHIN}
        try:
            engine = create_engine(
                self._url,
                connect_args=arguments,
                json_serializer=lambda value: orjson.dumps(value).decode(),
                json_deserializer=orjson.loads,
                hide_parameters=True,
                **pool,
            )
        except ModuleNotFoundError:
            raise ValueError("PostgreSQL needs psycopg: pip install 'legtriage[postgresql]'") from None
        if self.is_sqlite:
            event.listen(engine, "connect", self._prepare_sqlite)
            event.listen(engine, "checkout", self._check_file)
        return engine

    def _check_file(self, _connection: Any, record: Any, _proxy: object) -> None:
        """A connection to a file that was removed or replaced still takes records, and nobody would see them again."""
        try:
            file = Path(str(self._url.database)).stat()
            identity = (file.st_dev, file.st_ino)
        except OSError:
            identity = None
        if identity is None or record.info.setdefault("file", identity) != identity:
            raise DisconnectionError

    def _prepare_sqlite(self, connection: Any, _record: object) -> None:
        with closing(connection.cursor()) as cursor:
            for pragma in (
                f"busy_timeout = {_WAIT_FOR_LOCK}",
                "journal_mode = WAL",
                f"synchronous = {self._synchronous}",
                "foreign_keys = ON",
                "secure_delete = ON",  # what was purged is gone from the file too
            ):
                cursor.execute(f"PRAGMA {pragma}")


def _checked(url: str) -> URL:
    """The URL, with the file of an SQLite database made so that nobody else can read it."""
    try:
        checked = make_url(url)
    except (ArgumentError, ValueError):  # whose words quote the URL, and a password with it
        checked = None
    if checked is None or checked.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError("the database must be sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME")
    if checked.drivername == "sqlite":
        if checked.database in {None, "", ":memory:"}:
            raise ValueError("an SQLite database needs a file: sqlite:///FILE")
        file = Path(str(checked.database))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    return checked


def _repeats(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Of assessments that were just inserted, the ids of those that another of the same request kept out."""
    keyed = {row["id"] for row in rows if row.get("idempotency_key")}
    if not keyed:
        return keyed
    return keyed.difference(connection.scalars(select(assessments.c.id).where(assessments.c.id.in_(keyed))))


@contextmanager
def _answer_within(connection: Connection, seconds: float) -> Iterator[None]:
    """Cut the line to a server that does not answer: psycopg itself would wait for ever."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield
        return
    timer = threading.Timer(seconds, _cut, [raw])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(raw: Any) -> None:
    with suppress(Exception), socket.socket(fileno=os.dup(raw.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
