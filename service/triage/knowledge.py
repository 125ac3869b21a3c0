"""The compiled knowledge: everything `assess` needs, made once and shared by all requests."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.triage.facts import Facts
from service.triage.index import RuleIndex, bits, joined
from service.triage.logic import Condition
from service.triage.rules import Caution, LookAlike, Pathway, Rule, Tier, Withholding


@dataclass(frozen=True, slots=True)
class FindingDefinition:
    """One key of the vocabulary, as far as triage needs it.

    `ask_rank` is small for what is asked first; nobody is asked for whom `ask_unless` is certainly true.
    """

    key: str
    label: str
    type: str
    unit: str | None = None
    lateral: bool = False
    complaint: bool = False
    red_flag: bool = False
    question: str | None = None
    patient_question: str | None = None
    ask_rank: int | None = None
    ask_unless: Condition | None = None


@dataclass(frozen=True, slots=True)
class OrderDefinition:
    """One test or referral that can be suggested.

    `contact` says how a site reaches whoever does it, `results` are the findings that its result becomes, and
    `repeat_of` is the order that it repeats on purpose.
    """

    key: str
    label: str
    kind: str
    lateral: bool = False
    contact: str | None = None
    results: tuple[str, ...] = ()
    repeat_of: str | None = None

    @property
    def is_referral(self) -> bool:
        """Whether it asks a person to see the patient rather than for a test."""
        return self.kind == "referral"


@dataclass(frozen=True, slots=True)
class TierDefinition:
    """What a tier means: its name, the target in words and as a time, the FHIR priority, the CDS Hooks indicator."""

    tier: Tier
    name: str
    target: str
    priority: str | None
    indicator: str
    within: timedelta | None = None


class Knowledge:
    """The pathways with their rules indexed by the findings they look at."""

    def __init__(
        self,
        *,
        version: str,
        digest: str,
        findings: Mapping[str, FindingDefinition],
        orders: Mapping[str, OrderDefinition],
        tiers: Mapping[Tier, TierDefinition],
        pathways: Sequence[Pathway],
        cautions: Sequence[Caution],
        withholds: Sequence[Withholding],
        questions_at_once: int,
    ) -> None:
        """Index the rules by key, most urgent first."""
        self.version = version
        self.digest = digest
        self.findings = findings
        self.orders = orders
        self.tiers = tiers
        self.pathways = tuple(sorted(pathways, key=lambda pathway: pathway.id))
        self.look_alikes = _both_ways(self.pathways)
        self.cautions = tuple(sorted(cautions, key=lambda caution: caution.id))
        self.withholds = tuple(sorted(withholds, key=lambda withholding: withholding.id))
        self.questions_at_once = questions_at_once
        self.complaints = frozenset(key for key, finding in findings.items() if finding.complaint)
        self.red_flags = frozenset(key for key, finding in findings.items() if finding.red_flag)
        self.index = RuleIndex(sorted((rule for pathway in pathways for rule in pathway.rules), key=_urgency_order))
        self._pathways_by_key: dict[str, int] = defaultdict(int)
        for place, pathway in enumerate(self.pathways):
            for key in pathway.considers.keys():  # noqa: SIM118 - a condition, not a dictionary
                self._pathways_by_key[key] |= 0 if pathway.catch_all else 1 << place
        self.asking_order = self._asking_order()
        self._without_question = frozenset(findings.keys() - self.asking_order.keys())
        self._ask_unless: dict[Condition, list[str]] = defaultdict(list)
        for key, finding in findings.items():
            if finding.ask_unless:
                self._ask_unless[finding.ask_unless].append(key)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, most urgent first."""
        return self.index.rules

    def considered(self, facts: Facts) -> list[Pathway]:
        """The pathways whose condition the patient's facts bring to mind; those for any complaint are no condition."""
        touched = joined(self._pathways_by_key, facts.known)
        return [self.pathways[place] for place in bits(touched) if holds(self.pathways[place].considers, facts)]

    def _asking_order(self) -> dict[str, int]:
        """The place of every finding that can be asked: by its rank, then by how many rules look at it."""
        askable = [finding for finding in self.findings.values() if finding.question]
        askable.sort(key=lambda f: (f.ask_rank or _UNRANKED, -self.index.by_key[f.key].bit_count(), f.key))
        return {finding.key: place for place, finding in enumerate(askable)}

    def not_asked(self, facts: Facts) -> frozenset[str]:
        """The keys that this patient is not asked for: a result of the laboratory, or pregnancy in a man."""
        pointless = (key for unless, keys in self._ask_unless.items() if holds(unless, facts) for key in keys)
        return self._without_question.union(pointless)


def _both_ways(pathways: Sequence[Pathway]) -> dict[str, tuple[LookAlike, ...]]:
    """The look-alikes of each pathway: what cannot be told from another cannot be told from it either."""
    found: dict[str, dict[str, LookAlike]] = {pathway.id: {} for pathway in pathways}
    for pathway in pathways:
        for other in pathway.look_alikes:
            found[pathway.id][other.pathway] = other
            mirrored = LookAlike(pathway.id, other.why, other.evidence)
            found.setdefault(other.pathway, {}).setdefault(pathway.id, mirrored)
    return {name: tuple(others[other] for other in sorted(others)) for name, others in found.items()}


_UNRANKED = 1_000


def _urgency_order(rule: Rule) -> tuple[int, str]:
    return (-rule.tier.rank if rule.tier else 1, rule.id)


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether the condition is certainly true."""
    return condition.truth(facts) is True
