"""Users of the dashboard, their sessions, and the audit of what they saw and did.

Every method raises DatabaseAwayError when it cannot be done now.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from service.store.privacy import bounded, storable
from service.store.reading import Reading
from service.store.records import AuditEntry, KeptSession, User
from service.store.rows import utc
from service.store.tables import audit, sessions, users

_USER = [users.c[each.name] for each in fields(User)]


class Accounts(Reading):
    """The accounts of a store."""

    def user(self, login: str) -> User | None:
        """Who signs in by this name, disabled or not."""
        found = select(*_USER).where(users.c.login == _text(login))
        row = self._ask(lambda connection: connection.execute(found).mappings().first())
        return User(**row) if row else None

    def users(self) -> list[User]:
        """Everybody, by login."""
        every = select(*_USER).order_by(users.c.login)
        return self._ask(lambda connection: [User(**row) for row in connection.execute(every).mappings()])

    def add_user(self, user: User, entry: AuditEntry) -> None:
        """Keep a new user, and tell the audit. RowsRefusedError when the login is taken."""
        row = {each.name: getattr(user, each.name) for each in fields(User)}

        def work(connection: Connection) -> None:
            connection.execute(insert(users), row)
            _tell(connection, entry)

        self._ask(work)

    def open_session(self, session: KeptSession, entry: AuditEntry) -> None:
        """Keep a new session, and tell the audit."""
        row = {each.name: getattr(session, each.name) for each in fields(KeptSession) if each.name != "user"}

        def work(connection: Connection) -> None:
            connection.execute(insert(sessions), row | {"user": session.user.id})
            _tell(connection, entry)

        self._ask(work)

    def session(self, digest: str) -> KeptSession | None:
        """The session with this digest, expired or not."""
        found = (
            select(sessions, *(column.label(f"user_{column.name}") for column in _USER))
            .join(users, users.c.id == sessions.c.user)
            .where(sessions.c.digest == _text(digest))
        )
        row = self._ask(lambda connection: connection.execute(found).mappings().first())
        return _session(row) if row else None

    def touch_session(self, digest: str, seen: datetime) -> None:
        """Note that a page was asked for."""
        self._ask(lambda c: c.execute(update(sessions).where(sessions.c.digest == digest).values(seen=utc(seen))))

    def close_session(self, digest: str, entry: AuditEntry) -> None:
        """Forget a session, and tell the audit."""

        def work(connection: Connection) -> None:
            connection.execute(delete(sessions).where(sessions.c.digest == digest))
            _tell(connection, entry)

        self._ask(work)

    def tell_audit(self, entry: AuditEntry) -> None:
        """Write down what somebody saw or did."""
        self._ask(lambda connection: _tell(connection, entry))


def _tell(connection: Connection, entry: AuditEntry) -> None:
    row = {each.name: getattr(entry, each.name) for each in fields(AuditEntry)}
    connection.execute(insert(audit), {k: _text(v) if isinstance(v, str) else v for k, v in row.items()})


def _session(row: Mapping[Any, Any]) -> KeptSession:
    user = User(**{each.name: row[f"user_{each.name}"] for each in fields(User)})
    own = {each.name: row[each.name] for each in fields(KeptSession) if each.name != "user"}
    return KeptSession(user=user, **own)


def _text(value: str) -> str:
    return storable(bounded(value))
