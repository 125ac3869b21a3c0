"""Invented patients for the property tests: findings of every key of the real vocabulary, in every shape.

Most of them start from the example cases of the pathways, so that rules with many conditions are reached too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from service.knowledge.cases import NOW
from service.knowledge.check import all_cases
from service.knowledge.load import load
from service.triage.assess import assess
from service.triage.assessment import Assessment
from service.triage.conflicts import settle
from service.triage.findings import Finding, Method, Side, Source, Status, Temporality
from service.triage.index import OpenRules
from service.triage.knowledge import FindingDefinition, Knowledge
from service.triage.rules import Tier, Verdict
from service.triage.scores import ScoreItem
from service.triage.trace import Trace

LIBRARY = load()
KNOWLEDGE = LIBRARY.knowledge
VOCABULARY = KNOWLEDGE.findings
CASES = all_cases(LIBRARY)[0]
KEYS = sorted(VOCABULARY)
ASKED = sorted(key for key, definition in VOCABULARY.items() if definition.question)
RED_FLAGS = sorted(KNOWLEDGE.red_flags)
COMPLAINTS = sorted(KNOWLEDGE.complaints)
IN_RULES = sorted(frozenset().union(*(rule.condition.keys() for rule in KNOWLEDGE.rules)) & VOCABULARY.keys())

# From, to and in steps of: what may stand in a record, on both sides of every threshold.
RANGES: dict[str, tuple[float, float, float]] = {
    "abi": (0.2, 1.6, 0.1),
    "age_years": (0, 100, 1),
    "body_temperature_c": (33, 42, 0.5),
    "calf_circumference_difference_cm": (0, 6, 0.5),
    "ck": (50, 20000, 350),
    "compartment_pressure_mmhg": (0, 60, 5),
    "d_dimer_feu": (100, 1500, 50),
    "delta_pressure_mmhg": (0, 60, 5),
    "diastolic_bp": (30, 130, 5),
    "egfr": (5, 120, 5),
    "gestational_age_weeks": (4, 42, 1),
    "heart_rate": (30, 180, 1),
    "pain_severity_nrs": (0, 10, 1),
    "post_void_residual_ml": (0, 900, 50),
    "power_grade_mrc": (0, 5, 1),
    "respiratory_rate": (4, 50, 1),
    "spo2": (70, 100, 1),
    "svt_distance_to_junction_cm": (0, 12, 0.5),
    "svt_length_cm": (0, 12, 0.5),
    "systolic_bp": (60, 250, 5),
    "tbi": (0.1, 1.2, 0.1),
}
ANYTHING_ELSE = (0.0, 100.0, 0.5)
CODES = {
    "body_region": ["30021000", "68367000"],
    "sex_at_birth": ["female", "male", "other"],
    "symptom_side": ["left", "right", "bilateral"],
}
SOURCES = [
    Source(reference, element, method, by_clinician)
    for reference in ("Condition/1", "Observation/2")
    for element in ("code", "note")
    for method in Method
    for by_clinician in (False, True)
]
SIDES = (None, *Side)

Statements = st.SearchStrategy[Finding]


def _any_of(things: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of the things. Drawing its place is far cheaper than `sampled_from`, which hashes them all."""
    return st.integers(0, len(things) - 1).map(things.__getitem__)


def _values(definition: FindingDefinition) -> st.SearchStrategy[Any]:
    if definition.type == "quantity":
        low, high, step = RANGES.get(definition.key, ANYTHING_ELSE)
        return st.integers(0, round((high - low) / step)).map(lambda steps: round(low + steps * step, 2))
    if definition.type == "date":
        return st.integers(0, 120).map(lambda days: NOW.date() - timedelta(days=days))
    return _any_of(CODES.get(definition.key, ["unknown-code"]))


@cache
def statements(key: str, *, present: bool = False, when: Temporality = Temporality.CURRENT) -> Statements:
    """One statement about the key as some source may make it; only assertions if `present`."""
    definition = VOCABULARY[key]
    sources = _any_of(SOURCES).map(lambda source: (source,))
    sides = _any_of(SIDES if definition.lateral else (None,))
    if definition.type != "boolean":
        return st.builds(
            lambda side, value, source: Finding(
                key, Status.PRESENT, when, side, value, definition.unit, sources=source
            ),
            sides,
            _values(definition),
            sources,
        )
    said = st.just(Status.PRESENT) if present else _any_of([Status.PRESENT, Status.ABSENT])
    return st.builds(
        lambda status, side, source: Finding(key, status, when, side, sources=source), said, sides, sources
    )


ANSWERS = _any_of(ASKED).flatmap(statements)
"""An answer to any question: yes, no, or a value."""

