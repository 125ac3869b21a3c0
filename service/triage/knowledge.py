"""The compiled knowledge: everything `assess` needs, made once and shared by all requests."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from service.triage.facts import Facts
from service.triage.logic import Condition, Trace
from service.triage.rules import Caution, Pathway, Rule, Tier


@dataclass(frozen=True, slots=True)
class FindingDefinition:
    """One key of the vocabulary, as far as triage needs it. `ask_rank` is small for what is asked first."""

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


@dataclass(frozen=True, slots=True)
class OrderDefinition:
    """One test or referral that can be suggested."""

    key: str
    label: str
    kind: str
    lateral: bool = False

    @property
    def is_referral(self) -> bool:
        """Whether it asks a person to see the patient rather than for a test."""
        return self.kind == "referral"


@dataclass(frozen=True, slots=True)
class TierDefinition:
    """What a tier means: its name, the target in words, the FHIR priority and the CDS Hooks indicator."""

    tier: Tier
    name: str
    target: str
    priority: str | None
    indicator: str


class Knowledge:
    """The pathways with their rules indexed by the findings they look at.

    A rule that looks at nothing we know of a patient has the same answer for every such patient; that answer is
    worked out once, here.
    """

    def __init__(  # noqa: PLR0913 - the parts of the knowledge, each given by name
        self,
        *,
        version: str,
        digest: str,
        findings: Mapping[str, FindingDefinition],
        orders: Mapping[str, OrderDefinition],
        tiers: Mapping[Tier, TierDefinition],
        pathways: Sequence[Pathway],
        cautions: Sequence[Caution],
        questions_at_once: int,
    ) -> None:
        """Index the rules by key, most urgent first."""
        self.version = version
        self.digest = digest
        self.findings = findings
        self.orders = orders
        self.tiers = tiers
        self.pathways = tuple(sorted(pathways, key=lambda pathway: pathway.id))
        self.cautions = tuple(sorted(cautions, key=lambda caution: caution.id))
        self.questions_at_once = questions_at_once
        self.complaints = frozenset(key for key, finding in findings.items() if finding.complaint)
        self.red_flags = frozenset(key for key, finding in findings.items() if finding.red_flag)
        self.rules: tuple[Rule, ...] = tuple(
            sorted((rule for pathway in pathways for rule in pathway.rules), key=_urgency_order)
        )
        nothing_known = Facts({}, datetime.min.replace(tzinfo=UTC))
        self._when_nothing_known = [rule.applies.evaluate(nothing_known) for rule in self.rules]
        self._rules_by_key: dict[str, list[int]] = defaultdict(list)
        for position, rule in enumerate(self.rules):
            for key in rule.applies.keys():
                self._rules_by_key[key].append(position)

    def evaluate(self, facts: Facts) -> Iterator[tuple[Rule, Trace]]:
        """Every rule with its answer for this patient; only rules that look at something known are worked out."""
        touched = {position for key in facts.known_keys() for position in self._rules_by_key.get(key, ())}
        for position, rule in enumerate(self.rules):
            if position in touched:
                yield rule, rule.applies.evaluate(facts)
            else:
                yield rule, self._when_nothing_known[position]


def _urgency_order(rule: Rule) -> tuple[int, str]:
    return (-rule.tier.rank if rule.tier else 1, rule.id)


def considered(pathway: Pathway, facts: Facts) -> bool:
    """Whether the pathway certainly considers this patient."""
    return holds(pathway.considers, facts)


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether the condition is certainly true."""
    return condition.evaluate(facts).truth is True
