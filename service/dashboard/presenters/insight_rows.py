"""The figures of a period as rows of tables, in the words of the knowledge. Each table is a CSV file, too."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from statistics import median
from typing import ClassVar, Final

from service.advice import wording
from service.dashboard.presenters.deciding import REASONS
from service.knowledge.library import Library
from service.store import NO_REASON, Calls, Insights, Verdicts, Wait
from service.triage.rules import Rule, Tier

REVIEW_FROM: Final = 10
"""Answers, before a rule is held up for review: fewer may be the habit of one clinician. A proposal."""
REVIEW_RATE: Final = 0.5
"""The part of overrides from which on a rule is held up for review: it is wrong for every other patient, or told to
the wrong people. A proposal; no source sets a figure for triage advice."""
_NINE_IN_TEN = 0.9
_WITHIN = (
    ("5 min", timedelta(minutes=5)),
    ("15 min", timedelta(minutes=15)),
    ("1 h", timedelta(hours=1)),
    ("4 h", timedelta(hours=4)),
    ("1 day", timedelta(days=1)),
    ("7 days", timedelta(days=7)),
    ("longer", timedelta.max),
)
_REASONS = REASONS | {NO_REASON: "No reason given"}
TIERS: Final = tuple(tier.value for tier in sorted(Tier, key=lambda tier: -tier.rank))


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """The assessments of one day, by tier."""

    day: str
    emergency: int
    same_day: int
    urgent: int
    routine: int
    self_care: int
    no_tier: int
    out_of_scope: int
    total: int


@dataclass(frozen=True, slots=True)
class TierRow:
    """The patients who waited with one tier.

    Attributes:
        tier: Its key.
        name: Its name.
        has_target: Whether the tier says by when somebody must act.
        patients: How many.
        answered: For how many somebody decided.
        in_time: How many of those with a target were answered by then.
        breached: How many were not.
        still_in_time: How many wait, and have time left; they count for neither.
        breach_rate: Those that were not, of both; None when there are none.
        median_minutes: To the first decision.
        p90_minutes: Nine in ten were answered sooner.
    """

    tier: str
    name: str
    has_target: bool
    patients: int
    answered: int
    in_time: int
    breached: int
    still_in_time: int
    breach_rate: float | None
    median_minutes: float | None
    p90_minutes: float | None

    @property
    def median(self) -> timedelta | None:
        """As a length of time."""
        return None if self.median_minutes is None else timedelta(minutes=self.median_minutes)

    @property
    def p90(self) -> timedelta | None:
        """As a length of time."""
        return None if self.p90_minutes is None else timedelta(minutes=self.p90_minutes)


@dataclass(frozen=True, slots=True)
class WaitRow:
    """How many patients were answered within a time, and not within a shorter one."""

    within: str
    patients: int


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What clinicians made of what rests on one rule."""

    rule: str
    title: str
    pathway: str
    answered: int
    accepted: int
    overridden: int
    override_rate: float
    for_review: bool
    reasons: str


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How often what rests on a rule was overridden for one reason."""

    rule: str
    reason: str
    words: str
    overridden: int


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question, of how many patients it was asked, and for how many nobody answered it."""

    finding: str
    question: str
    asked: int
    unanswered: int
    unanswered_rate: float


@dataclass(frozen=True, slots=True)
class CallRow:
    """How quiet one service was, on one day or altogether."""

    service: str
    calls: int
    silent: int
    cards: int
    silent_rate: float
    cards_per_100: float


@dataclass(frozen=True, slots=True)
class Rows:
    """All tables of the page; each name is that of a CSV file."""

    volume: tuple[VolumeRow, ...]
    tiers: tuple[TierRow, ...]
    waits: tuple[WaitRow, ...]
    rules: tuple[RuleRow, ...]
    reasons: tuple[ReasonRow, ...]
    questions: tuple[QuestionRow, ...]
    calls: tuple[CallRow, ...]

    KINDS: ClassVar[Mapping[str, type]] = {
        "volume": VolumeRow,
        "tiers": TierRow,
        "waits": WaitRow,
        "rules": RuleRow,
        "reasons": ReasonRow,
        "questions": QuestionRow,
        "calls": CallRow,
    }
    """The rows of each, for the columns of an empty one."""


