"""A made-up patient's record, resource by resource, and what was read from it in words."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from service.intake.fhir import read
from service.intake.notes import Intake
from service.knowledge.library import Library
from service.knowledge.terminology import FINDING_SYSTEM
from service.triage.findings import Finding, Status, Temporality

JSON = dict[str, Any]

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DATA = Path(__file__).parent.parent / "data"
FILES = sorted(DATA.glob("*/*.json"))
FILE_NAMES = [f"{path.parent.name}/{path.name}" for path in FILES]

FINDING = FINDING_SYSTEM
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
UCUM = "http://unitsofmeasure.org"


def concept(system: str, code: str, display: str | None = None, text: str | None = None) -> JSON:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def finding(key: str) -> JSON:
    return concept(FINDING, key)


CALF_PAIN = concept(SNOMED, "300954003", "Calf pain")
LEG_PAIN = concept(SNOMED, "10601006", "Pain in lower limb")
CANCER = concept(SNOMED, "363346000", "Malignant neoplastic disease")
INCONTINENCE = concept(ICD, "R32", "Unspecified urinary incontinence")
LEG_DVT = concept(SNOMED, "404223003", "Deep venous thrombosis of lower extremity")
NUMB_SKIN = concept(SNOMED, "102603008", "Numbness of skin")
WARFARIN = concept(RXNORM, "11289", "Warfarin")
ATORVASTATIN = concept(RXNORM, "83367", "atorvastatin")
IBUPROFEN = concept(RXNORM, "5640", "Ibuprofen")
LEFT = concept(SNOMED, "7771000", "Left")
RIGHT = concept(SNOMED, "24028007", "Right")
BOTH = concept(SNOMED, "51440002", "Right and left")
PRESENT, ABSENT = {"valueBoolean": True}, {"valueBoolean": False}
SUBJECT = {"subject": {"reference": "Patient/p1"}}


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def hours_ago(hours: float) -> str:
    return days_ago(hours / 24)


def _resource(kind: str, number: str, **members: Any) -> JSON:
    """A resource; a member set to None is left out."""
    whole = {"resourceType": kind, "id": number, **members}
    return {name: value for name, value in whole.items() if value is not None}


def patient(**members: Any) -> JSON:
    return _resource("Patient", "p1", **{"birthDate": "1960-05-01", "gender": "female"} | members)


def condition(code: Any = CALF_PAIN, **members: Any) -> JSON:
    return _resource("Condition", "c1", **SUBJECT | {"code": code, "recordedDate": days_ago(1)} | members)


def observation(code: JSON | None, **members: Any) -> JSON:
    usual = SUBJECT | {"status": "final", "code": code, "effectiveDateTime": hours_ago(2)}
    return _resource("Observation", "o1", **usual | members)


def measured(code: JSON, value: float, unit: str | None, **members: Any) -> JSON:
    amount = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return observation(
        code, **{"valueQuantity": {name: part for name, part in amount.items() if part is not None}} | members
    )


def prescription(medicine: JSON | None = WARFARIN, **members: Any) -> JSON:
    usual = SUBJECT | {"status": "active", "intent": "order", "medicationCodeableConcept": medicine}
    return _resource("MedicationRequest", "m1", **usual | members)


def statement_of_use(medicine: JSON | None = WARFARIN, **members: Any) -> JSON:
    usual = SUBJECT | {"status": "active", "medicationCodeableConcept": medicine}
    return _resource("MedicationStatement", "s1", **usual | members)


def procedure(code: JSON, **members: Any) -> JSON:
    usual = SUBJECT | {"status": "completed", "code": code, "performedDateTime": days_ago(2)}
    return _resource("Procedure", "r1", **usual | members)


def encounter(**members: Any) -> JSON:
    usual = SUBJECT | {"status": "in-progress", "period": {"start": hours_ago(1)}}
    return _resource("Encounter", "e1", **usual | members)


def family_history(code: JSON, **members: Any) -> JSON:
    usual = {"status": "completed", "patient": SUBJECT["subject"], "condition": [{"code": code}]}
    return _resource("FamilyMemberHistory", "f1", **usual | members)


def allergy(code: JSON, **members: Any) -> JSON:
    return _resource("AllergyIntolerance", "a1", **{"patient": SUBJECT["subject"], "code": code} | members)


def service_request(code: JSON | None, **members: Any) -> JSON:
    usual = SUBJECT | {"status": "active", "intent": "order", "code": code, "authoredOn": hours_ago(3)}
    return _resource("ServiceRequest", "q1", **usual | members)


def report(code: JSON, **members: Any) -> JSON:
    usual = SUBJECT | {"status": "final", "code": code, "effectiveDateTime": hours_ago(3)}
    return _resource("DiagnosticReport", "d1", **usual | members)


def other(kind: str, **members: Any) -> JSON:
    return _resource(kind, "x1", **members)


def answers(*items: JSON, **members: Any) -> JSON:
    usual = SUBJECT | {"status": "completed", "authored": hours_ago(1), "item": list(items)}
    return _resource("QuestionnaireResponse", "z1", **usual | members)


def answer(key: str, nested: Iterable[JSON] = (), **value: Any) -> JSON:
    return {"linkId": key, "answer": [value] if value else [], "item": list(nested)}


def bundle(*resources: JSON, **members: Any) -> JSON:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": resource} for resource in resources],
    } | members


def status(code: str) -> JSON:
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": code}]}


def in_words(found: Finding) -> str:
    """One finding as the tables of the tests write it, such as `calf_pain left` or `spo2 = 97 %`."""
    parts = [found.key]
    if found.side:
        parts.append(found.side.value)
    if found.temporality is not Temporality.CURRENT:
        parts.append(found.temporality.value)
    if found.status is not Status.PRESENT:
        parts.append(found.status.value)
    if found.value is not None:
        shown = f"{found.value:.6g}" if isinstance(found.value, float) else str(found.value)
        parts.append(f"= {shown} {found.unit or ''}".rstrip())
    return " ".join(parts)


class Reader:
    """Reads records with one library, at one moment."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def read(self, *resources: JSON, now: datetime = NOW, **whose: str) -> Intake:
        data = {"record": json.dumps(bundle(*resources)).encode()}
        return read(data, self.library.terminology, now, **whose)

    def says(self, *resources: JSON, now: datetime = NOW, **whose: str) -> set[str]:
        """What the resources say in words, without who the patient is."""
        intake = self.read(*resources, now=now, **whose)
        return {in_words(each) for each in intake.findings if each.key not in {"age_years", "sex_at_birth"}}

    def notes(self, *resources: JSON, now: datetime = NOW, **whose: str) -> str:
        """The notes, one a line."""
        return "\n".join(map(str, self.read(*resources, now=now, **whose).notes))
