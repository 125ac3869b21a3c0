"""Structured answers (an intake that passed its schema) -> findings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import Any

from service.intake.notes import Intake
from service.intake.statements import Circumstances, Statements
from service.intake.text import notes_on, read_text
from service.intake.times import completed_years
from service.intake.units import UnitError, convert
from service.knowledge.terminology import CodeMeaning, FindingRecord, Terminology
from service.triage.findings import SYMPTOM_SIDE, Finding, Method, Side, Source, Status, Temporality

_MOST_HINTS = 20
TEXT = "intake text"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong with an intake; `pointer` is a JSON pointer to it."""

    pointer: str
    detail: str


class IntakeError(ValueError):
    """An intake that cannot be used; `errors` says everything that is wrong with it."""

    def __init__(self, errors: list[Wrong]) -> None:
        """Keep the errors."""
        super().__init__("; ".join(f"{error.pointer}: {error.detail}".removeprefix(": ") for error in errors))
        self.errors = tuple(errors)


def read_intake(intake: Mapping[str, Any], terminology: Terminology, now: datetime) -> Intake:
    """The findings of an intake; IntakeError names every key, value or unit that does not fit the vocabulary."""
    wrong: list[Wrong] = []
    statements = Statements(terminology, now)
    findings = list(_patient(intake.get("patient", {}), now, wrong))
    for position, answer in enumerate(intake["findings"]):
        findings.extend(_finding(answer, f"/findings/{position}", statements, wrong))
    if wrong:
        raise IntakeError(wrong)
    findings.extend(_text(intake.get("text") or "", statements))
    patient = intake.get("patient", {})
    born = patient.get("birth_date")
    return Intake(
        tuple(findings),
        tuple(statements.notes),
        patient_id=patient.get("id"),
        patient_name=patient.get("name"),
        birth_date=born.isoformat() if born else None,
    )


def _text(text: str, statements: Statements) -> Iterator[Finding]:
    """What the patient's own words say, or those of whoever wrote them down today."""
    about = Circumstances(Source(TEXT, "", Method.TEXT), recorded=statements.now, tied=True)
    reading = read_text(text, statements, about)
    statements.notes.extend(notes_on(reading, statements.terminology, TEXT))
    yield from reading.findings


def _patient(patient: Mapping[str, Any], now: datetime, wrong: list[Wrong]) -> Iterator[Finding]:
    birth = patient.get("birth_date")
    age = completed_years(birth.isoformat(), now) if birth else patient.get("age")
    if birth and age is None:
        wrong.append(Wrong("/patient/birthDate", "no age follows from this date"))
    if age is not None:
        source = Source("intake", "patient.birthDate" if birth else "patient.age", Method.MEASURED)
        yield Finding("age_years", Status.PRESENT, value=float(age), unit="a", sources=(source,))
    if patient.get("sex", "unknown") != "unknown":
        yield Finding("sex_at_birth", Status.PRESENT, value=patient["sex"], sources=(Source("intake", "patient.sex"),))


def _finding(answer: Mapping[str, Any], pointer: str, statements: Statements, wrong: list[Wrong]) -> Iterator[Finding]:
    terminology = statements.terminology
    record = terminology.findings.get(answer["key"])
    if record is None:
        # Looking for what was meant takes its time: not for a body of nothing but wrong keys.
        near = get_close_matches(answer["key"], terminology.findings, n=3) if len(wrong) < _MOST_HINTS else []
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        wrong.append(Wrong(f"{pointer}/key", f"no such finding{hint}"))
        return
    status = Status(answer["status"])
    value = answer.get("value")
    if answer.get("onset") and answer["onset"] > statements.now.date():
        wrong.append(Wrong(f"{pointer}/onset", "the date lies in the future"))
        return
    if status is Status.PRESENT and record.type != "boolean":
        try:
            value = _value(record, value, answer.get("unit"), terminology)
        except ValueError as error:
            wrong.append(Wrong(f"{pointer}/value", str(error)))
            return
    elif value is not None:
        wrong.append(Wrong(f"{pointer}/value", "this finding takes no value with this status"))
        return
    about = Circumstances(
        source=Source("intake", pointer, Method.MEASURED if record.type == "quantity" else Method.STATED),
        status=status,
        temporality=Temporality(answer.get("temporality", "current")),
        onset=_moment(answer.get("onset")),
        recorded=statements.now,
        tied=True,
        side=Side(answer["side"]) if answer.get("side") else None,
    )
    yield from statements.state(CodeMeaning(record.key), None, about, value)


def _moment(day: date | None) -> datetime | None:
    return datetime.combine(day, time.max, UTC) if day else None


def _value(record: FindingRecord, value: object, unit: str | None, terminology: Terminology) -> float | str | date:
    if record.type == "quantity":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("a number is needed")
        try:
            spellings = terminology.unit_spellings
            return convert(float(value), unit or record.unit, record.unit or "1", spellings, record.molar_mass)
        except OverflowError:
            raise ValueError("the number is too large") from None
        except UnitError as error:
            raise ValueError(str(error)) from None
    if not isinstance(value, str) or not value:
        raise ValueError("a text is needed")
    if record.key == SYMPTOM_SIDE and value not in {*Side}:
        raise ValueError(f"one of {', '.join(Side)} is needed")
    if record.type == "date":
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("a date such as 2026-11-22 is needed") from None
    return value