RED_FLAG = _any_of(RED_FLAGS).flatmap(lambda key: statements(key, present=True))
"""A red flag that somebody says is there now."""

ELSEWHERE = st.tuples(_any_of(KEYS), _any_of([Temporality.PAST, Temporality.FAMILY])).flatmap(
    lambda mention: statements(mention[0], when=mention[1])
)
"""A mention of the patient's past, or of the family."""


@st.composite
def _dated(draw: st.DrawFn, finding: Finding) -> Finding:
    """Another statement about the key of the finding, at some moment, perhaps with an onset."""
    recorded = draw(_any_of([None, 0, 1, 2, 48]))
    onset = draw(_any_of([None, 0, 3, 30]))
    return draw(statements(finding.key, when=draw(_any_of([*Temporality]))))._replace(
        recorded=None if recorded is None else NOW - timedelta(hours=recorded),
        onset=None if onset is None else NOW.date() - timedelta(days=onset),
    )


@st.composite
def patients(draw: st.DrawFn) -> tuple[Finding, ...]:
    """A patient with a leg complaint, and at most one statement for each key and time."""
    findings: list[Finding] = []
    for place in draw(st.lists(st.integers(0, len(CASES) - 1), max_size=2)):
        forgotten = draw(st.sets(st.integers(0, 20), max_size=4))
        findings += [finding for at, finding in enumerate(CASES[place].findings) if at not in forgotten]
    findings += draw(st.lists(_any_of(IN_RULES).flatmap(statements), max_size=8))
    findings.append(draw(statements(draw(_any_of(COMPLAINTS)), present=True)))
    if draw(st.booleans()):  # Every example case gives an age; a record may not.
        findings = [finding for finding in findings if finding.key != "age_years"]
    return tuple({(finding.key, finding.temporality): finding for finding in findings}.values())


@st.composite
def records(draw: st.DrawFn) -> tuple[Finding, ...]:
    """A patient of whom several sources speak at different times, and do not always agree."""
    patient = draw(patients())
    again = draw(st.lists(st.integers(0, len(patient) - 1), max_size=4))
    return (*patient, *[draw(_dated(patient[place])) for place in again], *draw(st.lists(ELSEWHERE, max_size=3)))


def triage(findings: Iterable[Finding], knowledge: Knowledge = KNOWLEDGE) -> Assessment:
    """The patient's assessment at the moment of the example cases."""
    return assess(findings, knowledge, NOW)


def rank(tier: Tier | None) -> int:
    """A number for a tier; out of scope is below everything."""
    return -1 if tier is None else tier.rank


def is_asked(findings: Sequence[Finding], key: str) -> bool:
    """Whether this patient may still be asked for the key: nothing current is said of it, and it has a point."""
    facts, _ = settle(findings, KNOWLEDGE.red_flags, NOW)
    known = any(f.key == key and f.temporality is Temporality.CURRENT for f in findings)
    return not known and key not in KNOWLEDGE.not_asked(facts)


def told(part: Any) -> Any:
    """An assessment, or a part of it, as plain values that can be compared: all that a reader could be shown."""
    if isinstance(part, Trace):
        return part.truth, part.text, part.supporting_findings()
    if isinstance(part, Verdict):
        return part.rule.id, part.truth, part.missing(), told(part.explain())
    if isinstance(part, ScoreItem):
        return (part.points, part.label)
    if isinstance(part, tuple | OpenRules) and not isinstance(part, Finding):
        return tuple(told(item) for item in part)
    if is_dataclass(part):
        return tuple((field.name, told(getattr(part, field.name))) for field in fields(part))
    return part


def shuffled(knowledge: Knowledge, order: list[int]) -> Knowledge:
    """The same knowledge with its pathways, their rules and its cautions in another order."""
    pathways = [
        replace(pathway, rules=tuple(_reordered(pathway.rules, order)))
        for pathway in _reordered(knowledge.pathways, order)
    ]
    return Knowledge(
        version=knowledge.version,
        digest=knowledge.digest,
        findings=dict(_reordered(knowledge.findings.items(), order)),
        orders=knowledge.orders,
        tiers=knowledge.tiers,
        pathways=pathways,
        cautions=_reordered(knowledge.cautions, order),
        withholds=_reordered(knowledge.withholds, order),
        questions_at_once=knowledge.questions_at_once,
    )


def _reordered(items: Iterable[Any], order: list[int]) -> list[Any]:
    """The items by a key that `order` makes up; the same `order` gives the same result."""
    places = enumerate(items)
    return [item for _, item in sorted(places, key=lambda entry: (order[entry[0] % len(order)], entry[0]))]
