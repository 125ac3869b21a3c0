"""What a period shows of the work: how much, how urgent, how soon answered, what clinicians made of the advice.

Counts and times alone, no patients. Only columns are read, never the documents: a page waits for it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from service.store.database import DatabaseAwayError, RowsRefusedError
from service.store.privacy import bounded
from service.store.reading import Reading
from service.store.rows import utc
from service.store.tables import assessments, calls, decisions
from service.store.verdicts import Verdicts, verdicts
from service.store.waiting import Asked, People, Wait

_WITHIN = 20.0  # seconds; a year of a busy site is counted in one go
_ANSWERS = ("acknowledge", "accept", "override")


class CallsNotAddedError(Exception):
    """Counts of calls were not written down; try again later."""


@dataclass(frozen=True, slots=True)
class Calls:
    """How often a hook fired, how often it stayed silent, and how many cards it gave."""

    day: str
    service: str
    calls: int
    silent: int
    cards: int


@dataclass(frozen=True, slots=True)
class Insights:
    """All of a period.

    Attributes:
        volume: Assessments by day and tier; `none` for no tier, `out_of_scope` without a leg complaint.
        waits: Everybody who began to wait in the period.
        verdicts: By rule.
        questions: By finding.
        calls: By day and service.
    """

    volume: Mapping[str, Mapping[str, int]]
    waits: tuple[Wait, ...]
    verdicts: tuple[Verdicts, ...]
    questions: tuple[Asked, ...]
    calls: tuple[Calls, ...]


class Surveying(Reading):
    """The insights of a store, and the counts of calls that they need."""

    def insights(self, since: datetime, until: datetime, client: str | None = None) -> Insights:
        """What the period from `since` until before `until` shows; with a client, of that client's own alone.

        Raises:
            DatabaseAwayError: It cannot be told now.
        """
        own = None if client is None else bounded(client)
        return self._ask(lambda connection: _insights(connection, utc(since), utc(until), own), within=_WITHIN)

    def add_calls(self, counts: Mapping[tuple[str, str, str], Sequence[int]]) -> None:
        """Add to how often services were called.

        Args:
            counts: Calls, silent ones and cards, by day in UTC as `2026-11-23`, client and service.

        Raises:
            CallsNotAddedError: The database does not take them now.
        """
        if not counts:
            return
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        rows = [
            {"day": day, "client": bounded(client), "service": service, "calls": n, "silent": silent, "cards": cards}
            for (day, client, service), (n, silent, cards) in sorted(counts.items())  # no deadlock with another process
        ]
        new = insert(calls).values(rows)
        sums = {name: calls.c[name] + new.excluded[name] for name in ("calls", "silent", "cards")}
        adding = new.on_conflict_do_update(index_elements=["day", "client", "service"], set_=sums)
        try:
            # Not by `_ask`: for counts alone nobody looks for a database that is away.
            self._database.run(lambda connection: connection.execute(adding))
        except (DatabaseAwayError, RowsRefusedError):
            raise CallsNotAddedError from None


def _insights(connection: Connection, since: datetime, until: datetime, client: str | None) -> Insights:
    a = assessments.c
    # To the end of what there is: a wait that began in the period may be answered after it, and so may a question.
    from_then = [a.created >= since, *([a.client == client] if client is not None else [])]
    decided = _decided(connection, from_then)
    columns = (a.id, a.client, a.patient, a.follows, a.created, a.in_scope, a.tier, a.tier_order, a.due, a.asked)
    volume: dict[str, Counter[str]] = defaultdict(Counter)
    people = People()
    for row in connection.execute(select(*columns).where(*from_then).order_by(a.sequence)):
        counts = row.created < until
        if counts:
            volume[f"{row.created:%Y-%m-%d}"][(row.tier or "none") if row.in_scope else "out_of_scope"] += 1
        made = decided.get(row.id, ()) if counts else decided.pop(row.id, ())
        answered = min((each.at for each in made if each.action in _ANSWERS), default=None)
        people.add(row, answered, counts=counts)
    return Insights(
        volume={day: dict(tiers) for day, tiers in sorted(volume.items())},
        waits=people.waits(),
        verdicts=verdicts(connection, [*from_then, a.created < until], decided),
        questions=people.questions(),
        calls=_calls(connection, since, until, client),
    )


def _decided(connection: Connection, period: Sequence[ColumnElement[bool]]) -> dict[str, list[Any]]:
    """The decisions about each assessment, the first one first."""
    d = decisions.c
    made = select(d.assessment, d.action, d.order_id.label("order"), d.reason_code, d.rules, d.at)
    made = made.join(assessments, assessments.c.id == d.assessment).where(*period).order_by(d.assessment, d.version)
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(made):
        rows[row.assessment].append(row)
    return rows


def _calls(connection: Connection, since: datetime, until: datetime, client: str | None) -> tuple[Calls, ...]:
    c = calls.c
    sums = [func.sum(c.calls), func.sum(c.silent), func.sum(c.cards)]
    days = [c.day >= f"{since:%Y-%m-%d}", c.day <= f"{until - timedelta(microseconds=1):%Y-%m-%d}"]
    own = [c.client == client] if client is not None else []
    counted = select(c.day, c.service, *sums).where(*days, *own).group_by(c.day, c.service).order_by(c.day, c.service)
    return tuple(Calls(day, service, *map(int, sums)) for day, service, *sums in connection.execute(counted))
