"""The questions for patients: groups, items, and which answer makes a further item worth asking."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

YES: Final = "present"
NO: Final = "absent"


@dataclass(frozen=True, slots=True)
class EnableWhen:
    """One condition for showing an item: the answer to another item, compared as FHIR's `enableWhen` does.

    `operator` is one of `=`, `!=`, `<`, `<=`, `>`, `>=` and `exists`. `answer` is the code of an option, a number as
    text, or for `exists` `true` or `false`.
    """

    key: str
    answer: str
    operator: str = "="

    def holds(self, given: Collection[str]) -> bool:
        """Whether one of the answers given to its item fulfils it; nothing but `exists` holds of no answer."""
        match self.operator:
            case "exists":
                return bool(given) is (self.answer == "true")
            case "=":
                return self.answer in given
            case "!=":
                return any(answer != self.answer for answer in given)
        return any(_compares(self.operator, float(answer), float(self.answer)) for answer in given)


def _compares(operator: str, given: float, bound: float) -> bool:
    return {"<": given < bound, "<=": given <= bound, ">": given > bound, ">=": given >= bound}[operator]


@dataclass(frozen=True, slots=True)
class FormItem:
    """One question for one finding, in words for the patient.

    `type` is `boolean`, `choice`, `date` or `decimal`; `unit` (UCUM) and its words belong to a decimal. `options` are
    codes with their words: of a choice what may be answered, of a boolean the words for yes and no. With `repeats`
    several may be chosen. It is shown when `any` or `all` (`any_or_all`) of `enable_when` hold, and always when there
    are none.
    """

    key: str
    text: str
    type: str
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    enable_when: tuple[EnableWhen, ...] = ()
    any_or_all: str = "any"
    unit: str | None = None
    unit_words: str = ""
    repeats: bool = False
    red_flag: bool = False

    def is_enabled(self, answers: Mapping[str, Collection[str]]) -> bool:
        """Whether it is shown after these answers."""
        if not self.enable_when:
            return True
        holds = [condition.holds(answers.get(condition.key, ())) for condition in self.enable_when]
        return all(holds) if self.any_or_all == "all" else any(holds)


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Items under one title; as a `table` they share one set of answers, one line each."""

    id: str
    title: str
    intro: str = ""
    items: tuple[FormItem, ...] = ()
    table: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The whole questionnaire, in English; `translations` say it in other languages, by the English text."""

    title: str
    intro: str
    groups: tuple[FormGroup, ...]
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    review_needed: bool = False

    @property
    def items(self) -> tuple[FormItem, ...]:
        """Every item in the order of asking."""
        return tuple(item for group in self.groups for item in group.items)

    def enabled(self, answers: Mapping[str, Sequence[str]]) -> tuple[FormItem, ...]:
        """The items that are shown after these answers, each a list of codes, numbers or dates as text.

        The answer of an item that is not shown itself counts for nothing.
        """
        shown: dict[str, FormItem] = {}
        for item in self.items:  # an item depends on earlier ones only
            if item.is_enabled({key: given for key, given in answers.items() if key in shown}):
                shown[item.key] = item
        return tuple(shown.values())

    def texts(self) -> tuple[str, ...]:
        """Everything a patient reads, once each, in the order of the form."""
        told = [self.title, self.intro]
        for group in self.groups:
            told += [group.title, group.intro]
            for item in group.items:
                told += [item.text, item.help, item.unit_words, *(label for _, label in item.options)]
        return tuple(dict.fromkeys(text for text in told if text))

    def in_language(self, language: str, text: str) -> str:
        """A text of the form in another language; as it stands where there is no translation."""
        return self.translations.get(language, {}).get(text, text)
