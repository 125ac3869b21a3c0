"""What the words around a mention make of it: there, denied, over, of the family, or only spoken of.

After ConText (Harkema 2009): a trigger reaches forward or backward to the end of its sentence, and no further than a
word that ends it.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from service.intake.boxes import ticked
from service.intake.mentions import Mention
from service.intake.sentences import Item, Sentence
from service.knowledge.phrases import Lexicon, Means, SideWord, Sign, Site, Trigger

_YES = frozenset({"yes", "y", "yep", "yeah", "+", "positive"})
_NO = frozenset({"no", "n", "nil", "none", "never", "denies", "nope", "neg", "negative", "not"})
_VERBS = frozenset({"is", "are", "was", "were", "has", "have", "feels", "looks", "hurts", "aches", "remains", "seems"})
_NEW_PART = frozenset({",", "and"})
_ALTERNATIVES = frozenset({"or", "nor", "neither", "/"})
_MARKS = frozenset({":", "-", "\u2013", "=", "(", ")", "?", "\u2014"})
# "?DVT with a swollen calf", "suspected cauda equina - numb", "DVT 2018 on apixaban": what follows is there today.
_REASONS = {
    Means.UNCERTAIN: frozenset({"-", "\u2013", ":", "(", "with", "given", "as", "since"}),
    Means.HISTORY: frozenset({"on", "taking", "takes"}),
}
_OF_OTHERS = frozenset({Means.FAMILY, Means.RELATIVE, Means.OTHER_PERSON})
_WITNESS_WITHIN = 3
_TURNS_WITHIN = 4
_ONLY_DENIED = frozenset({"any", "anymore"})
_CHILDREN = frozenset({"son", "daughter"})
_UNLIKE = 2


class Assertion(StrEnum):
    """How a mention is meant."""

    PRESENT = "present"
    ABSENT = "absent"
    PAST = "past"
    NEVER = "never"
    FAMILY = "family"
    NOT_IN_FAMILY = "not in family"
    NOTHING = "nothing"


_ORDER = (  # what a trigger makes of a mention, and of one that is denied as well
    (Means.FAMILY, Assertion.FAMILY, Assertion.NOT_IN_FAMILY),
    (Means.RELATIVE, Assertion.FAMILY, Assertion.NOTHING),
    (Means.RESOLVED, Assertion.PAST, Assertion.PAST),
    (Means.HISTORY, Assertion.PAST, Assertion.NEVER),
)


class Scopes:
    """The triggers of one sentence, and over which words each reaches."""

    def __init__(
        self,
        sentence: Sentence,
        mentioned: Sequence[Mention],
        lexicon: Lexicon,
        above: Trigger | None,
        *,
        of_child: bool = False,
    ) -> None:
        """Work out every reach; the heading `above` the sentence reaches over all of it.

        `of_child`: a parent writes, and the son or daughter is the patient.
        """
        self.sentence = sentence
        self.mentioned = mentioned
        self.lexicon = lexicon
        self.heading = above
        self.of_child = of_child
        self._breaks = {item.start for item in sentence.items if _means(item) is Means.ENDS} | {
            position for position, word in enumerate(sentence.words) if word.text == ","
        }
        self._boxed, boxes = ticked(sentence, [mention.item.start for mention in mentioned])
        self._reaches = [
            (item.meaning, reach)
            for item in sentence.items
            if isinstance(item.meaning, Trigger)
            and item.start not in boxes
            and (reach := self._reach(item, item.meaning)) is not None
        ]

    def of(self, item: Item, *, diagnosis: bool) -> set[Means]:
        """What all triggers that reach these words mean; some mean only a `diagnosis`."""
        means = {
            trigger.means
            for trigger, (start, end) in self._reaches
            if start <= item.start < end and (diagnosis or not trigger.diagnoses_only)
        }
        means |= {meant for meant, (start, end) in self._boxed if start <= item.start < end}
        if self.heading is not None:
            means.add(self.heading.means)
        return means

    def assertion(self, mention: Mention, *, diagnosis: bool) -> Assertion:
        """How the mention is meant."""
        means = self.of(mention.item, diagnosis=diagnosis)
        answer = self.sentence.answer
        if answer is not None:
            means.add(Means.AFFIRMED if answer in _YES else Means.NEGATED if answer in _NO else Means.UNCERTAIN)
        if mention.unplaced or means & {Means.HYPOTHETICAL, Means.UNCERTAIN, Means.OTHER_PERSON}:
            return Assertion.NOTHING
        if mention.denies:
            return self._denying(mention, means)
        negated = Means.NEGATED in means
        for meant, said, denied in _ORDER:
            if meant in means:
                return denied if negated else said
        if negated:
            return Assertion.ABSENT if mention.counts_denied else Assertion.NOTHING
        return Assertion.NOTHING if mention.only_denied else Assertion.PRESENT

    def _denying(self, mention: Mention, means: set[Means]) -> Assertion:
        """Words that deny by themselves ("weight bearing") are turned around only by a "not" right before them."""
        if means & (_OF_OTHERS | {Means.HISTORY, Means.RESOLVED}):
            return Assertion.NOTHING
        before = range(mention.item.start - _UNLIKE, mention.item.start)
        turned = any(
            _means(item) is Means.NEGATED and item.end - 1 in before and self.sentence.word(item.end - 1) != "no"
            for item in self.sentence.items
        )
        return Assertion.PRESENT if turned else Assertion.ABSENT

    def _reach(self, item: Item, trigger: Trigger) -> tuple[int, int] | None:
        if trigger.means in {Means.ENDS, Means.NOTHING, Means.SUBJECT}:
            return None
        if self._is_not_meant(item, trigger):
            return None
        end = self._forward(item, trigger)
        if trigger.looks == "backward":
            # "calf pain, nil swelling": what denies forward does not deny backward as well.
            return None if self._is_both(item) and self._stands(item.end, end) else self._backward(item, trigger)
        if trigger.means is Means.NEGATED and not self._stands(item.end, end) and self._is_last(item.end):
            return self._backward(item, trigger)  # "Chest pain: no"
        return item.end, end

    def _is_not_meant(self, item: Item, trigger: Trigger) -> bool:
        """Whether the words do not mean here what they mean elsewhere."""
        match trigger.means:
            case Means.RELATIVE | Means.OTHER_PERSON:
                return self._is_witness(item)
            case Means.HISTORY:
                return self._tells_how_long(item)
            case Means.RESOLVED:
                return trigger.looks == "backward" and not self._is_over(item)
            case _:
                return False

    def _is_witness(self, item: Item) -> bool:
        """Whether a relative only tells ("mother reports"), or is the patient a parent writes of ("3 year old son")."""
        if self.sentence.word(item.start - 1) in {"old", "yo"}:
            return True
        is_child = self.sentence.word(item.start) in _CHILDREN
        if is_child and (self.of_child or self.sentence.word(item.end).isdigit()):
            return True
        return any(
            self.sentence.word(position) in self.lexicon.reporting
            for position in range(item.end, item.end + _WITNESS_WITHIN)
        )

    def _is_over(self, item: Item) -> bool:
        """Whether it is over: not "has gone grey", nor "can't feel my foot any more"."""
        if self.sentence.word(item.start) in _ONLY_DENIED:
            return any(_means(i) is Means.NEGATED and i.start < item.start for i in self.sentence.items)
        return not self._becomes(item)

    def _becomes(self, item: Item) -> bool:
        """Whether it is "has gone a horrible grey": not over, but worse."""
        for other in self.sentence.items:
            if item.end <= other.start < item.end + _TURNS_WITHIN:
                if isinstance(other.meaning, Sign):
                    return other.meaning.adjective
                if isinstance(other.meaning, Site) or other.start in self._breaks:
                    return False
        return False

    def _tells_how_long(self, item: Item) -> bool:
        """Whether it is "a three week history of"."""
        before = self.sentence.word(item.start - 1)
        units = self.lexicon.times
        stroke = self.sentence.word(item.start - 2) == "/" and before in units.strokes
        return stroke or before in units.units

    def _is_both(self, item: Item) -> bool:
        """Whether the same words also reach forward."""
        return any(
            other.start == item.start and isinstance(other.meaning, Trigger) and other.meaning.looks == "forward"
            for other in self.sentence.items
        )

    def _is_last(self, position: int) -> bool:
        word = self.sentence.word(position)
        return not word or word in {",", "(", "-", "\u2013"}

    def _stands(self, start: int, end: int) -> bool:
        """Whether a mention stands between these words, before the next comma."""
        stop = min((b for b in self._breaks if start <= b < end), default=end)
        return any(start <= mention.item.start < stop for mention in self.mentioned)

    def _forward(self, item: Item, trigger: Trigger) -> int:
        end = len(self.sentence.words)
        if trigger.reach:
            end = min(end, item.end + trigger.reach)
        for other in self.sentence.items:
            if other.start >= item.end and _stops(trigger.means, other):
                end = min(end, other.start)
        if trigger.means is Means.UNCERTAIN:
            end = min([end, *(b for b in self._breaks if b >= item.end)])
        reasons = _REASONS.get(trigger.means, frozenset())
        end = next((p for p in range(item.end, end) if self.sentence.word(p) in reasons), end)
        if trigger.means is not Means.HYPOTHETICAL:
            end = min([end, *self._new_clauses(item.end, end)])
        return end

    def _new_clauses(self, start: int, end: int) -> Iterator[int]:
        """Where a clause of its own begins: "no fever, calf red", "no fever and the calf is swollen"."""
        inside = {position for item in self.sentence.items for position in range(item.start, item.end)}
        cuts = [p for p in range(start, end) if self.sentence.word(p) in _NEW_PART and p not in inside]
        for cut, stop in zip(cuts, [*cuts[1:], end], strict=False):
            words = {self.sentence.word(position) for position in range(cut, stop)}
            if words & _ALTERNATIVES:
                continue
            if words & _VERBS or self._is_predicate(cut, stop) or self._turns(start, cut, stop):
                yield cut

    def _turns(self, start: int, cut: int, stop: int) -> bool:
        """Whether the list turns to what is there: "no SOB at rest, breathless on stairs", "no limp, left leg pain"."""

        def keys(begin: int, end: int) -> set[str]:
            return {mention.key for mention in self.mentioned if begin <= mention.item.start < end}

        def is_sided(begin: int, end: int) -> bool:
            return any(
                isinstance(i.meaning, SideWord) and i.meaning.side in {"left", "right"} and begin <= i.start < end
                for i in self.sentence.items
            )

        return bool(keys(start, cut) & keys(cut, stop)) or (is_sided(cut, stop) and not is_sided(start, cut))

    def _is_predicate(self, start: int, stop: int) -> bool:
        """Whether a part of the body is followed by an adjective: "calf red"."""
        site = None
        for item in self.sentence.items:
            if start < item.start < stop:
                if isinstance(item.meaning, Site):
                    site = item
                elif site and isinstance(item.meaning, Sign) and item.meaning.adjective:
                    return True
        return False

    def _backward(self, item: Item, trigger: Trigger) -> tuple[int, int]:
        """Back to the last comma, or over it when nothing is mentioned behind it."""
        breaks = sorted({0, *(position + 1 for position in self._breaks if position < item.start)})
        start = breaks.pop()
        alone = start == item.start and self._is_last(item.end)
        while alone and breaks and not any(start <= m.item.start < item.start for m in self.mentioned):
            start = breaks.pop()
        if trigger.reach:
            last = max((m.item.end for m in self.mentioned if m.item.end <= item.start), default=0)
            if item.start - last > trigger.reach:
                return item.start, item.start
        return start, item.start


def _means(item: Item) -> Means | None:
    return item.meaning.means if isinstance(item.meaning, Trigger) else None


def _stops(means: Means, other: Item) -> bool:
    """Whether another trigger ends the reach of one that means this."""
    met = _means(other)
    if met is Means.ENDS:
        return True
    if met is Means.SUBJECT:
        return means in _OF_OTHERS
    forward = isinstance(other.meaning, Trigger) and other.meaning.looks == "forward"
    if met is Means.AFFIRMED and forward:
        return means in {Means.NEGATED, Means.UNCERTAIN}
    return met in _OF_OTHERS and means in _OF_OTHERS


def heading(sentence: Sentence, above: Trigger | None) -> Trigger | None:
    """The heading over the sentences that follow: "PMH:" alone on its line, until the list below it ends."""
    if sentence.items and sentence.word(len(sentence.words) - 1) == ":":
        last = sentence.items[-1]
        is_last = last.end == len(sentence.words) - 1 and last.start == 0
        if is_last and isinstance(last.meaning, Trigger) and last.meaning.means in {Means.HISTORY, Means.FAMILY}:
            return last.meaning
    return above if sentence.bullet else None
