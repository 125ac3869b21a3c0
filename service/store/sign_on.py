"""Users who sign in elsewhere, and the newest assessment of the patient that an EHR opens us for."""

from dataclasses import fields, replace
from hashlib import sha256

from sqlalchemy import Connection, insert, select, update

from service.store.accounts import Accounts
from service.store.privacy import bounded
from service.store.records import AuditEntry, User
from service.store.rows import utc
from service.store.tables import assessments, audit, users

_USER = [users.c[each.name] for each in fields(User)]
_DIGITS = 12


class SigningOn(Accounts):
    """The part of a store that single sign-on and EHR launches need."""

    def sign_on(self, user: User, address: str | None) -> User:
        """The account of somebody who proved elsewhere who they are; its `id` and `login` stay what they were first.

        It is made when nobody has the subject of `user` yet, under another login when theirs is taken: a name at
        another service opens no account here. Name, role and client are brought up to date, and the audit is told
        when the account is made or its role changes.

        Raises:
            DatabaseAwayError: It cannot be done now.
        """

        def work(connection: Connection) -> User:
            found = select(*_USER).where(users.c.subject == user.subject)
            row = connection.execute(found).mappings().first()
            known = User(**row) if row else None
            if known is None:
                kept = replace(user, login=_free_login(connection, user))
                connection.execute(insert(users), {each.name: getattr(kept, each.name) for each in fields(User)})
            else:
                kept = replace(known, name=user.name, role=user.role, client=user.client)
                told = {"name": kept.name, "role": kept.role, "client": kept.client}
                connection.execute(update(users).where(users.c.id == kept.id).values(told))
            if known is None or known.role != kept.role:
                action = "user added" if known is None else f"role: {kept.role}"
                _tell(connection, _entry(user, kept, action, address))
            return kept

        return self._ask(work)

    def newest(self, *, client: str, patient: str) -> str | None:
        """The id of this client's newest assessment of a patient, as the store names patients.

        Raises:
            DatabaseAwayError: It cannot be told now.
        """
        a = assessments
        latest = (
            select(a.c.id)
            .where(a.c.client == bounded(client), a.c.patient == patient)
            .order_by(a.c.sequence.desc())
            .limit(1)
        )
        return self._ask(lambda connection: connection.scalar(latest))


def _free_login(connection: Connection, user: User) -> str:
    taken = connection.scalar(select(users.c.id).where(users.c.login == user.login))
    if taken is None:
        return user.login
    return f"{user.login}~{sha256(str(user.subject).encode()).hexdigest()[:_DIGITS]}"


def _entry(user: User, kept: User, action: str, address: str | None) -> AuditEntry:
    return AuditEntry(
        at=user.created, actor=kept.login, action=action, subject=kept.login, role=kept.role, address=address
    )


def _tell(connection: Connection, entry: AuditEntry) -> None:
    row = {each.name: getattr(entry, each.name) for each in fields(AuditEntry)}
    connection.execute(insert(audit), row | {"at": utc(entry.at)})
