"""Accounts of the dashboard: who has one, how a password opens it, and the one-time links that set one."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import uuid4

from service.security.passwords import hashed, is_dated, matches
from service.security.roles import ROLES
from service.store import AuditEntry, LoginTakenError, Store, User

LINK_LASTS: Final = timedelta(hours=24)
"""A one-time link that nobody used opens nothing after that."""
WELCOME: Final = "/dashboard/welcome"
"""Where a one-time link leads."""
FIRST: Final = "admin"
"""The login of the first user."""
BOUNDED_ROLES: Final = ("viewer", "clinician")
"""The other roles act for all clients, so nobody who has one of them is bounded to one."""

_LOGIN = re.compile(r"[a-z][a-z0-9._@+\-]{0,99}")
_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}")
_MOST_NAME = 100
_TRIES = 5
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)


class AccountError(Exception):
    """An account cannot be like this. `field` names what is wrong, the message says why in words for the user."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def login_of(text: str) -> str:
    """The login that somebody typed, as it is kept."""
    return text.strip().casefold()


def check_account(login: str, name: str, role: str, client: str | None) -> None:
    """AccountError when no user can be like this."""
    if not _LOGIN.fullmatch(login):
        raise AccountError("login", "A login has up to 100 letters a-z, digits and . _ - + @; it begins with a letter.")
    if not name.strip() or len(name) > _MOST_NAME or not name.isprintable():
        raise AccountError("name", f"Give a name of up to {_MOST_NAME} characters.")
    if role not in ROLES:
        raise AccountError("role", f"A role is one of {', '.join(ROLES)}.")
    if client is None:
        return
    if not _CLIENT.fullmatch(client):
        raise AccountError("client", "A client is named by up to 64 letters, digits, dots, hyphens and underscores.")
    if role not in BOUNDED_ROLES:
        raise AccountError("client", f"Who sees one client only is one of {', '.join(BOUNDED_ROLES)}.")


def new_user(login: str, name: str, role: str, client: str | None, now: datetime) -> User:
    """Somebody who has an account from now on. AccountError when nobody can be like this."""
    login, name, client = login_of(login), name.strip(), (client or "").strip() or None
    check_account(login, name, role, client)
    return User(id=str(uuid4()), login=login, name=name, role=role, client=client, created=now)


def sign_in(
    store: Store, login: str, password: str, *, now: datetime, address: str | None, action: str = "sign in"
) -> User | None:
    """Whose login and password these are; None for all that is wrong with them, and nobody learns what.

    Raises:
        TooManyAtOnceError: They were not looked at.
        DatabaseAwayError: It cannot be told now.
    """
    user = store.user(login_of(login))
    kept = user.password if user and not user.disabled else None

    def unless_locked() -> str | None:
        # Without a password to compare the same is done in vain, so that it takes as long.
        return kept if store.count_attempt(user.id if user and kept else "", now, _wait) else None

    # Counted when it is looked at: a flood that keeps everybody waiting locks out nobody.
    right = matches(password, unless_locked)
    if user and kept and right:
        store.forget_attempts(user, hashed(password) if is_dated(kept) else None)
        return user
    # What stands where a login belongs may be a password.
    name, role = (user.login, user.role) if user else ("unknown", None)
    store.tell_audit(
        AuditEntry(at=now, actor=name, action=action, subject=name, role=role, address=address, outcome="refused")
    )
    return None


def _wait(failures: int) -> timedelta | None:
    """How long nobody gets in after so many wrong passwords in a row: ever longer, and never for good."""
    if failures < _TRIES:
        return None
    return min(_LONGEST_WAIT, _FIRST_WAIT * (1 << min(failures - _TRIES, 10)))


def state_of(user: User, now: datetime) -> str:
    """How an account stands, in a few words."""
    if user.disabled:
        return "disabled"
    if user.subject:
        return "single sign-on"
    if user.password is None:
        return "no password yet"
    return "locked for now" if user.locked_until and user.locked_until > now else "active"


def new_link(store: Store, user: User, entry: AuditEntry, base_url: str) -> str:
    """A link that lets a user set a password, once, within a day; earlier ones open nothing any more.

    Args:
        store: Where it is kept, as a digest.
        user: Whose.
        entry: Who makes it, and when, for the audit.
        base_url: The address of the service.
    """
    token = secrets.token_urlsafe(32)
    store.add_link(link_digest(token), user, entry, expires=entry.at + LINK_LASTS)
    return f"{base_url.rstrip('/')}{WELCOME}/{token}"


def link_digest(token: str) -> str:
    """What is kept of the token of a link."""
    return sha256(token.encode(errors="replace")).hexdigest()


def first_link(store: Store, clock: Callable[[], datetime], *, base_url: str, actor: str = "system") -> str | None:
    """Where nobody has an account, make one for an admin and give the link that sets its password; else None.

    Args:
        store: Where accounts are kept.
        clock: What time it is.
        base_url: The address of the service.
        actor: Who starts it, for the audit.
    """
    if store.users():
        return None
    now = clock()
    user = new_user(FIRST, "Administrator", "admin", None, now)
    try:
        store.add_user(user, AuditEntry(at=now, actor=actor, action="user added", subject=user.login))
    except LoginTakenError:  # another machine was faster, and showed the link
        return None
    return new_link(store, user, AuditEntry(at=now, actor=actor, action="link made", subject=user.login), base_url)
