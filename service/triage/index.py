"""Rules found by what they look at: a patient costs what is known of them, not what is known of medicine.

Sets of rules are whole numbers, one bit for each rule, the most urgent rule in the lowest bit. A rule that looks at
nothing known of a patient has the same answer for every such patient; it was worked out when the index was made.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from service.triage.facts import Facts
from service.triage.logic import nothing_known
from service.triage.rules import Rule, Tier, Verdict


def bits(rules: int) -> Iterator[int]:
    """The places of the rules in a set, most urgent first."""
    while rules:
        lowest = rules & -rules
        yield lowest.bit_length() - 1
        rules ^= lowest


def joined(sets: Mapping[str, int], names: Iterable[str]) -> int:
    """Everything that stands in the sets of these names."""
    union = 0
    for name in names:
        union |= sets.get(name, 0)
    return union


class RuleIndex:
    """The rules, most urgent first, by key, tier, order and pathway."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Index rules that come most urgent first."""
        self.rules = tuple(rules)
        self.by_key: dict[str, int] = defaultdict(int)
        self.by_tier: dict[Tier | None, int] = defaultdict(int)
        self.by_order: dict[str, int] = defaultdict(int)
        self.by_pathway: dict[str, int] = defaultdict(int)
        self._true_anyway = self._open_anyway = 0
        for place, rule in enumerate(self.rules):
            bit = 1 << place
            for key in rule.condition.keys():  # noqa: SIM118 - a condition, not a dictionary
                self.by_key[key] |= bit
            self.by_tier[rule.tier] |= bit
            self.by_pathway[rule.pathway] |= bit
            for advice in rule.orders:
                self.by_order[advice.order] |= bit
            truth = rule.condition.truth(nothing_known())
            self._true_anyway |= bit if truth else 0
            self._open_anyway |= bit if truth is None else 0

    def judge(self, facts: Facts) -> tuple[list[Rule], "OpenRules"]:
        """The rules that are true of the patient, most urgent first, and those that are still open."""
        touched = joined(self.by_key, facts.known)
        still_open = self._open_anyway & ~touched
        fired = []
        for place in bits(touched | self._true_anyway):
            truth = self.rules[place].condition.truth(facts)
            if truth:
                fired.append(self.rules[place])
            elif truth is None:
                still_open |= 1 << place
        return fired, OpenRules(self, facts, still_open)


class OpenRules:
    """Rules that are neither true nor false of a patient yet, most urgent first; told one by one when asked for."""

    __slots__ = ("_index", "facts", "rules")

    def __init__(self, index: RuleIndex, facts: Facts, rules: int) -> None:
        """Hold the set of open rules."""
        self._index = index
        self.facts = facts
        self.rules = rules

    def __iter__(self) -> Iterator[Verdict]:
        """Each rule with its answer."""
        for place in bits(self.rules):
            yield Verdict(self._index.rules[place], None, self.facts)

    def __bool__(self) -> bool:
        """Whether any rule is open."""
        return self.rules != 0

    def of_pathways(self, pathways: Iterable[str]) -> "OpenRules":
        """Those of any of the pathways."""
        return self._only(joined(self._index.by_pathway, pathways))

    def of_tier(self, tier: Tier) -> "OpenRules":
        """Those of one tier."""
        return self._only(self._index.by_tier[tier])

    def ordering_other_than(self, orders: frozenset[str]) -> "OpenRules":
        """Those that would add an order."""
        return self._only(joined(self._index.by_order, self._index.by_order.keys() - orders))

    def look_at(self, key: str) -> bool:
        """Whether any of them looks at the key at all."""
        return self.rules & self._index.by_key.get(key, 0) != 0

    def missing(self, key: str) -> Iterator[Rule]:
        """The rules that an answer to the key could settle."""
        for place in bits(self.rules & self._index.by_key.get(key, 0)):
            rule = self._index.rules[place]
            if key in rule.condition.missing(self.facts):
                yield rule

    def _only(self, rules: int) -> "OpenRules":
        return OpenRules(self._index, self.facts, self.rules & rules)

    def __or__(self, other: "OpenRules") -> "OpenRules":
        """These and the others."""
        return OpenRules(self._index, self.facts, self.rules | other.rules)
