"""What clinicians answered on our pages -> a FHIR R4 QuestionnaireResponse to our Questionnaire."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from service.advice.questionnaire import QUESTIONNAIRE_URL
from service.knowledge.form import NO, YES, FormItem
from service.knowledge.library import Library
from service.knowledge.terminology import BASE, option_system
from service.triage.findings import Finding, Status, Temporality

ANSWERS_SYSTEM: Final = f"{BASE}/assessments/answers"
"""Of the identifier by which a server tells that the answers of an assessment came before."""


def can_answer(finding: Finding, library: Library) -> bool:
    """Whether the Questionnaire has a place for a finding."""
    return _item_of(finding, library) is not None and bool(_value(finding, library))


def questionnaire_response(
    answers: Iterable[Finding], library: Library, *, assessment: str, patient: str, author: str, authored: datetime
) -> dict[str, Any]:
    """The response; each answer needs a place in the Questionnaire.

    Args:
        answers: What was answered.
        library: The Questionnaire and its words.
        assessment: The id of the assessment that the answers led to.
        patient: The id of the patient.
        author: The reference of whoever answered.
        authored: When.
    """
    given = {finding.key: finding for finding in answers if can_answer(finding, library)}
    return {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": ANSWERS_SYSTEM, "value": assessment},
        "questionnaire": f"{QUESTIONNAIRE_URL}|{library.knowledge.version}",
        "status": "completed",
        "subject": {"reference": f"Patient/{patient}"},
        "authored": authored.isoformat(timespec="seconds"),
        "author": {"reference": author},
        "item": [
            {"linkId": group.id, "text": group.title, "item": items}
            for group in library.form.groups
            if (items := [_answered(item, given[item.key], library) for item in group.items if item.key in given])
        ],
    }


def _item_of(finding: Finding, library: Library) -> FormItem | None:
    return next((item for item in library.form.items if item.key == finding.key), None)


def _answered(item: FormItem, finding: Finding, library: Library) -> dict[str, Any]:
    return {"linkId": item.key, "text": item.text, "answer": [_value(finding, library)]}


def _value(finding: Finding, library: Library) -> Mapping[str, Any]:
    """The answer as its item takes it; nothing when the item has no place for it, such as a thing of the past."""
    item = _item_of(finding, library)
    if item is None or finding.temporality is not Temporality.CURRENT or finding.status is Status.UNKNOWN:
        return {}
    match item.type:
        case "boolean":
            return {"valueBoolean": finding.status is Status.PRESENT}
        case "choice":
            return _choice(item, finding)
        case "date":
            return {"valueDate": str(finding.value)} if finding.value else {}
        case _:
            # Our Questionnaire asks for the number alone and names the unit of the item.
            return {"valueDecimal": finding.value} if isinstance(finding.value, float | int) else {}


def _choice(item: FormItem, finding: Finding) -> Mapping[str, Any]:
    options = dict(item.options)
    code = NO if finding.status is Status.ABSENT else str(finding.value or finding.side or YES)
    if code not in options:  # a yes without a side, where each side is an answer: neither may be made up
        return {}
    return {"valueCoding": {"system": option_system(item), "code": code, "display": options[code]}}