def rows(told: Insights, library: Library, first: date, last: date, now: datetime) -> Rows:
    """The tables of a period, first and last day included, as of now."""
    known = {rule.id: rule for pathway in library.knowledge.pathways for rule in pathway.rules}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    reasons = [
        ReasonRow(each.rule, code, _REASONS.get(code, code), count)
        for each in told.verdicts
        for code, count in each.reasons.items()
    ]
    return Rows(
        volume=tuple(_volume(day.isoformat(), told) for day in days),
        tiers=tuple(_tier(tier, told.waits, library, now) for tier in TIERS),
        waits=_histogram(told.waits),
        rules=tuple(sorted((_rule(each, known.get(each.rule)) for each in told.verdicts), key=_review_first)),
        reasons=tuple(reasons),
        questions=tuple(
            sorted(
                (
                    QuestionRow(q.finding, _question(q.finding, library), q.asked, q.open, q.open / q.asked)
                    for q in told.questions
                ),
                key=lambda row: (-row.unanswered, -row.unanswered_rate, row.finding),
            )
        ),
        calls=_calls(told.calls),
    )


def in_all(calls: Sequence[CallRow]) -> CallRow:
    """All services together."""
    return _call("all", sum(c.calls for c in calls), sum(c.silent for c in calls), sum(c.cards for c in calls))


def quantile(values: Sequence[float], part: float) -> float | None:
    """The smallest value that so large a part of all does not exceed."""
    return sorted(values)[ceil(len(values) * part) - 1] if values else None


def minutes(waits: Sequence[Wait]) -> list[float]:
    """How long those who were answered waited."""
    return [(wait.answered - wait.created).total_seconds() / 60 for wait in waits if wait.answered]


def _volume(day: str, told: Insights) -> VolumeRow:
    count = told.volume.get(day, {})
    tiers = {tier: count.get(tier, 0) for tier in TIERS}
    rest = {"no_tier": count.get("none", 0), "out_of_scope": count.get("out_of_scope", 0)}
    return VolumeRow(day=day, **tiers, **rest, total=sum(count.values()))


def _tier(tier: str, waits: Sequence[Wait], library: Library, now: datetime) -> TierRow:
    own = [wait for wait in waits if wait.tier == tier]
    timed = [wait for wait in own if wait.due is not None]
    breached = sum(wait.is_breached(now) for wait in timed)
    in_time = sum(wait.answered is not None and not wait.is_breached(now) for wait in timed)
    waited = minutes(own)
    meaning = library.knowledge.tiers[Tier(tier)]
    return TierRow(
        tier=tier,
        name=meaning.name,
        has_target=meaning.within is not None,
        patients=len(own),
        answered=len(waited),
        in_time=in_time,
        breached=breached,
        still_in_time=len(timed) - breached - in_time,
        breach_rate=breached / (breached + in_time) if breached + in_time else None,
        median_minutes=median(waited) if waited else None,
        p90_minutes=quantile(waited, _NINE_IN_TEN),
    )


def _histogram(waits: Sequence[Wait]) -> tuple[WaitRow, ...]:
    counted: Counter[str] = Counter()
    for wait in waits:
        if wait.answered:
            counted[next(name for name, most in _WITHIN if wait.answered - wait.created <= most)] += 1
    return tuple(WaitRow(name, counted[name]) for name, _ in _WITHIN)


def _rule(each: Verdicts, rule: Rule | None) -> RuleRow:
    return RuleRow(
        rule=each.rule,
        title=rule.title if rule else each.rule,
        pathway=rule.pathway if rule else "",
        answered=each.answered,
        accepted=each.accepted,
        overridden=each.overridden,
        override_rate=each.rate,
        for_review=each.answered >= REVIEW_FROM and each.rate >= REVIEW_RATE,
        reasons=", ".join(f"{_REASONS.get(code, code)} ({count})" for code, count in each.reasons.items()),
    )


def _review_first(row: RuleRow) -> tuple[bool, float, int, str]:
    return not row.for_review, -row.override_rate, -row.answered, row.rule


def _question(finding: str, library: Library) -> str:
    definition = library.knowledge.findings.get(finding)
    return (definition.question if definition else None) or wording.label(finding, library.knowledge)


def _calls(told: Sequence[Calls]) -> tuple[CallRow, ...]:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for each in told:
        sums[each.service].update(calls=each.calls, silent=each.silent, cards=each.cards)
    return tuple(_call(name, s["calls"], s["silent"], s["cards"]) for name, s in sorted(sums.items()))


def _call(service: str, calls: int, silent: int, cards: int) -> CallRow:
    return CallRow(
        service, calls, silent, cards, silent / calls if calls else 0.0, 100 * cards / calls if calls else 0.0
    )
