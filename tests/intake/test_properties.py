"""What must hold of every record, however odd."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.advice.document import Document
from service.intake.fhir import read
from service.intake.notes import Intake
from service.triage.assess import assess
from tests.intake.record import (
    BOTH,
    CALF_PAIN,
    CANCER,
    DATA,
    JSON,
    LEFT,
    LOINC,
    NOW,
    RIGHT,
    Reader,
    allergy,
    answer,
    answers,
    bundle,
    concept,
    condition,
    days_ago,
    encounter,
    family_history,
    finding,
    hours_ago,
    measured,
    observation,
    patient,
    prescription,
    procedure,
    report,
    service_request,
    statement_of_use,
    status,
)

SICK: list[JSON] = [
    patient(),
    condition(bodySite=[LEFT], onsetDateTime=days_ago(3), clinicalStatus=status("active")),
    condition(CANCER, id="c2", verificationStatus=status("confirmed")),
    condition(CALF_PAIN, id="c3", bodySite=[RIGHT], verificationStatus=status("refuted")),
    condition(concept(LOINC, "x"), id="c4", onsetPeriod={"start": "2020"}, abatementPeriod={"end": "2021"}),
    measured(finding("calf_circumference_difference_cm"), 40, "mm", bodySite=LEFT),
    measured(concept(LOINC, "48065-7"), 0.9, "mg/L{FEU}", id="o2"),
    observation(finding("leg_cold"), id="o3", valueBoolean=False, performer=[{"reference": "Practitioner/d1"}]),
    observation(finding("leg_cold"), id="o4", valueBoolean=True, effectiveDateTime=hours_ago(3)),
    observation(
        concept(LOINC, "85354-9"),
        id="o5",
        component=[{"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 120, "unit": "mmHg"}}],
    ),
    observation(finding("deep_vein_tenderness"), id="o6", valueBoolean=True, bodySite=BOTH),
    prescription(),
    statement_of_use(status="stopped", effectivePeriod={"end": days_ago(10)}),
    procedure(concept(LOINC, "24968-0")),
    encounter(reasonCode=[CALF_PAIN], diagnosis=[{"condition": {"reference": "Condition/c2"}}]),
    family_history(concept("http://snomed.info/sct", "404223003")),
    allergy(concept("http://snomed.info/sct", "293610009")),
    service_request(concept(LOINC, "46363-8")),
    report(concept(LOINC, "46363-8")),
    answers(answer("chest_pain", valueBoolean=False), answer("calf_pain", valueCoding={"code": "left"})),
    {"resourceType": "Medication", "id": "m9", "code": {"text": "warfarin"}},
    {"resourceType": "Flag", "id": "g1", "status": "active", "code": finding("long_travel_recent")},
    {"resourceType": "Device", "id": "v1", "type": concept("http://snomed.info/sct", "14106009")},
    {"resourceType": "Appointment", "id": "t1", "status": "booked", "reasonCode": [CALF_PAIN]},
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.just(""),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just([None]),
    st.sampled_from(
        ["0000", "9999-12-31T23:59:59-14:00", "2026-11-22", "Patient/p2", "#", "active", "left", "\ud800", "\x00"]
    ),
    st.sampled_from(
        [{"coding": [{}]}, {"value": 1e308, "unit": "m"}, {"start": "x"}, {"reference": 5}, 1e400, -(10**30)]
    ),
)
MEMBERS = sorted(
    {
        (kind["resourceType"], name)
        for path in sorted(DATA.glob("[hue]*/*.json"))
        for kind in [json.loads(path.read_bytes())]
        for name in kind
    }
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value below the root."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, below in inner for place in ((*path, key), *places(below, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn, resources: list[JSON]) -> list[JSON]:
    """The resources with a few members deleted, emptied or of another type."""
    changed = deepcopy(resources)
    for _ in range(draw(st.integers(1, 6))):
        *way, last = draw(st.sampled_from(places(changed)))
        parent: Any = changed
        for key in way:
            parent = parent[key]
        if draw(st.booleans()):
            parent[last] = deepcopy(draw(ODD))
        else:
            del parent[last]
        if not changed:
            break
    return changed


def encode(document: Any) -> bytes:
    return json.dumps(document).encode()


def verdict(record: Reader, data: dict[str, bytes]) -> JSON:
    """The whole assessment as its document, with every explanation."""
    intake = read(data, record.library.terminology, NOW)
    assessment = assess(intake.findings, record.library.knowledge, NOW)
    return Document(assessment, record.library, explain=True).write([])


@given(ANYTHING)
def test_any_json_can_be_read(record: Reader, document: Any) -> None:
    assert isinstance(read({"data": encode(document)}, record.library.terminology, NOW), Intake)


@given(st.dictionaries(st.text(max_size=5), st.binary(max_size=60), max_size=3))
def test_any_bytes_can_be_read(record: Reader, data: dict[str, bytes]) -> None:
    intake = read(data, record.library.terminology, NOW)
    assert not intake.findings


@given(st.sampled_from(MEMBERS), ANYTHING)
def test_any_value_in_any_member_of_any_resource_can_be_read(
    record: Reader, member: tuple[str, str], value: Any
) -> None:
    kind, name = member
    odd = {"resourceType": kind, "id": "x", "status": "final", "code": CALF_PAIN} | {name: value}
    assert isinstance(read({"data": encode(bundle(odd))}, record.library.terminology, NOW), Intake)


@settings(max_examples=200)
@given(mutated(SICK))
def test_a_record_with_anything_deleted_or_retyped_can_be_read_and_judged(
    record: Reader, resources: list[JSON]
) -> None:
    intake = read({"data": encode(bundle(*resources))}, record.library.terminology, NOW)
    assert assess(intake.findings, record.library.knowledge, NOW).created == NOW


@settings(max_examples=50)
@given(mutated(SICK))
def test_both_roads_agree_on_a_damaged_record(record: Reader, resources: list[JSON]) -> None:
    once = verdict(record, {"data": encode(bundle(*resources))})
    assert verdict(record, {"data": encode(bundle(*resources, {"resourceType": "Basic"}))}) == once


@settings(max_examples=30)
@given(
    st.permutations(SICK),
    st.lists(st.integers(0, 3), min_size=len(SICK), max_size=len(SICK)),
    st.permutations(["data", "conditions", "observations", "zebra"]),
)
def test_neither_the_order_nor_the_grouping_of_resources_matters(
    record: Reader, resources: list[JSON], groups: list[int], labels: list[str]
) -> None:
    prefetch: dict[str, list[JSON]] = {label: [] for label in labels}
    for resource, group in zip(resources, groups, strict=True):
        prefetch[labels[group]].append(resource)
    scattered = verdict(record, {label: encode(bundle(*members)) for label, members in prefetch.items()})
    together = verdict(record, {"data": encode(bundle(*SICK))})
    for part in ("id", "findings", "questions", "avoid", "advice"):
        assert scattered[part] == together[part]
    for part in ("tier", "could_be", "target"):
        assert scattered["urgency"][part] == together["urgency"][part]
    for part in ("workup", "referrals"):
        assert [(order["order"], order["side"]) for order in scattered[part]] == [
            (order["order"], order["side"]) for order in together[part]
        ]


def test_the_order_of_resources_does_not_show_in_the_reasons(record: Reader) -> None:
    backwards = verdict(record, {"data": encode(bundle(*reversed(SICK)))})
    assert backwards == verdict(record, {"data": encode(bundle(*SICK))})
