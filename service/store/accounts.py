"""Users of the dashboard, their one-time links and sessions, and the audit of what they saw and did.

Every method raises DatabaseAwayError when it cannot be done now.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from service.store.auditing import tell
from service.store.privacy import bounded
from service.store.reading import Reading
from service.store.records import AuditEntry, KeptSession, User
from service.store.rows import utc
from service.store.tables import links, sessions, users

_USER = [users.c[each.name] for each in fields(User)]
_ADMIN = "admin"


class LoginTakenError(Exception):
    """Another user has this login, or is this person at the single sign-on."""


class LastAdminError(Exception):
    """Nobody would be left who may add users."""


class Accounts(Reading):
    """The accounts of a store."""

    def user(self, login: str) -> User | None:
        """Who signs in by this name, disabled or not."""
        return self._user(users.c.login == bounded(login))

    def user_of(self, subject: str) -> User | None:
        """Who this is at the single sign-on, disabled or not."""
        return self._user(users.c.subject == bounded(subject))

    def users(self) -> list[User]:
        """Everybody, by login."""
        every = select(*_USER).order_by(users.c.login)
        return self._ask(lambda connection: [User(**row) for row in connection.execute(every).mappings()])

    def add_user(self, user: User, entry: AuditEntry) -> None:
        """Keep a new user, and tell the audit. LoginTakenError when the login or the subject is taken."""
        row = {each.name: getattr(user, each.name) for each in fields(User)}
        same = users.c.login == user.login
        if user.subject is not None:
            same = or_(same, users.c.subject == user.subject)

        def work(connection: Connection) -> None:
            known = connection.execute(select(users.c.id).where(same)).scalars().all()
            if known == [user.id]:
                return  # committed before the connection was lost
            if known:
                raise LoginTakenError
            try:
                connection.execute(insert(users), row)
            except IntegrityError:  # somebody else was faster
                raise LoginTakenError from None
            tell(connection, entry)

        self._ask(work)

    def change_user(self, id: str, entry: AuditEntry, *, name: str, role: str, client: str | None) -> None:  # noqa: A002
        """Keep what others see of a user and what they may do, and tell the audit.

        Their sessions end when the rights change. LastAdminError when no admin would be left.
        """
        values = {"name": name, "role": role, "client": client}
        same = users.c.client.is_(None) if client is None else users.c.client == client
        unchanged = exists().where(users.c.id == id, users.c.role == role, same)

        def work(connection: Connection) -> None:
            rights_change = not connection.scalar(select(unchanged))
            _change(connection, id, values, entry)
            if rights_change:
                connection.execute(delete(sessions).where(sessions.c.user == id))

        self._ask(work)

    def disable_user(self, id: str, entry: AuditEntry, *, disabled: datetime | None) -> None:  # noqa: A002
        """Let an account open nothing any more, or again (None), and tell the audit.

        Sessions and links end. LastAdminError when no admin would be left.
        """

        def work(connection: Connection) -> None:
            _change(connection, id, {"disabled": disabled and utc(disabled)}, entry)
            for table in (sessions, links):
                connection.execute(delete(table).where(table.c.user == id))

        self._ask(work)

    def count_attempt(self, id: str, now: datetime, wait: Callable[[int], timedelta | None]) -> bool:  # noqa: A002
        """Count a password that somebody tries as wrong, until it turns out right, and tell whether it may be tried.

        Counted before it is looked at, so that no number of tries at the same time gets past the lock.

        Args:
            id: Of the user.
            now: The time.
            wait: After so many wrong ones in a row, how long the account is locked, if at all.
        """
        u = users.c
        unlocked = update(users).where(u.id == id, or_(u.locked_until.is_(None), u.locked_until <= utc(now)))
        counted = unlocked.values(failures=u.failures + 1).returning(u.failures)

        def work(connection: Connection) -> bool:
            failures = connection.execute(counted).scalar()
            if failures is None:
                return False
            locked = wait(failures)
            if locked:
                until = update(users).where(u.id == id).values(locked_until=utc(now) + locked)
                connection.execute(until)
            return True

        return self._ask(work)

    def forget_attempts(self, user: User, password: str | None = None) -> None:
        """The password that this user had was right; keep a new hash of it, if one is given."""
        values = {"failures": 0, "locked_until": None} | ({"password": password} if password else {})
        # Not if somebody set another one in the meantime.
        right = update(users).where(users.c.id == user.id, users.c.password == user.password).values(values)
        self._ask(lambda connection: connection.execute(right))

    def set_password(self, id: str, password: str, entry: AuditEntry) -> None:  # noqa: A002
        """Keep the hash of a new password, and tell the audit. All sessions of the user end."""
        self._ask(lambda connection: _set_password(connection, id, password, entry))

    def add_link(self, digest: str, user: User, entry: AuditEntry, *, expires: datetime) -> None:
        """Keep a one-time link, and tell the audit. Earlier ones of the same user open nothing any more."""
        row = {"digest": digest, "user": user.id, "created": utc(entry.at), "expires": utc(expires)}

        def work(connection: Connection) -> None:
            connection.execute(delete(links).where(links.c.user == user.id))
            connection.execute(insert(links), row)
            tell(connection, entry)

        self._ask(work)

    def link(self, digest: str, now: datetime) -> User | None:
        """Whose one-time link this is, if it still opens something."""
        found = select(*_USER).join(links, links.c.user == users.c.id).where(*_holds(digest, now))
        row = self._ask(lambda connection: connection.execute(found).mappings().first())
        return User(**row) if row else None

    def use_link(self, digest: str, password: str, entry: AuditEntry) -> bool:
        """Set a password with a one-time link, once, and tell the audit; whether the link still held."""
        enabled = select(users.c.id).where(users.c.disabled.is_(None))
        used = update(links).where(*_holds(digest, entry.at), links.c.user.in_(enabled)).values(used=utc(entry.at))

        def work(connection: Connection) -> bool:
            id_ = connection.execute(used.returning(links.c.user)).scalar()
            if id_ is not None:
                _set_password(connection, id_, password, entry)
            return id_ is not None

        return self._ask(work)

    def open_session(self, session: KeptSession, entry: AuditEntry) -> None:
        """Keep a new session, and tell the audit."""
        row = {each.name: getattr(session, each.name) for each in fields(KeptSession) if each.name != "user"}

        def work(connection: Connection) -> None:
            connection.execute(insert(sessions), row | {"user": session.user.id})
            tell(connection, entry)

        self._ask(work)

    def session(self, digest: str) -> KeptSession | None:
        """The session with this digest, expired or not."""
        found = _SESSION.where(sessions.c.digest == bounded(digest))
        row = self._ask(lambda connection: connection.execute(found).mappings().first())
        return _session(row) if row else None

    def sessions(self, user: str) -> list[KeptSession]:
        """The sessions of the user with this id, the one that was seen last first, expired or not."""
        found = _SESSION.where(sessions.c.user == user).order_by(sessions.c.seen.desc(), sessions.c.digest)
        return self._ask(lambda connection: [_session(row) for row in connection.execute(found).mappings()])

    def touch_session(self, digest: str, seen: datetime) -> None:
        """Note that a page was asked for."""
        self._ask(lambda c: c.execute(update(sessions).where(sessions.c.digest == digest).values(seen=utc(seen))))

    def close_session(self, digest: str, entry: AuditEntry) -> None:
        """Forget a session, and tell the audit."""

        def work(connection: Connection) -> None:
            connection.execute(delete(sessions).where(sessions.c.digest == digest))
            tell(connection, entry)

        self._ask(work)

    def close_sessions(self, user: str, entry: AuditEntry, *, but: str | None = None) -> None:
        """Forget all sessions of the user with this id, but the one with this digest, and tell the audit."""
        others = delete(sessions).where(sessions.c.user == user, sessions.c.digest != (but or ""))

        def work(connection: Connection) -> None:
            connection.execute(others)
            tell(connection, entry)

        self._ask(work)

    def tell_audit(self, entry: AuditEntry) -> None:
        """Write down what somebody saw or did."""
        self._ask(lambda connection: tell(connection, entry))

    def _user(self, condition: ColumnElement[bool]) -> User | None:
        found = select(*_USER).where(condition)
        row = self._ask(lambda connection: connection.execute(found).mappings().first())
        return User(**row) if row else None


_SESSION = select(sessions, *(column.label(f"user_{column.name}") for column in _USER)).join(
    users, users.c.id == sessions.c.user
)


def _change(connection: Connection, id_: str, values: Mapping[str, Any], entry: AuditEntry) -> None:
    """Change a user, unless no admin would be left."""
    admins = users.c.role == _ADMIN, users.c.disabled.is_(None)
    # Of two who demote each other the second one waits here, and then sees what the first one did.
    before = connection.execute(select(users.c.id).where(*admins).with_for_update()).all()
    connection.execute(update(users).where(users.c.id == id_).values(values))
    if before and not connection.scalar(select(func.count()).select_from(users).where(*admins)):
        raise LastAdminError
    tell(connection, entry)


def _set_password(connection: Connection, id_: str, password: str, entry: AuditEntry) -> None:
    values = {"password": password, "failures": 0, "locked_until": None}
    connection.execute(update(users).where(users.c.id == id_).values(values))
    connection.execute(delete(sessions).where(sessions.c.user == id_))
    tell(connection, entry)


def _holds(digest: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """That a link has this digest and still opens something."""
    return links.c.digest == bounded(digest), links.c.used.is_(None), links.c.expires > utc(now)


def _session(row: Mapping[Any, Any]) -> KeptSession:
    user = User(**{each.name: row[f"user_{each.name}"] for each in fields(User)})
    own = {each.name: row[each.name] for each in fields(KeptSession) if each.name != "user"}
    return KeptSession(user=user, **own)
