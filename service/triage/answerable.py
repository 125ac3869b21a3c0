"""The rules as far as somebody can bring them about who can answer only some questions, such as a patient.

What nobody will answer stays unknown, and an unknown never makes a rule true. So wherever a rule waits for such an
answer, the one that speaks against the rule may stand in for it. The rule is then true of exactly the same patients,
and false as soon as nothing that can still be answered could make it true.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from service.triage.facts import Facts
from service.triage.logic import NOTHING, AllOf, AnyOf, AtLeast, Condition, Constant, Mentioned, Named, Not, Unless
from service.triage.rules import Rule
from service.triage.trace import Trace, Truth


def answerable(rules: Iterable[Rule], keys: AbstractSet[str]) -> list[Rule]:
    """The rules, in the same order, where nothing but `keys` will be answered any more.

    A rule that is unknown of a patient then waits for at least one of the keys, and `missing` names only them. The
    other way round it may be unknown and still out of reach: a number or score that waits for other keys too is not
    worked out, so that no question is dropped that could matter.
    """
    narrow = _Narrowing(keys)
    return [replace(rule, condition=narrow(rule.condition, stands_for=False)) for rule in rules]


class _Narrowing:
    """Puts an assumption in the place of every part that can never be settled; each part is made once."""

    def __init__(self, keys: AbstractSet[str]) -> None:
        self._keys = keys
        self._made: dict[tuple[Condition, bool], Condition] = {}

    def __call__(self, condition: Condition, *, stands_for: bool) -> Condition:
        made = self._made.get((condition, stands_for))
        if made is None:
            made = self._made[condition, stands_for] = self._narrow(condition, stands_for=stands_for)
        return made

    def _narrow(self, condition: Condition, *, stands_for: bool) -> Condition:  # noqa: PLR0911 - one for each kind
        match condition:
            case AllOf(parts=parts, text=text):
                return AllOf(self._each(parts, stands_for=stands_for), text)
            case AnyOf(parts=parts, text=text):
                return AnyOf(self._each(parts, stands_for=stands_for), text)
            case AtLeast(count=count, parts=parts, text=text):
                return AtLeast(count, self._each(parts, stands_for=stands_for), text)
            case Named(parts=(part,), text=text):
                return Named(text, self(part, stands_for=stands_for))
            case Not(parts=(part,), text=text):
                return Not(self(part, stands_for=not stands_for), text)
            case Unless(parts=(part,)):
                # It holds while its part is not certain, so an unknown part counts as false.
                return Unless(self(part, stands_for=False))
            case Mentioned():
                return _Assumed(condition, NOTHING, truth=stands_for)  # no question is about the past
            case Constant():
                return condition
        return condition if condition.keys() <= self._keys else _Assumed(condition, self._keys, truth=stands_for)

    def _each(self, parts: Sequence[Condition], *, stands_for: bool) -> list[Condition]:
        return [self(part, stands_for=stands_for) for part in parts]


class _Assumed(Condition):
    """A condition that is taken for settled once it waits for nothing that will be answered."""

    __slots__ = ("_condition", "_told", "_truth")

    def __init__(self, condition: Condition, told: AbstractSet[str], *, truth: bool) -> None:
        super().__init__(condition.keys(), condition.text)
        self._condition = condition
        self._told = told
        self._truth = truth

    def truth(self, facts: Facts) -> Truth:
        """What is known, else what is assumed."""
        truth = self._condition.truth(facts)
        return truth if truth is not None or self.missing(facts) else self._truth

    def missing(self, facts: Facts) -> frozenset[str]:
        """What will still be answered."""
        return self._condition.missing(facts) & self._told

    def explain(self, facts: Facts) -> Trace:
        """What is known."""
        return self._condition.explain(facts)
