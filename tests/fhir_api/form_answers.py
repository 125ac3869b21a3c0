"""Plain answers to the form -> the QuestionnaireResponse that says the same, so that all answers are read one way."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.intake.questionnaire import QUESTIONNAIRE
from service.knowledge.form import YES, Form, FormItem
from service.knowledge.library import Library
from service.knowledge.terminology import option_system

_LARGEST = 1_000  # of any number that the form asks for
Answers = Mapping[str, Sequence[str]]


def questionnaire_response(library: Library, answers: Answers, authored: datetime) -> dict[str, Any]:
    """The answers as a FHIR R4 QuestionnaireResponse: of every item that is shown and was answered.

    Args:
        library: Its form was answered.
        answers: By key, the codes of options, dates (`2026-11-22`) or numbers as text. An answer that is no answer of
            its item is left out, like no answer at all.
        authored: When they were given, with its offset.
    """
    shown = {item.key for item in library.form.enabled(_usable(library.form, answers))}
    groups = []
    for group in library.form.groups:
        items = [
            {"linkId": item.key, "text": item.text, "answer": given}
            for item in group.items
            if item.key in shown and (given := [_answer(item, a) for a in _valid(item, answers.get(item.key, ()))])
        ]
        if items:
            groups.append({"linkId": group.id, "text": group.title, "item": items})
    response: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{QUESTIONNAIRE}|{library.knowledge.version}",
        "status": "completed",
        "authored": authored.isoformat(timespec="seconds"),
    }
    return response | ({"item": groups} if groups else {})


def _usable(form: Form, answers: Answers) -> Answers:
    return {item.key: _valid(item, answers[item.key]) for item in form.items if item.key in answers}


def _valid(item: FormItem, given: Sequence[str]) -> list[str]:
    if item.options:
        codes = {code for code, _ in item.options}
        fitting = [code for code in dict.fromkeys(given) if code in codes]
    else:
        fitting = [text for text in given if _fits(item, text)]
    return fitting if item.repeats else fitting[:1]


def _fits(item: FormItem, text: str) -> bool:
    try:
        _answer(item, text)
    except ValueError:
        return False
    return True


def _answer(item: FormItem, given: str) -> dict[str, Any]:
    """One answer in the type of its item; ValueError when it is none."""
    if item.type == "boolean":
        return {"valueBoolean": given == YES}
    if item.type == "choice":
        return {"valueCoding": {"system": option_system(item), "code": given}}
    if item.type == "date":
        return {"valueDate": datetime.strptime(given, "%Y-%m-%d").date().isoformat()}  # noqa: DTZ007 - a day has no zone
    number = float(given)
    if not 0 <= number <= _LARGEST:  # nan fails too
        raise ValueError("no number of ours")
    return {"valueDecimal": number}
