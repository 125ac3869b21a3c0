"""The form -> a FHIR R4 Questionnaire after the conventions of Structured Data Capture, in every language we have."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.knowledge.form import EnableWhen, Form, FormGroup, FormItem
from service.knowledge.library import Library
from service.knowledge.terminology import BASE, FINDING_SYSTEM, option_system

QUESTIONNAIRE_ID: Final = "leg-pain-intake"
QUESTIONNAIRE_URL: Final = f"{BASE}/Questionnaire/{QUESTIONNAIRE_ID}"

_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire"
_EXTENSION = "http://hl7.org/fhir/StructureDefinition"
_ITEM_CONTROL = "http://hl7.org/fhir/questionnaire-item-control"
_UCUM = "http://unitsofmeasure.org"


def questionnaire(library: Library) -> dict[str, Any]:
    """The Questionnaire: `linkId` is the finding's key; its translations change nothing but words."""
    form, words = library.form, _Words(library.form)
    return {
        "resourceType": "Questionnaire",
        "id": QUESTIONNAIRE_ID,
        "meta": {"profile": [_SDC]},
        "language": "en",
        "url": QUESTIONNAIRE_URL,
        "version": library.knowledge.version,
        "name": "LegPainIntake",
        **words.of("title", form.title),
        "status": "draft" if form.review_needed else "active",
        "experimental": False,
        "subjectType": ["Patient"],
        "publisher": library.governance["developer"],
        **words.of("description", form.intro),
        "item": [_introduction(form, words), *(_group(group, library, words) for group in form.groups)],
    }


class _Words:
    """Writes a text of the form with its translations beside it."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def of(self, element: str, text: str) -> dict[str, Any]:
        """The element, and its twin with the translations where there are any."""
        told = [
            {
                "url": f"{_EXTENSION}/translation",
                "extension": [
                    {"url": "lang", "valueCode": language},
                    {"url": "content", "valueString": texts[text]},
                ],
            }
            for language, texts in sorted(self.form.translations.items())
            if text in texts
        ]
        return {element: text, f"_{element}": {"extension": told}} if told else {element: text}


def _introduction(form: Form, words: _Words) -> dict[str, Any]:
    return {"linkId": "introduction", **words.of("text", form.intro), "type": "display"}


def _group(group: FormGroup, library: Library, words: _Words) -> dict[str, Any]:
    control = _control("table") if group.table and _is_one_table(group.items) else _control("list")
    told = [{"linkId": f"{group.id}.intro", **words.of("text", group.intro), "type": "display"}] if group.intro else []
    return {
        "extension": [control],
        "linkId": group.id,
        **words.of("text", group.title),
        "type": "group",
        "required": False,
        "item": [*told, *(_item(item, library, words) for item in group.items)],
    }


def _is_one_table(items: Iterable[FormItem]) -> bool:
    """Whether the items are choices of the same answers, as a table of FHIR asks."""
    kinds = {(item.type, item.options) for item in items}
    return len(kinds) == 1 and kinds.pop()[0] == "choice"


def _item(item: FormItem, library: Library, words: _Words) -> dict[str, Any]:
    written: dict[str, Any] = {
        "linkId": item.key,
        "code": [
            {"system": FINDING_SYSTEM, "code": item.key, "display": library.knowledge.findings[item.key].label},
        ],
        **words.of("text", item.text),
        "type": item.type,
        "required": False,
        "repeats": item.repeats,
    }
    if item.enable_when:
        written["enableWhen"] = [_enable_when(condition, library.form) for condition in item.enable_when]
        if len(item.enable_when) > 1:
            written["enableBehavior"] = item.any_or_all
    if item.type == "choice":
        written["extension"] = [_control("check-box" if item.repeats else "radio-button")]
        written["answerOption"] = [
            {"valueCoding": {"system": option_system(item), "code": code, **words.of("display", label)}}
            for code, label in item.options
        ]
    if item.unit:
        unit = {"system": _UCUM, "code": item.unit, **words.of("display", item.unit_words)}
        written["extension"] = [{"url": f"{_EXTENSION}/questionnaire-unit", "valueCoding": unit}]
    if item.help:
        written["item"] = [
            {
                "extension": [_control("help")],
                "linkId": f"{item.key}.help",
                **words.of("text", item.help),
                "type": "display",
            }
        ]
    return written


def _enable_when(condition: EnableWhen, form: Form) -> dict[str, Any]:
    return {
        "question": condition.key,
        "operator": condition.operator,
        **_compared(condition, next(item for item in form.items if item.key == condition.key)),
    }


def _compared(condition: EnableWhen, asked: FormItem) -> Mapping[str, Any]:
    if condition.operator == "exists":
        return {"answerBoolean": condition.answer == "true"}
    if asked.type == "boolean":
        return {"answerBoolean": condition.answer == "present"}
    if asked.type == "decimal":
        return {"answerDecimal": float(condition.answer)}
    return {"answerCoding": {"system": option_system(asked), "code": condition.answer}}


def _control(code: str) -> dict[str, Any]:
    coding = {"system": _ITEM_CONTROL, "code": code}
    return {"url": f"{_EXTENSION}/questionnaire-itemControl", "valueCodeableConcept": {"coding": [coding]}}
