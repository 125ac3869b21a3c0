"""Kleene's three-valued logic over findings. Evaluating a condition builds its own explanation.

A truth is True, False or None (unknown). Every condition answers a `Trace`: its truth, the text a clinician
wrote, the findings that decided it and the keys that are still missing. Adding knowledge can turn an unknown
into true or false; it can never turn a true into a false or back.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from service.triage.facts import Facts, Settled
from service.triage.findings import SYMPTOM_SIDE, Side, Temporality, merge_sides, symptom_side
from service.triage.trace import Negation, Shared, Trace, Truth


class Condition(Protocol):
    """Something that is true, false or unknown of a patient."""

    @property
    def text(self) -> str:
        """The condition as a clinician wrote it."""

    def keys(self) -> frozenset[str]:
        """Every key that the condition looks at, any temporality."""

    def evaluate(self, facts: Facts) -> Trace:
        """The truth of the condition for these facts, with its explanation."""


NOTHING_KNOWN = Facts({}, datetime.min.replace(tzinfo=UTC))
"""The facts of a patient of whom nothing is known."""


class Present:
    """True when the finding is present now, false when it is stated absent, else unknown."""

    __slots__ = ("_keys", "_unknown", "key", "text")

    def __init__(self, key: str, text: str) -> None:
        """Look at this key; `text` is its label."""
        self.key = key
        self.text = text
        self._keys = frozenset({key})
        self._unknown = Trace(None, text, missing=(key,))

    def keys(self) -> frozenset[str]:
        """The one key."""
        return self._keys

    def evaluate(self, facts: Facts) -> Trace:
        """Look the finding up."""
        return self._answer(facts.current.get(self.key))

    def _answer(self, settled: Settled | None) -> Trace:
        if settled is None:
            return self._unknown
        return Trace(bool(settled.present), self.text, (), settled.present or settled.absent)


class Mentioned(Present):
    """The same of the patient's past, or of the family."""

    __slots__ = ("temporality",)

    def __init__(self, key: str, temporality: Temporality, text: str) -> None:
        """Look at this key at that time."""
        super().__init__(key, text)
        self.temporality = temporality

    def evaluate(self, facts: Facts) -> Trace:
        """Look the mention up."""
        return self._answer(facts.get(self.key, self.temporality))


class OnBothSides(Present):
    """True when the finding is present on both sides, false when it is absent or on one side only.

    Where the finding names no side, that of the symptoms counts; while neither is known the answer is unknown.
    """

    __slots__ = ()

    def keys(self) -> frozenset[str]:
        """The finding, and the side of the symptoms."""
        return self._keys | {SYMPTOM_SIDE}

    def evaluate(self, facts: Facts) -> Trace:
        """Join the sides of everything that says the finding is present."""
        settled = facts.current.get(self.key)
        if settled is None or not settled.present:
            return self._answer(settled)
        findings = settled.present
        side = merge_sides(finding.side for finding in findings)
        if side is None:
            stated = facts.current.get(SYMPTOM_SIDE)
            if stated is None or not stated.present:
                return Trace(None, self.text, missing=(SYMPTOM_SIDE,))
            findings += stated.present
            side = symptom_side(stated.present)
        return Trace(side is Side.BILATERAL, self.text, (), findings)


class Compound(ABC):
    """A condition made of others. Where nothing it looks at is known its answer is worked out only once, ever."""

    __slots__ = ("_keys", "_when_nothing_known", "parts", "text")

    def __init__(self, parts: Sequence[Condition], text: str) -> None:
        """Join the parts; `text` is how a clinician reads the join."""
        self.parts = tuple(parts)
        self.text = text
        self._keys: frozenset[str] = frozenset().union(*(part.keys() for part in self.parts))
        answer = self.join([part.evaluate(NOTHING_KNOWN) for part in self.parts])
        self._when_nothing_known = Shared(answer.truth, answer.text, answer.children)

    def keys(self) -> frozenset[str]:
        """The keys of all parts."""
        return self._keys

    def evaluate(self, facts: Facts) -> Trace:
        """The parts' answers, joined."""
        if self._keys.isdisjoint(facts.known):
            return self._when_nothing_known
        return self.join([part.evaluate(facts) for part in self.parts])

    @abstractmethod
    def join(self, children: list[Trace]) -> Trace:
        """The answer for these answers of the parts."""


