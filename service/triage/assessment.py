"""The result of triage: urgency, what to consider, what to do and why, and what to ask."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from service.triage.conflicts import Disagreement
from service.triage.findings import Finding, Side, Source
from service.triage.index import OpenRules
from service.triage.rules import AdviceText, Basis, LookAlike, Tier, Verdict
from service.triage.scores import ScoreResult
from service.triage.trace import Trace


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that fired: what it is, what it rests on and which findings made it true.

    `review_needed` marks what goes beyond our sources and waits for a clinician's review.
    """

    rule: str
    title: str
    pathway: str
    tier: Tier | None
    basis: Basis
    evidence: tuple[str, ...]
    findings: tuple[Finding, ...]
    trace: Trace
    review_needed: bool = False


@dataclass(frozen=True, slots=True)
class Urgency:
    """`tier` is what the present facts support, `could_be` the highest tier that an answer could raise it to.

    Both are None when the patient is out of scope.
    """

    tier: Tier | None
    could_be: Tier | None
    target: str | None = None
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Consideration:
    """A condition to keep in mind: how likely, its scores, what speaks for and against it, what is unknown.

    `look_alikes` are the other conditions under consideration that cannot be told from it at the bedside.
    """

    condition: str
    label: str
    level: str
    scores: tuple[ScoreResult, ...]
    because: tuple[Finding, ...]
    against: tuple[Finding, ...]
    look_alikes: tuple[LookAlike, ...]
    still_open: OpenRules = field(repr=False)

    def unknown(self) -> tuple[str, ...]:
        """The keys that could still settle a rule of this condition, in alphabetical order."""
        return tuple(sorted(frozenset().union(*(verdict.missing() for verdict in self.still_open))))


@dataclass(frozen=True, slots=True)
class CautionNote:
    """A note on one order, with the findings behind it, and whether it must stand out."""

    id: str
    text: str
    evidence: tuple[str, ...]
    findings: tuple[Finding, ...]
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One test or referral, with every reason for it.

    `side` is None when the order needs none or, for a lateral order, when it is not known. `contact` is how the
    site reaches whoever does it. `already` says where the same order was found in the record: then it is not
    suggested again.
    """

    order: str
    label: str
    lateral: bool
    tier: Tier | None
    priority: str | None
    within: str | None
    side: Side | None
    because: tuple[Reason, ...]
    cautions: tuple[CautionNote, ...]
    evidence: tuple[str, ...]
    already: tuple[Source, ...] = ()
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    """Advice that a rule gives and that is not passed on, because it could do harm here."""

    advice: AdviceText
    because: str
    evidence: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Avoid:
    """A test not to place now, and why."""

    order: str
    label: str
    why: str
    rule: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Something worth asking: `could_raise_to` is None when the answer changes what to do, not how soon."""

    finding: str
    text: str
    patient_text: str | None
    could_raise_to: Tier | None
    settles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything triage has to say of one patient at one moment.

    `side` is that of the symptoms. `fired` are all rules that are true of the patient, `still_open` those that are
    still unknown.
    """

    created: datetime
    in_scope: bool
    urgency: Urgency
    knowledge_version: str
    knowledge_digest: str
    side: Side | None = None
    considerations: tuple[Consideration, ...] = ()
    workup: tuple[Suggestion, ...] = ()
    referrals: tuple[Suggestion, ...] = ()
    avoid: tuple[Avoid, ...] = ()
    advice: tuple[AdviceText, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    questions: tuple[Question, ...] = ()
    findings: tuple[Finding, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    fired: tuple[Reason, ...] = field(default=(), repr=False)
    still_open: Iterable[Verdict] = field(default=(), repr=False)
