"""What the service remembers. Kept durably, in the database or, while that is away, in the spool."""

import hmac
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import structlog
from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.schema import CreateTable

from service.store.accounts import Accounts
from service.store.auditing import Auditing, tell
from service.store.database import Database, DatabaseAwayError, Rows, RowsRefusedError
from service.store.decisions import Deciding
from service.store.earlier import fitted
from service.store.insights import Surveying
from service.store.keys import KeptKeys
from service.store.outbox import Outbox
from service.store.privacy import Policy, Privacy, bounded, kept_secret
from service.store.reactions import Reacting
from service.store.records import Answer, AuditEntry, FeedbackEntry
from service.store.rows import answer_rows, feedback_rows, token_row, utc
from service.store.spool import Spool
from service.store.statistics import Counting
from service.store.succession import left_alone
from service.store.switches import Switching
from service.store.tables import REVISION, assessments, cards, feedback, links, metadata, sessions, token_ids
from service.store.worklist import Worklist

_RETRY = 0.5  # seconds between two looks for a database that is away
_REPLAY_WITHIN = 5.0  # seconds for many records at once; nobody waits for it
_PURGED_AT_ONCE = 500  # rows; a longer transaction would keep answers waiting
_PURGE_WITHIN = 60.0  # seconds for one of them
_EXPIRED_FOR = timedelta(hours=1)  # more than any leeway given to the expiry of a token
_SWEEP_EVERY = timedelta(minutes=10)
_log = structlog.get_logger()


class NotStoredError(Exception):
    """Neither the database nor the spool took it."""


class Readiness(NamedTuple):
    """Whether to send requests here, and what an operator should know."""

    ready: bool
    reason: str


