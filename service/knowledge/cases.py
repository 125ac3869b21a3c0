"""Example patients: read from the pathway files, run through triage, and held against what they must come to."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from service.knowledge.documents import Located, Problem
from service.triage.assess import assess
from service.triage.assessment import Assessment, Suggestion
from service.triage.expressions import ordered_key
from service.triage.findings import Finding, Side, Source, Status, Temporality
from service.triage.knowledge import FindingDefinition, Knowledge

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOURCE = Source("example case")

_AGO = re.compile(r"^(\d+) (day|week|month|year)s? ago$")
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_QUANTITY = re.compile(r"^(-?\d+(?:\.\d+)?)(?: (?!left$|right$)(\S+))?(?: (left|right))?$")


@dataclass(frozen=True, slots=True)
class Case:
    """One example patient of a pathway file."""

    pathway: str
    name: str
    findings: tuple[Finding, ...]
    rules: Mapping[str, str]
    expect: Mapping[str, Any]
    entry: Located

    def problem(self, message: str, key: str | None = None) -> Problem:
        """A problem with this case, at its place in the file."""
        return self.entry.problem(f"case `{self.name}`: {message}", key)


def read_cases(document: Located, knowledge: Knowledge) -> tuple[list[Case], list[Problem]]:
    """The cases of one pathway file, and what could not be understood of them."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for entry in document["cases"]:
        if any(case.name == entry["name"] for case in cases):
            problems.append(entry.problem(f"case `{entry['name']}` stands twice", "name"))
        findings = []
        for key, value in entry["given"].items():
            try:
                findings.append(given(key, value, knowledge))
            except ValueError as error:
                problems.append(entry["given"].problem(f"case `{entry['name']}`: {error}", key))
        cases.append(
            Case(
                document["id"],
                entry["name"],
                tuple(findings),
                entry.get("rules", {}),
                entry.get("expect", {}),
                entry,
            )
        )
    return cases, problems


def given(key: str, value: object, knowledge: Knowledge) -> Finding:
    """One line of `given` as a finding: `present`, `left`, `past`, `4 cm`, `4 cm left`, `3 days ago`, a code.

    `ordered: <order key>` stands for an order already placed. ValueError says what is not understood.
    """
    if key == "ordered":
        if value not in knowledge.orders:
            raise ValueError(f"unknown order `{value}`")
        return Finding(ordered_key(str(value)), Status.PRESENT, sources=(SOURCE,))
    definition = knowledge.findings.get(key)
    if definition is None:
        raise ValueError(f"unknown key `{key}`")
    text = str(value)
    if text in {*Status}:
        return Finding(key, Status(text), sources=(SOURCE,))
    if text in {Temporality.PAST, Temporality.FAMILY}:
        return Finding(key, Status.PRESENT, Temporality(text), sources=(SOURCE,))
    return _READERS[definition.type](definition, text)


def _boolean(definition: FindingDefinition, text: str) -> Finding:
    if text not in {*Side}:
        raise ValueError(f"`{definition.key}: {text}` is not understood")
    return Finding(definition.key, Status.PRESENT, side=Side(text), sources=(SOURCE,))


def _quantity(definition: FindingDefinition, text: str) -> Finding:
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(f"`{definition.key}: {text}` is not understood")
    number, unit, side = match.groups()
    if unit and unit != definition.unit:
        raise ValueError(f"`{definition.key}` is given in {unit}, the vocabulary has {definition.unit}")
    return Finding(
        definition.key,
        Status.PRESENT,
        side=Side(side) if side else None,
        value=float(number),
        unit=definition.unit,
        sources=(SOURCE,),
    )


def _code(definition: FindingDefinition, text: str) -> Finding:
    return Finding(definition.key, Status.PRESENT, value=text, sources=(SOURCE,))


def _date(definition: FindingDefinition, text: str) -> Finding:
    return Finding(definition.key, Status.PRESENT, value=_day(text), sources=(SOURCE,))


_READERS: Mapping[str, Callable[[FindingDefinition, str], Finding]] = {
    "boolean": _boolean,
    "quantity": _quantity,
    "code": _code,
    "date": _date,
}


def _day(text: str) -> date:
    if match := _AGO.match(text):
        return NOW.date() - timedelta(days=int(match[1]) * _DAYS[match[2]])
    return date.fromisoformat(text)


