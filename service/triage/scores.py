"""Clinical scores that answer an interval while some of their items are unknown."""

from dataclasses import dataclass
from math import inf

from service.triage.facts import Facts
from service.triage.logic import Condition
from service.triage.quantities import Interval
from service.triage.trace import ItemTrace, Trace, Truth


@dataclass(frozen=True, slots=True)
class ScoreItem:
    """Points added when the condition is true.

    An item `judged_by_clinician` is never inferred: until a clinician answers it, it adds nothing.
    """

    points: int
    label: str
    condition: Condition
    judged_by_clinician: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of the score, both ends included."""

    name: str
    low: float = -inf
    high: float = inf

    def holds(self, low: float, high: float) -> Truth:
        """Whether a score between `low` and `high` lies in this band; None while it may or may not."""
        if self.low <= low and high <= self.high:
            return True
        return False if high < self.low or low > self.high else None


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """One item of a score with what is known of it."""

    item: ScoreItem
    trace: Trace


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """A score for one patient: between `low` and `high`, in `band` once that is certain.

    `settled_by` names the findings whose answer alone would fix the band, best first.
    """

    score: str
    title: str
    low: int
    high: int
    band: str | None
    items: tuple[ScoredItem, ...]
    settled_by: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """A named clinical score with its items and bands."""

    name: str
    title: str
    items: tuple[ScoreItem, ...]
    bands: tuple[Band, ...]
    evidence: tuple[str, ...]

    def keys(self) -> frozenset[str]:
        """Every key the items look at."""
        return frozenset().union(*(item.condition.keys() for item in self.items))

    def evaluate(self, facts: Facts) -> ScoreResult:
        """Score the patient; the answer is remembered for the rest of this assessment."""
        known = facts.scores.get(self.name)
        if isinstance(known, ScoreResult):
            return known
        scored = tuple(ScoredItem(item, item.condition.evaluate(facts)) for item in self.items)
        low, high = _range(scored)
        band = self._band(low, high)
        settled_by = () if band else self._settling(scored, low, high)
        result = ScoreResult(self.name, self.title, low, high, band, scored, settled_by, self.evidence)
        facts.scores[self.name] = result
        return result

    def _band(self, low: int, high: int) -> str | None:
        return next((band.name for band in self.bands if band.holds(low, high)), None)

    def _settling(self, scored: tuple[ScoredItem, ...], low: int, high: int) -> tuple[str, ...]:
        """The open items that fix the band whichever way, or one way, they are answered."""
        ranked = []
        for position, entry in enumerate(scored):
            points = entry.item.points
            if entry.trace.truth is not None or entry.item.judged_by_clinician:
                continue
            when_true = (low + max(points, 0), high + min(points, 0))
            when_false = (low - min(points, 0), high - max(points, 0))
            settles = sum(self._band(*outcome) is not None for outcome in (when_true, when_false))
            if settles:
                ranked.append((-settles, position, entry.trace.missing_keys()))
        return tuple(dict.fromkeys(key for *_, keys in sorted(ranked) for key in keys))


def _range(scored: tuple[ScoredItem, ...]) -> tuple[int, int]:
    low = high = 0
    for entry in scored:
        points = entry.item.points
        if entry.trace.truth:
            low += points
            high += points
        elif entry.trace.truth is None and not entry.item.judged_by_clinician:
            low += min(points, 0)
            high += max(points, 0)
    return low, high


@dataclass(frozen=True, slots=True)
class ScoreValue:
    """A score used as a number in a condition."""

    score: Score

    @property
    def text(self) -> str:
        """The score's title."""
        return self.score.title

    def keys(self) -> frozenset[str]:
        """The keys of its items."""
        return self.score.keys()

    def read(self, facts: Facts) -> tuple[Interval, ...]:
        """The interval, explained by the items."""
        result = self.score.evaluate(facts)
        return (Interval(result.low, result.high, children=item_traces(result)),)


@dataclass(frozen=True, slots=True)
class InBand:
    """True when the score certainly lies in the band."""

    score: Score
    band: Band
    text: str

    def keys(self) -> frozenset[str]:
        """The keys of the score's items."""
        return self.score.keys()

    def evaluate(self, facts: Facts) -> Trace:
        """Compare the score's interval with the band."""
        result = self.score.evaluate(facts)
        return Trace(self.band.holds(result.low, result.high), self.text, item_traces(result))


def item_traces(result: ScoreResult) -> tuple[Trace, ...]:
    """The items of a score as explanations, each with its points and label."""
    return tuple(
        ItemTrace(entry.item.points, entry.item.label, entry.trace)
        for entry in result.items
        if not (entry.item.judged_by_clinician and entry.trace.truth is None)
    )
