"""What a pathway says: rules, and what they suggest when they fire."""

from dataclasses import dataclass
from enum import StrEnum

from service.triage.facts import Facts
from service.triage.logic import Condition
from service.triage.scores import Score
from service.triage.trace import Trace, Truth


class Tier(StrEnum):
    """How soon somebody must act, most urgent first."""

    EMERGENCY = "emergency"
    SAME_DAY = "same_day"
    URGENT = "urgent"
    ROUTINE = "routine"
    SELF_CARE = "self_care"

    @property
    def rank(self) -> int:
        """4 for an emergency down to 0 for self-care, so that a larger rank is more urgent."""
        return _RANKS[self]

    @property
    def is_hot(self) -> bool:
        """Whether self-care advice must stand back because somebody has to act today."""
        return self.rank >= Tier.SAME_DAY.rank


_RANKS = {tier: rank for rank, tier in enumerate(reversed(Tier))}


class Basis(StrEnum):
    """What a rule rests on: a cited source, or our own proposal that a clinician must still agree to."""

    CITED = "cited"
    PROPOSAL = "proposal"


class AdviceKind(StrEnum):
    """What a piece of advice is for. When somebody must act today only the safety net is kept."""

    SELF_CARE = "self_care"
    SAFETY_NET = "safety_net"
    PREVENTION = "prevention"


@dataclass(frozen=True, slots=True)
class OrderAdvice:
    """A test or referral to place; `within` is an ISO 8601 duration for its result or first contact."""

    order: str
    within: str | None = None


@dataclass(frozen=True, slots=True)
class AvoidAdvice:
    """A test not to place, and why. `over` names the rules of the same tier whose order it withdraws."""

    order: str
    why: str
    over: tuple[str, ...] = ()


class Audience(StrEnum):
    """Whom a piece of advice is worded for. What is for the clinician is never shown to the patient."""

    PATIENT = "patient"
    CLINICIAN = "clinician"


@dataclass(frozen=True, slots=True)
class AdviceText:
    """Words for the patient or the clinician, with their source.

    `acts` name what is advised, such as `massage`, so that it can be withheld where it could do harm.
    """

    kind: AdviceKind
    text: str
    evidence: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    audience: Audience = Audience.CLINICIAN


@dataclass(frozen=True, slots=True)
class Rule:
    """When the condition is true of a patient, everything in the rule is said.

    The condition joins what the pathway considers with what the rule itself asks for.
    """

    id: str
    title: str
    pathway: str
    condition: Condition
    tier: Tier | None
    basis: Basis
    evidence: tuple[str, ...]
    orders: tuple[OrderAdvice, ...] = ()
    avoid: tuple[AvoidAdvice, ...] = ()
    advice: tuple[AdviceText, ...] = ()
    review_needed: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule with its answer for one patient: true, or unknown."""

    rule: Rule
    truth: Truth
    facts: Facts

    def missing(self) -> frozenset[str]:
        """The keys whose answer could settle the rule."""
        return self.rule.condition.missing(self.facts)

    def explain(self) -> Trace:
        """What decided the rule, or what it waits for."""
        return self.rule.condition.explain(self.facts)


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Another pathway whose condition cannot be told apart at the bedside, and why."""

    pathway: str
    why: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pathway:
    """One condition: whom it considers, whom another pathway takes, how likely it is, its scores and rules.

    `against` is what speaks against the condition; it lowers the consideration, never a tier. A `catch_all` holds
    what is true of any leg complaint; it is no condition that a clinician would consider.
    """

    id: str
    title: str
    considers: Condition
    likely: Condition
    unlikely: Condition
    against: Condition
    scores: tuple[Score, ...]
    rules: tuple[Rule, ...]
    look_alikes: tuple[LookAlike, ...] = ()
    catch_all: bool = False


@dataclass(frozen=True, slots=True)
class Caution:
    """A note that goes with an order when `when` is true; it never blocks the order. Some of them must stand out."""

    id: str
    orders: tuple[str, ...]
    when: Condition
    text: str
    evidence: tuple[str, ...]
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Withholding:
    """Acts that are not advised while `when` is true, because they could do harm."""

    id: str
    acts: frozenset[str]
    when: Condition
    text: str
    evidence: tuple[str, ...]
