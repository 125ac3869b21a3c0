"""Kleene's three-valued logic over findings. Evaluating a condition builds its own explanation.

A truth is True, False or None (unknown). Every condition answers a `Trace`: its truth, the text a clinician
wrote, the findings that decided it and the keys that are still missing. Adding knowledge can turn an unknown
into true or false; it can never turn a true into a false or back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from service.triage.facts import Facts
from service.triage.findings import Finding, Temporality

Truth: TypeAlias = bool | None


@dataclass(slots=True)
class Trace:
    """The explanation of one evaluated condition.

    `contrary` marks a trace whose child counts with the opposite truth (a negation). `points` is set on the
    items of a score, all of which count once they are known.
    """

    truth: Truth
    text: str
    children: tuple["Trace", ...] = ()
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    contrary: bool = False
    points: int | None = None

    def deciding(self) -> Iterator["Trace"]:
        """The leaves that made this condition true or false, or keep it unknown."""
        if self.findings or self.missing or not self.children:
            yield self
        for child in self.children:
            counts = child.points is not None and None not in {child.truth, self.truth}
            if self.contrary or counts or child.truth is self.truth:
                yield from child.deciding()

    def supporting_findings(self) -> tuple[Finding, ...]:
        """The findings that decided the condition, each once, in the order of the text."""
        return tuple(dict.fromkeys(finding for leaf in self.deciding() for finding in leaf.findings))

    def missing_keys(self) -> tuple[str, ...]:
        """The keys whose answer could settle the condition, each once; empty when it is settled."""
        if self.truth is not None:
            return ()
        return tuple(dict.fromkeys(key for leaf in self.deciding() for key in leaf.missing))


class Condition(Protocol):
    """Something that is true, false or unknown of a patient."""

    @property
    def text(self) -> str:
        """The condition as a clinician wrote it."""

    def keys(self) -> frozenset[str]:
        """Every key that the condition looks at, any temporality."""

    def evaluate(self, facts: Facts) -> Trace:
        """The truth of the condition for these facts, with its explanation."""


def union(parts: Iterable[Condition]) -> frozenset[str]:
    """The keys of several conditions together."""
    return frozenset().union(*(part.keys() for part in parts))


@dataclass(frozen=True, slots=True)
class Present:
    """True when the finding is present, false when it is stated absent, else unknown."""

    key: str
    temporality: Temporality = Temporality.CURRENT
    text: str = field(default="", kw_only=True)
    _unknown: Trace = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the answer for the commonest case: nothing is known."""
        object.__setattr__(self, "text", self.text or self.key)
        object.__setattr__(self, "_unknown", Trace(None, self.text, missing=(self.key,)))

    def keys(self) -> frozenset[str]:
        """The one key."""
        return frozenset({self.key})

    def evaluate(self, facts: Facts) -> Trace:
        """Look the finding up."""
        settled = facts.get(self.key, self.temporality)
        if settled is None:
            return self._unknown
        return Trace(bool(settled.present), self.text, findings=settled.present or settled.absent)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Kleene `and`."""

    parts: tuple[Condition, ...]
    text: str

    def keys(self) -> frozenset[str]:
        """The keys of all parts."""
        return union(self.parts)

    def evaluate(self, facts: Facts) -> Trace:
        """False as soon as one part is false, true when all are."""
        children = tuple([part.evaluate(facts) for part in self.parts])
        truth: Truth = True
        for child in children:
            if child.truth is False:
                truth = False
                break
            if child.truth is None:
                truth = None
        return Trace(truth, self.text, children)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Kleene `or`."""

    parts: tuple[Condition, ...]
    text: str

    def keys(self) -> frozenset[str]:
        """The keys of all parts."""
        return union(self.parts)

    def evaluate(self, facts: Facts) -> Trace:
        """True as soon as one part is true, false when all are."""
        children = tuple([part.evaluate(facts) for part in self.parts])
        truth: Truth = False
        for child in children:
            if child.truth is True:
                truth = True
                break
            if child.truth is None:
                truth = None
        return Trace(truth, self.text, children)


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
        return Trace(truth, self.text, (child,), contrary=True)


@dataclass(frozen=True, slots=True)
class Unless:
    """False only when the part is certainly true: what is unknown never stands a rule down."""

    part: Condition
    text: str

    def keys(self) -> frozenset[str]:
        """The keys of the part."""
        return self.part.keys()

    def evaluate(self, facts: Facts) -> Trace:
        """Stand down when the part is true; explain nothing while it is not."""
        child = self.part.evaluate(facts)
        if child.truth:
            return Trace(truth=False, text=self.text, children=(child,), contrary=True)
        return Trace(truth=True, text=self.text)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True when `count` parts are true; false when too few can still become true."""

    count: int
    parts: tuple[Condition, ...]
    text: str

    def keys(self) -> frozenset[str]:
        """The keys of all parts."""
        return union(self.parts)

    def evaluate(self, facts: Facts) -> Trace:
        """Count what is true and what is still open."""
        children = tuple([part.evaluate(facts) for part in self.parts])
        true = sum(child.truth is True for child in children)
        still_open = sum(child.truth is None for child in children)
        truth = True if true >= self.count else None if true + still_open >= self.count else False
        return Trace(truth, self.text, children)


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


@dataclass(frozen=True, slots=True)
class Named:
    """A condition with a name of its own in the knowledge, evaluated once per patient."""

    name: str
    label: str
    condition: Condition

    @property
    def text(self) -> str:
        """The label that a clinician reads."""
        return self.label

    def keys(self) -> frozenset[str]:
        """The keys of the condition behind the name."""
        return self.condition.keys()

    def evaluate(self, facts: Facts) -> Trace:
        """The condition's answer, remembered for the rest of this assessment."""
        trace = facts.memo.get(self.name)
        if not isinstance(trace, Trace):
            inner = self.condition.evaluate(facts)
            trace = facts.memo[self.name] = Trace(inner.truth, self.label, (inner,))
        return trace


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
        settled = facts.get(self.key)
        if settled is None or not settled.present:
            return Trace(None, self.text, missing=(self.key,))
        return Trace(any(f.value == self.code for f in settled.present), self.text, findings=settled.present)
