"""A QuestionnaireResponse -> findings. `linkId` is the finding's key; an unanswered item is unknown."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from service.intake import resources as r4
from service.intake.notes import Note
from service.intake.statements import Circumstances, Statements
from service.intake.times import full_date
from service.intake.units import UnitError, convert
from service.knowledge.terminology import CodeMeaning, FindingRecord
from service.triage.findings import Finding, Side, Source, Status

QUESTIONNAIRE = "https://legtriage.example.org/fhir/Questionnaire/leg-pain-intake"
_SIDE_ITEM = ".side"
_DO_NOT_KNOW = frozenset({"unknown", "asked-unknown"})
_UNUSABLE = "the answer is of no kind that this item takes: not used"


def read_questionnaire(
    reference: str,
    response: r4.QuestionnaireResponse,
    authored: datetime | None,
    statements: Statements,
    *,
    tied: bool,
) -> Iterator[Finding]:
    """The findings that the answers state, as old as the response unless it is `tied` to the current encounter.

    A response to somebody else's questionnaire states none.
    """
    canonical = (response.questionnaire or QUESTIONNAIRE).split("|")[0]
    if canonical != QUESTIONNAIRE:
        return
    author = response.author.reference if response.author else None
    by_clinician = bool(author) and str(author).startswith("Practitioner")
    for item in _every(response.item):
        key = item.link_id or ""
        record = statements.terminology.findings.get(key)
        if record is None:
            if item.answer and not key.endswith(_SIDE_ITEM):
                statements.notes.append(Note(reference, "linkId", "an answered item is no finding of ours: not used"))
            continue
        about = Circumstances(source=Source(reference, key, by_clinician=by_clinician), recorded=authored, tied=tied)
        for answer in item.answer or ():
            yield from _answer(record, answer, item, about, statements)


def _every(items: Iterable[r4.Item] | None) -> Iterator[r4.Item]:
    for item in items or ():
        yield item
        yield from _every(item.item)
        for answer in item.answer or ():
            yield from _every(answer.item)


def _answer(
    record: FindingRecord, answer: r4.Answer, item: r4.Item, about: Circumstances, statements: Statements
) -> Iterator[Finding]:
    side = _side(answer, item, statements)
    if record.type == "boolean":
        status = _truth(answer, side)
        if status is not None:
            yield from statements.state(CodeMeaning(record.key), None, replace(about, status=status, side=side))
        elif _is_told(answer):
            statements.notes.append(Note(about.source.reference, record.key, f"{record.label}: {_UNUSABLE}"))
        return
    chosen = _chosen(record, answer, statements)
    if chosen:
        about = replace(about, status=Status.PRESENT, side=side)
        yield from statements.state(CodeMeaning(chosen), None, about)
        return
    noted = len(statements.notes)
    value = _value(record, answer, about.source.reference, statements)
    if value is None and _is_told(answer) and len(statements.notes) == noted:
        statements.notes.append(Note(about.source.reference, record.key, f"{record.label}: {_UNUSABLE}"))
    if value is not None:
        yield from statements.state(CodeMeaning(record.key), None, replace(about, side=side), value)


def _truth(answer: r4.Answer, side: Side | None) -> Status | None:
    if answer.value_boolean is not None:
        return Status.PRESENT if answer.value_boolean else Status.ABSENT
    code = answer.value_coding.code if answer.value_coding else answer.value_string
    if code in {Status.PRESENT, Status.ABSENT}:
        return Status(code)
    return Status.PRESENT if side else None


def _is_told(answer: r4.Answer) -> bool:
    """Whether the answer says anything, and not that the answer is not known."""
    code = answer.value_coding.code if answer.value_coding else answer.value_string
    return answer != r4.Answer(item=answer.item) and code not in _DO_NOT_KNOW


def _chosen(record: FindingRecord, answer: r4.Answer, statements: Statements) -> str | None:
    """The yes/no finding that a chosen option names, such as the calf among the places that hurt."""
    code = answer.value_coding.code if record.type == "code" and answer.value_coding else None
    named = statements.terminology.findings.get(code or "")
    return named.key if named and named.type == "boolean" else None


def _value(
    record: FindingRecord, answer: r4.Answer, reference: str, statements: Statements
) -> float | str | date | None:
    if record.type == "date":
        return full_date(answer.value_date or answer.value_date_time)
    if record.type == "code":
        side = statements.coding_side(answer.value_coding)
        return side or (answer.value_coding.code if answer.value_coding else answer.value_string)
    quantity = answer.value_quantity
    if quantity is not None and quantity.value is not None:
        try:
            return convert(
                quantity.value,
                quantity.code or quantity.unit,
                record.unit or "1",
                statements.terminology.unit_spellings,
                record.molar_mass,
            )
        except UnitError as error:
            statements.notes.append(Note(reference, record.key, f"{record.label}: {error}; not used"))
            return None
    number = answer.value_decimal if answer.value_decimal is not None else answer.value_integer
    return None if number is None else float(number)


def _side(answer: r4.Answer, item: r4.Item, statements: Statements) -> Side | None:
    """The side as the answer itself, or as an item nested below it whose linkId ends in `.side`."""
    own = statements.coding_side(answer.value_coding)
    nested = [
        statements.coding_side(inner.value_coding)
        for below in (*(answer.item or ()), *(item.item or ()))
        if (below.link_id or "").endswith(_SIDE_ITEM)
        for inner in below.answer or ()
    ]
    return own or next((side for side in nested if side), None)