class AllOf(Compound):
    """Kleene `and`: false as soon as one part is false, true when all are."""

    __slots__ = ()

    def evaluate(self, facts: Facts) -> Trace:
        """The parts' answers, joined; what stands behind a false part does not matter and is not looked at."""
        if self._keys.isdisjoint(facts.known):
            return self._when_nothing_known
        children = []
        truth: Truth = True
        for part in self.parts:
            child = part.evaluate(facts)
            children.append(child)
            if child.truth is False:
                return Trace(False, self.text, tuple(children))  # noqa: FBT003 - a truth
            if child.truth is None:
                truth = None
        return Trace(truth, self.text, tuple(children))

    def join(self, children: list[Trace]) -> Trace:
        """False beats unknown, unknown beats true."""
        truths = [child.truth for child in children]
        truth = False if False in truths else None if None in truths else True
        return Trace(truth, self.text, tuple(children))


class AnyOf(Compound):
    """Kleene `or`: true as soon as one part is true, false when all are."""

    __slots__ = ()

    def join(self, children: list[Trace]) -> Trace:
        """True beats unknown, unknown beats false."""
        truths = [child.truth for child in children]
        truth = True if True in truths else None if None in truths else False
        return Trace(truth, self.text, tuple(children))


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene `not`: the unknown stays unknown."""

    part: Condition
    text: str

    def keys(self) -> frozenset[str]:
        """The keys of the part."""
        return self.part.keys()

    def evaluate(self, facts: Facts) -> Trace:
        """The opposite of the part."""
        child = self.part.evaluate(facts)
        truth = None if child.truth is None else not child.truth
        return Negation(truth, self.text, (child,))


@dataclass(frozen=True, slots=True)
class Unless:
    """False only when the part is certainly true: what is unknown never stands a rule down."""

    part: Condition

    @property
    def text(self) -> str:
        """What it guards against."""
        return f"unless {self.part.text}"

    def keys(self) -> frozenset[str]:
        """The keys of the part."""
        return self.part.keys()

    def evaluate(self, facts: Facts) -> Trace:
        """Stand down when the part is true; explain nothing while it is not."""
        child = self.part.evaluate(facts)
        if child.truth:
            return Negation(False, "stood down", (child,))  # noqa: FBT003 - a truth
        return Trace(True, "nothing known stands it down")  # noqa: FBT003 - a truth


class AtLeast(Compound):
    """True when `count` parts are true; false when too few can still become true."""

    __slots__ = ("count",)

    def __init__(self, count: int, parts: Sequence[Condition], text: str) -> None:
        """Join the parts, of which `count` are needed."""
        self.count = count
        super().__init__(parts, text)

    def join(self, children: list[Trace]) -> Trace:
        """Count what is true and what is still open."""
        true = sum(child.truth is True for child in children)
        still_open = sum(child.truth is None for child in children)
        truth = True if true >= self.count else None if true + still_open >= self.count else False
        return Trace(truth, self.text, tuple(children))


@dataclass(frozen=True, slots=True)
class Constant:
    """Always true or always false; `always` in the language."""

    truth: bool
    text: str

    def keys(self) -> frozenset[str]:
        """No key."""
        return frozenset()

    def evaluate(self, _facts: Facts) -> Trace:
        """The constant."""
        return Trace(self.truth, self.text)


class Named(Compound):
    """A condition with a name of its own in the knowledge, evaluated once per patient."""

    __slots__ = ("name",)

    def __init__(self, name: str, label: str, condition: Condition) -> None:
        """Name a condition; the label is what a clinician reads."""
        self.name = name
        super().__init__((condition,), label)

    def evaluate(self, facts: Facts) -> Trace:
        """The condition's answer, remembered for the rest of this assessment."""
        trace = facts.traces.get(self.name)
        if trace is None:
            trace = facts.traces[self.name] = super().evaluate(facts)
        return trace

    def join(self, children: list[Trace]) -> Trace:
        """The condition's own answer, under the label."""
        return Shared(children[0].truth, self.text, tuple(children))


@dataclass(frozen=True, slots=True)
class CodeIs:
    """True when a coded finding has this code."""

    key: str
    code: str
    text: str

    def keys(self) -> frozenset[str]:
        """The one key."""
        return frozenset({self.key})

    def evaluate(self, facts: Facts) -> Trace:
        """Compare the code."""
        settled = facts.current.get(self.key)
        if settled is None or not settled.present:
            return Trace(None, self.text, missing=(self.key,))
        return Trace(any(f.value == self.code for f in settled.present), self.text, findings=settled.present)
