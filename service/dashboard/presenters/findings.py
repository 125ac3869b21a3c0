"""A finding as a clinician reads it: what, since when, told by whom and where exactly that stands."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.advice import wording
from service.dashboard.times import day
from service.intake.answered import answered_by, is_answer
from service.triage.findings import Finding, Method, Source, Status, Temporality
from service.triage.knowledge import Knowledge
from service.triage.stated import stated_findings

_METHODS = {Method.MEASURED: "measured", Method.STATED: "stated", Method.TEXT: "read from text"}
_ORIGINS = {
    "intake": "Intake",
    "intake text": "Free text of the intake",
    "AllergyIntolerance": "Allergy",
    "Appointment": "Appointment",
    "Condition": "Problem or diagnosis",
    "Device": "Device",
    "DiagnosticReport": "Report",
    "Encounter": "Encounter",
    "FamilyMemberHistory": "Family history",
    "MedicationRequest": "Prescription",
    "MedicationStatement": "Medicine taken",
    "Observation": "Observation",
    "Patient": "Patient's record",
    "Procedure": "Procedure",
    "QuestionnaireResponse": "Questionnaire",
    "ServiceRequest": "Order",
}
_SPAN = re.compile(r"(\d+)-(\d+)")
_ANSWER = re.compile(r"/findings/(\d+)")


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Where a finding was read.

    Attributes:
        origin: What kind of source it is, in words.
        reference: What the record calls it.
        place: Where in it: an element, an answer, or the characters of a text.
        method: Measured, stated, or read from text; nothing for an answer given here.
    """

    origin: str
    reference: str
    place: str
    method: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding.

    Attributes:
        key: Its key in the vocabulary.
        statement: All of it in words, such as `Calf pain, left`.
        label: What it is.
        state: `present`, `absent`, `past` or `family`.
        answer: The same in words.
        value: Its value with the unit, or nothing.
        side: The side, or nothing.
        onset: When it began.
        recorded: When it was measured or written down.
        sources: Where it was read.
        to_confirm: Nothing but free text says so.
        red_flag: It is a sign of danger.
        complaint: It is a complaint of the leg.
    """

    key: str
    statement: str
    label: str
    state: str
    answer: str
    value: str
    side: str
    onset: date | None
    recorded: datetime | None
    sources: tuple[SourceLine, ...]
    to_confirm: bool
    red_flag: bool
    complaint: bool


def finding_line(finding: Finding, knowledge: Knowledge) -> FindingLine:
    """One finding for a reader."""
    state, answer = _state(finding)
    return FindingLine(
        key=finding.key,
        statement=wording.statement(finding, knowledge),
        label=wording.label(finding.key, knowledge),
        state=state,
        answer=answer,
        value=day(finding.value) if isinstance(finding.value, date) else wording.value(finding).replace("_", " "),
        side={None: "", "bilateral": "both sides"}.get(finding.side, finding.side or ""),
        onset=finding.onset,
        recorded=finding.recorded,
        sources=tuple(_source(source, knowledge) for source in finding.sources),
        to_confirm=bool(finding.sources) and all(source.method is Method.TEXT for source in finding.sources),
        red_flag=finding.key in knowledge.red_flags,
        complaint=finding.key in knowledge.complaints,
    )


def finding_lines(findings: Iterable[Finding], knowledge: Knowledge) -> tuple[FindingLine, ...]:
    """Findings for a reader, in their order."""
    return tuple(finding_line(finding, knowledge) for finding in findings)


def told_lines(written: Iterable[Mapping[str, Any]], knowledge: Knowledge) -> tuple[FindingLine, ...]:
    """The same of findings as an assessment document has them."""
    return finding_lines(stated_findings({"findings": list(written)}), knowledge)


def in_order_of_weight(lines: Iterable[FindingLine]) -> tuple[FindingLine, ...]:
    """What is there before what is not, in both signs of danger and complaints first; past and family last."""
    states = ("present", "absent", "past", "family")

    def weight(line: FindingLine) -> tuple[object, ...]:
        return states.index(line.state), not line.red_flag, not line.complaint, bool(line.value), line.label.lower()

    return tuple(sorted(lines, key=weight))


def _state(finding: Finding) -> tuple[str, str]:
    absent = finding.status is Status.ABSENT
    if finding.temporality is Temporality.PAST:
        return "past", "Never" if absent else "In the past"
    if finding.temporality is Temporality.FAMILY:
        return "family", "Not in the family" if absent else "In the family"
    if finding.value is not None:
        return "present", "Measured" if isinstance(finding.value, int | float) else "Stated"
    return ("absent", "Absent") if absent else ("present", "Present")


def _source(source: Source, knowledge: Knowledge) -> SourceLine:
    if is_answer(source):
        return SourceLine(f"Answered here by {answered_by(source)}", source.reference, "", "")
    kind = source.reference.partition("/")[0]
    method = _METHODS[source.method]
    return SourceLine(
        origin=_ORIGINS.get(kind, kind),
        reference=source.reference,
        place=_place(source, knowledge),
        method=f"{method} by a clinician" if source.by_clinician else method,
    )


def _place(source: Source, knowledge: Knowledge) -> str:
    if span := _SPAN.fullmatch(source.element):
        return f"characters {span[1]} to {span[2]}"
    if answer := _ANSWER.fullmatch(source.element):
        return f"answer {int(answer[1]) + 1}"
    if source.element in knowledge.findings:  # a question of our own form is named by what it asks for
        return f"asked for {wording.label(source.element, knowledge)}"
    return source.element
