"""Kleene's three-valued logic over findings.

A truth is True, False or None (unknown). Every condition answers three things of a patient: its truth, the keys
that are still missing, and its explanation. The explanation is a tree made of the truths of the parts, so it cannot
tell another story than the evaluation. Adding knowledge can turn an unknown into true or false; it can never turn a
true into a false or back.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from service.triage.facts import Facts, Settled
from service.triage.findings import SYMPTOM_SIDE, Finding, Side, Temporality, merge_sides, symptom_side
from service.triage.trace import Trace, Truth

NOTHING: frozenset[str] = frozenset()


def nothing_known() -> Facts:
    """The facts of a patient of whom nothing is known."""
    return Facts({}, datetime.min.replace(tzinfo=UTC))


class Condition(ABC):
    """Something that is true, false or unknown of a patient; `text` is how a clinician reads it."""

    __slots__ = ("_keys", "text")

    def __init__(self, keys: frozenset[str], text: str) -> None:
        """Look at these keys."""
        self._keys = keys
        self.text = text

    def keys(self) -> frozenset[str]:
        """Every key that the condition looks at, any temporality."""
        return self._keys

    @abstractmethod
    def truth(self, facts: Facts) -> Truth:
        """Whether the condition holds; None while that is unknown."""

    @abstractmethod
    def missing(self, facts: Facts) -> frozenset[str]:
        """The keys whose answer could settle the condition; none when it is settled."""

    @abstractmethod
    def explain(self, facts: Facts) -> Trace:
        """The truth with what decided it, down to the findings."""


class Constant(Condition):
    """Always true or always false; `always` in the language."""

    __slots__ = ("_truth",)

    def __init__(self, *, truth: bool, text: str) -> None:
        """Answer this."""
        super().__init__(NOTHING, text)
        self._truth = truth

    def truth(self, _facts: Facts) -> Truth:
        """The constant."""
        return self._truth

    def missing(self, _facts: Facts) -> frozenset[str]:
        """No key."""
        return NOTHING

    def explain(self, _facts: Facts) -> Trace:
        """The constant."""
        return Trace(self._truth, self.text)


class Lookup(Condition):
    """A condition about one key, answered by what stands for it."""

    __slots__ = ("key",)

    def __init__(self, key: str, text: str) -> None:
        """Look at this key."""
        super().__init__(frozenset({key}), text)
        self.key = key

    def truth(self, facts: Facts) -> Truth:
        """The answer to the key."""
        return self._answer(facts)[0]

    def missing(self, facts: Facts) -> frozenset[str]:
        """What is not known of it."""
        return frozenset(self._answer(facts)[2])

    def explain(self, facts: Facts) -> Trace:
        """The findings that answer it."""
        truth, findings, missing = self._answer(facts)
        return Trace(truth, self.text, (), findings, missing)

    def _answer(self, facts: Facts) -> tuple[Truth, tuple[Finding, ...], tuple[str, ...]]:
        """The truth, the findings behind it and the keys that are missing for it."""
        return self._status(facts.current.get(self.key))

    def _status(self, settled: Settled | None) -> tuple[Truth, tuple[Finding, ...], tuple[str, ...]]:
        if settled is None:
            return None, (), (self.key,)
        return bool(settled.present), settled.present or settled.absent, ()


class Present(Lookup):
    """True when the finding is present now, false when it is stated absent, else unknown."""

    __slots__ = ()

    def truth(self, facts: Facts) -> Truth:
        """Look the key up among those that are there and those that are not."""
        return True if self.key in facts.present else False if self.key in facts.absent else None


class Mentioned(Lookup):
    """The same of the patient's past, or of the family."""

    __slots__ = ("temporality",)

    def __init__(self, key: str, temporality: Temporality, text: str) -> None:
        """Look at this key at that time."""
        super().__init__(key, text)
        self.temporality = temporality

    def _answer(self, facts: Facts) -> tuple[Truth, tuple[Finding, ...], tuple[str, ...]]:
        return self._status(facts.get(self.key, self.temporality))


class OnBothSides(Lookup):
    """True when the finding is present on both sides, false when it is absent or on one side only.

    Where the finding names no side, that of the symptoms counts; while neither is known the answer is unknown.
    """

    __slots__ = ()

    def keys(self) -> frozenset[str]:
        """The finding, and the side of the symptoms."""
        return self._keys | {SYMPTOM_SIDE}

    def _answer(self, facts: Facts) -> tuple[Truth, tuple[Finding, ...], tuple[str, ...]]:
        settled = facts.current.get(self.key)
        if settled is None or not settled.present:
            return self._status(settled)
        findings = settled.present
        side = merge_sides(finding.side for finding in findings)
        if side is None:
            stated = facts.current.get(SYMPTOM_SIDE)
            if stated is None or not stated.present:
                return None, (), (SYMPTOM_SIDE,)
            findings += stated.present
            side = symptom_side(stated.present)
        return side is Side.BILATERAL, findings, ()


class CodeIs(Lookup):
    """True when a coded finding has this code."""

    __slots__ = ("code",)

    def __init__(self, key: str, code: str, text: str) -> None:
        """Compare with this code."""
        super().__init__(key, text)
        self.code = code

    def _answer(self, facts: Facts) -> tuple[Truth, tuple[Finding, ...], tuple[str, ...]]:
        settled = facts.current.get(self.key)
        if settled is None or not settled.present:
            return None, (), (self.key,)
        return any(finding.value == self.code for finding in settled.present), settled.present, ()


