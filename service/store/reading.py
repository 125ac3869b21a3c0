"""Assessments read again: one by its id, all of them, and the worklist of those that nobody decided about yet."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, select

from service.store.database import Database, DatabaseAwayError, RowsRefusedError
from service.store.earlier import RANKS
from service.store.places import after_place, order_of, place_of
from service.store.privacy import Privacy, bounded
from service.store.records import StoredAssessment
from service.store.rows import keyed
from service.store.tables import NEVER, assessments

LAST = 2**63 - 1
NO_SUCH = 1000
_READ_WITHIN = 5.0  # seconds; a page that takes longer than an answer is no sign that the database is away
_Result = TypeVar("_Result")
READ = [
    column
    for column in assessments.c
    if column.name
    in {"id", "sequence", "created", "client", "service", "tier", "could_be", "in_scope", "status", "version"}
    | {"due", "tier_order", "result", "findings", "patient", "patient_name", "birth_date", "age_years", "sex", "side"}
    | {"pathways", "headline", "assignee", "follows"}
]


class Reading:
    """What can be read back of a store."""

    _database: Database
    _privacy: Privacy

    def assessment(
        self,
        id: str,  # noqa: A002 - its name everywhere
        *,
        client: str | None = None,
        patient: str | None = None,
    ) -> StoredAssessment | None:
        """The assessment with this id, if there is one.

        Args:
            id: As callers know it.
            client: Only if it is this client's own.
            patient: Only if it is about this patient, as the store names patients.

        Raises:
            DatabaseAwayError: It cannot be told now.
        """
        return self._ask(lambda connection: read_one(connection, id, client, patient))

    def assessments(
        self,
        *,
        tier: str | None = None,
        status: str | None = None,
        client: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[StoredAssessment]:
        """The newest assessments first.

        Args:
            tier: Only those of this tier.
            status: Only those with this status.
            client: Only this client's own.
            before: Only those that came before the one with this sequence; that is the next page.
            limit: At most so many.

        Raises:
            DatabaseAwayError: They cannot be told now.
        """
        conditions = equal({"tier": tier, "status": status, "client": client})
        if before is not None:
            conditions.append(assessments.c.sequence < max(-LAST, min(before, LAST)))
        newest = select(*READ).where(*conditions).order_by(assessments.c.sequence.desc()).limit(limit)
        return self._list(newest)

    def worklist(
        self,
        *,
        tier: str | None = None,
        status: str | None = "open",
        client: str | None = None,
        after: Sequence[Any] | None = None,
        limit: int = 50,
    ) -> list[StoredAssessment]:
        """Assessments in scope, the most urgent tier first, in it the one that is due first.

        Of a patient who is known the latest alone is listed, and an earlier one only while that was more urgent:
        an emergency does not go away because less was known the next time.

        Args:
            tier: Only those of this tier.
            status: Only those with this status; None for all.
            client: Only this client's own.
            after: The `place` of the last one on the page before.
            limit: At most so many.

        Raises:
            DatabaseAwayError: It cannot be told now.
            ValueError: `after` is no place.
        """
        a = assessments
        conditions = equal({"status": status, "client": client})
        if tier is not None:
            conditions.append(a.c.tier_order == -RANKS.get(tier, NO_SUCH))
        if after is not None:
            conditions.append(after_place("urgency", after))
        listed = select(*READ).where(a.c.in_scope, ~a.c.superseded, *conditions)
        listed = listed.order_by(*order_of("urgency")).limit(limit)
        return self._list(listed)

    def repeated(self, client: str, idempotency_key: str) -> tuple[str, str] | None:
        """The id and the request digest of the assessment that stands for this client's key, if there is one.

        One that waits in the spool of this machine counts.

        Raises:
            DatabaseAwayError: It cannot be told now.
        """
        name = bounded(client)
        key = keyed(self._privacy, name, idempotency_key)
        standing = select(assessments.c.id, assessments.c.request_digest).where(
            assessments.c.client == name, assessments.c.idempotency_key == key
        )
        try:
            row = self._ask(lambda connection: connection.execute(standing).first())
        except DatabaseAwayError:
            if waiting := self._waiting(key):
                return waiting
            raise
        return (row[0], row[1] or "") if row else self._waiting(key)

    def _list(self, query: Select[Any]) -> list[StoredAssessment]:
        return self._ask(lambda connection: [stored_assessment(row) for row in connection.execute(query).mappings()])

    def _ask(self, work: Callable[[Connection], _Result], within: float = _READ_WITHIN) -> _Result:
        """What `work` returns. A database that is away is looked for in the background, so that it is found again."""
        try:
            return self._database.run(work, within=within)
        except RowsRefusedError:
            raise DatabaseAwayError from None
        except DatabaseAwayError:
            self._wake()
            raise

    def _wake(self) -> None:
        raise NotImplementedError

    def _waiting(self, key: str) -> tuple[str, str] | None:
        raise NotImplementedError


def read_one(
    connection: Connection,
    id: str,  # noqa: A002
    client: str | None,
    patient: str | None = None,
) -> StoredAssessment | None:
    """The assessment with this id; with a client or a patient, only if it is theirs."""
    conditions = equal({"id": id, "client": client, "patient": patient})
    row = connection.execute(select(*READ).where(*conditions)).mappings().first()
    return stored_assessment(row) if row else None


def equal(given: Mapping[str, str | None]) -> list[ColumnElement[bool]]:
    """The conditions that these columns have these values, as far as they are given."""
    return [assessments.c[name] == bounded(value) for name, value in given.items() if value is not None]


def stored_assessment(row: Mapping[Any, Any]) -> StoredAssessment:
    """The assessment in a row of the columns that are read."""
    return StoredAssessment(
        id=row["id"],
        sequence=row["sequence"],
        created=row["created"],
        client=row["client"],
        service=row["service"],
        tier=row["tier"],
        could_be=row["could_be"],
        in_scope=row["in_scope"],
        status=row["status"],
        version=row["version"],
        due=None if row["due"] >= NEVER else row["due"],
        document={**row["result"], "findings": row["findings"]},
        patient=row["patient"],
        place=place_of("urgency", row),
        patient_name=row["patient_name"],
        birth_date=row["birth_date"],
        age_years=row["age_years"],
        sex=row["sex"],
        side=row["side"],
        pathways=tuple(row["pathways"].split()),
        headline=row["headline"],
        assignee=row["assignee"],
        follows=row["follows"],
    )
