"""The accounts of people who prove elsewhere who they are: made when they first come, and kept up to date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self
from uuid import uuid4

from service.security.accounts import AccountError, check_account, login_of
from service.store import AuditEntry, LoginTakenError, Store, User

_DIGITS = 12
_MOST_NAME = 100
_ANY = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody who proved who they are.

    Attributes:
        subject: Who they are for ever: the server that says so, and their subject there.
        login: What the audit is to call them; another name is found when somebody has this one.
        name: What others see.
        role: What they may do.
        client: They see only what this caller sent; None for all.
    """

    subject: str
    login: str
    name: str
    role: str
    client: str | None = None

    @classmethod
    def of(cls, claims: Mapping[str, Any], *, subject: str, login: str, role: str, client: str | None = None) -> Self:
        """Whoever the claims of an id token are about; called by their login when the claims tell no name."""
        given = claims.get("name")
        name = " ".join(given.split())[:_MOST_NAME] if isinstance(given, str) else ""
        name = name if name and name.isprintable() else login
        return cls(subject=subject, login=login, name=name, role=role, client=client)


def login_for(subject: str, name_there: str, place: str) -> str:
    """What the audit is to call somebody: the name they have there, together with the place.

    The place keeps them apart from whoever has that name here, where it would open another account.
    """
    login = login_of(name_there if "@" in name_there else f"{name_there}@{place}")
    try:
        check_account(login, _ANY, "viewer", None)
    except AccountError:
        return _login_by_subject(subject)
    return login


def account_of(store: Store, arrival: Arrival, now: datetime, address: str | None) -> User:
    """The account of whoever arrived, with the name, role and client of today; disabled or not.

    Raises:
        LastAdminError: They are the last admin here, and no longer one there.
        DatabaseAwayError: It cannot be told now.
    """
    known = store.user_of(arrival.subject) or _added(store, arrival, now, address)
    told = (arrival.name, arrival.role, arrival.client)
    if not known.disabled and (known.name, known.role, known.client) != told:
        entry = _entry(known.login, "user changed", arrival.role, now, address)
        store.change_user(known.id, entry, name=arrival.name, role=arrival.role, client=arrival.client)
    return store.user_of(arrival.subject) or known


def _added(store: Store, arrival: Arrival, now: datetime, address: str | None) -> User:
    for login in (arrival.login, _login_by_subject(arrival.subject)):
        user = User(
            id=str(uuid4()),
            login=login,
            name=arrival.name,
            role=arrival.role,
            client=arrival.client,
            subject=arrival.subject,
            created=now,
        )
        try:
            store.add_user(user, _entry(login, "user added", arrival.role, now, address))
        except LoginTakenError:
            if found := store.user_of(arrival.subject):  # they came twice at the same moment
                return found
            continue
        return user
    raise LoginTakenError


def _login_by_subject(subject: str) -> str:
    return f"user-{sha256(subject.encode()).hexdigest()[:_DIGITS]}"


def _entry(login: str, action: str, role: str, now: datetime, address: str | None) -> AuditEntry:
    return AuditEntry(at=now, actor=login, action=action, subject=login, role=role, address=address)
