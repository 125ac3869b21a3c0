"""What was measured, as a sentence tells it: "T 39.4, HR 120", "ABI 0.6 L", "L calf 42 R 38 cm"."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from service.intake.sentences import Item, Sentence
from service.intake.units import UnitError, convert
from service.knowledge.phrases import Lexicon, Measure, MeasureName, Scale, SideWord, Site
from service.triage.findings import Side

_LINKS = frozenset(
    {
        "of",
        "is",
        "was",
        "=",
        ":",
        "-",
        "~",
        "at",
        "@",
        "about",
        "approx",
        "approximately",
        ",",
        "now",
        "the",
        "on",
        "leg",
        "+",
        "(",
        ")",
        "measures",
        "measured",
        "measuring",
        "circumference",
        "index",
        "score",
        "reading",
    }
)
_MOST_LINKS = 5
_LONGEST_UNIT = 4
_LARGEST_NUMBER = 12
_LARGER = frozenset({"bigger", "larger", "wider", "greater", "more", "difference", "discrepancy", "asymmetry", "diff"})
_CALF = "calf"
_DIFFERENCE = "calf_circumference_difference_cm"
_CALF_RANGE = (15.0, 80.0)
_LARGEST_DIFFERENCE = 20.0
_NUMBER = tuple[float, int]


class Amount(NamedTuple):
    """A number for a finding of the vocabulary, in the unit it was written in, with its words."""

    key: str
    value: float
    unit: str
    side: Side | None
    start: int
    end: int


def amounts(sentence: Sentence, lexicon: Lexicon) -> Iterator[Amount]:
    """The measurements of a sentence whose numbers are plausible."""
    if not any(word.text[0].isdigit() for word in sentence.words):
        return
    taken: set[int] = set()
    for item in sentence.items:
        if isinstance(item.meaning, MeasureName):
            for amount in _named(sentence, item, lexicon.measures[item.meaning.id]):
                if taken.isdisjoint(range(amount.start, amount.end)) or amount.start == item.start:
                    yield amount
                    taken.update(range(amount.start, amount.end))
    yield from _alone(sentence, lexicon.measures, taken)
    yield from _calves(sentence, taken)


def in_unit(amount: Amount, wanted: str, spellings: Mapping[str, str], molar_mass: float | None) -> float | None:
    """The value in the unit `wanted`; None when it cannot be converted."""
    try:
        return convert(amount.value, amount.unit, wanted, spellings, molar_mass)
    except UnitError:
        return None


def _named(sentence: Sentence, item: Item, measure: Measure) -> Iterator[Amount]:
    """What stands behind the name, for one side or both; "32 weeks pregnant" stands before it."""
    position, side = item.end, _side_before(sentence, item)
    for _ in range(2):
        found = _after(sentence, position, measure)
        if found is None:
            break
        value, unit, start, end, told = found
        behind = _side_at(sentence, end)
        if told is None and behind and not _number(sentence, behind[1]):
            told, end = behind[0], behind[1]
        yield Amount(measure.finding, value, unit, told or side, item.start, end)
        yield from _second(sentence, measure, start, unit, item.start)
        if _side_at(sentence, end + (sentence.word(end) == ",")) is None:
            return
        position = end + (sentence.word(end) == ",")
    if position == item.end:
        yield from _before(sentence, item, measure)


def _after(sentence: Sentence, position: int, measure: Measure) -> tuple[float, str, int, int, Side | None] | None:
    side = None
    for _ in range(_MOST_LINKS):
        told = _side_at(sentence, position)
        if told is not None:
            side, position = told
        elif sentence.word(position) in _LINKS:
            position += 1
        else:
            break
    number = _number(sentence, position)
    if number is None:
        return None
    found = _scaled(sentence, number, measure)
    return (*found[:2], position, found[2], side) if found else None


def _scaled(sentence: Sentence, number: _NUMBER, measure: Measure) -> tuple[float, str, int] | None:
    """The number in its unit, written or understood; None when it is not plausible."""
    value, end = number
    if sentence.word(end) == "/" and (below := _number(sentence, end + 1)):
        if measure.out_of == below[0]:
            return _within(value, tuple(measure.scales.values()), below[1])
        if not measure.second:
            return None
    elif measure.out_of and sentence.word(end) == "out" and sentence.word(end + 1) == "of":
        below = _number(sentence, end + 2)
        return (
            _within(value, tuple(measure.scales.values()), below[1]) if below and below[0] == measure.out_of else None
        )
    if sentence.word(end) in {"+", "-"} and measure.out_of and not measure.bare:
        return None
    unit = _unit(sentence, end, measure.scales)
    if unit is not None:
        return _within(value, (unit[0],), unit[1])
    return _within(value, measure.bare, end)


def _within(value: float, scales: tuple[Scale, ...], end: int) -> tuple[float, str, int] | None:
    return next(((value, scale.unit, end) for scale in scales if scale.least <= value <= scale.most), None)


def _unit(sentence: Sentence, position: int, scales: Mapping[str, Scale]) -> tuple[Scale, int] | None:
    """The unit at this place: the words are put together as they stand in the text."""
    best = None
    for length in range(1, _LONGEST_UNIT + 5):
        part = sentence.words[position : position + length]
        if len(part) < length:
            break
        written = part[0].text
        for before, word in pairwise(part):
            written += (" " if word.start > before.end else "") + word.text
        if written in scales:
            best = scales[written], position + length
    return best


def _second(sentence: Sentence, measure: Measure, start: int, unit: str, first: int) -> Iterator[Amount]:
    """The number behind the stroke of a blood pressure."""
    if measure.second and sentence.word(start + 1) == "/" and (below := _number(sentence, start + 2)):
        least, most = 20.0, 200.0
        if least <= below[0] <= most:
            yield Amount(measure.second, below[0], unit, None, first, below[1])


def _before(sentence: Sentence, item: Item, measure: Measure) -> Iterator[Amount]:
    """A number with its unit right before the name: "32 weeks pregnant", "6 cm lump", "8/10 pain"."""
    for back in range(2, 6):
        position = item.start - back
        number = _number(sentence, position) if position >= 0 else None
        if number is None:
            continue
        with_unit = _unit(sentence, number[1], measure.scales) or sentence.word(number[1]) == "/"
        found = _scaled(sentence, number, measure) if with_unit else None
        if found and found[2] == item.start:
            yield Amount(measure.finding, found[0], found[1], None, position, item.end)
            return


def _alone(sentence: Sentence, measures: Mapping[str, Measure], taken: set[int]) -> Iterator[Amount]:
    """Numbers whose unit says what they are: "38.5C", "101.3F", "120 bpm"."""
    for position, word in enumerate(sentence.words):
        if position in taken or not word.text[0].isdigit():
            continue
        number = _number(sentence, position)
        if number is None:
            continue
        for measure in measures.values():
            unit = _unit(sentence, number[1], measure.scales) if measure.alone else None
            # "68F" is a person.
            if unit and (unit[1] - number[1] > 1 or "." in word.text):
                found = _within(number[0], (unit[0],), unit[1])
                if found:
                    yield Amount(measure.finding, found[0], found[1], None, position, unit[1])
                    taken.update(range(position, unit[1]))
                    break


def _calves(sentence: Sentence, taken: set[int]) -> Iterator[Amount]:
    """The difference between the calves, stated or as two girths."""
    calf = next((i for i in sentence.items if isinstance(i.meaning, Site) and i.meaning.id == _CALF), None)
    if calf is None:
        return
    numbers = [
        (position, number)
        for position, word in enumerate(sentence.words)
        if word.text[0].isdigit() and position not in taken and (number := _number(sentence, position))
    ]
    for position, (value, end) in numbers:
        if sentence.word(end) == "cm":
            larger = any(sentence.word(end + 1 + ahead) in _LARGER for ahead in range(4))
            compared = sentence.word(end + 1) == ">" or _is_compared(sentence, end + 1)
            if (larger or compared) and 0 < value <= _LARGEST_DIFFERENCE:
                side = _larger_side(sentence, position)
                yield Amount(_DIFFERENCE, value, "cm", side, min(calf.start, position), end + 1)
                return
    girths = [(n, side) for p, n in numbers if _is_girth(sentence, n) and (side := _girth_side(sentence, p, n[1]))]
    if len(girths) == 2 and girths[0][1] != girths[1][1]:  # noqa: PLR2004 - a left and a right one
        (one, end), (other, last) = girths[0][0], girths[1][0]
        side = girths[0][1] if one > other else girths[1][1]
        if 0 < abs(one - other) <= _LARGEST_DIFFERENCE:
            yield Amount(_DIFFERENCE, round(abs(one - other), 2), "cm", side, calf.start, max(end, last))


def _is_compared(sentence: Sentence, position: int) -> bool:
    told = _side_at(sentence, position)
    return told is not None and sentence.word(told[1]) == ">"


def _larger_side(sentence: Sentence, position: int) -> Side | None:
    before = [
        Side(item.meaning.side)
        for item in sentence.items
        if isinstance(item.meaning, SideWord) and item.meaning.side in {"left", "right"} and item.end <= position
    ]
    return before[-1] if before else None


def _is_girth(sentence: Sentence, number: _NUMBER) -> bool:
    return _CALF_RANGE[0] <= number[0] <= _CALF_RANGE[1] and sentence.word(number[1]) != "/"


def _girth_side(sentence: Sentence, position: int, end: int) -> Side | None:
    """The side a girth is of: the last one named before it, no farther than a few words."""
    for back in range(1, 6):
        told = _side_at(sentence, position - back)
        if told is not None:
            return told[0]
    told = _side_at(sentence, end + (sentence.word(end) == "cm"))
    return told[0] if told else None


def _side_before(sentence: Sentence, item: Item) -> Side | None:
    for back in (1, 2):
        told = _side_at(sentence, item.start - back)
        if told is not None:
            return told[0]
    return None


def _side_at(sentence: Sentence, position: int) -> tuple[Side, int] | None:
    for item in sentence.items:
        if isinstance(item.meaning, SideWord) and item.start == position and item.meaning.side in {"left", "right"}:
            return Side(item.meaning.side), item.end
    return None


def _number(sentence: Sentence, position: int) -> _NUMBER | None:
    """The number at this place, and the word behind it."""
    word = sentence.word(position)
    if not word[:1].isdigit() or not word.isascii() or len(word) > _LARGEST_NUMBER:
        return None
    try:
        return float(word.replace(",", "")), position + 1
    except ValueError:
        return None
