"""Numbers in conditions: what a value can be while it is not known, and comparisons that may stay open."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import inf

from service.triage.facts import Facts
from service.triage.findings import Finding
from service.triage.logic import NOTHING, Condition, nothing_known
from service.triage.trace import Trace, Truth

_READABLE_UNITS = {"a": "years", "wk": "weeks", "Cel": "°C", "mm[Hg]": "mmHg", "mL/min/{1.73_m2}": "mL/min/1.73 m²"}


def readable_unit(unit: str | None) -> str:
    """A UCUM unit as it is said; annotations such as {score} are no units."""
    if not unit:
        return ""
    return _READABLE_UNITS.get(unit, unit.split("{", maxsplit=1)[0])


@dataclass(slots=True)
class Interval:
    """What a number can be: `low == high` when it is known, everything when it is not."""

    low: float
    high: float
    findings: tuple[Finding, ...] = ()
    missing: frozenset[str] = NOTHING


class Number(ABC):
    """A numeric part of a condition; `text` is the expression as written."""

    __slots__ = ("_keys", "text")

    def __init__(self, keys: frozenset[str], text: str) -> None:
        """Look at these keys."""
        self._keys = keys
        self.text = text

    def keys(self) -> frozenset[str]:
        """Every key it looks at."""
        return self._keys

    @abstractmethod
    def read(self, facts: Facts) -> tuple[Interval, ...]:
        """What it can be; several intervals when several sides were measured."""

    def explain(self, _facts: Facts) -> tuple[Trace, ...]:
        """What it is made of, as far as that needs words of its own."""
        return ()


class Literal(Number):
    """A number written in the rule."""

    __slots__ = ("_number",)

    def __init__(self, value: float, text: str) -> None:
        """Be this number."""
        super().__init__(NOTHING, text)
        self._number = (Interval(value, value),)

    def read(self, _facts: Facts) -> tuple[Interval, ...]:
        """The number itself."""
        return self._number


class Value(Number):
    """The value of a quantity in the vocabulary's unit, one reading for each side measured."""

    __slots__ = ("_name", "_unknown", "key")

    def __init__(self, key: str, text: str) -> None:
        """Read this key; `text` is its label."""
        super().__init__(frozenset({key}), text)
        self.key = key
        self._name = f"{type(self).__name__} {key}"
        self._unknown = (Interval(-inf, inf, missing=self._keys),)

    def read(self, facts: Facts) -> tuple[Interval, ...]:
        """The readings, or everything when there are none."""
        readings = facts.readings.get(self._name)
        if readings is None:
            settled = facts.current.get(self.key)
            numbers = [(self.number(finding, facts), finding) for finding in (settled.present if settled else ())]
            found = [Interval(number, number, (finding,)) for number, finding in numbers if number is not None]
            readings = facts.readings[self._name] = tuple(found) or self._unknown
        return readings

    def number(self, finding: Finding, _facts: Facts) -> float | None:
        """The number in one finding, None when it holds none."""
        return finding.value if isinstance(finding.value, int | float) else None


class DaysSince(Value):
    """Whole days from a date finding until now."""

    __slots__ = ()

    def number(self, finding: Finding, facts: Facts) -> float | None:
        """The days since the date in one finding."""
        return (facts.now.date() - finding.value).days if isinstance(finding.value, date) else None


class Combined(Number):
    """Several numbers made into one: sum, difference, product, largest, smallest."""

    __slots__ = ("combine", "parts")

    def __init__(
        self, combine: Callable[[tuple[Interval, ...]], tuple[float, float]], parts: tuple[Number, ...], text: str
    ) -> None:
        """Combine the parts in this way."""
        super().__init__(NOTHING.union(*(part.keys() for part in parts)), text)
        self.combine = combine
        self.parts = parts

    def read(self, facts: Facts) -> tuple[Interval, ...]:
        """Every combination of the parts' readings."""
        readings = []
        for choice in product(*(part.read(facts) for part in self.parts)):
            low, high = self.combine(choice)
            findings = tuple(finding for interval in choice for finding in interval.findings)
            readings.append(Interval(low, high, findings, NOTHING.union(*(part.missing for part in choice))))
        return tuple(readings)

    def explain(self, facts: Facts) -> tuple[Trace, ...]:
        """What the parts are made of."""
        return tuple(trace for part in self.parts for trace in part.explain(facts))


