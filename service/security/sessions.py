"""Who is signed in: sessions kept on the server, known to the browser by a random token alone."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from service.security.roles import ROLES, Permission
from service.store import AuditEntry, KeptSession, Store, User

IDLE: Final = timedelta(minutes=30)
"""A session that asks for no page for so long is over."""
LONGEST: Final = timedelta(hours=12)
"""Then a user signs in again, however busy."""
_TOUCHED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A user who is signed in, and what they may see and do."""

    kept: KeptSession

    @property
    def user(self) -> User:
        """Who."""
        return self.kept.user

    @property
    def client(self) -> str | None:
        """Only what this caller sent may be seen; None for all."""
        return self.kept.client or self.kept.user.client

    @property
    def patient(self) -> str | None:
        """Only this patient may be seen, as the store names patients; None for all."""
        return self.kept.patient

    @property
    def is_bounded(self) -> bool:
        """Whether one client or one patient alone may be seen."""
        return self.client is not None or self.patient is not None

    def may(self, permission: Permission) -> bool:
        """Whether the user's role allows it. Nobody who sees a part alone rules what holds for all."""
        if self.is_bounded and permission not in {Permission.VIEW, Permission.DECIDE}:
            return False
        return permission in ROLES.get(self.user.role, frozenset())


class Sessions:
    """Opens, finds and closes sessions. Every method raises DatabaseAwayError when it cannot be done now."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        """Keep them in this store."""
        self._store = store
        self._clock = clock

    def open(
        self,
        user: User,
        *,
        address: str | None,
        client: str | None = None,
        patient: str | None = None,
        secret: str | None = None,
    ) -> tuple[str, Session]:
        """A new session, and the token for the browser's cookie.

        Args:
            user: Who signed in.
            address: From where.
            client: Only what this caller sent is to be seen.
            patient: Only this patient is to be seen.
            secret: What belongs to the session; sealed already.
        """
        now = self._clock()
        token = secrets.token_urlsafe(32)
        kept = KeptSession(
            digest=_digest(token),
            user=user,
            csrf=secrets.token_urlsafe(32),
            created=now,
            seen=now,
            expires=now + LONGEST,
            client=client,
            patient=patient,
            secrets=secret,
        )
        self._store.open_session(
            kept,
            AuditEntry(at=now, actor=user.login, action="sign in", subject=user.login, role=user.role, address=address),
        )
        return token, Session(kept)

    def find(self, token: str, *, touch: bool = True) -> Session | None:
        """The session of a token, if it still holds.

        Args:
            token: What the browser brought.
            touch: Whether somebody asks; a page that only looks for news by itself keeps no session alive.
        """
        kept = self._store.session(_digest(token))
        now = self._clock()
        if kept is None or not _holds(kept, now):
            return None
        if touch and now - kept.seen >= _TOUCHED_EVERY:
            self._store.touch_session(kept.digest, now)
            kept = replace(kept, seen=now)
        return Session(kept)

    def of(self, user: User) -> list[Session]:
        """The sessions of a user that still hold, the one that was seen last first."""
        now = self._clock()
        return [Session(kept) for kept in self._store.sessions(user.id) if _holds(kept, now)]

    def close(self, session: Session, *, address: str | None) -> None:
        """Sign out."""
        user = session.user
        self._store.close_session(
            session.kept.digest,
            AuditEntry(
                at=self._clock(),
                actor=user.login,
                action="sign out",
                subject=user.login,
                role=user.role,
                address=address,
            ),
        )


def _holds(kept: KeptSession, now: datetime) -> bool:
    return not kept.user.disabled and now < min(kept.expires, kept.seen + IDLE)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
