"""What clinicians made of our advice, for those who look after the knowledge: feedback on cards, and decisions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, select, tuple_

from service.store.decisions import rules_behind
from service.store.reading import Reading
from service.store.rows import utc
from service.store.tables import assessments, cards, decisions, feedback

_AT_ONCE = 500
_WITHIN = 20.0  # seconds for so many; nobody waits for an answer of ours meanwhile
_TOLD = ("accept", "override", "undo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What a clinician made of our advice.

    Attributes:
        kind: `card` for feedback on one, `decision` for what was decided about an assessment.
        at: When we learned of it.
        client: Who asked for the assessment.
        service: By which road.
        assessment: Its id; None for a card that we do not know.
        about: The topic of the card, or the order that was decided about.
        rules: Those behind it.
        outcome: `accepted`, `overridden` or `taken back`.
        reason_code: Why, as a code.
        reason: The same in words, where the client sent them.
        comment: The clinician's own words, as far as they are kept.
        knowledge_version: The knowledge that judged.
    """

    kind: str
    at: datetime
    client: str
    service: str
    assessment: str | None
    about: str
    rules: tuple[str, ...]
    outcome: str
    reason_code: str | None
    reason: str | None
    comment: str | None
    knowledge_version: str | None


_Chunk = Callable[[Connection], list[tuple[str, Reaction]]]


class Reacting(Reading):
    """The reactions of a store."""

    def reactions(self, since: datetime, until: datetime) -> Iterator[Reaction]:
        """All reactions from `since` and before `until`, the oldest first.

        Nothing is read before it is wanted, and never all at once.

        Raises:
            DatabaseAwayError: The next ones cannot be told now.
        """
        period = (utc(since), utc(until))
        on_cards = self._each(lambda after: _of_cards(period, after))
        decided = self._each(lambda after: _of_decisions(period, after))
        return merge(on_cards, decided, key=attrgetter("at"))

    def _each(self, after: Callable[[tuple[datetime, str] | None], _Chunk]) -> Iterator[Reaction]:
        last: tuple[datetime, str] | None = None
        while chunk := self._ask(after(last), within=_WITHIN):
            yield from (reaction for _, reaction in chunk)
            key, reaction = chunk[-1]
            last = (reaction.at, key)


def _of_cards(period: tuple[datetime, datetime], after: tuple[datetime, str] | None) -> _Chunk:
    f = feedback.c
    told = select(feedback).where(f.received >= period[0], f.received < period[1])
    told = _next(told, (f.received, f.id), after)

    def read(connection: Connection) -> list[tuple[str, Reaction]]:
        rows = connection.execute(told).mappings().all()
        sent = _sent(connection, rows)
        return [(row["id"], _on_card(row, sent.get((row["client"], row["card"]), ()))) for row in rows]

    return read


def _sent(
    connection: Connection, rows: Sequence[Mapping[Any, Any]]
) -> Mapping[tuple[str, str], Sequence[Mapping[Any, Any]]]:
    """By client and card, the assessments that the cards were sent with, the first one first."""
    a = assessments.c
    found = (
        select(cards.c.uuid, cards.c.topic, cards.c.rules, a.id, a.client, a.created, a.knowledge_version)
        .join(assessments, a.id == cards.c.assessment)
        .where(cards.c.uuid.in_({row["card"] for row in rows}))
        .order_by(a.sequence)
    )
    sent: dict[tuple[str, str], list[Mapping[Any, Any]]] = {}
    for card in connection.execute(found).mappings():
        sent.setdefault((card["client"], card["uuid"]), []).append(card)
    return sent


def _on_card(row: Mapping[Any, Any], sent: Sequence[Mapping[Any, Any]]) -> Reaction:
    """Of a card that was sent several times the last one before the feedback is meant."""
    before = [card for card in sent if card["created"] <= row["received"]] or [*sent]
    card: Mapping[Any, Any] = before[-1] if before else {}
    return Reaction(
        kind="card",
        at=row["received"],
        client=row["client"],
        service=row["service"],
        assessment=card.get("id"),
        about=card.get("topic") or row["card"],
        rules=tuple(card.get("rules", ())),
        outcome=row["outcome"],
        reason_code=row["reason_code"],
        reason=row["reason_display"],
        comment=row["comment"],
        knowledge_version=card.get("knowledge_version"),
    )


def _of_decisions(period: tuple[datetime, datetime], after: tuple[datetime, str] | None) -> _Chunk:
    d, a = decisions.c, assessments.c
    made = (
        select(d.id, d.at, d.action, d.order_id, d.reason_code, d.comment, d.assessment)
        .add_columns(a.client, a.service, a.knowledge_version, a.result)
        .join(assessments, a.id == d.assessment)
        .where(d.at >= period[0], d.at < period[1], d.action.in_(_TOLD))
    )
    made = _next(made, (d.at, d.id), after)
    return lambda connection: [(row["id"], _decided(row)) for row in connection.execute(made).mappings()]


def _decided(row: Mapping[Any, Any]) -> Reaction:
    return Reaction(
        kind="decision",
        at=row["at"],
        client=row["client"],
        service=row["service"],
        assessment=row["assessment"],
        about=row["order_id"] or "all of it",
        rules=tuple(rules_behind(row["order_id"], row["result"])),
        outcome={"accept": "accepted", "override": "overridden", "undo": "taken back"}[row["action"]],
        reason_code=row["reason_code"],
        reason=None,
        comment=row["comment"],
        knowledge_version=row["knowledge_version"],
    )


def _next(query: Select[Any], place: tuple[Any, Any], after: tuple[datetime, str] | None) -> Select[Any]:
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(*after))
    return query.order_by(*place).limit(_AT_ONCE)
