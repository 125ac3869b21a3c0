"""API keys as they are kept: never a key itself, only a digest of its secret."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from service.store.auditing import tell
from service.store.privacy import bounded
from service.store.reading import Reading
from service.store.records import ApiKey, AuditEntry
from service.store.rows import utc
from service.store.tables import api_keys


class KeptKeys(Reading):
    """The API keys of a store. Every method raises DatabaseAwayError when it cannot be done now."""

    def api_key(self, id: str) -> ApiKey | None:  # noqa: A002 - its name everywhere
        """The key with this id, revoked or not."""
        found = select(api_keys).where(api_keys.c.id == bounded(id))
        row = self._ask(lambda connection: connection.execute(found).mappings().first())
        return ApiKey(**row) if row else None

    def api_keys(self) -> list[ApiKey]:
        """All keys, the oldest first."""
        every = select(api_keys).order_by(api_keys.c.created, api_keys.c.id)
        return self._ask(lambda connection: [ApiKey(**row) for row in connection.execute(every).mappings()])

    def add_api_key(self, key: ApiKey, actor: str) -> None:
        """Keep a new key, and tell the audit."""
        row = {"id": key.id, "name": key.name, "role": key.role, "digest": key.digest, "created": utc(key.created)}

        def work(connection: Connection) -> None:
            connection.execute(insert(api_keys), row)
            tell(connection, AuditEntry(at=key.created, actor=actor, action="key added", subject=key.id))

        self._ask(work)

    def revoke_api_key(self, id: str, actor: str, at: datetime) -> bool:  # noqa: A002
        """Let a key open nothing any more, and tell whether there was one that did."""
        valid = update(api_keys).where(api_keys.c.id == bounded(id), api_keys.c.revoked.is_(None))

        def work(connection: Connection) -> bool:
            if not connection.execute(valid.values(revoked=utc(at))).rowcount:
                return False
            tell(connection, AuditEntry(at=at, actor=actor, action="key revoked", subject=id))
            return True

        return self._ask(work)