def run(case: Case, knowledge: Knowledge) -> tuple[Assessment, list[Problem]]:
    """Triage the case's patient; the problems say where the result is not what the case expects."""
    assessment = assess(case.findings, knowledge, NOW)
    problems = [*_rule_problems(case, assessment)]
    for name, expected in case.expect.items():
        problems.extend(case.problem(f"{name}: {message}", "expect") for message in _CHECKS[name](assessment, expected))
    return assessment, problems


def fired_rules(assessment: Assessment) -> frozenset[str]:
    """The ids of the rules that fired for this assessment."""
    return frozenset(reason.rule for reason in assessment.fired)


def _rule_problems(case: Case, assessment: Assessment) -> Iterable[Problem]:
    fired = fired_rules(assessment)
    still_open = {verdict.rule.id for verdict in assessment.still_open}
    for rule, expected in case.rules.items():
        actual = "fires" if rule in fired else "unknown" if rule in still_open else "does not fire"
        if actual != expected:
            yield case.problem(f"rule `{rule}` should say `{expected}`, says `{actual}`", "rules")


def _line(suggestion: Suggestion) -> str:
    return " ".join(filter(None, (suggestion.order, suggestion.side, suggestion.within)))


def _lacks(expected: Iterable[str], actual: Iterable[str]) -> list[str]:
    there = list(actual)
    return [f"`{item}` is missing among {there}" for item in expected if item not in there]


def _has(unwanted: Iterable[str], actual: Iterable[str]) -> list[str]:
    there = list(actual)
    return [f"`{item}` should not be there" for item in unwanted if item in there]


def _is(expected: object, actual: object) -> list[str]:
    return [] if expected == actual else [f"expected {expected}, got {actual}"]


def _orders_missing(assessment: Assessment, expected: Iterable[str]) -> list[str]:
    """Each expected line names an order and, where it matters, its side and time limit."""
    actual = [_line(suggestion).split() for suggestion in (*assessment.workup, *assessment.referrals)]
    return [
        f"`{line}` is missing among {[' '.join(words) for words in actual]}"
        for line in expected
        if not any(words[0] == line.split()[0] and set(line.split()) <= set(words) for words in actual)
    ]


def _cautions(assessment: Assessment) -> list[str]:
    """The cautions that go with the suggested orders, each by itself and after its order."""
    pairs = [(s.order, note.id) for s in (*assessment.workup, *assessment.referrals) for note in s.cautions]
    return [line for order, caution in pairs for line in (caution, f"{order} {caution}")]


_CHECKS: Mapping[str, Any] = {
    "in_scope": lambda a, expected: _is(expected, a.in_scope),
    "tier": lambda a, expected: _is(expected, a.urgency.tier),
    "could_be": lambda a, expected: _is(expected, a.urgency.could_be),
    "orders": _orders_missing,
    "not_orders": lambda a, unwanted: _has(unwanted, (s.order for s in (*a.workup, *a.referrals))),
    "avoid": lambda a, expected: _lacks(expected, (avoid.order for avoid in a.avoid)),
    "asks": lambda a, expected: _lacks(expected, (question.finding for question in a.questions)),
    "considers": lambda a, expected: [
        message
        for condition, level in expected.items()
        for message in _is(level, next((c.level for c in a.considerations if c.condition == condition), None))
    ],
    "does_not_consider": lambda a, unwanted: _has(unwanted, (c.condition for c in a.considerations)),
    "against": lambda a, expected: [
        message
        for condition, keys in expected.items()
        for message in _lacks(keys, (f.key for c in a.considerations if c.condition == condition for f in c.against))
    ],
    "cautions": lambda a, expected: _lacks(expected, _cautions(a)),
    "no_cautions": lambda a, unwanted: _has(unwanted, _cautions(a)),
    "withholds": lambda a, expected: [
        f"nothing is withheld because `{words}`"
        for words in expected
        if not any(words in w.because for w in a.withheld)
    ],
    "advises": lambda a, expected: [
        f"no advice says `{words}`" for words in expected if not any(words in t.text for t in a.advice)
    ],
    "does_not_advise": lambda a, unwanted: [
        f"advice says `{words}`" for words in unwanted if any(words in t.text for t in a.advice)
    ],
}
