"""What clinicians made of the advice: how often what rests on a rule was accepted or overridden, and why."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Text, cast, func, select

from service.store.decisions import standing
from service.store.tables import assessments, cards, feedback

NO_REASON = ""
_FINAL = {"accept": "accepted", "override": "overridden"}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How often what rests on one rule was accepted, and overridden with which reasons, as codes."""

    rule: str
    accepted: int
    overridden: int
    reasons: Mapping[str, int]

    @property
    def answered(self) -> int:
        """How often anybody said either."""
        return self.accepted + self.overridden

    @property
    def rate(self) -> float:
        """The part of them that overrode."""
        return self.overridden / self.answered if self.answered else 0.0


@dataclass(frozen=True, slots=True)
class _Told:
    rules: Iterable[str]
    outcome: str
    reason: str
    times: int


def verdicts(
    connection: Connection, period: Sequence[ColumnElement[bool]], decided: Mapping[str, Sequence[Any]]
) -> tuple[Verdicts, ...]:
    """Of the cards of a period that got feedback, and of the decisions about assessments, by rule."""
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for told in (*_of_cards(connection, period), *(each for rows in decided.values() for each in _final(rows))):
        for rule in set(told.rules):
            outcomes[rule][told.outcome] += told.times
            if told.outcome == "overridden":
                reasons[rule][told.reason] += told.times
    return tuple(
        Verdicts(rule, count["accepted"], count["overridden"], dict(reasons[rule].most_common()))
        for rule, count in sorted(outcomes.items())
    )


def _of_cards(connection: Connection, period: Sequence[ColumnElement[bool]]) -> Iterator[_Told]:
    """The same card is sent again while the facts stay the same: it is counted once."""
    rules = cast(cards.c.rules, Text)
    # Of several reasons for one card the first by name: a card is overridden once.
    each_card = (
        select(cards.c.uuid, rules.label("rules"), feedback.c.outcome, func.min(feedback.c.reason_code).label("reason"))
        .join(assessments, assessments.c.id == cards.c.assessment)
        .join(feedback, (feedback.c.card == cards.c.uuid) & (feedback.c.client == assessments.c.client))
        .where(*period)
        .group_by(cards.c.uuid, rules, feedback.c.outcome)
        .subquery()
    )
    kinds = (each_card.c.rules, each_card.c.outcome, each_card.c.reason)
    for named, outcome, reason, times in connection.execute(select(*kinds, func.count()).group_by(*kinds)):
        yield _Told(orjson.loads(named), outcome, reason or NO_REASON, times)


def _final(rows: Sequence[Any]) -> Iterator[_Told]:
    """What stands of the decisions about one assessment: of each order, and of the whole, the last one."""
    last = {row.order: row for row in standing(rows) if row.action in _FINAL}
    for row in last.values():
        yield _Told(row.rules or (), _FINAL[row.action], row.reason_code or NO_REASON, 1)
