"""The questionnaire of the knowledge: what is wrong in its files, and who is asked what."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from service.knowledge.cases import Case
from service.knowledge.check import all_cases
from service.knowledge.documents import KnowledgeError
from service.knowledge.form import EnableWhen, Form
from service.knowledge.library import Library
from service.knowledge.load import load
from service.triage.findings import Status, Temporality
from tests.knowledge.toy import grow

FORM, GERMAN, KNEE = "questionnaire.yaml", "translations/de.yaml", "vocabulary/knee.yaml"


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture(scope="module")
def form(library: Library) -> Form:
    return library.form


def mistakes(root: Path) -> str:
    with pytest.raises(KnowledgeError) as wrong:
        load(root)
    return str(wrong.value)


def test_the_toy_asks_what_its_files_say(tmp_path: Path) -> None:
    form = load(grow(tmp_path)).form
    knee, implant = form.items
    assert (knee.text, knee.type) == ("Does the knee hurt?", "choice")
    assert knee.options == (("left", "Left"), ("right", "Right"), ("bilateral", "Both"), ("absent", "No"))
    assert (implant.type, implant.options) == ("boolean", (("present", "Yes"), ("absent", "No")))
    assert form.in_language("de", knee.text) == "Tut das Knie weh?"
    assert form.in_language("fr", knee.text) == "Does the knee hurt?"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (FORM, "key: implant", "key: nonsense", "questionnaire.yaml:10:15: `nonsense` is no finding"),
        (FORM, "key: implant", "key: knee_hot", "`knee_hot` has no question for the patient"),
        (FORM, "key: implant", "key: knee_pain", "`knee_pain` is asked twice"),
        (FORM, "[knee_pain]", "[implant]", "`implant`: no item before this one"),
        (FORM, "[knee_pain]", '["knee_pain = up"]', "not one of the answers absent, bilateral, left, right"),
        (FORM, "[knee_pain]", '["knee_pain < 3"]', "not one of the answers"),
        (FORM, "[knee_pain]", '["is it true?"]', "not understood"),
        (FORM, "when_any: [knee_pain]", "when_all: [knee_pain]", "can be answered in several ways"),
        (FORM, "help: Now", "options: {a: Now}", "the options of a code, and of nothing else"),
        (FORM, "help: Now", "unit: Now", "the unit of a number, and of nothing else"),
        (FORM, "help: Now", "help: ''", "`help`"),
        (FORM, "languages: [de]", "languages: []", "a language that the questionnaire does not name"),
        (FORM, "languages: [de]", "languages: [de, es]", "translations/es.yaml:1:1: the file is missing"),
        (GERMAN, "  Now: Jetzt\n", "", "no translation of `Now`"),
        (GERMAN, "  Now: Jetzt\n", "  Now: Jetzt\n  Later: Später\n", "changed, or gone"),
        (GERMAN, "review: needed", "review: done", "`review`"),
        (KNEE, "Does the knee hurt?", "Is the knee sore?", "no translation of `Is the knee sore?`"),
        (KNEE, "Does the knee hurt?", "Is the knee sore?", "translations/de.yaml:7:24: a translation of a text"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    assert said in mistakes(grow(tmp_path, file, old, new))


@pytest.mark.parametrize(
    ("condition", "given", "holds"),
    [
        (EnableWhen("k", "a"), ["a", "b"], True),
        (EnableWhen("k", "a"), ["b"], False),
        (EnableWhen("k", "a"), [], False),
        (EnableWhen("k", "a", "!="), ["b"], True),
        (EnableWhen("k", "a", "!="), [], False),
        (EnableWhen("k", "16", "<"), ["15.5"], True),
        (EnableWhen("k", "16", "<"), ["16"], False),
        (EnableWhen("k", "16", "<="), ["16"], True),
        (EnableWhen("k", "16", ">"), ["16"], False),
        (EnableWhen("k", "16", ">="), ["16"], True),
        (EnableWhen("k", "false", "exists"), [], True),
        (EnableWhen("k", "false", "exists"), ["16"], False),
        (EnableWhen("k", "true", "exists"), ["16"], True),
    ],
)
def test_a_condition_holds_as_fhir_says(condition: EnableWhen, given: list[str], *, holds: bool) -> None:
    assert condition.holds(given) is holds


def shown(form: Form, **answers: str | list[str]) -> set[str]:
    told = {key: [given] if isinstance(given, str) else given for key, given in answers.items()}
    return {item.key for item in form.enabled(told)}


def test_details_are_asked_after_the_broad_question(form: Form) -> None:
    assert "progressive_neuro_deficit" not in shown(form)
    assert "progressive_neuro_deficit" not in shown(form, leg_weakness="absent")
    assert "progressive_neuro_deficit" in shown(form, leg_weakness="bilateral")
    assert "gestational_age_weeks" in shown(form, sex_at_birth="female", age_years="30", pregnant="present")


def test_an_answer_to_a_question_that_is_hidden_again_shows_nothing(form: Form) -> None:
    told = {"sex_at_birth": "male", "age_years": "30", "pregnant": "present"}
    assert not shown(form, **told) & {"pregnant", "gestational_age_weeks"}


def test_danger_signs_come_right_after_the_complaint(form: Form) -> None:
    names = [group.id for group in form.groups]
    dangers = [place for place, name in enumerate(names) if name.startswith("danger_")]
    assert dangers == [*range(2, 2 + len(dangers))]
    always = [item.key for item in form.items if item.red_flag and not item.enable_when]
    assert always == [
        item.key
        for group in form.groups
        if group.id.startswith("danger_")
        for item in group.items
        if item.key in always
    ]


# Each danger sign that is not asked of everybody, and why a patient who has it is asked all the same.
WHY_ASKED = {
    "sexual_dysfunction_new": "age",
    "bilateral_radicular_pain": "pain in both legs is a problem of both legs",
    "refuses_to_walk": "age",
    "progressive_neuro_deficit": "grows out of weakness, a dropped foot or numbness",
    "rigors": "shivering is named in the question for a fever",
    "non_blanching_rash": "counts with a fever only",
    "rapidly_spreading_erythema": "redness that spreads is redness",
    "skin_infection_despite_antibiotics": "an infected skin is red or darker",
    "cord_near_groin": "a cord in the groin is a cord",
    "several_injuries": "of injured patients only",
    "intoxicated": "counts with an injury only",
    "new_bruising_or_bleeding": "counts on quinine only",
}


def test_no_danger_sign_hides_behind_an_answer_but_for_a_known_reason(form: Form) -> None:
    assert {item.key for item in form.items if item.red_flag and item.enable_when} == set(WHY_ASKED)


def test_every_danger_sign_that_a_patient_can_tell_of_is_asked(form: Form, library: Library) -> None:
    telling = {
        key
        for key, finding in library.knowledge.findings.items()
        if finding.red_flag and finding.patient_question and finding.type == "boolean"
    }
    offered = {code for item in form.items if item.repeats for code, _ in item.options}
    assert not telling - {item.key for item in form.items} - offered


def typical(library: Library) -> Iterator[Case]:
    """Whole patients of the pathways: several facts, and one of them a complaint that is there."""
    cases, _ = all_cases(library)
    for case in cases:
        present = {f.key for f in case.findings if f.status is Status.PRESENT and f.temporality is Temporality.CURRENT}
        if len(case.findings) >= 5 and present & library.knowledge.complaints:
            yield case


def answers(case: Case, form: Form) -> dict[str, list[str]]:
    """What this patient would answer, were everything asked."""
    told: dict[str, list[str]] = {"age_years": ["45"], "sex_at_birth": ["male"], "symptom_side": ["left"]}
    items = {item.key: item for item in form.items}
    places = dict(items["body_region"].options)
    for finding in case.findings:
        item = items.get(finding.key)
        if finding.temporality is not Temporality.CURRENT or finding.status is Status.UNKNOWN:
            continue
        if finding.key in places and finding.status is Status.PRESENT:
            told.setdefault("body_region", []).append(finding.key)
        elif item and finding.value is not None:
            told[finding.key] = [str(finding.value)]
        elif item and finding.status is Status.ABSENT:
            told[finding.key] = ["absent"]
        elif item:
            told[finding.key] = [finding.side or "left"] if item.type == "choice" else ["present"]
    return told


def test_a_typical_patient_sees_few_questions(form: Form, library: Library) -> None:
    """A table counts once: its lines share one heading and one set of answers."""
    counts = []
    lines = []
    for case in [*typical(library)][::25]:
        keys = {item.key for item in form.enabled(answers(case, form))} - {"age_years", "sex_at_birth"}
        lines.append(len(keys))
        asked = [[item for item in group.items if item.key in keys] for group in form.groups]
        counts.append(
            sum(
                min(len(items), 1) if group.table else len(items)
                for group, items in zip(form.groups, asked, strict=True)
            )
        )
    assert len(counts) >= 45
    assert median(counts) <= 18
    assert median(lines) <= 62
