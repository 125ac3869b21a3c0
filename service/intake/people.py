"""The age and the sex that a note gives of its patient: "68F", "72 yo woman", "a 3-year-old boy"."""

from collections.abc import Sequence
from typing import NamedTuple

from service.intake.sentences import Sentence
from service.knowledge.phrases import Lexicon, Means, Trigger

_OLDEST = 115
_YEAR_WORDS = frozenset({"yo", "y", "yr", "yrs", "year", "years", "yr's", "y.o", "yro", "yrold"})
_MONTH_WORDS = frozenset({"month", "months", "mth", "mths"})
_MONTHS = 12
_NOUN_WITHIN = 4
_PATIENTS = frozenset({"child", "baby", "toddler", "infant", "boy", "girl", "patient", "pt", "male", "female", "kid"})
_CHILDREN = frozenset({"son", "daughter", "child", "baby", "toddler", "boy", "girl", "kid", "little", "one"})
_OF_SELF = frozenset({"i've", "ive", "i'm", "im", "myself", "mine"})
_SELF_DOES = frozenset({"have", "am", "had", "get", "got", "feel", "felt", "was", "take", "fell", "woke", "need"})


class Person(NamedTuple):
    """An age in years and perhaps a sex, with their words."""

    years: float
    sex: str | None
    start: int
    end: int


def person(sentence: Sentence, lexicon: Lexicon) -> Person | None:
    """The first age in the sentence that is not a relative's."""
    for position, word in enumerate(sentence.words):
        if word.text.isascii() and word.text.isdigit() and int(word.text[:4]) <= _OLDEST:
            found = _age(sentence, position, lexicon)
            if found is not None:
                return found
    return None


def is_of_child(sentences: Sequence[Sentence]) -> bool:
    """Whether a parent writes of a son or daughter: "my son ..." opens the text, and nothing is about "me"."""
    if not sentences:
        return False
    first = sentences[0]
    opens = first.word(0) in {"my", "our"} and first.word(1) in {"son", "daughter"}
    return opens and not any(_is_of_self(sentence, p) for sentence in sentences for p in range(len(sentence.words)))


def _is_of_self(sentence: Sentence, position: int) -> bool:
    word, following = sentence.word(position), sentence.word(position + 1)
    if word in {"my", "our"}:
        return following not in _CHILDREN
    return word in _OF_SELF or (word == "i" and following in _SELF_DOES)


def _age(sentence: Sentence, position: int, lexicon: Lexicon) -> Person | None:
    number = float(sentence.word(position))
    end = position + 1
    beside = sentence.words[position].end
    letter = sentence.word(end)
    if letter in {"f", "m"} and sentence.words[end].start <= beside + 1 and _is_patient_first(sentence, position):
        return Person(number, lexicon.sexes[letter], position, end + 1) if letter in lexicon.sexes else None
    if sentence.word(position - 1) in {"aged", "age"}:
        return None if _is_relative(sentence, position, end, lexicon) else Person(number, None, position, end)
    joint = sentence.word(end) == "-"
    unit = sentence.word(end + joint)
    if unit not in _YEAR_WORDS | _MONTH_WORDS:
        return None
    end += joint + 1
    is_age = unit == "yo" or (sentence.word(position - 1) in _PATIENTS and sentence.word(end) != "ago")
    for mark in ("/", "-", ""):
        step = bool(mark)
        if (not mark or sentence.word(end) == mark) and sentence.word(end + step) in {"o", "old", "olds"}:
            end += step + 1
            is_age = True
            break
    sex, sex_end = _sex(sentence, end, lexicon)
    if not (is_age or (sex and sex_end == end + 1)) or _is_relative(sentence, position, end, lexicon):
        return None
    return Person(number / _MONTHS if unit in _MONTH_WORDS else number, sex, position, sex_end)


def _is_patient_first(sentence: Sentence, position: int) -> bool:
    """Whether "68F" can be a person and no temperature: it opens the note, or follows a break."""
    before = sentence.word(position - 1) if position else ""
    return before in {"", ",", ":", "-", "a", "this", "(", "cc", "pt", "patient"}


def _sex(sentence: Sentence, start: int, lexicon: Lexicon) -> tuple[str | None, int]:
    for position in range(start, start + _NOUN_WITHIN):
        sex = lexicon.sexes.get(sentence.word(position))
        if sex:
            return sex, position + 1
    return None, start


def _is_relative(sentence: Sentence, start: int, end: int, lexicon: Lexicon) -> bool:
    """Whether it is "my 80 year old mother"; "my 3 year old daughter" is the patient that a parent writes of."""
    for item in sentence.items:
        beside = item.end <= start or end <= item.start <= end + 1
        if beside and isinstance(item.meaning, Trigger) and item.meaning.means is Means.RELATIVE:
            following = range(item.end, item.end + _NOUN_WITHIN)
            return not any(sentence.word(position) in lexicon.reporting for position in following)
    return False
