"""Which pathways this site switched off at run time, and who did so and why."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from service.store.auditing import tell
from service.store.database import DatabaseAwayError, RowsRefusedError
from service.store.privacy import bounded, storable
from service.store.reading import Reading
from service.store.records import AuditEntry
from service.store.rows import utc
from service.store.tables import switches


@dataclass(frozen=True, slots=True)
class Switch:
    """That a pathway was switched off at this site, or on again.

    Attributes:
        pathway: Its id.
        off: Which of the two.
        reason: Why, for whoever wonders later.
        actor: The login of whoever did it.
        at: When.
    """

    pathway: str
    off: bool
    reason: str
    actor: str
    at: datetime


_COLUMNS = [switches.c[each.name] for each in fields(Switch)]


class Switching(Reading):
    """The switches of a store. Every method raises DatabaseAwayError when it cannot be told or done now."""

    def switches(self) -> dict[str, Switch]:
        """How every pathway that was ever switched stands now.

        Nothing looks for a database that is away on its behalf: this is asked before the processes fork, too, and
        whoever needs the database to answer looks for it.
        """
        last = select(func.max(switches.c.sequence)).group_by(switches.c.pathway)
        standing = select(*_COLUMNS).where(switches.c.sequence.in_(last))

        def work(connection: Connection) -> list[Switch]:
            # Not by a failing query: a database that waits for its upgrade would count as one that is away.
            if not connection.dialect.has_table(connection, switches.name):
                raise DatabaseAwayError
            return _read(connection, standing)

        try:
            return {each.pathway: each for each in self._database.run(work)}
        except RowsRefusedError:
            raise DatabaseAwayError from None

    def switched(self, pathway: str) -> list[Switch]:
        """What became of one pathway, the latest first."""
        history = select(*_COLUMNS).where(switches.c.pathway == bounded(pathway)).order_by(switches.c.sequence.desc())
        return self._ask(lambda connection: _read(connection, history))

    def switch(self, switch: Switch, entry: AuditEntry) -> bool:
        """Switch a pathway, and tell the audit; False, and nothing is written, when it stands so already."""
        row = {each.name: getattr(switch, each.name) for each in fields(Switch)}
        row |= {name: bounded(row[name]) for name in ("pathway", "actor")}
        row |= {"reason": storable(switch.reason), "at": utc(switch.at)}
        last = select(switches.c.off).where(switches.c.pathway == row["pathway"]).order_by(switches.c.sequence.desc())

        def work(connection: Connection) -> bool:
            if bool(connection.scalar(last.limit(1))) == switch.off:
                return False
            connection.execute(insert(switches), row)
            tell(connection, entry)
            return True

        return self._ask(work)


def _read(connection: Connection, query: Select[Any]) -> list[Switch]:
    return [Switch(**row) for row in connection.execute(query).mappings()]
