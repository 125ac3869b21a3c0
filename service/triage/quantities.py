"""Numbers in conditions: what a value can be while it is not known, and comparisons that may stay open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import inf
from typing import Protocol

from service.triage.facts import Facts
from service.triage.findings import Finding
from service.triage.logic import NOTHING_KNOWN
from service.triage.trace import Trace, Truth


@dataclass(slots=True)
class Interval:
    """What a number can be: `low == high` when it is known, everything when it is not."""

    low: float
    high: float
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    children: tuple[Trace, ...] = ()


class Number(Protocol):
    """A numeric part of a condition."""

    @property
    def text(self) -> str:
        """The expression as written."""

    def keys(self) -> frozenset[str]:
        """Every key it looks at."""

    def read(self, facts: Facts) -> tuple[Interval, ...]:
        """What it can be; several intervals when several sides were measured."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number written in the rule."""

    value: float
    text: str

    def keys(self) -> frozenset[str]:
        """No key."""
        return frozenset()

    def read(self, _facts: Facts) -> tuple[Interval, ...]:
        """The number itself."""
        return (Interval(self.value, self.value),)


class Value:
    """The value of a quantity in the vocabulary's unit, one reading for each side measured."""

    __slots__ = ("_unknown", "key", "text")

    def __init__(self, key: str, text: str) -> None:
        """Read this key; `text` is its label."""
        self.key = key
        self.text = text
        self._unknown = (Interval(-inf, inf, missing=(key,)),)

    def keys(self) -> frozenset[str]:
        """The one key."""
        return frozenset({self.key})

    def read(self, facts: Facts) -> tuple[Interval, ...]:
        """The readings, or everything when there are none."""
        settled = facts.current.get(self.key)
        if settled is None:
            return self._unknown
        numbers = [(self.number(finding, facts), finding) for finding in settled.present]
        return tuple([Interval(n, n, (finding,)) for n, finding in numbers if n is not None]) or self._unknown

    def number(self, finding: Finding, _facts: Facts) -> float | None:
        """The number in one finding, None when it holds none."""
        return finding.value if isinstance(finding.value, int | float) else None


class DaysSince(Value):
    """Whole days from a date finding until now."""

    __slots__ = ()

    def number(self, finding: Finding, facts: Facts) -> float | None:
        """The days since the date in one finding."""
        return (facts.now.date() - finding.value).days if isinstance(finding.value, date) else None


@dataclass(frozen=True, slots=True)
class Combined:
    """Several numbers made into one: sum, difference, product, largest, smallest."""

    combine: Callable[[tuple[Interval, ...]], tuple[float, float]]
    parts: tuple[Number, ...]
    text: str

    def keys(self) -> frozenset[str]:
        """The keys of all parts."""
        return frozenset().union(*(part.keys() for part in self.parts))

    def read(self, facts: Facts) -> tuple[Interval, ...]:
        """Every combination of the parts' readings."""
        readings = []
        for choice in product(*(part.read(facts) for part in self.parts)):
            low, high = self.combine(choice)
            findings = tuple(finding for interval in choice for finding in interval.findings)
            missing = tuple(key for interval in choice for key in interval.missing)
            children = tuple(child for interval in choice for child in interval.children)
            readings.append(Interval(low, high, findings, missing, children))
        return tuple(readings)


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


class Compare:
    """A comparison of two numbers; true when it holds on any side that was measured."""

    __slots__ = ("_keys", "_when_nothing_known", "left", "right", "sign", "text")

    def __init__(self, left: Number, sign: str, right: Number, text: str) -> None:
        """Compare two numbers; `text` is how a clinician reads it."""
        self.left = left
        self.sign = sign
        self.right = right
        self.text = text
        self._keys = left.keys() | right.keys()
        self._when_nothing_known = self._compare(NOTHING_KNOWN)

    def keys(self) -> frozenset[str]:
        """The keys of both numbers."""
        return self._keys

    def evaluate(self, facts: Facts) -> Trace:
        """Compare every reading; the worst answer for the patient is the one that counts."""
        return self._when_nothing_known if self._keys.isdisjoint(facts.known) else self._compare(facts)

    def _compare(self, facts: Facts) -> Trace:
        holds = COMPARISONS[self.sign]
        answer: Trace | None = None
        for left in self.left.read(facts):
            for right in self.right.read(facts):
                truth = holds(left, right)
                if answer is None or truth is True or (answer.truth is False and truth is None):
                    answer = Trace(
                        truth,
                        self.text,
                        left.children + right.children,
                        left.findings + right.findings,
                        left.missing + right.missing if truth is None else (),
                    )
                if truth is True:
                    return answer
        assert answer is not None  # noqa: S101 - read() never answers an empty tuple
        return answer
