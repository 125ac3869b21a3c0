"""Which answers can still make a rule true, when only some questions will be answered, as by a patient.

What nobody will answer stays unknown, and an unknown never makes a rule true: a rule that waits for an examination
is out of a patient's reach, whatever else it looks at.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from service.triage.facts import Facts
from service.triage.logic import NOTHING, AllOf, AnyOf, AtLeast, Condition, Mentioned, Named, Not, Unless

Ways = frozenset[str] | None
"""The keys whose answers could bring something about: none when it is so already, None when nothing could."""


class Answerable:
    """One patient, of whom nothing but some keys will still be answered."""

    def __init__(self, facts: Facts, keys: AbstractSet[str]) -> None:
        """Start from these facts; these keys will still be answered."""
        self._facts = facts
        self._keys = keys
        self._found: dict[tuple[Condition, bool], Ways] = {}

    def ways(self, condition: Condition, *, truth: bool = True) -> Ways:
        """The keys whose answers could give the condition this truth.

        A key too many is possible, a key too few is not: a comparison or score that waits for several keys counts as
        within reach as soon as one of them will be answered.
        """
        place = (condition, truth)
        if place not in self._found:
            self._found[place] = self._look(condition, truth=truth)
        return self._found[place]

    def _look(self, condition: Condition, *, truth: bool) -> Ways:  # noqa: PLR0911 - one for each kind of condition
        if isinstance(condition, Unless):
            return self._unless(condition.parts[0], truth=truth)
        now = condition.truth(self._facts)
        if now is not None:
            return NOTHING if now is truth else None
        match condition:
            case Mentioned():
                return None  # no question is about the past
            case Not(parts=(part,)):
                return self.ways(part, truth=not truth)
            case Named(parts=(part,)):
                return self.ways(part, truth=truth)
            case AllOf(parts=parts):
                return self._count(parts, len(parts) if truth else 1, truth=truth)
            case AnyOf(parts=parts):
                return self._count(parts, 1 if truth else len(parts), truth=truth)
            case AtLeast(parts=parts, count=count):
                return self._count(parts, count if truth else len(parts) - count + 1, truth=truth)
        return (condition.missing(self._facts) & self._keys) or None

    def _count(self, parts: Sequence[Condition], needed: int, *, truth: bool) -> Ways:
        """How at least so many parts can have this truth."""
        able = [ways for part in parts if (ways := self.ways(part, truth=truth)) is not None]
        if len(able) < needed:
            return None
        return NOTHING if sum(not ways for ways in able) >= needed else NOTHING.union(*able)

    def _unless(self, part: Condition, *, truth: bool) -> Ways:
        """It holds as long as its part is not certain."""
        certain = self.ways(part)
        if truth:
            return None if certain == NOTHING else NOTHING
        return certain
