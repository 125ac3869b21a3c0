"""Where a line stands in a list that is read page by page, as plain JSON values and as a word for an address."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, tuple_

from service.store.tables import Moment, assessments

_LAST = 2**63 - 1
_MOST = 1000  # no tier is so far from another
_a = assessments.c
_ORDERS: Mapping[str, tuple[Column[Any], ...]] = {
    "urgency": (_a.tier_order, _a.due, _a.sequence),
    "waiting": (_a.created, _a.sequence),
    "newest": (_a.sequence,),
}


def order_of(sort: str, *, in_tier: bool = False) -> list[ColumnElement[Any]]:
    """By what a list that is sorted so is ordered; `in_tier` when all its lines are of one tier."""
    if sort == "newest" and in_tier:
        # Else SQLite reads all that is open in this order to find the few of the tier, with an index that has no tier.
        return [(_a.sequence + 0).desc()]
    return [column.desc() if sort == "newest" else column.asc() for column in _ORDERS[sort]]


def place_of(sort: str, row: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Where a row stands in a list that is sorted so."""
    values = (row[column.name] for column in _ORDERS[sort])
    return tuple(value.isoformat() if isinstance(value, datetime) else value for value in values)


def after_place(sort: str, place: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a row comes later in the list than this place. ValueError when it is none."""
    columns = _ORDERS[sort]
    try:
        values = [_value(column, value) for column, value in zip(columns, place, strict=True)]
    except (TypeError, ValueError):
        raise ValueError("after is no place of the worklist") from None
    here = tuple_(*columns), tuple_(*values)
    return here[0] < here[1] if sort == "newest" else here[0] > here[1]


def cursor(place: Sequence[Any]) -> str:
    """The word for a place: opaque to whoever carries it."""
    return urlsafe_b64encode(orjson.dumps(list(place))).decode().rstrip("=")


def read_cursor(word: str) -> list[Any]:
    """The place that a word stands for. ValueError when it stands for none."""
    place = orjson.loads(urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    if not isinstance(place, list):
        raise ValueError("a place is a list of values")  # noqa: TRY004 - the word is wrong, not its type
    return place


def _value(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, Moment):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if isinstance(value, bool) or abs(value) > (_MOST if column is _a.tier_order else _LAST):
        raise ValueError
    return int(value)
