"""A patient-view request as a busy EHR sends it: 61 resources, about 100 KB."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FINDING = "https://legtriage.example.org/fhir/CodeSystem/finding"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_V3 = "http://terminology.hl7.org/CodeSystem/v3-"
_PATIENT = {"reference": "Patient/bench-patient", "display": "Example, Bench"}
_META = {
    "versionId": "3",
    "lastUpdated": "2026-11-21T09:30:00.000+00:00",
    "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-general"],
    "tag": [{"system": "https://ehr.example.org/fhir/tags", "code": "imported", "display": "Imported record"}],
}
_CONDITIONS = (
    (SNOMED, "300954003", "Calf pain", 2),
    (SNOMED, "449614009", "Swelling of lower limb (finding)", 2),
    (SNOMED, "363346000", "Malignant neoplastic disease (disorder)", 60),
    (SNOMED, "38341003", "Hypertensive disorder, systemic arterial (disorder)", 3000),
    (ICD, "E11.9", "Type 2 diabetes mellitus without complications", 2500),
    (ICD, "J45.909", "Unspecified asthma, uncomplicated", 6000),
    (SNOMED, "55822004", "Hyperlipidemia (disorder)", 2400),
    (SNOMED, "195662009", "Acute viral pharyngitis (disorder)", 900),
    (ICD, "K21.9", "Gastro-esophageal reflux disease without esophagitis", 1200),
    (SNOMED, "72866009", "Varicose veins of lower extremity", 1500),
    (ICD, "M17.11", "Unilateral primary osteoarthritis, right knee", 1400),
    (SNOMED, "59621000", "Essential hypertension", 3000),
)
_LABS = (
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 0.9, "mg/dL"),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", 4.2, "mmol/L"),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", 139, "mmol/L"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 13.4, "g/dL"),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", 7.1, "10*3/uL"),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", 240, "10*3/uL"),
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", 110, "mg/dL"),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", 6.9, "%"),
    ("8867-4", "Heart Rate", 84, "/min"),
    ("9279-1", "Respiratory rate", 16, "/min"),
    ("8310-5", "Body temperature", 36.9, "Cel"),
    ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", 97, "%"),
    ("29463-7", "Body weight", 82, "kg"),
    ("8302-2", "Body height", 171, "cm"),
    ("39156-5", "Body mass index (BMI) [Ratio]", 28.0, "kg/m2"),
)
_MEDICINES = (
    ("83367", "atorvastatin 20 MG Oral Tablet"),
    ("6809", "Metformin 500 MG Oral Tablet"),
    ("29046", "Lisinopril 10 MG Oral Tablet"),
    ("435", "Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"),
    ("7646", "Omeprazole 20 MG Delayed Release Oral Capsule"),
    ("161", "Acetaminophen 500 MG Oral Tablet"),
    ("1191", "Aspirin 81 MG Oral Tablet"),
    ("17767", "Amlodipine 5 MG Oral Tablet"),
)


def _day(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    local = {"system": "https://ehr.example.org/codes", "code": f"L{code}", "display": "local"}
    return {"coding": [{"system": system, "code": code, "display": display}, local], "text": display}


def _common(kind: str, number: int) -> dict[str, Any]:
    return {
        "resourceType": kind,
        "id": f"{kind.lower()}-{number}",
        "meta": _META,
        "identifier": [
            {"use": "official", "system": "https://ehr.example.org/ids", "value": f"{kind}-000{number}"},
        ],
    }


def _condition(number: int, row: tuple[str, str, str, int]) -> dict[str, Any]:
    system, code, display, days = row
    status = "http://terminology.hl7.org/CodeSystem/condition-"
    condition = {
        **_common("Condition", number),
        "clinicalStatus": {"coding": [{"system": f"{status}clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{status}ver-status", "code": "confirmed"}]},
        "category": [_concept(f"{status}category", "problem-list-item", "Problem List Item")],
        "code": _concept(system, code, display),
        "subject": _PATIENT,
        "encounter": {"reference": f"Encounter/encounter-{number}"},
        "onsetDateTime": _day(days),
        "recordedDate": _day(days),
        "recorder": {"reference": "Practitioner/p1", "display": "Dr Example"},
    }
    if days == 2:
        condition["bodySite"] = [_concept(SNOMED, "7771000", "Left (qualifier value)")]
    return condition


def _observation(number: int, code: dict[str, Any], value: float, unit: str, days: int) -> dict[str, Any]:
    return {
        **_common("Observation", number),
        "status": "final",
        "category": [
            _concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")
        ],
        "code": code,
        "subject": _PATIENT,
        "effectiveDateTime": _day(days),
        "issued": _day(days),
        "performer": [{"reference": "Organization/lab", "display": "Example Laboratory"}],
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        "interpretation": [_concept(_V3 + "ObservationInterpretation", "N", "Normal")],
        "method": _concept(SNOMED, "702659008", "Automated count technique (qualifier value)"),
        "referenceRange": [
            {
                "low": {"value": 0, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
                "high": {"value": 1000, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
                "type": _concept("http://terminology.hl7.org/CodeSystem/referencerange-meaning", "normal", "Normal"),
            }
        ],
    }


def _medication(number: int, row: tuple[str, str]) -> dict[str, Any]:
    code, display = row
    return {
        **_common("MedicationRequest", number),
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(RXNORM, code, display),
        "subject": _PATIENT,
        "authoredOn": _day(100 + number),
        "requester": {"reference": "Practitioner/p1", "display": "Dr Example"},
        "reasonCode": [_concept(SNOMED, "38341003", "Hypertensive disorder, systemic arterial (disorder)")],
        "dosageInstruction": [
            {
                "text": "One tablet by mouth every day",
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "route": _concept(SNOMED, "26643006", "Oral route"),
                "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
            }
        ],
    }


def resources() -> dict[str, list[dict[str, Any]]]:
    """The 61 resources by prefetch key."""
    girth = _concept(FINDING, "calf_circumference_difference_cm", "Calf circumference difference")
    observations = [_observation(0, girth, 4.0, "cm", 0)]
    observations += [
        _observation(number, _concept(LOINC, code, display), value, unit, 1 + number // 4)
        for number, (code, display, value, unit) in enumerate((*_LABS, *_LABS), 1)
    ]
    observations[0]["bodySite"] = _concept(SNOMED, "7771000", "Left (qualifier value)")
    return {
        "patient": [
            {**_common("Patient", 0), "id": "bench-patient", "gender": "female", "birthDate": "1960-05-01"},
        ],
        "conditions": [_condition(number, row) for number, row in enumerate(_CONDITIONS)],
        "observations": observations,
        "medicationRequests": [_medication(number, row) for number, row in enumerate(_MEDICINES)],
        "procedures": [
            {
                **_common("Procedure", number),
                "status": "completed",
                "code": _concept(SNOMED, "71651007", "Mammography (procedure)"),
                "subject": _PATIENT,
                "performedDateTime": _day(400 * number + 30),
            }
            for number in range(4)
        ],
        "encounters": [
            {
                **_common("Encounter", number),
                "status": "finished",
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "subject": _PATIENT,
                "period": {"start": _day(30 * number + 2), "end": _day(30 * number + 2)},
            }
            for number in range(5)
        ],
    }


def request_body() -> bytes:
    """The whole request as bytes."""
    prefetch: dict[str, Any] = {}
    for key, found in resources().items():
        if key == "patient":
            prefetch[key] = found[0]
            continue
        entries = [
            {"fullUrl": f"https://ehr.example.org/fhir/{r['resourceType']}/{r['id']}", "resource": r} for r in found
        ]
        prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}
    return orjson.dumps(
        {
            "hook": "patient-view",
            "hookInstance": "6bc883b2-b795-4dcb-b661-34884a31d472",
            "fhirServer": "https://ehr.example.org/fhir",
            "context": {"userId": "Practitioner/p1", "patientId": "bench-patient"},
            "prefetch": prefetch,
        }
    )
