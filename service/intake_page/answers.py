"""What a patient sent from the page -> the intake that every road reads, or what is wrong with it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from typing import Any

from service.intake.asking import told_by
from service.intake.structured import IntakeError, Wrong
from service.intake.typed import AmbiguousNumberError, typed_number
from service.knowledge.form import NO, YES, FormItem
from service.knowledge.library import Library
from service.triage.findings import SYMPTOM_SIDE, Side, Status, merge_sides

TEXT = "text"
ASKED = "asked"
SIDE_OF = ".side"
UNKNOWN = Status.UNKNOWN.value
MOST_TEXT = 4_000

_OF_THE_PATIENT = {"age_years": "age", "sex_at_birth": "sex"}
_EARLIEST = date(1900, 1, 1)
_OLDEST = 130
_LARGEST = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: the answers by item, the items that were put to the patient, and the intake they make."""

    answers: Mapping[str, Sequence[str]]
    asked: Collection[str]
    intake: Mapping[str, Any]


@dataclass(slots=True)
class _Reading:
    answers: dict[str, list[str]] = field(default_factory=dict)
    sides: dict[str, Side] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)


def read_answers(fields: Mapping[str, Sequence[str]], library: Library, now: datetime) -> Sent:
    """The fields of the page's form; IntakeError names every one that is unknown or does not fit."""
    reading = _Reading()
    items = {item.key: item for item in library.form.items}
    for name, values in fields.items():
        given = [text for value in values if (text := value.strip()) and text != UNKNOWN]
        if name in items:
            _read_item(items[name], given, library, now, reading)
        elif name.endswith(SIDE_OF) and has_side(items.get(name.removesuffix(SIDE_OF))):
            _read_side(name, given, reading)
        elif name == TEXT and len("".join(given)) > MOST_TEXT:
            reading.wrong.append(Wrong(name, f"Please write no more than {MOST_TEXT} characters."))
        elif name == ASKED and not items.keys() >= {*given}:
            reading.wrong.append(Wrong(name, "This names a question that we do not ask."))
        elif name not in {TEXT, ASKED}:
            reading.wrong.append(Wrong(name, "This is no question of ours."))
    if reading.wrong:
        raise IntakeError(reading.wrong)
    return _sent(reading, fields, items, library)


def is_yes_or_no(item: FormItem) -> bool:
    """Whether it is answered with yes or no; the form has a yes for each side where there are sides."""
    return item.type == "boolean" or NO in dict(item.options)


def has_side(item: FormItem | None) -> bool:
    """Whether a yes is about one leg or both."""
    return item is not None and is_yes_or_no(item) and Side.BILATERAL in dict(item.options)


def _read_side(name: str, given: list[str], reading: _Reading) -> None:
    if given and (len(given) > 1 or given[0] not in {*Side}):
        reading.wrong.append(Wrong(name, "Please choose left, right or both."))
    elif given:
        reading.sides[name.removesuffix(SIDE_OF)] = Side(given[0])


def _read_item(item: FormItem, given: list[str], library: Library, now: datetime, reading: _Reading) -> None:
    try:
        if item.repeats:
            if places := [*_places(item, given, library, reading.sides)]:
                reading.answers[item.key] = places
        elif len(given) > 1:
            raise ValueError("Please give one answer.")
        elif given:
            reading.answers[item.key] = [_one(item, given[0], now)]
    except ValueError as error:
        reading.wrong.append(Wrong(item.key, str(error)))


def _places(item: FormItem, given: list[str], library: Library, sides: dict[str, Side]) -> Iterator[str]:
    """The chosen options; `calf_pain.left` also says on which side."""
    chosen: dict[str, set[str]] = {}
    for value in given:
        code, _, side = value.partition(".")
        lateral = code in told_by(item) and library.knowledge.findings[code].lateral
        if code not in told_by(item) or (side and not (lateral and side in {Side.LEFT, Side.RIGHT})):
            raise ValueError("Please choose from the list.")
        chosen.setdefault(code, set()).add(side)
    for code, named in chosen.items():
        side_of = merge_sides(Side(side) for side in named if side)
        if side_of:
            sides[code] = side_of
        yield code


def _one(item: FormItem, text: str, now: datetime) -> str:
    """The answer in the form's own spelling; ValueError says what is wrong with it."""
    if item.type == "decimal":
        return _number(text, _OLDEST if item.unit == "a" else _LARGEST)
    if item.type == "date":
        return _day(text, now.date())
    allowed = (YES, NO) if is_yes_or_no(item) else tuple(code for code, _ in item.options)
    if text not in allowed:
        raise ValueError("Please choose one of the answers.")
    return text


def _number(text: str, most: int) -> str:
    try:
        number = typed_number(text)
    except AmbiguousNumberError as error:
        raise ValueError(f"Please {error}.") from None
    except ValueError:
        number = -1.0
    if not (isfinite(number) and 0 <= number <= most):
        raise ValueError(f"Please write a number from 0 to {most}.")
    return f"{number:g}"


def _day(text: str, today: date) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"Please write a day such as {today.isoformat()}.") from None
    if not _EARLIEST <= day <= today:
        raise ValueError("Please choose a day that is not in the future.")
    return day.isoformat()


def _sent(
    reading: _Reading, fields: Mapping[str, Sequence[str]], items: Mapping[str, FormItem], library: Library
) -> Sent:
    """What is stated of the leg is stated of the side that hurts, where that is one side and no other is named."""
    answers = dict(reading.answers)
    several = [key for key, item in items.items() if item.repeats]
    places = {code: reading.sides.get(code) for key in several for code in answers.get(key, ())}
    side = merge_sides([*(Side(given) for given in answers.get(SYMPTOM_SIDE, ())), *places.values()])
    leg = side if side is not Side.BILATERAL else None
    findings = [_finding(code, YES, own or leg, library) for code, own in places.items()]
    if side:
        findings.append({"key": SYMPTOM_SIDE, "status": YES, "value": side})
        answers[SYMPTOM_SIDE] = [side]
    patient: dict[str, Any] = {}
    for key, (given, *_) in reading.answers.items():
        item = items[key]
        if key in _OF_THE_PATIENT:
            patient[_OF_THE_PATIENT[key]] = float(given) if item.type == "decimal" else given
        elif is_yes_or_no(item):
            own = reading.sides.get(key) or leg
            findings.append(_finding(key, given, own, library))
            if given == YES and has_side(item):
                answers[key] = [own or Side.BILATERAL]
        elif key not in {SYMPTOM_SIDE, *several}:
            findings.append({"key": key, "status": YES, "value": float(given) if item.type == "decimal" else given})
    text = "\n".join(fields.get(TEXT, ())).strip()
    return Sent(answers, frozenset(fields.get(ASKED, ())), {"patient": patient, "findings": findings, "text": text})


def _finding(key: str, status: str, side: Side | None, library: Library) -> dict[str, Any]:
    sided = side and status == YES and library.knowledge.findings[key].lateral
    return {"key": key, "status": status} | ({"side": side} if sided else {})