class Compound(Condition):
    """A condition made of others; what it answers is remembered for the rest of the assessment.

    The parts that only look whether a finding is present are answered together, as sets of keys; and where nothing
    it looks at is known its answer was worked out when it was made.
    """

    __slots__ = ("_blank", "_blank_missing", "_others", "_plain", "parts")

    def __init__(self, parts: Sequence[Condition], text: str) -> None:
        """Join the parts."""
        super().__init__(NOTHING.union(*(part.keys() for part in parts)), text)
        self.parts = tuple(parts)
        self._plain = frozenset(part.key for part in parts if isinstance(part, Present))
        self._others = tuple(part for part in parts if not isinstance(part, Present))
        self._blank = self._join(nothing_known())
        self._blank_missing = self._gather(nothing_known()) if self._blank is None else NOTHING

    def truth(self, facts: Facts) -> Truth:
        """The parts' truths, joined."""
        if self._keys.isdisjoint(facts.known):
            return self._blank
        if self in facts.truths:
            return facts.truths[self]
        truth = facts.truths[self] = self._join(facts)
        return truth

    def missing(self, facts: Facts) -> frozenset[str]:
        """What the unknown parts miss."""
        if self._keys.isdisjoint(facts.known):
            return self._blank_missing
        missing = facts.missing.get(self)
        if missing is None:
            missing = facts.missing[self] = self._gather(facts) if self.truth(facts) is None else NOTHING
        return missing

    def explain(self, facts: Facts) -> Trace:
        """The parts' explanations, joined."""
        trace = facts.traces.get(self)
        if trace is None:
            trace = facts.traces[self] = self._tell(facts)
        return trace

    @abstractmethod
    def _join(self, facts: Facts) -> Truth:
        """The truth for these facts."""

    def _gather(self, facts: Facts) -> frozenset[str]:
        return self._plain.difference(facts.current).union(*[part.missing(facts) for part in self._others])

    def _tell(self, facts: Facts) -> Trace:
        return Trace(self.truth(facts), self.text, tuple([part.explain(facts) for part in self.parts]))


class AllOf(Compound):
    """Kleene `and`: false as soon as one part is false, true when all are.

    A part that is an `and` itself gives its own parts, so that every rule is one flat list.
    """

    __slots__ = ()

    def __init__(self, parts: Sequence[Condition], text: str) -> None:
        """Join the parts."""
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,))]
        super().__init__(flat, text)

    def _join(self, facts: Facts) -> Truth:
        if not self._plain.isdisjoint(facts.absent):
            return False
        truth: Truth = True if self._plain <= facts.present else None
        for part in self._others:
            answer = part.truth(facts)
            if answer is False:
                return False
            if answer is None:
                truth = None
        return truth

    def _tell(self, facts: Facts) -> Trace:
        """What stands behind a false part does not matter and is left out."""
        children: list[Trace] = []
        for part in self.parts:
            children.append(part.explain(facts))
            if children[-1].truth is False:
                break
        return Trace(self.truth(facts), self.text, tuple(children))


class AnyOf(Compound):
    """Kleene `or`: true as soon as one part is true, false when all are."""

    __slots__ = ()

    def _tell(self, facts: Facts) -> Trace:
        """Where one part is true the others do not matter and are left out."""
        truth = self.truth(facts)
        parts = [part for part in self.parts if part.truth(facts)] if truth else self.parts
        return Trace(truth, self.text, tuple([part.explain(facts) for part in parts]))

    def _join(self, facts: Facts) -> Truth:
        if not self._plain.isdisjoint(facts.present):
            return True
        truth: Truth = False if self._plain <= facts.absent else None
        for part in self._others:
            answer = part.truth(facts)
            if answer:
                return True
            if answer is None:
                truth = None
        return truth


class AtLeast(Compound):
    """True when `count` parts are true; false when too few can still become true."""

    __slots__ = ("count",)

    def __init__(self, count: int, parts: Sequence[Condition], text: str) -> None:
        """Join the parts, of which `count` are needed."""
        self.count = count
        super().__init__(parts, text)

    def _join(self, facts: Facts) -> Truth:
        truths = [part.truth(facts) for part in self.parts]
        true = truths.count(True)
        return True if true >= self.count else None if true + truths.count(None) >= self.count else False


class Not(Compound):
    """Kleene `not`: the unknown stays unknown."""

    __slots__ = ()

    def __init__(self, part: Condition, text: str) -> None:
        """Turn the part round."""
        super().__init__((part,), text)

    def _join(self, facts: Facts) -> Truth:
        truth = self.parts[0].truth(facts)
        return None if truth is None else not truth

    def _tell(self, facts: Facts) -> Trace:
        return Trace(self.truth(facts), self.text, (self.parts[0].explain(facts),), contrary=True)


class Unless(Compound):
    """False only when the part is certainly true: what is unknown never stands a rule down."""

    __slots__ = ()

    def __init__(self, part: Condition) -> None:
        """Guard against the part."""
        super().__init__((part,), f"unless {part.text}")

    def _join(self, facts: Facts) -> Truth:
        return not self.parts[0].truth(facts)

    def _tell(self, facts: Facts) -> Trace:
        if self.truth(facts):
            return Trace(True, "nothing known stands it down")  # noqa: FBT003 - a truth
        return Trace(False, "stood down", (self.parts[0].explain(facts),), contrary=True)  # noqa: FBT003 - a truth


class Named(Compound):
    """A condition with a name of its own in the knowledge; the label is what a clinician reads."""

    __slots__ = ()

    def __init__(self, label: str, condition: Condition) -> None:
        """Name a condition."""
        super().__init__((condition,), label)

    def _join(self, facts: Facts) -> Truth:
        return self.parts[0].truth(facts)
