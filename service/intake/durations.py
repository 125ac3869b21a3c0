"""How long ago, how long, since when: the spans of time that a sentence names, in days."""

from datetime import date, timedelta
from typing import NamedTuple

from service.intake.sentences import Sentence
from service.knowledge.phrases import Moment, TimeWords

_DAYS = {
    **dict(zip(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), range(7), strict=True)),
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "fri": 4,
}
_BEFORE_SPAN = frozenset(
    {"for", "since", "x", "over", "past", "last", "about", "approx", "~", "the", "of", "around", "\u00d7"}
)
_BEHIND_SPAN = frozenset({"history", "hx", "h", "ago", "back", "duration"})
_NOT_SINCE = frozenset({"after", "before", "every", "in", "within", "until", "next", "over the next"})
_FIRST_YEAR, _YEAR_DIGITS = 1920, 4
_LONGEST = 365 * 100


class Span(NamedTuple):
    """A span of time: its words, how many days ago it began, or the year or the weekday it names.

    `over`: the words speak of a moment that has passed ("in 2010", "3 years ago"), not of one that goes on since.
    """

    start: int
    end: int
    days: float | None = None
    year: int | None = None
    weekday: int | None = None
    over: bool = False

    def began(self, today: date) -> date | None:
        """The day it began; None for a year that does not fit."""
        if self.days is not None:
            return today - timedelta(days=round(self.days))
        if self.weekday is not None:
            return today - timedelta(days=(today.weekday() - self.weekday - 1) % 7 + 1)
        return date(self.year, 12, 31) if self.year and self.year < today.year else None


def spans(sentence: Sentence, times: TimeWords) -> list[Span]:
    """The spans of time in a sentence."""
    found = [
        Span(item.start, item.end, days=item.meaning.days, over=sentence.word(item.start) == "last")
        for item in sentence.items
        if isinstance(item.meaning, Moment)
    ]
    taken = {position for span in found for position in range(span.start, span.end)}
    for position, word in enumerate(sentence.words):
        if position not in taken and (word.text[0].isdigit() or word.text in times.numbers or word.text in _DAYS):
            span = _at(sentence, position, times)
            if span is not None:
                found.append(span)
                taken.update(range(span.start, span.end))
    return sorted(found)


def _at(sentence: Sentence, position: int, times: TimeWords) -> Span | None:
    word = sentence.word(position)
    if word in _DAYS:
        return Span(position, position + 1, weekday=_DAYS[word])
    if word.isascii() and word.isdigit() and len(word) == _YEAR_DIGITS and int(word) >= _FIRST_YEAR:
        since = sentence.word(position - 1) == "since"
        return Span(position, position + 1, year=int(word), over=not since)
    return _counted(sentence, position, times)


def _counted(sentence: Sentence, position: int, times: TimeWords) -> Span | None:
    """A number of units: "3 weeks", "3/52", "x5 days", "a few days", "two-day"."""
    number = _number(sentence.word(position), times)
    if number is None or sentence.word(position - 1) in _NOT_SINCE:
        return None
    end = position + 1
    if sentence.word(end) == "/" and sentence.word(end + 1) in times.strokes:
        return _span(sentence, position, end + 2, number * times.strokes[sentence.word(end + 1)])
    if sentence.word(end) == "of":
        end += 1
    if sentence.word(end) in {"-", "\u2013", "to", "or"} and (upper := _number(sentence.word(end + 1), times)):
        number, end = max(number, upper), end + 2
    elif sentence.word(end) in {"couple", "few"}:
        number, end = times.numbers[sentence.word(end)], end + 1
        end += sentence.word(end) == "of"
    if sentence.word(end) == "-":
        end += 1
    unit = times.units.get(sentence.word(end))
    if unit is None or _is_age(sentence, end):
        return None
    return _span(sentence, position, end + 1, number * unit)


def _span(sentence: Sentence, start: int, end: int, days: float) -> Span | None:
    if days > _LONGEST:
        return None
    tells = (
        any(sentence.word(start - back) in _BEFORE_SPAN for back in (1, 2))
        or any(sentence.word(end + ahead) in _BEHIND_SPAN for ahead in (0, 1))
        or sentence.word(end) in {"", ",", ")", "of"}
        or sentence.word(end - 2) == "/"
    )
    return Span(start, end, days=days, over=sentence.word(end) in {"ago", "back"}) if tells else None


def _number(word: str, times: TimeWords) -> float | None:
    if word in times.numbers:
        return times.numbers[word]
    try:
        return float(word) if word.isascii() and word[:1].isdigit() and len(word) <= _YEAR_DIGITS else None
    except ValueError:
        return None


def _is_age(sentence: Sentence, unit: int) -> bool:
    """Whether a number of years is somebody's age."""
    following = [sentence.word(unit + ahead) for ahead in (1, 2, 3)]
    return following[0] in {"old", "o", "female", "male"} or following[:2] in (["-", "old"], ["/", "o"])
