"""What an assessment takes over from an earlier one as it is kept: whom it is about, and who looks after them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.sql.dml import Insert

from service.store.tables import assessments

_WHOM = ("patient", "encounter", "patient_name", "birth_date")
_OWN = ("client", "follows", "tier_order", *_WHOM)
_earlier = assessments.alias("earlier")


def inheriting(insert: Insert) -> Insert:
    """The insert of an assessment, with what the database fills in from earlier ones. Give it rows made `ready`."""
    whom = {name: func.coalesce(_followed(name), _own(name)) for name in _WHOM}
    e = _earlier.c
    looked_after = (
        select(e.assignee)
        .where(
            e.client == _own("client"),
            e.patient == whom["patient"],
            e.in_scope,
            e.status.in_(("open", "acknowledged")),  # who decided is done with it
            e.tier_order >= _own("tier_order"),  # what stays on the list beside this one keeps its own
        )
        .order_by(e.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    return insert.values(whom | {"assignee": func.coalesce(_followed("assignee"), looked_after)})


def ready(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what the database looks for."""
    return {**row, **{f"own_{name}": row[name] for name in _OWN}}


def _followed(name: str) -> Any:
    found = select(_earlier.c[name]).where(_earlier.c.id == _own("follows"), _earlier.c.client == _own("client"))
    return found.scalar_subquery()


def _own(name: str) -> Any:
    return bindparam(f"own_{name}", type_=assessments.c[name].type)
