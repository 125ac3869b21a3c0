"""Bytes into resources: two roads, one result, and a bad resource costs itself alone."""

import json
from typing import Any

import pytest

from service.intake.fhir import read
from service.intake.notes import Intake
from tests.intake.record import (
    CANCER,
    FILE_NAMES,
    FILES,
    JSON,
    NOW,
    Reader,
    bundle,
    condition,
    finding,
    observation,
    patient,
)

BASIC = {"resourceType": "Basic", "id": "not-read-by-us"}
READ = {
    "AllergyIntolerance",
    "Appointment",
    "Condition",
    "Device",
    "DiagnosticReport",
    "Encounter",
    "FamilyMemberHistory",
    "Flag",
    "Medication",
    "MedicationAdministration",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Patient",
    "Procedure",
    "QuestionnaireResponse",
    "ServiceRequest",
}


def read_bytes(record: Reader, **data: bytes) -> Intake:
    return read(data, record.library.terminology, NOW)


def read_json(record: Reader, document: Any, **whose: str) -> Intake:
    return read({"data": json.dumps(document).encode()}, record.library.terminology, NOW, **whose)


def entries(document: JSON) -> list[JSON]:
    """The entries of a Bundle that hold a resource we read, or a resource as the one entry."""
    listed = document.get("entry", []) if document["resourceType"] == "Bundle" else [{"resource": document}]
    return [entry for entry in listed if entry.get("resource", {}).get("resourceType") in READ]


CLEAN = [
    pytest.param(found, id=name)
    for name, path in zip(FILE_NAMES, FILES, strict=True)
    if (found := entries(json.loads(path.read_bytes())))
]


@pytest.mark.parametrize("listed", CLEAN)
def test_both_roads_read_the_same_from_every_example(record: Reader, listed: list[JSON]) -> None:
    fast = read_json(record, {"resourceType": "Bundle", "entry": listed})
    slow = read_json(record, {"resourceType": "Bundle", "entry": [*listed, {"resource": BASIC}]})
    assert slow == fast


def test_both_roads_read_the_same_from_a_sick_patient(record: Reader) -> None:
    resources = [
        patient(),
        condition(),
        condition(CANCER, id=None),
        observation(finding("leg_cold"), valueBoolean=False),
    ]
    fast = record.read(*resources)
    slow = record.read(*resources, BASIC)
    assert len(fast.findings) == 5
    assert slow == fast


def test_a_lone_resource_is_read_like_a_bundle_of_one(record: Reader) -> None:
    alone = {found.key for found in read_json(record, condition()).findings}
    assert alone == {"calf_pain"}
    assert {found.key for found in read_json(record, bundle(condition())).findings} == alone


@pytest.mark.parametrize(
    ("broken", "note"),
    [
        (condition(recordedDate=20261122, id="bad"), "Condition/bad recordedDate: has the wrong shape"),
        (condition(bodySite={"text": "left calf"}, id="bad"), "Condition/bad bodySite: has the wrong shape"),
        (condition(code="calf pain", id="bad"), "Condition/bad code: has the wrong shape"),
        (condition(code={"coding": {}}, id="bad"), "Condition/bad code.coding: has the wrong shape"),
        (condition(id=7), "data.entry[1]: not a FHIR resource"),
        (observation(finding("leg_cold"), valueBoolean="yes", id="bad"), "Observation/bad valueBoolean"),
        (
            observation(finding("leg_cold"), valueQuantity={"value": "4"}, id="bad"),
            "Observation/bad valueQuantity.value",
        ),
        ({"id": "nameless"}, "data.entry[1] resourceType: missing: not read"),
        ({"resourceType": ["Condition"]}, "data.entry[1]: not a FHIR resource"),
        (["Condition"], "data.entry[1]: not a FHIR resource"),
        ("Condition", "data.entry[1]: not a FHIR resource"),
    ],
)
def test_a_broken_resource_costs_itself_alone_and_is_noted(record: Reader, broken: Any, note: str) -> None:
    intake = read_json(record, bundle(patient(), broken, condition()))
    assert {found.key for found in intake.findings} == {"age_years", "sex_at_birth", "calf_pain"}
    (written,) = map(str, intake.notes)
    assert note in written


@pytest.mark.parametrize("entry", [None, 5, "x", [], {"fullUrl": 5, "resource": condition()}])
def test_a_broken_entry_costs_itself_alone_and_is_noted(record: Reader, entry: Any) -> None:
    intake = read_json(record, {"resourceType": "Bundle", "entry": [entry, {"resource": condition()}]})
    assert {found.key for found in intake.findings} == {"calf_pain"}
    assert "data.entry[0]: the entry is malformed, not read" in map(str, intake.notes)


@pytest.mark.parametrize("entry", [{}, {"resource": None}, {"fullUrl": "urn:uuid:1"}, {"search": {"mode": "match"}}])
def test_an_entry_without_a_resource_says_nothing(record: Reader, entry: Any) -> None:
    intake = read_json(record, {"resourceType": "Bundle", "entry": [entry, {"resource": condition()}]})
    assert {found.key for found in intake.findings} == {"calf_pain"}
    assert not intake.notes


def test_the_note_on_a_broken_resource_never_quotes_it(record: Reader) -> None:
    private = condition(clinicalStatus=["Mrs Example"], id="bad")
    assert "Mrs Example" not in " ".join(map(str, read_json(record, bundle(private)).notes))


