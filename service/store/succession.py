"""An assessment among those of the same patient: what it takes over from earlier ones, and which it speaks for now."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, case, cast, exists, func, or_, select, true, update
from sqlalchemy.sql.dml import Insert, Update

from service.store.tables import assessments

_WHOM = ("patient", "encounter", "patient_name", "sought_name", "birth_date")
_OWN = ("id", "client", "follows", "tier_order", "due", *_WHOM)
_a = assessments.c
_earlier = assessments.alias("earlier")
_this = assessments.alias("this")
Rows = list[dict[str, Any]]


def inheriting(insert: Insert) -> Insert:
    """The insert of assessments that the database completes from earlier ones. Give it rows made `ready`.

    Whom it is about comes from the assessment that it follows; who looks after them from there, or else from what it
    speaks for. By when somebody must act is never later than it was: asking again, or opening the chart again, does not
    start the clock of those who wait anew.
    """
    whom = {name: func.coalesce(_followed(name), _own(name)) for name in _WHOM}
    e = _earlier.c
    waits = (
        e.client == _own("client"),
        e.in_scope,
        or_(e.status == "open", e.status == "acknowledged"),  # who decided is done with it
        e.tier_order >= _own("tier_order"),
    )
    looked_after = (
        select(e.assignee)
        .where(*waits, e.patient == whom["patient"])
        .order_by(e.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    earliest = select(func.min(e.due)).where(*waits, ~e.superseded)
    was_due = func.coalesce(
        earliest.where(e.patient == whom["patient"]).scalar_subquery(),
        earliest.where(e.id == _own("follows")).scalar_subquery(),
    )
    due = case((was_due < _own("due"), was_due), else_=_own("due"))
    return insert.values(whom | {"due": due, "assignee": func.coalesce(_followed("assignee"), looked_after)})


def ready(rows: Iterable[Mapping[str, Any]]) -> Rows:
    """The rows with what the database looks for."""
    return [{**row, **{f"own_{name}": row[name] for name in _OWN}} for row in rows]


def take_turns(connection: Connection, rows: Rows) -> None:
    """Wait for whoever keeps an assessment of the same patient just now: of two at once neither sees the other.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    for key in sorted({_key(row) for row in rows if row["patient"] or row["follows"]}):  # in one order: no deadlock
        connection.execute(select(func.pg_advisory_xact_lock(cast(key, BigInteger))))


def supersede(connection: Connection, rows: Rows) -> None:
    """Mark the earlier assessments that these, which were just inserted, speak for: they are listed no more.

    That is what is about the same patient, or what is followed, and was no more urgent: an emergency does not go away
    because less was known the next time.
    """
    for statement, name in ((_OF_PATIENT, "patient"), (_FOLLOWED, "follows")):
        speaking = [row for row in rows if row["in_scope"] and (row[name] or row["follows"])]
        if speaking:
            connection.execute(statement, [{key: row[key] for key in _USED} for row in speaking])


def left_alone() -> Update:
    """The update that lists again what is marked although nothing speaks for it any more."""
    later = assessments.alias("later")
    urgent = (
        later.c.client == _a.client,
        later.c.sequence > _a.sequence,
        later.c.in_scope,
        later.c.tier_order <= _a.tier_order,
    )
    speaks = [exists().where(same, *urgent) for same in (later.c.patient == _a.patient, later.c.follows == _a.id)]
    return update(assessments).where(_a.superseded, ~or_(*speaks)).values(superseded=False)


def _own(name: str) -> Any:
    return bindparam(f"own_{name}", type_=assessments.c[name].type)


def _followed(name: str) -> Any:
    found = select(_earlier.c[name]).where(_earlier.c.id == _own("follows"), _earlier.c.client == _own("client"))
    return found.scalar_subquery()


def _inserted(name: str) -> Any:
    """What was inserted; nothing of a repetition that was not."""
    return select(_this.c[name]).where(_this.c.id == _own("id")).scalar_subquery()


def _key(row: Mapping[str, Any]) -> int:
    name = f"{row['client']}\0{row['patient'] or row['follows']}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


_no_more_urgent = update(assessments).where(
    _a.client == _own("client"),
    _a.sequence < _inserted("sequence"),
    _a.tier_order >= _own("tier_order"),
    ~_a.superseded,
)
_OF_PATIENT = _no_more_urgent.where(_a.patient == _inserted("patient")).values(superseded=true())
_FOLLOWED = _no_more_urgent.where(_a.id == _own("follows")).values(superseded=true())
_USED = ("own_id", "own_client", "own_follows", "own_tier_order")
