"""Invented patients for the property tests: findings of every key of the real vocabulary, in every shape.

Half of them start from the example cases of the pathways, so that rules with many conditions are reached too.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from service.knowledge.cases import NOW
from service.knowledge.check import all_cases
from service.knowledge.load import load
from service.triage.assess import assess
from service.triage.assessment import Assessment
from service.triage.findings import Finding, Method, Side, Source, Status, Temporality
from service.triage.knowledge import FindingDefinition, Knowledge
from service.triage.logic import Trace
from service.triage.rules import Rule, Tier
from service.triage.scores import ScoreItem

LIBRARY = load()
KNOWLEDGE = LIBRARY.knowledge
VOCABULARY = KNOWLEDGE.findings
CASES = all_cases(LIBRARY)[0]
KEYS = sorted(VOCABULARY)
ASKED = sorted(key for key, definition in VOCABULARY.items() if definition.question)
RED_FLAGS = sorted(KNOWLEDGE.red_flags)
COMPLAINTS = sorted(KNOWLEDGE.complaints)
IN_RULES = sorted(frozenset().union(*(rule.applies.keys() for rule in KNOWLEDGE.rules)) & VOCABULARY.keys())

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
    "systolic_bp": (60, 250, 5),
}
ANYTHING_ELSE = (0.0, 100.0, 0.5)
CODES = {
    "body_region": ["30021000", "68367000"],
    "sex_at_birth": ["female", "male", "other"],
    "symptom_side": ["left", "right", "bilateral"],
}
SOURCES = st.builds(
    Source,
    reference=st.sampled_from(["Condition/1", "Observation/2", "QuestionnaireResponse/3"]),
    element=st.sampled_from(["code", "item"]),
    method=st.sampled_from(Method),
    by_clinician=st.booleans(),
)
SIDES = st.none() | st.sampled_from(Side)
MOMENTS = st.none() | st.integers(0, 72).map(lambda hours: NOW - timedelta(hours=hours))


def _values(definition: FindingDefinition) -> st.SearchStrategy[Any]:
    if definition.type == "quantity":
        low, high, step = RANGES.get(definition.key, ANYTHING_ELSE)
        return st.integers(0, round((high - low) / step)).map(lambda steps: round(low + steps * step, 2))
    if definition.type == "date":
        return st.integers(0, 120).map(lambda days: NOW.date() - timedelta(days=days))
    if definition.type == "code":
        return st.sampled_from(CODES.get(definition.key, ["unknown-code"]))
    return st.none()


@st.composite
def statements(
    draw: st.DrawFn,
    key: str,
    *,
    status: st.SearchStrategy[Status] = st.sampled_from([Status.PRESENT, Status.ABSENT]),
    temporality: st.SearchStrategy[Temporality] = st.just(Temporality.CURRENT),
    with_history: bool = False,
) -> Finding:
    """One statement about the key, as some source may make it."""
    definition = VOCABULARY[key]
    said = draw(status) if definition.type == "boolean" else Status.PRESENT
    present = said is Status.PRESENT
    return Finding(
        key,
        said,
        draw(temporality),
        side=draw(SIDES) if definition.lateral else None,
        value=draw(_values(definition)) if present else None,
        unit=definition.unit if present else None,
        onset=draw(st.none() | st.integers(0, 60).map(lambda days: NOW.date() - timedelta(days=days))),
        recorded=draw(MOMENTS) if with_history else None,
        sources=tuple(draw(st.lists(SOURCES, min_size=1, max_size=2))),
    )


def answers(key: str) -> st.SearchStrategy[Finding]:
    """One answer to the question for the key: yes, no, or a value."""
    return statements(key)


def red_flag() -> st.SearchStrategy[Finding]:
    """A red flag that somebody says is there now."""
    return st.sampled_from(RED_FLAGS).flatmap(lambda key: statements(key, status=st.just(Status.PRESENT)))


def elsewhere() -> st.SearchStrategy[Finding]:
    """A mention of the patient's past, or of the family."""
    return st.sampled_from(KEYS).flatmap(
        lambda key: statements(key, temporality=st.sampled_from([Temporality.PAST, Temporality.FAMILY]))
    )


def _said_of(keys: Iterable[str], most: int, least: int = 0) -> st.SearchStrategy[list[Finding]]:
    chosen = st.lists(st.sampled_from(sorted(keys)), min_size=least, max_size=most, unique=True)
    return chosen.flatmap(lambda picked: st.tuples(*map(statements, picked)).map(list))


def _one_of_each(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({(finding.key, finding.temporality): finding for finding in findings}.values())


@st.composite
def patients(draw: st.DrawFn) -> tuple[Finding, ...]:
    """A patient with a leg complaint, and at most one statement for each key and time."""
    findings: list[Finding] = []
    for case in draw(st.lists(st.sampled_from(CASES), max_size=2)):
        lost = draw(st.sets(st.sampled_from(case.findings), max_size=4)) if case.findings else set()
        findings += [finding for finding in case.findings if finding not in lost]
    findings += draw(_said_of(IN_RULES, 12))
    complaint = draw(st.sampled_from(COMPLAINTS))
    findings.append(draw(statements(complaint, status=st.just(Status.PRESENT))))
    return _one_of_each(findings)


@st.composite
def records(draw: st.DrawFn) -> tuple[Finding, ...]:
    """A patient of whom several sources speak at different times, and do not always agree."""
    findings = list(draw(patients()))
    for finding in draw(st.lists(st.sampled_from(findings), max_size=6)):
        findings.append(draw(statements(finding.key, temporality=st.sampled_from(Temporality), with_history=True)))
    findings += draw(st.lists(elsewhere(), max_size=4))
    return tuple(findings)


def triage(findings: Iterable[Finding], knowledge: Knowledge = KNOWLEDGE) -> Assessment:
    """The patient's assessment at the moment of the example cases."""
    return assess(findings, knowledge, NOW)


def rank(tier: Tier | None) -> int:
    """A number for a tier; out of scope is below everything."""
    return -1 if tier is None else tier.rank


def is_known(findings: Iterable[Finding], key: str) -> bool:
    """Whether anything current is said of the key."""
    return any(f.key == key and f.temporality is Temporality.CURRENT for f in findings)


def told(part: Any) -> Any:
    """An assessment, or a part of it, as plain values that can be compared: all that a reader could be shown."""
    if isinstance(part, Trace):
        return (
            part.truth,
            part.text,
            told(part.supporting_findings()),
            tuple(part.missing_keys()),
            told(part.children),
        )
    if isinstance(part, Rule):
        return part.id
    if isinstance(part, ScoreItem):
        return (part.points, part.label)
    if isinstance(part, tuple):
        return tuple(told(item) for item in part)
    if is_dataclass(part) and not isinstance(part, Finding):
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
        questions_at_once=knowledge.questions_at_once,
    )


def _reordered(items: Iterable[Any], order: list[int]) -> list[Any]:
    """The items by a key that `order` makes up; the same `order` gives the same result."""
    places = enumerate(items)
    return [item for _, item in sorted(places, key=lambda entry: (order[entry[0] % len(order)], entry[0]))]
