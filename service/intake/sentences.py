"""A text -> its sentences, each with the phrases of the lexicon that stand in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.knowledge.phrases import Lexicon, Meaning, Means, Name, SideWord, Sign, Site, Trigger
from service.knowledge.words import Word, words

_LONGEST_SENTENCE = 100  # words: the time a text takes grows with its length and no faster
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "approx", "vs", "e.g", "i.e"})
_AND_NO = Trigger(Means.NEGATED)
_BULLETS = frozenset({"-", "*", "•", "\u2013", "·"})


class Item(NamedTuple):
    """A phrase of the lexicon in a sentence: what it means, from which word to which (the last not included)."""

    meaning: Meaning
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words of a sentence and its phrases; `answer` is what follows a question, None for a statement.

    An unanswered question has an empty answer. `bullet`: it stands in a list.
    """

    words: Sequence[Word]
    items: Sequence[Item]
    answer: str | None = None
    bullet: bool = False

    def word(self, position: int) -> str:
        """The word at this position, or an empty string outside the sentence."""
        return self.words[position].text if 0 <= position < len(self.words) else ""


def sentences(text: str, lexicon: Lexicon) -> list[Sentence]:
    """The sentences of the text in order."""
    every = words(text)
    found: list[Sentence] = []
    start = 0
    for end, mark in _ends(every, text):
        part = every[start:end]
        start = end + (mark is not None and mark != "")
        if part or mark == "?":
            bullet = bool(part) and part[0].text in _BULLETS
            found.append(Sentence(part, _items(part, lexicon), "" if mark == "?" else None, bullet))
    return [_answered(each, found[number + 1 : number + 2]) for number, each in enumerate(found)]


def _ends(every: Sequence[Word], text: str) -> Iterator[tuple[int, str | None]]:
    """Where each sentence ends, and the sign that ends it: none where it is cut, being too long for one."""
    start = 0
    for position, word in enumerate(every):
        if len(word.text) == 1 and word.text in ".!?;\n" and _is_end(every, position, text):
            yield position, word.text
            start = position + 1
        elif position - start >= _LONGEST_SENTENCE:
            yield position, ""
            start = position
    yield len(every), None


def _is_end(every: Sequence[Word], position: int, text: str) -> bool:
    sign, before = every[position], every[position - 1] if position else None
    after = every[position + 1] if position + 1 < len(every) else None
    if sign.text == "\n":
        return _is_line_end(before, after, text)
    if sign.text == "?":
        # "?DVT" and "pain ?cause" are no questions.
        is_prefix = after is not None and after.start == sign.end and after.text[0].isalpha()
        return before is not None and not is_prefix and (after is None or before.end == sign.start)
    if sign.text == ".":
        return not (before and before.text in _TITLES) and (
            after is None or after.start > sign.end or after.text == "\n"
        )
    return True


def _is_line_end(before: Word | None, after: Word | None, text: str) -> bool:
    """Whether the line was ended on purpose, and not wrapped."""
    if before is None or after is None or after.text == "\n" or before.text == "\n":
        return True
    first = text[after.start]
    return not first.islower() or before.text in {":", ",", "."}


def _items(part: Sequence[Word], lexicon: Lexicon) -> list[Item]:
    items: list[Item] = []
    position = 0
    while position < len(part):
        found = lexicon.at(part, position)
        if found is None:
            position += 1
            continue
        end, meanings, has_gap = found
        items.extend(Item(meaning, position, end) for meaning in meanings)
        if has_gap:
            items.extend(_inside(part, position + 1, end, lexicon))
        elif any(isinstance(meaning, Name) and not meaning.denies for meaning in meanings):
            # "whole leg swollen and blue": the leg is what is blue
            within = _inside(part, position + 1, end, lexicon)
            items.extend(i for i in within if isinstance(i.meaning, Site) and i.meaning.leg)
        if part[position].text == "no" and any(isinstance(meaning, Name) and meaning.denies for meaning in meanings):
            items.append(Item(_AND_NO, end, end))  # "no temperature, SOB": the list goes on
        position = end
    return items


def _inside(part: Sequence[Word], start: int, end: int, lexicon: Lexicon) -> Iterator[Item]:
    """Parts of the body, signs and sides within a phrase that has a gap: "leg swollen and gone blue"."""
    for position in range(start, end):
        found = lexicon.at(part, position)
        if found and found.end <= end:
            kept = [meaning for meaning in found.meanings if isinstance(meaning, Site | Sign | SideWord)]
            yield from (Item(meaning, position, found.end) for meaning in kept)


def _answered(sentence: Sentence, following: Sequence[Sentence]) -> Sentence:
    if sentence.answer is None or not following:
        return sentence
    return Sentence(sentence.words, sentence.items, following[0].word(0), sentence.bullet)