class Store(Deciding, Worklist, Counting, Surveying, KeptKeys, Accounts, Auditing, Switching, Reacting, Outbox):
    """The memory of all processes and machines that share a database.

    Make it once, before the processes fork, and `start` it. Safe for threads.
    """

    def __init__(
        self, url: str, *, spool: Path, patients: Policy, secret: str | None, clock: Callable[[], datetime]
    ) -> None:
        """Make the folders and files of this machine; the database itself is left alone.

        Args:
            url: `sqlite:///FILE` or `postgresql+psycopg://...`.
            spool: A folder of this machine for records that wait, shared by its processes and no others.
            patients: What is kept of patient identifiers.
            secret: The key of the pseudonyms; without one, a random one is kept in the spool folder.
            clock: The time now.

        Raises:
            ValueError: The URL cannot be used.
            OSError: A folder or file cannot be made.
        """
        self._database = Database(url)
        self._spool = Spool(spool)
        self._privacy = Privacy(patients, secret.encode() if secret else kept_secret(spool))
        self._clock = clock
        # Uses of tokens on this machine; refuses a replay while the database is away, too.
        self._here = Database(f"sqlite:///{spool / 'token_ids.db'}", synchronous="NORMAL")
        with suppress(DatabaseAwayError):
            self._here.run(lambda connection: connection.execute(CreateTable(token_ids, if_not_exists=True)))
        self._next_sweep = clock()
        self._lost = False  # whether the last record of this process was
        self._replayer: threading.Thread | None = None
        self._closing = threading.Event()
        self._behind = False  # what the replay found; a request does not wait to ask

    def start(self) -> None:
        """Bring an SQLite database to the newest revision, and replay what was left in the spool.

        PostgreSQL is upgraded by `legtriage db upgrade` alone: replicas must not race, nor hold that right.
        """
        with suppress(DatabaseAwayError, OSError):
            if self._database.is_sqlite:
                self.upgrade()
            self._replay()

    def record(self, answer: Answer) -> None:
        """Keep an answer durably. NotStoredError when even the spool cannot take it; the caller answers anyway."""
        self._keep(answer_rows(answer, self._privacy))

    def feedback(self, entries: Sequence[FeedbackEntry]) -> None:
        """Keep feedback durably, each entry once however often it is sent. NotStoredError as for `record`."""
        if entries:
            self._keep(feedback_rows(entries, self._privacy, self._clock()))

    @property
    def keeps_words(self) -> bool:
        """Whether the site's policy keeps what clinicians write in their own words."""
        return self._privacy.policy != "none"

    def keyed(self, uuid: str) -> str:
        """Another uuid in place of this one, always the same; of what it was made cannot be told without our secret."""
        return str(UUID(bytes=hmac.digest(self._privacy.secret, uuid.encode(), "sha256")[:16], version=5))

    def patient_token(self, client: str, patient_id: str) -> str | None:
        """What is stored for this patient of this client; None where nothing is stored that leads back to patients."""
        return self._privacy.token("Patient", bounded(client), patient_id)

    def derived_key(self, purpose: str) -> bytes:
        """A key for one purpose: always the same, and telling nothing of our secret nor of other keys."""
        return hmac.digest(self._privacy.secret, f"derived key\0{purpose}".encode(), "sha256")

    def quiet(self, patient_id: str, facts: str, since: datetime, *, client: str) -> frozenset[tuple[str, int]]:
        """Topic and tier rank of the cards that this client overrode for this patient and these facts since then.

        Empty when that is not known: a card too many is better than one too few.
        """
        name = bounded(client)
        patient = self._privacy.token("Patient", name, patient_id)
        if patient is None:
            return frozenset()
        overridden = (
            select(cards.c.topic, cards.c.tier_rank)
            .join(assessments, assessments.c.id == cards.c.assessment)
            .join(feedback, feedback.c.card == cards.c.uuid)
            .where(
                assessments.c.patient == patient,
                assessments.c.facts == bounded(facts),
                assessments.c.client == name,
                feedback.c.client == name,
                feedback.c.outcome == "overridden",
                feedback.c.received >= utc(since),  # our clock: theirs could silence us for ever
            )
        )
        try:
            found = self._database.run(lambda connection: connection.execute(overridden).all())
        except (DatabaseAwayError, RowsRefusedError):
            self._wake()
            return frozenset()
        return frozenset((topic, rank) for topic, rank in found)

    def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
        """True for the first use of a token only, across all processes and machines.

        While the database is away, across the processes of this machine; false when that cannot be told either.
        """
        row = token_row(issuer, jti, expires)
        self._sweep()
        here = _is_new(self._here, row)
        if here is False:
            return False
        there = _is_new(self._database, row)
        if there is None and here:
            self._wake()
            with suppress(OSError):
                self._spool.append(orjson.dumps({"token_ids": [row]}))
            return True
        return bool(there)

    def ready(self) -> Readiness:
        """Whether to send requests here. A database that is away is no reason not to: answers wait in the spool."""
        waiting = "" if self._spool.is_empty() else ", records wait in the spool"
        self._wake()
        away = False
        try:
            behind = self._database.is_behind()
        except DatabaseAwayError:
            away, behind = True, self._behind
        if behind:
            return Readiness(ready=False, reason="database behind, run: legtriage db upgrade")
        if away and not self._spool.is_writable():
            return Readiness(ready=False, reason="database away, spool not writable")
        # Whoever is told that this one is not ready sends it no record by which it could show that it is again.
        if self._lost and not self._spool.is_writable():
            return Readiness(ready=False, reason="neither the database nor the spool took the last record")
        if not away:
            return Readiness(ready=True, reason=f"database at {REVISION}{waiting}")
        return Readiness(ready=True, reason="database away, records go to the spool")

    def upgrade(self) -> str:
        """Bring the tables to the newest revision and return it. DatabaseAwayError when that cannot be done."""
        return self._database.upgrade()

    def purge(self, before: datetime, actor: str) -> dict[str, int]:
        """Delete what was created before then and what hangs on it, and what has expired; the audit stays.

        Returns:
            How many rows were deleted, by table.

        Raises:
            DatabaseAwayError: Some may have been deleted; do it again.
        """
        self._replay(wait=True)
        moment = utc(before)
        counts = {
            "assessments": self._delete(assessments, assessments.c.sequence, assessments.c.created < moment),
            "feedback": self._delete(feedback, feedback.c.id, feedback.c.received < moment),
            "sessions": self._delete(sessions, sessions.c.digest, sessions.c.expires < utc(self._clock())),
            "links": self._delete(links, links.c.digest, links.c.expires < utc(self._clock())),
        }
        # A record that waited long came later and was made earlier: what it spoke for must not stay hidden.
        self._database.run(lambda connection: connection.execute(left_alone()), within=_PURGE_WITHIN)
        self._spool.forget_aside(moment.timestamp())
        told = ", ".join(f"{count} {table}" for table, count in counts.items())
        subject = f"before {moment.isoformat()}: {told}"
        entry = AuditEntry(at=self._clock(), actor=actor, action="purge", subject=subject)
        self._database.run(lambda connection: tell(connection, entry))
        return counts

    def close(self) -> None:
        """Stop looking for the database and close what is open."""
        self._closing.set()
        if self._replayer and self._replayer.is_alive():
            self._replayer.join()
        self._database.close()
        self._here.close()

    def _keep(self, rows: Rows) -> None:
        """Durable when this returns. While records wait in the spool, new ones queue up behind them."""
        places = [self._to_database, self._to_spool]
        if not self._spool.is_empty():
            places.reverse()
        self._lost = not any(place(rows) for place in places)
        if self._lost:
            raise NotStoredError

    def _to_database(self, rows: Rows) -> bool:
        try:
            self._database.insert(rows)
        except DatabaseAwayError:
            return False
        except RowsRefusedError:
            try:
                self._set_aside(orjson.dumps(rows))
            except OSError:
                return False
        return True

    def _to_spool(self, rows: Rows) -> bool:
        try:
            self._spool.append(orjson.dumps(rows))
        except OSError:
            return False
        self._wake()
        return True

    def _wake(self) -> None:
        """Have a thread of this process look for the database and replay, if there is need.

        Started on need and not before, because a thread does not live on in a forked process.
        """
        if self._replayer and self._replayer.is_alive():
            return
        if self._database.away or self._here.away or not self._spool.is_empty():
            self._replayer = threading.Thread(target=self._replay_until_done, name="replay", daemon=True)
            self._replayer.start()

    def _replay_until_done(self) -> None:
        while True:
            self._look()
            if not (self._database.away or self._here.away) and self._spool.is_empty():
                return
            if self._closing.wait(_RETRY):
                return

    def _look(self) -> None:
        """Replay if that works now. It is the better probe: a database can be there to read and yet take nothing."""
        with suppress(DatabaseAwayError, OSError):
            try:
                self._replay()
                self._behind = False
            except DatabaseAwayError:
                self._behind = self._database.is_behind(anyway=True)
        if self._spool.is_empty() and self._database.away:
            self._database.probe()
        if self._here.away:
            self._here.probe()

    def _replay(self, *, wait: bool = False) -> None:
        if not self._spool.is_empty():
            self._spool.drain(self._insert_lines, wait=wait)

    def _insert_lines(self, lines: Sequence[bytes]) -> None:
        """Insert waiting records; one that cannot be used is kept aside, so that it holds up no other."""
        records: list[tuple[bytes, Rows]] = []
        useless: list[bytes] = []
        for line in lines:
            try:
                records.append((line, _read(line)))
            except (ValueError, TypeError, AttributeError, KeyError):
                useless.append(line)
        try:
            self._database.insert(_together(record for _, record in records), within=_REPLAY_WITHIN, anyway=True)
        except RowsRefusedError:
            for line, record in records:
                try:
                    self._database.insert(record, anyway=True)
                except RowsRefusedError:
                    useless.append(line)
        # Not before the others are in: all lines come again when the database turns out to be away.
        for line in useless:
            self._set_aside(line)

    def _waiting(self, key: str) -> tuple[str, str] | None:
        """The id and the request digest of the waiting assessment with this key of a request."""
        if self._spool.is_empty():
            return None
        try:
            line = self._spool.find(key.encode())
            row = orjson.loads(line)["assessments"][0] if line else None
        except (OSError, ValueError):
            return None
        return (row["id"], row["request_digest"] or "") if row else None

    def _set_aside(self, line: bytes) -> None:
        _log.error("record kept aside")
        self._spool.set_aside(line)

    def _sweep(self) -> None:
        """Forget expired tokens now and then."""
        now = self._clock()
        if now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP_EVERY
        expired = delete(token_ids).where(token_ids.c.expires < now - _EXPIRED_FOR)
        for database in (self._database, self._here):
            with suppress(DatabaseAwayError):
                database.run(lambda connection: connection.execute(expired))

    def _delete(self, table: Table, key: ColumnElement[Any], condition: ColumnElement[bool]) -> int:
        """Delete rows some at a time, so that answers get their turn in between."""
        some = delete(table).where(key.in_(select(key).where(condition).limit(_PURGED_AT_ONCE)))
        deleted = 0
        while count := self._database.run(lambda connection: connection.execute(some).rowcount, within=_PURGE_WITHIN):
            deleted += count
        return deleted


def _is_new(database: Database, row: Mapping[str, Any]) -> bool | None:
    """Whether the use of a token was not there yet; None when the database cannot tell."""
    try:
        return database.insert_first("token_ids", row)
    except (DatabaseAwayError, RowsRefusedError):
        return None


def _read(line: bytes) -> Rows:
    """A waiting record, fitted to the tables of today."""
    record = orjson.loads(line)
    return {name: [fitted(table, row) for row in record.get(name, ())] for name, table in metadata.tables.items()}


def _together(several: Iterable[Rows]) -> Rows:
    """The rows of many records, in their order."""
    records = list(several)
    return {
        table.name: [row for record in records for row in record.get(table.name, ())]
        for table in metadata.sorted_tables
    }
