"""The FHIR Questionnaire: sound, in five languages, and asking what the vocabulary can hear."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from service.advice.questionnaire import questionnaire
from service.knowledge.library import Library
from service.knowledge.load import load

JSON = dict[str, Any]
LANGUAGES = {"de", "es", "fr", "tr"}
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture(scope="module")
def form(library: Library) -> JSON:
    return questionnaire(library)


def every(items: list[JSON]) -> Iterator[JSON]:
    for item in items:
        yield item
        yield from every(item.get("item", []))


def asked(form: JSON) -> dict[str, JSON]:
    return {item["linkId"]: item for item in every(form["item"]) if item["type"] not in {"group", "display"}}


def test_it_is_sound_fhir_under_its_address(form: JSON, library: Library) -> None:
    Questionnaire.model_validate(form)
    assert form["url"] == "https://legtriage.example.org/fhir/Questionnaire/leg-pain-intake"
    assert form["version"] == library.knowledge.version
    ids = [item["linkId"] for item in every(form["item"])]
    assert len(ids) == len(set(ids))


def test_what_nobody_has_reviewed_is_a_draft(form: JSON, library: Library) -> None:
    assert library.form.review_needed
    assert form["status"] == "draft"


def test_every_question_is_a_finding_in_a_type_that_fits_it(form: JSON, library: Library) -> None:
    types = {"boolean": {"boolean", "choice"}, "quantity": {"decimal"}, "date": {"date"}, "code": {"choice"}}
    for key, item in asked(form).items():
        finding = library.knowledge.findings[key]
        assert item["code"][0]["code"] == key
        assert item["type"] in types[finding.type]
        assert item["required"] is False
        if finding.type == "boolean":
            assert (item["type"] == "choice") is finding.lateral
        if finding.type == "quantity":
            assert [e["valueCoding"]["code"] for e in item["extension"] if e["url"] == UNIT] == [finding.unit]


def test_what_has_a_side_is_answered_by_the_side_or_no(form: JSON) -> None:
    codes = [option["valueCoding"]["code"] for option in asked(form)["leg_cold"]["answerOption"]]
    assert codes == ["left", "right", "bilateral", "absent"]


def test_a_question_depends_on_earlier_ones_and_on_answers_they_have(form: JSON) -> None:
    seen: dict[str, JSON] = {}
    kinds = {"boolean": "answerBoolean", "decimal": "answerDecimal", "choice": "answerCoding"}
    for key, item in asked(form).items():
        for condition in item.get("enableWhen", ()):
            other = seen[condition["question"]]
            kind = "answerBoolean" if condition["operator"] == "exists" else kinds[other["type"]]
            assert kind in condition
            if kind == "answerCoding":
                assert condition[kind] in [
                    {name: option["valueCoding"][name] for name in ("system", "code")}
                    for option in other["answerOption"]
                ]
        assert len(item.get("enableWhen", ())) < 2 or "enableBehavior" in item
        seen[key] = item


def test_a_table_is_one_of_choices_between_the_same_answers(form: JSON) -> None:
    tables = 0
    for group in form["item"]:
        controls = [
            e["valueCodeableConcept"]["coding"][0]["code"] for e in group.get("extension", ()) if e["url"] == CONTROL
        ]
        if controls == ["table"]:
            tables += 1
            options = [item["answerOption"] for item in group["item"]]
            assert all(each == options[0] for each in options)
    assert tables >= 3


def without_words(node: Any) -> Any:
    """The same without anything that is there to be read."""
    if isinstance(node, list):
        return [without_words(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        k: without_words(v)
        for k, v in node.items()
        if k not in {"text", "title", "description", "display"} and not k.startswith("_")
    }


def test_every_text_is_translated_and_no_code_changes_with_the_language(form: JSON, library: Library) -> None:
    texts = 0
    for node in dictionaries({k: v for k, v in form.items() if k != "publisher"}):
        for name in {"text", "title", "description", "display"} & node.keys():
            if "system" in node and "linkId" not in node and f"_{name}" not in node:
                continue  # the code of an item: our own label of the finding, not for the patient
            told = node[f"_{name}"]["extension"]
            texts += 1
            assert {e["url"] for e in told} == {TRANSLATION}
            parts = [{p["url"]: p for p in e["extension"]} for e in told]
            assert {p["lang"]["valueCode"] for p in parts} == LANGUAGES
            assert all(p["content"]["valueString"].strip() for p in parts)
    assert texts > 150
    assert without_words(form) == without_words(questionnaire_in_english(library))


def questionnaire_in_english(library: Library) -> JSON:
    return questionnaire(replace(library, form=replace(library.form, translations={})))


def dictionaries(node: Any) -> Iterator[JSON]:
    if isinstance(node, list):
        for each in node:
            yield from dictionaries(each)
    elif isinstance(node, dict):
        yield node
        for name, each in node.items():
            if not name.startswith("_"):
                yield from dictionaries(each)


def test_no_two_answers_of_a_question_read_the_same_in_any_language(library: Library) -> None:
    form = library.form
    for item in form.items:
        for language in LANGUAGES:
            labels = [form.in_language(language, label) for _, label in item.options]
            assert len(set(labels)) == len(labels), (item.key, language)


def test_numbers_and_names_of_medicines_survive_translation(library: Library) -> None:
    for language in LANGUAGES:
        for text in library.form.texts():
            digits = [c for c in text if c.isdigit()]
            assert sorted(c for c in library.form.in_language(language, text) if c.isdigit()) == sorted(digits), text
