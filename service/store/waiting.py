"""Who waited for an answer and what stayed unanswered, told from assessments in the order they came.

A chart that is opened five times gives five assessments of one patient, and still only one person waits.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from service.store.tables import NEVER

AT_ONCE: Final = timedelta(minutes=15)
"""Where the target is to act at once, an answer within this time counts as in time. A proposal: nobody answers in
the second in which an assessment is given."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A patient waiting for an answer, from the first assessment of their highest tier to the first decision.

    Attributes:
        tier: That tier.
        created: When that assessment was given.
        due: By when somebody had to act, if the tier says so.
        answered: When somebody first decided; None when nobody has.
    """

    tier: str
    created: datetime
    due: datetime | None
    answered: datetime | None

    def is_breached(self, now: datetime) -> bool:
        """Whether the answer came, or is still to come, after its time."""
        if self.due is None:
            return False
        return (self.answered or now) > max(self.due, self.created + AT_ONCE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: of how many patients it was asked, and for how many the last assessment still asks it."""

    finding: str
    asked: int
    open: int


@dataclass(slots=True)
class _Waiting:
    """Whose answer is awaited, by their most urgent assessment so far."""

    row: Any
    answered: datetime | None
    counts: bool


class People:
    """The patients behind assessments that are added in the order they came."""

    def __init__(self) -> None:
        """Nobody yet."""
        self._of: dict[str, tuple[str, str]] = {}
        self._now: dict[tuple[str, str], _Waiting] = {}
        self._all: list[_Waiting] = []
        self._asked: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._still: dict[tuple[str, str], list[str]] = {}

    def add(self, row: Any, answered: datetime | None, *, counts: bool) -> None:
        """Add one more assessment.

        Args:
            row: Its columns.
            answered: When somebody first decided about it.
            counts: Whether it lies in the period; a later one only tells what became of those that do.
        """
        person = (row.client, row.patient) if row.patient else self._of.get(row.follows or "", ("", row.id))
        self._of[row.id] = person
        if not row.in_scope:
            return
        if row.asked is not None:
            self._still[person] = row.asked.split()
            for finding in self._still[person] if counts else ():
                self._asked[finding].add(person)
        if row.tier is not None:
            self._wait(person, _Waiting(row, answered, counts))

    def waits(self) -> tuple[Wait, ...]:
        """Everybody who began to wait in the period."""
        return tuple(
            Wait(each.row.tier, each.row.created, None if each.row.due >= NEVER else each.row.due, each.answered)
            for each in self._all
            if each.counts
        )

    def questions(self) -> tuple[Asked, ...]:
        """Every question of the period, by finding."""
        return tuple(
            Asked(finding, len(people), sum(finding in self._still[person] for person in people))
            for finding, people in sorted(self._asked.items())
        )

    def _wait(self, person: tuple[str, str], new: _Waiting) -> None:
        seen = self._now.get(person)
        if seen is None or (seen.answered is not None and seen.answered <= new.row.created):
            self._now[person] = new
            self._all.append(new)
        elif new.row.tier_order < seen.row.tier_order:
            # What was decided about something less urgent does not answer this.
            seen.row, seen.answered, seen.counts = new.row, new.answered, new.counts
        elif new.row.tier_order == seen.row.tier_order and new.answered:
            seen.answered = min(seen.answered or new.answered, new.answered)
