"""The audit: who saw and did what, written down and read again."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, insert, select

from service.store.privacy import bounded
from service.store.reading import Reading
from service.store.records import AuditEntry
from service.store.rows import utc
from service.store.tables import audit

_AT_ONCE = 1000
_LAST = 2**63 - 1
_COLUMNS = [audit.c.sequence, *(audit.c[each.name] for each in fields(AuditEntry))]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAuditEntry(AuditEntry):
    """What the audit kept. `sequence` is the order in which it was written down."""

    sequence: int


class Auditing(Reading):
    """The audit of a store."""

    def audit(
        self,
        *,
        after: int | None = None,
        limit: int = 50,
        since: datetime | None = None,
        until: datetime | None = None,
        actor: str | None = None,
        subject: str | None = None,
    ) -> list[StoredAuditEntry]:
        """A page of the audit, the newest first.

        Args:
            after: The `sequence` of the last one on the page before.
            limit: At most so many.
            since: Not before then.
            until: Before then.
            actor: Only what this one saw and did.
            subject: Only what was seen of this and done to it.

        Raises:
            DatabaseAwayError: It cannot be told now.
        """
        conditions = []
        if after is not None:
            conditions.append(audit.c.sequence < max(-_LAST, min(after, _LAST)))
        if since is not None:
            conditions.append(audit.c.at >= utc(since))
        if until is not None:
            conditions.append(audit.c.at < utc(until))
        if actor is not None:
            conditions.append(audit.c.actor == bounded(actor))
        if subject is not None:
            conditions.append(audit.c.subject == bounded(subject))
        page = select(*_COLUMNS).where(*conditions).order_by(audit.c.sequence.desc()).limit(limit)
        return self._ask(lambda c: [StoredAuditEntry(**row) for row in c.execute(page).mappings()])

    def whole_audit(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        actor: str | None = None,
        subject: str | None = None,
    ) -> Iterator[StoredAuditEntry]:
        """All of it, the newest first, read piece by piece; the same arguments as of `audit`."""
        after = None
        while page := self.audit(after=after, limit=_AT_ONCE, since=since, until=until, actor=actor, subject=subject):
            yield from page
            after = page[-1].sequence


def tell(connection: Connection, entry: AuditEntry) -> None:
    """Write an entry within a transaction that does more."""
    row = {each.name: getattr(entry, each.name) for each in fields(AuditEntry)} | {"at": utc(entry.at)}
    connection.execute(insert(audit), {k: bounded(v) if isinstance(v, str) else v for k, v in row.items()})
