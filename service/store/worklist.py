"""The worklist as clinicians look through it: a page of lines, how many there are, and a patient's history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, CompoundSelect, Select, case, func, or_, select, union

from service.store.earlier import NO_TIER, RANKS
from service.store.places import after_place, order_of, place_of
from service.store.privacy import bounded
from service.store.reading import NO_SUCH, READ, Reading, equal
from service.store.records import StoredAssessment
from service.store.rows import folded, utc
from service.store.tables import NEVER, assessments

Sort = Literal["urgency", "newest", "waiting"]
NOBODY = ""
"""The assignee of what nobody looks after, in a query."""
_MOST_WORDS = 8
_TIERS = {-rank: tier for tier, rank in RANKS.items()} | {NO_TIER: "none"}
_LINE = [
    column
    for column in assessments.c
    if column.name
    in {"id", "sequence", "created", "service", "client", "tier", "could_be", "status", "version", "due", "tier_order"}
    | {"patient", "patient_name", "birth_date", "age_years", "sex", "side", "pathways", "headline", "assignee"}
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistQuery:
    """Which lines of the worklist, and in which order.

    Attributes:
        tier: Only those of this tier; `none` for those without one.
        status: Only those with this status; None for all.
        pathway: Only those whose headline is about it.
        side: Only those with symptoms on this side.
        age_from: Only those of at least so many completed years.
        age_to: Only those of at most so many completed years.
        assignee: Only those that this user looks after; NOBODY for those that nobody looks after.
        text: Only those in which each of these words is found: in the name or the headline, or as the beginning of
            the assessment's id or the patient's.
        client: Only this client's own.
        patient: Only those about this patient, as the store names patients.
        sort: By urgency, then by when somebody must act; the newest first; or the one that waits longest first.
    """

    tier: str | None = None
    status: str | None = "open"
    pathway: str | None = None
    side: str | None = None
    age_from: float | None = None
    age_to: float | None = None
    assignee: str | None = None
    text: str | None = None
    client: str | None = None
    patient: str | None = None
    sort: Sort = "urgency"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistItem:
    """A line of the worklist; each member as in StoredAssessment. `place` is the `after` of the next page."""

    id: str
    created: datetime
    service: str
    client: str
    tier: str | None
    could_be: str | None
    status: str
    version: int
    due: datetime | None
    patient: str | None
    patient_name: str | None
    birth_date: str | None
    age_years: float | None
    sex: str | None
    side: str | None
    pathways: tuple[str, ...]
    headline: str
    assignee: str | None
    place: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines there are.

    Attributes:
        tiers: By tier, all of them named, whichever tier is asked for; those without one under `none`.
        total: Of the tier that is asked for, or of all.
        breached: Of these, how many were due before now.
    """

    tiers: dict[str, int]
    total: int
    breached: int


class Worklist(Reading):
    """The worklist of a store."""

    _clock: Callable[[], datetime]

    def worklist_page(
        self, query: WorklistQuery, *, after: Sequence[Any] | None = None, limit: int = 50
    ) -> list[WorklistItem]:
        """A page of assessments in scope; who is listed is the same as in `worklist`.

        Args:
            query: Which ones.
            after: The `place` of the last one on the page before, which must have had the same sort.
            limit: At most so many.

        Raises:
            DatabaseAwayError: It cannot be told now.
            ValueError: `after` is no place.
        """
        conditions = [*_conditions(query), *_of_tier(query.tier)]
        if after is not None:
            conditions.append(after_place(query.sort, after))
        order = order_of(query.sort, in_tier=query.tier is not None)
        page = select(*_LINE).where(*conditions).order_by(*order).limit(limit)
        return self._ask(lambda c: [_item(row, query.sort) for row in c.execute(page).mappings()])

    def worklist_counts(self, query: WorklistQuery) -> Counts:
        """How many there are, by tier and in all.

        Raises:
            DatabaseAwayError: It cannot be told now.
        """
        order, due = assessments.c.tier_order, assessments.c.due
        breached = func.sum(case((due < utc(self._clock()), 1), else_=0))
        grouped = select(order, func.count(), breached).where(*_conditions(query)).group_by(order)
        rows = [tuple(row) for row in self._ask(lambda connection: connection.execute(grouped).all())]
        tiers = dict.fromkeys(_TIERS.values(), 0) | {_TIERS[order]: count for order, count, _ in rows}
        wanted = [row for row in rows if query.tier in {None, _TIERS[row[0]]}]
        return Counts(tiers, sum(row[1] for row in wanted), int(sum(row[2] for row in wanted)))

    def history(self, stored: StoredAssessment, limit: int = 50) -> list[StoredAssessment]:
        """The assessments of the same patient, and those that follow one another; this one too, the newest first.

        Raises:
            DatabaseAwayError: It cannot be told now.
        """
        a = assessments.c
        own = a.client == stored.client
        # Up to the first one, then down to all that follow it. A chain that came round would end by UNION.
        start = select(a.id, a.follows).where(a.id == stored.id).cte("before", recursive=True)
        before = start.union(select(a.id, a.follows).where(own, a.id == start.c.follows))
        roots = select(before.c.id).cte("linked", recursive=True)
        linked = roots.union(select(a.id).where(own, a.follows == roots.c.id))
        same: Select[Any] | CompoundSelect[Any] = select(linked.c.id)
        if stored.patient is not None:
            same = union(same, select(a.id).where(own, a.patient == stored.patient))
        found = select(*READ).where(a.id.in_(same)).order_by(a.sequence.desc()).limit(limit)
        return self._list(found)


def _conditions(query: WorklistQuery) -> list[ColumnElement[bool]]:
    """All but the tier."""
    a = assessments.c
    conditions = [
        a.in_scope,
        ~a.superseded,
        *equal({name: getattr(query, name) for name in ("status", "side", "client", "patient")}),
    ]
    if query.pathway is not None:
        conditions.append(a.pathways.contains(f" {bounded(query.pathway)} ", autoescape=True))
    if query.age_from is not None:
        conditions.append(a.age_years >= query.age_from)
    if query.age_to is not None:
        conditions.append(a.age_years < query.age_to + 1)
    if query.assignee is not None:
        nobody = query.assignee == NOBODY
        conditions.append(a.assignee.is_(None) if nobody else a.assignee == bounded(query.assignee))
    return conditions + [_found(word) for word in (query.text or "").split()[:_MOST_WORDS]]


def _found(word: str) -> ColumnElement[bool]:
    a, low = assessments.c, bounded(word).lower()
    name = a.sought_name.contains(folded(low), autoescape=True)
    headline = func.lower(a.headline).contains(low, autoescape=True)
    begins = (func.lower(column).startswith(low, autoescape=True) for column in (a.id, a.patient))
    return or_(name, headline, *begins)


def _of_tier(tier: str | None) -> list[ColumnElement[bool]]:
    if tier is None:
        return []
    order = {name: order for order, name in _TIERS.items()}.get(tier, -NO_SUCH)
    return [assessments.c.tier_order == order]


def _item(row: Mapping[Any, Any], sort: Sort) -> WorklistItem:
    own = {name: row[name] for name in WorklistItem.__slots__ if name not in {"due", "pathways", "place"}}
    return WorklistItem(
        **own,
        due=None if row["due"] >= NEVER else row["due"],
        pathways=tuple(row["pathways"].split()),
        place=place_of(sort, row),
    )