def add(parts: tuple[Interval, ...]) -> tuple[float, float]:
    """The sum."""
    return sum(part.low for part in parts), sum(part.high for part in parts)


def subtract(parts: tuple[Interval, ...]) -> tuple[float, float]:
    """The first less the second."""
    first, second = parts
    return first.low - second.high, first.high - second.low


def multiply(parts: tuple[Interval, ...]) -> tuple[float, float]:
    """The product of two numbers."""
    first, second = parts
    corners = [a * b if a and b else 0.0 for a in (first.low, first.high) for b in (second.low, second.high)]
    return min(corners), max(corners)


def largest(parts: tuple[Interval, ...]) -> tuple[float, float]:
    """The largest."""
    return max(part.low for part in parts), max(part.high for part in parts)


def smallest(parts: tuple[Interval, ...]) -> tuple[float, float]:
    """The smallest."""
    return min(part.low for part in parts), min(part.high for part in parts)


def _less(left: Interval, right: Interval) -> Truth:
    return True if left.high < right.low else False if left.low >= right.high else None


def _at_most(left: Interval, right: Interval) -> Truth:
    return True if left.high <= right.low else False if left.low > right.high else None


def _equal(left: Interval, right: Interval) -> Truth:
    if left.low == left.high == right.low == right.high:
        return True
    return None if left.low <= right.high and right.low <= left.high else False


def _opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth


COMPARISONS: dict[str, Callable[[Interval, Interval], Truth]] = {
    "<": _less,
    "<=": _at_most,
    ">": lambda left, right: _less(right, left),
    ">=": lambda left, right: _at_most(right, left),
    "==": _equal,
    "!=": lambda left, right: _opposite(_equal(left, right)),
}
"""Three-valued comparisons: unknown while the intervals leave both answers possible."""


class Compare(Condition):
    """A comparison of two numbers; true when it holds on any side that was measured."""

    __slots__ = ("_blank", "_blank_missing", "_holds", "left", "right")

    def __init__(self, left: Number, sign: str, right: Number, text: str) -> None:
        """Compare two numbers; `text` is how a clinician reads it."""
        super().__init__(left.keys() | right.keys(), text)
        self.left = left
        self.right = right
        self._holds = COMPARISONS[sign]
        self._blank, *parts = self._worst(nothing_known())
        self._blank_missing = _missing(*parts) if self._blank is None else NOTHING

    def truth(self, facts: Facts) -> Truth:
        """The worst answer for the patient is the one that counts."""
        return self._blank if self._keys.isdisjoint(facts.known) else self._worst(facts)[0]

    def missing(self, facts: Facts) -> frozenset[str]:
        """What either number misses."""
        if self._keys.isdisjoint(facts.known):
            return self._blank_missing
        truth, left, right = self._worst(facts)
        return _missing(left, right) if truth is None else NOTHING

    def explain(self, facts: Facts) -> Trace:
        """The readings that decided it."""
        truth, left, right = self._worst(facts)
        missing = tuple(sorted(_missing(left, right))) if truth is None else ()
        parts = self.left.explain(facts) + self.right.explain(facts)
        return Trace(truth, self.text, parts, left.findings + right.findings, missing)

    def _worst(self, facts: Facts) -> tuple[Truth, Interval, Interval]:
        """The answer that counts, with the readings behind it."""
        answer: tuple[Truth, Interval, Interval] | None = None
        for left in self.left.read(facts):
            for right in self.right.read(facts):
                truth = self._holds(left, right)
                if truth is True:
                    return True, left, right
                if answer is None or (answer[0] is False and truth is None):
                    answer = truth, left, right
        assert answer is not None  # noqa: S101 - read() never answers an empty tuple
        return answer


def _missing(left: Interval, right: Interval) -> frozenset[str]:
    return left.missing | right.missing
