"""What a period came to: how many, how urgent, what was decided and how soon. Counts alone, no patients."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Text, cast, func, select

from service.store.privacy import bounded
from service.store.reading import Reading
from service.store.rows import utc
from service.store.tables import assessments, cards, decisions, feedback

_WITHIN = 20.0  # seconds; a year of a busy site is counted in one go
_ACTIONS = ("acknowledge", "accept", "override")  # whoever claims it has not acted yet
_DECIDED = ("acknowledged", "accepted", "overridden")


class Counting(Reading):
    """The statistics of a store."""

    def statistics(self, since: datetime, until: datetime, client: str | None = None) -> dict[str, Any]:
        """Plain JSON values of the assessments that were given from `since` and before `until`.

        `override_rates` are of rules: of the cards that got feedback, and the assessments that were accepted or
        overridden, how many were overridden.

        Raises:
            DatabaseAwayError: It cannot be told now.
        """
        period = [assessments.c.created >= utc(since), assessments.c.created < utc(until)]
        if client is not None:
            period.append(assessments.c.client == bounded(client))
        return self._ask(lambda connection: _counted(connection, period), within=_WITHIN) | {
            "since": utc(since).isoformat(),
            "until": utc(until).isoformat(),
        }


def _counted(connection: Connection, period: list[ColumnElement[bool]]) -> dict[str, Any]:
    a = assessments.c
    several = (a.service, a.in_scope, a.tier, a.status)
    groups = connection.execute(select(*several, func.count()).where(*period).group_by(*several)).all()
    volume: Counter[str] = Counter()
    tiers: Counter[str] = Counter()
    statuses: Counter[str] = Counter(dict.fromkeys(_DECIDED, 0))
    for service, in_scope, tier, status, count in groups:
        volume[service] += count
        tiers[(tier or "none") if in_scope else "out_of_scope"] += count
        if status in _DECIDED:
            statuses[status] += count
    return {
        "assessments": sum(volume.values()),
        "by_service": dict(sorted(volume.items())),
        "by_tier": dict(sorted(tiers.items())),
        "by_status": dict(statuses),
        "override_rates": _override_rates([*_of_cards(connection, period), *_of_decisions(connection, period)]),
        "median_seconds_to_acknowledge": _median_wait(connection, period),
    }


def _of_cards(connection: Connection, period: list[ColumnElement[bool]]) -> Iterable[tuple[list[str], bool, int]]:
    """Rules of cards that got feedback, whether it overrode them, and how often."""
    rules, count = cast(cards.c.rules, Text), func.count(cards.c.uuid.distinct())
    told = (
        select(rules, feedback.c.outcome, count)
        .join(assessments, assessments.c.id == cards.c.assessment)
        .join(feedback, (feedback.c.card == cards.c.uuid) & (feedback.c.client == assessments.c.client))
        .where(*period)
        .group_by(rules, feedback.c.outcome)
    )
    for named, outcome, times in connection.execute(told):
        yield orjson.loads(named), outcome == "overridden", times


def _of_decisions(connection: Connection, period: list[ColumnElement[bool]]) -> Iterable[tuple[list[str], bool, int]]:
    """Rules behind the urgency of assessments that were decided, and whether they were overridden."""
    because = assessments.c.result["urgency"]["because"]
    decided = select(because, assessments.c.status).where(*period, assessments.c.status.in_(("accepted", "overridden")))
    for reasons, status in connection.execute(decided):
        yield [reason["rule"] for reason in reasons or ()], status == "overridden", 1


def _override_rates(answered: Iterable[tuple[list[str], bool, int]]) -> list[dict[str, Any]]:
    total: Counter[str] = Counter()
    overridden: Counter[str] = Counter()
    for rules, was_overridden, times in answered:
        for rule in set(rules):
            total[rule] += times
            overridden[rule] += times if was_overridden else 0
    return [
        {"rule": rule, "answered": total[rule], "overridden": overridden[rule], "rate": overridden[rule] / total[rule]}
        for rule in sorted(total)
    ]


def _median_wait(connection: Connection, period: list[ColumnElement[bool]]) -> float | None:
    """From an assessment to the first decision about it."""
    first = (
        select(func.min(decisions.c.at), assessments.c.created)
        .join(assessments, assessments.c.id == decisions.c.assessment)
        .where(*period, decisions.c.action.in_(_ACTIONS))
        .group_by(assessments.c.id, assessments.c.created)
    )
    waits = [(at - created).total_seconds() for at, created in connection.execute(first)]
    return median(waits) if waits else None
