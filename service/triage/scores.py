"""Clinical scores that answer an interval while some of their items are unknown."""

from dataclasses import dataclass
from math import inf

from service.triage.facts import Facts
from service.triage.logic import NOTHING, Condition
from service.triage.quantities import Interval, Number
from service.triage.trace import Trace, Truth


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
        return NOTHING.union(*(item.condition.keys() for item in self.items))

    def bounds(self, facts: Facts) -> tuple[int, int]:
        """The lowest and the highest it can be, remembered for the rest of this assessment."""
        try:
            return facts.bounds[self.name]
        except KeyError:
            low = high = 0
            for item in self.items:
                truth = item.condition.truth(facts)
                if truth:
                    low += item.points
                    high += item.points
                elif truth is None and not item.judged_by_clinician:
                    low += min(item.points, 0)
                    high += max(item.points, 0)
            facts.bounds[self.name] = low, high
            return low, high

    def missing(self, facts: Facts) -> frozenset[str]:
        """The keys of the open items; what only a clinician can judge is not among them."""
        return NOTHING.union(*[item.condition.missing(facts) for item in self.items if not item.judged_by_clinician])

    def explain(self, facts: Facts) -> tuple[Trace, ...]:
        """The items, each with its points and label; what waits for a clinician's judgement is left out."""
        traces = [(item, item.condition.explain(facts)) for item in self.items]
        return tuple(
            Trace(trace.truth, item.label, (trace,), points=item.points)
            for item, trace in traces
            if not (item.judged_by_clinician and trace.truth is None)
        )

    def evaluate(self, facts: Facts) -> ScoreResult:
        """Score the patient."""
        low, high = self.bounds(facts)
        band = self._band(low, high)
        scored = tuple([ScoredItem(item, item.condition.explain(facts)) for item in self.items])
        settled_by = () if band else self._settling(facts, low, high)
        return ScoreResult(self.name, self.title, low, high, band, scored, settled_by, self.evidence)

    def _band(self, low: int, high: int) -> str | None:
        return next((band.name for band in self.bands if band.holds(low, high)), None)

    def _settling(self, facts: Facts, low: int, high: int) -> tuple[str, ...]:
        """The open items that fix the band whichever way, or one way, they are answered."""
        ranked = []
        for position, item in enumerate(self.items):
            points = item.points
            if item.judged_by_clinician or item.condition.truth(facts) is not None:
                continue
            when_true = (low + max(points, 0), high + min(points, 0))
            when_false = (low - min(points, 0), high - max(points, 0))
            settles = sum(self._band(*outcome) is not None for outcome in (when_true, when_false))
            if settles:
                ranked.append((-settles, position, sorted(item.condition.missing(facts))))
        return tuple(dict.fromkeys(key for *_, keys in sorted(ranked) for key in keys))


class ScoreValue(Number):
    """A score used as a number in a condition."""

    __slots__ = ("score",)

    def __init__(self, score: Score) -> None:
        """Read this score."""
        super().__init__(score.keys(), score.title)
        self.score = score

    def read(self, facts: Facts) -> tuple[Interval, ...]:
        """What the score can be."""
        low, high = self.score.bounds(facts)
        return (Interval(low, high, missing=self.score.missing(facts)),)

    def explain(self, facts: Facts) -> tuple[Trace, ...]:
        """The items."""
        return self.score.explain(facts)


class InBand(Condition):
    """True when the score certainly lies in the band."""

    __slots__ = ("band", "score")

    def __init__(self, score: Score, band: Band, text: str) -> None:
        """Compare this score with that band."""
        super().__init__(score.keys(), text)
        self.score = score
        self.band = band

    def truth(self, facts: Facts) -> Truth:
        """Compare the score's interval with the band."""
        return self.band.holds(*self.score.bounds(facts))

    def missing(self, facts: Facts) -> frozenset[str]:
        """The open items of the score."""
        return self.score.missing(facts) if self.truth(facts) is None else NOTHING

    def explain(self, facts: Facts) -> Trace:
        """The items of the score."""
        return Trace(self.truth(facts), self.text, self.score.explain(facts))
