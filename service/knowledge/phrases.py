"""The words people use, as data: what they call our findings, and what turns a mention into a denial or a memory.

`Lexicon` keeps every phrase in one tree of words, so that a text is read in one pass whatever the number of phrases.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from service.knowledge.words import Word, words

_GAP = "..."
_GAP_WORDS = 3
_MOST_FILLERS = 4
_BREAKS = frozenset(".;!?\n:")


class Means(StrEnum):
    """What a trigger says of the findings within its reach."""

    NEGATED = "negated"
    AFFIRMED = "affirmed"
    HISTORY = "history"
    RESOLVED = "resolved"
    FAMILY = "family"
    RELATIVE = "relative"
    OTHER_PERSON = "other_person"
    HYPOTHETICAL = "hypothetical"
    UNCERTAIN = "uncertain"
    NOTHING = "nothing"
    ENDS = "ends"
    SUBJECT = "subject"


class Name(NamedTuple):
    """The name of a finding; `denies`: the words themselves say that it is not there.

    `leg`: may be of another part of the body, if one is named. `dated`: counts only with its date.
    """

    key: str
    denies: bool = False
    leg: bool = False
    dated: bool = False


class Site(NamedTuple):
    """A part of the body; `side` when the word itself means both."""

    id: str
    leg: bool
    side: str | None = None


class Sign(NamedTuple):
    """What can be wrong with a part of the body; an adjective stands behind it (`calf red`)."""

    id: str
    adjective: bool = False


class SideWord(NamedTuple):
    """left, right, bilateral, or other: the one that was not spoken of; same: the one that was."""

    side: str


class Trigger(NamedTuple):
    """`looks` forward, backward or both, over `reach` words at the most; `diagnoses_only`: not at symptoms."""

    means: Means
    looks: str = "forward"
    reach: int | None = None
    diagnoses_only: bool = False


class MeasureName(NamedTuple):
    """The name of something measured."""

    id: str


class Moment(NamedTuple):
    """A moment in words, so many days ago."""

    days: float


Meaning = Name | Site | Sign | SideWord | Trigger | MeasureName | Moment


@dataclass(frozen=True, slots=True)
class SignRecord:
    """Which finding a sign is at which site; `carries`: it may take the site of the sentence before.

    `counts_denied` is False where a denial says less than the finding: a calf that is not tender may still hurt.
    `alone` is what a denial denies that names no part.
    """

    at: Mapping[str, str]
    carries: bool = False
    counts_denied: bool = True
    alone: str | None = None


class Scale(NamedTuple):
    """A unit, as UCUM or as the table of spellings has it, and the numbers that are plausible in it."""

    unit: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Measure:
    """Something measured: the finding, the units it is written in, and what a number without a unit means.

    `alone`: a number with the unit says it without the name. `second` is what stands behind a stroke (120/80), or
    its only possible value (3/5).
    """

    finding: str
    scales: Mapping[str, Scale] = field(default_factory=dict)  # by how people write the unit
    bare: tuple[Scale, ...] = ()
    alone: bool = False
    second: str | None = None
    out_of: int | None = None


@dataclass(frozen=True, slots=True)
class TimeWords:
    """How spans of time are written, in days."""

    units: Mapping[str, float] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    strokes: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Node:
    """A word of the tree: what the phrase that ends here means, whether it has a gap, and the words that may follow."""

    meanings: tuple[Meaning, ...] = ()
    has_gap: bool = False
    below: "dict[str, _Node]" = field(default_factory=dict)


class Found(NamedTuple):
    """A phrase in a text: the word behind it, what it means, and whether other words may stand inside it."""

    end: int
    meanings: tuple[Meaning, ...]
    has_gap: bool


class Lexicon:
    """All phrases, found by their words."""

    def __init__(
        self,
        phrases: Iterable[tuple[str, Meaning]] = (),
        *,
        fillers: Iterable[str] = (),
        signs: Mapping[str, SignRecord] | None = None,
        measures: Mapping[str, Measure] | None = None,
        times: TimeWords | None = None,
        reporting: Iterable[str] = (),
        sexes: Mapping[str, str] | None = None,
        chief_complaints: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Grow the tree of words.

        `fillers` may stand between the words of any phrase. `reporting` are the verbs that make a relative a witness.
        `sexes` maps nouns to the sex they name; `chief_complaints` are (system URL, code) of observations in words.
        """
        self.fillers = frozenset(fillers)
        self.signs = signs or {}
        self.measures = measures or {}
        self.times = times or TimeWords()
        self.reporting = frozenset(reporting)
        self.sexes = sexes or {}
        self.chief_complaints = frozenset(chief_complaints)
        self.phrases = tuple(phrases)
        self._root = _Node()
        for phrase, meaning in self.phrases:
            node = self._root
            for word in spelled(phrase):
                node = node.below.setdefault(word, _Node())
            if meaning not in node.meanings:
                node.meanings = (*node.meanings, meaning)
                node.has_gap = _GAP in phrase

    def at(self, text: Sequence[Word], start: int) -> Found | None:
        """The longest phrase that begins at this word."""
        node = self._root.below.get(text[start].text)
        return self._longest(node, text, start + 1, 0, _MOST_FILLERS, skipped=False) if node is not None else None

    def _longest(
        self, node: _Node, text: Sequence[Word], position: int, gap: int, fillers: int, *, skipped: bool
    ) -> Found | None:
        """`gap` and `fillers` are how many words may still be skipped; a phrase does not end with one of those."""
        best = Found(position, node.meanings, has_gap=node.has_gap) if node.meanings and not skipped else None
        if position >= len(text):
            return best
        word = text[position].text
        tries = []
        if word in node.below:
            tries.append(self._longest(node.below[word], text, position + 1, 0, fillers, skipped=False))
        if word not in _BREAKS:
            if gap:
                tries.append(self._longest(node, text, position + 1, gap - 1, fillers, skipped=True))
            elif fillers and word in self.fillers:
                tries.append(self._longest(node, text, position + 1, 0, fillers - 1, skipped=True))
            if not gap and _GAP in node.below:
                after = node.below[_GAP]
                tries.append(self._longest(after, text, position, _GAP_WORDS, fillers, skipped=True))
        for found in tries:
            if found and (best is None or found.end > best.end):
                best = found
        return best


def spelled(phrase: str) -> list[str]:
    """The words of a phrase of the lexicon; three dots stand for up to three words of any kind."""
    parts: list[str] = []
    for position, part in enumerate(phrase.split(_GAP)):
        if position:
            parts.append(_GAP)
        parts.extend(word.text for word in words(part))
    return parts