@pytest.mark.parametrize(
    "odd",
    [
        condition(code={"coding": [{}, {"system": "http://snomed.info/sct", "code": "300954003"}]}),
        condition(id="id_with_underscores"),
        condition(id=None),
        condition(bodySite=[]),
        condition(category="problem", assertedDate="2026-11-21"),
        condition(clinicalStatus="active"),
        condition(extension=[{"url": 5, "valueCode": ["x"]}]),
        condition(text={"status": "generated", "div": "<div/>"}, meta=None, note=[{"text": 5}]),
        condition() | dict.fromkeys(["bodySite", "encounter", "onsetPeriod", "abatementAge", "verificationStatus"]),
        {"id": "late", **{name: value for name, value in condition().items() if name != "id"}},
    ],
    ids=[
        "empty coding",
        "underscore",
        "no id",
        "empty array",
        "older release",
        "string status",
        "extension",
        "narrative",
        "nulls",
        "order",
    ],
)
def test_what_real_servers_send_is_read(record: Reader, odd: JSON) -> None:
    for document in (bundle(odd), odd, {"resourceType": "Bundle", "entry": [{"resource": odd}]}):
        intake = read_json(record, document)
        assert {found.key for found in intake.findings} == {"calf_pain"}
        assert not intake.notes


@pytest.mark.parametrize(
    "document",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "searchset", "total": 0},
        {"resourceType": "Bundle", "entry": []},
        {"resourceType": "Bundle", "entry": None},
        BASIC,
        {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": condition()}]},
        None,
    ],
)
def test_what_holds_nothing_for_us_says_nothing(record: Reader, document: Any) -> None:
    assert read_json(record, document) == Intake(())


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[1]",
        b"5",
        b'"x"',
        b"true",
        b"{}",
        b"{]",
        b"\xff\xfe",
        b'{"resourceType": "Condition"',
        b"NaN",
        b"\x00",
        b'{"resourceType": 5}',
        b'{"resourceType": "Condition", "id": "\xff"}',
        b'\xef\xbb\xbf{"resourceType": "Basic"}',
    ],
)
def test_what_is_no_resource_is_noted(record: Reader, data: bytes) -> None:
    intake = read_bytes(record, observations=data)
    assert not intake.findings
    (note,) = intake.notes
    assert "observations" in note.reference or note.reference.startswith("Condition")


@pytest.mark.parametrize("data", [b"", b" ", b"null", b" null\n"])
def test_nothing_is_no_fault(record: Reader, data: bytes) -> None:
    assert read_bytes(record, conditions=data) == Intake(())


def test_a_bundle_whose_entries_are_no_list_is_noted(record: Reader) -> None:
    (note,) = read_json(record, {"resourceType": "Bundle", "entry": {"resource": condition()}}).notes
    assert str(note) == "data entry: the entries are malformed, not read"


def test_bundles_in_bundles_are_read_down_to_a_depth_and_noted_below(record: Reader) -> None:
    document = bundle(condition())
    for _ in range(2):
        document = bundle(document)
    assert {found.key for found in read_json(record, document).findings} == {"calf_pain"}
    too_deep = read_json(record, bundle(document))
    assert not too_deep.findings
    assert "Bundles nested too deep" in str(too_deep.notes[0])


@pytest.mark.parametrize("depth", [200, 100_000])
def test_a_resource_nested_without_end_does_no_harm(record: Reader, depth: int) -> None:
    deep = b'{"resourceType": "Condition", "id": "deep", "extension": ' + b"[" * depth + b"]" * depth + b"}"
    in_needed = (
        b'{"resourceType": "QuestionnaireResponse", "item": ' + b'[{"item": ' * depth + b"[]" + b"}]" * depth + b"}"
    )
    whole = b'{"resourceType": "Bundle", "entry": [{"resource": ' + deep + b'}, {"resource": ' + in_needed + b"}]}"
    for data in (deep, in_needed, whole):
        assert not read_bytes(record, data=data).findings


@pytest.mark.parametrize(
    "outcome",
    [
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]},
        {"resourceType": "OperationOutcome"},
    ],
)
def test_an_operation_outcome_means_that_the_data_are_unknown(record: Reader, outcome: JSON) -> None:
    said = "data: the server answered with an OperationOutcome: these data are unknown"
    assert [str(note) for note in read_json(record, outcome).notes] == [said]
    among_others = read_json(record, bundle(outcome, condition()))
    assert {found.key for found in among_others.findings} == {"calf_pain"}
    assert "OperationOutcome" in str(among_others.notes[0])


def test_a_resource_that_comes_by_two_keys_counts_once(record: Reader) -> None:
    data = json.dumps(bundle(condition())).encode()
    assert len(read_bytes(record, conditions=data, problems=data).findings) == 1


def test_two_resources_without_an_id_are_two_resources(record: Reader) -> None:
    both = record.read(condition(id=None), condition(CANCER, id=None))
    assert {found.key for found in both.findings} == {"calf_pain", "active_cancer"}
    assert len({found.sources[0].reference for found in both.findings}) == 2


def test_every_finding_says_where_it_was_read(record: Reader) -> None:
    references = {found.sources[0].reference for found in record.read(patient(), condition()).findings}
    assert references == {"Patient/p1", "Condition/c1"}
    (nameless,) = read_json(record, bundle(condition(id=None))).findings
    assert nameless.sources[0].reference == "data.entry[0] (Condition)"
