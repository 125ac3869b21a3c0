"""questionnaire.yaml, the vocabulary and the translations -> the form. Every mistake has its place in a file."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from service.knowledge.documents import Located, Problem
from service.knowledge.form import NO, YES, EnableWhen, Form, FormGroup, FormItem
from service.triage.findings import Side
from service.triage.knowledge import FindingDefinition

_CONDITION = re.compile(r"^([a-z][a-z0-9_]*)(?: (?:(=|!=|<=|>=|<|>) (\S+)|(unanswered)))?$")
_TYPES = {"boolean": "boolean", "quantity": "decimal", "date": "date", "code": "choice"}
_SIDES = (Side.LEFT.value, Side.RIGHT.value, Side.BILATERAL.value)


class FormCompiler:
    """Makes the form out of its documents; what does not fit together is gathered in `problems`."""

    def __init__(self, findings: Mapping[str, FindingDefinition]) -> None:
        """Ask for these findings."""
        self.findings = findings
        self.problems: list[Problem] = []
        self._items: dict[str, FormItem] = {}

    def form(self, document: Located, translations: Iterable[Located]) -> Form:
        """The form, and in `problems` what is wrong with it."""
        groups = tuple(self._group(entry, document["answers"]) for entry in document["groups"])
        form = Form(document["title"], document["intro"], groups)
        told = {entry["language"]: entry for entry in translations}
        for language, entry in told.items():
            if language not in document["languages"]:
                self.problems.append(entry.problem("a language that the questionnaire does not name", "language"))
            self.problems.extend(_translation_problems(form, entry))
        texts = {language: entry["texts"] for language, entry in told.items()}
        return replace(form, translations=texts, review_needed="review" in document)

    def _group(self, entry: Located, words: Mapping[str, str]) -> FormGroup:
        items = tuple(item for line in entry["items"] if (item := self._item(line, words)))
        return FormGroup(entry["id"], entry["title"], entry.get("intro", ""), items, table="layout" in entry)

    def _item(self, entry: Located, words: Mapping[str, str]) -> FormItem | None:
        key = entry["key"]
        definition = self.findings.get(key)
        wrong = "is asked twice" if key in self._items else None
        if definition is None:
            wrong = "is no finding"
        elif definition.patient_question is None:
            wrong = "has no question for the patient"
        if wrong or definition is None:
            self.problems.append(entry.problem(f"`{key}` {wrong}", "key"))
            return None
        for option in self._unknown_options(entry, definition):
            self.problems.append(option)
        which = "all" if "when_all" in entry else "any"
        item = FormItem(
            key=key,
            text=definition.patient_question or "",
            type="choice" if definition.lateral and definition.type == "boolean" else _TYPES[definition.type],
            help=entry.get("help", ""),
            options=_options(entry, definition, words),
            enable_when=tuple(self._conditions(entry, f"when_{which}")),
            any_or_all=which,
            unit=definition.unit,
            unit_words=entry.get("unit", ""),
            repeats=bool(entry.get("repeats")),
            red_flag=definition.red_flag,
        )
        self._items[key] = item
        return item

    def _unknown_options(self, entry: Located, definition: FindingDefinition) -> Iterator[Problem]:
        if (definition.type == "code") is not ("options" in entry):
            yield entry.problem("the options of a code, and of nothing else, are given here", "options")
        if (definition.type == "quantity") is not ("unit" in entry):
            yield entry.problem("the unit of a number, and of nothing else, is given here in words", "unit")
        if entry.get("repeats"):
            for code in entry.get("options", ()):
                named = self.findings.get(code)
                if named is None or named.type != "boolean":
                    yield entry["options"].problem(f"`{code}` is no yes/no finding; several answers must be", code)

    def _conditions(self, entry: Located, name: str) -> Iterator[EnableWhen]:
        if "when_any" in entry and "when_all" in entry:
            self.problems.append(entry.problem("either when_any or when_all", "when_all"))
        for text in entry.get(name, ()):
            match = _CONDITION.match(text)
            item = self._items.get(match[1]) if match else None
            wrong = self._wrong_condition(match, item)
            if wrong or match is None or item is None:
                self.problems.append(entry.problem(f"`{text}`: {wrong}", name))
            elif match[4]:
                yield EnableWhen(item.key, "false", "exists")
            elif match[2]:
                yield EnableWhen(item.key, match[3], match[2])
            else:
                yes = [code for code, _ in item.options if code != NO]
                if len(yes) > 1 and name == "when_all":
                    self.problems.append(entry.problem(f"`{text}` can be answered in several ways", name))
                yield from (EnableWhen(item.key, code) for code in yes)

    def _wrong_condition(self, match: re.Match[str] | None, item: FormItem | None) -> str | None:
        if match is None:
            return "not understood"
        if item is None:
            return "no item before this one"
        codes = {code for code, _ in item.options}
        if match[2] and item.type == "decimal":
            return None if match[3].replace(".", "", 1).isdigit() else "needs a number"
        if match[2] and (match[3] not in codes or match[2] not in {"=", "!="}):
            return f"not one of the answers {', '.join(sorted(codes))}"
        is_bare = not (match[2] or match[4])
        return "needs an answer" if is_bare and NO not in codes else None


def _options(
    entry: Mapping[str, Any], definition: FindingDefinition, words: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    if definition.type == "boolean":
        return tuple((code, words[code]) for code in (*(_SIDES if definition.lateral else (YES,)), NO))
    return tuple(entry.get("options", {}).items())


def _translation_problems(form: Form, translation: Located) -> Iterator[Problem]:
    """Texts without a translation, and translations of a text that has changed or gone."""
    texts = translation["texts"]
    for text in form.texts():
        if text not in texts:
            yield translation.problem(f"no translation of `{text}`", "texts")
    for text in texts.keys() - set(form.texts()):
        yield texts.problem("a translation of a text that is asked no more: changed, or gone", text)
