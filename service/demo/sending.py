"""A visit as it is sent: as the intake of REST, as the request of a hook, as the form of the page for patients."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from service.demo.people import Patient, Visit, span
from service.intake.questionnaire import QUESTIONNAIRE
from service.knowledge.library import Library
from service.knowledge.terminology import FINDING_SYSTEM

JSON = dict[str, Any]
_SIDES = frozenset({"left", "right", "bilateral"})
_TEMPORALITIES = frozenset({"past", "family"})


def intake(patient: Patient, visit: Visit, library: Library, now: datetime) -> JSON:
    """The body of `/api/v1/assessments`."""
    who = {"id": patient.id, "birthDate": patient.born(now), "sex": patient.sex, "name": patient.name}
    findings = findings_of(visit, library, now)
    return {"patient": who, "findings": findings, **({"text": visit.text} if visit.text else {})}


def findings_of(visit: Visit, library: Library, now: datetime) -> list[JSON]:
    """The findings of an intake; of measurements the latest."""
    latest = {key: values[min(values, key=span)] for key, values in visit.labs.items()}
    return [
        *(_finding(key, value, library, now) for key, value in _answers(visit, library).items()),
        *({"key": key, "status": "present", "value": value} for key, value in latest.items()),
        *({"key": key, "status": "present"} for key in visit.problems),
    ]


def _answers(visit: Visit, library: Library) -> dict[str, Any]:
    """What is known, and what is denied with it."""
    told = {*visit.known, *visit.labs, *visit.problems}
    dangers = sorted(library.knowledge.red_flags - told) if visit.denies else []
    asked = [key for key in dangers if library.knowledge.findings[key].question]
    return {key: False for key in asked if library.terminology.findings[key].type == "boolean"} | visit.known


def _finding(key: str, value: Any, library: Library, now: datetime) -> JSON:
    if isinstance(value, bool):
        return {"key": key, "status": "present" if value else "absent"}
    kind = library.terminology.findings[key].type
    if value in _TEMPORALITIES:
        return {"key": key, "status": "present", "temporality": value}
    if kind == "boolean":
        return {"key": key, "status": "present", "side": value}
    if kind == "date":
        value = (now - span(value)).date().isoformat()
    return {"key": key, "status": "present", "value": value}


def hook_request(patient: Patient, visit: Visit, library: Library, now: datetime) -> JSON:
    """The body of `/cds-services/...`, with the chart that an EHR would prefetch."""
    subject = {"reference": f"Patient/{patient.id}"}
    about = {"subject": subject}
    prefetch = {
        "patient": _patient(patient, now),
        "conditions": _bundle(_condition(key, n, patient, now) | about for n, key in enumerate(visit.problems)),
        "observations": _bundle(each | about for each in _observations(patient, visit, library, now)),
        "encounters": _bundle([_encounter(patient, visit, now) | about]),
        "questionnaireResponses": _bundle([_response(patient, visit, library, now) | about]),
    }
    context: JSON = {"userId": "Practitioner/demo", "patientId": patient.id}
    if visit.road == "encounter-start":
        context["encounterId"] = f"{patient.id}-visit"
    instance = str(uuid5(NAMESPACE_URL, f"{patient.id} {visit.ago}"))
    return {"hook": visit.road, "hookInstance": instance, "context": context, "prefetch": prefetch}


def _bundle(resources: Any) -> JSON:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}


def _patient(patient: Patient, now: datetime) -> JSON:
    *given, family = (patient.name or "").split()
    name = {"use": "official", "given": given, "family": family}
    who = {"id": patient.id, "gender": patient.sex, "birthDate": patient.born(now)}
    return {"resourceType": "Patient", **who, "name": [name]}


def _code(key: str) -> JSON:
    return {"coding": [{"system": FINDING_SYSTEM, "code": key}]}


def _condition(key: str, number: int, patient: Patient, now: datetime) -> JSON:
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "id": f"{patient.id}-problem-{number + 1}",
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "code": _code(key),
        "recordedDate": now.isoformat(),
    }


def _observations(patient: Patient, visit: Visit, library: Library, now: datetime) -> list[JSON]:
    return [
        {
            "resourceType": "Observation",
            "id": f"{patient.id}-{key.replace('_', '-')}-{number + 1}",
            "status": "final",
            "code": _code(key),
            "effectiveDateTime": (now - span(ago)).isoformat(),
            "valueQuantity": {"value": value, "code": unit, "system": "http://unitsofmeasure.org"},
        }
        for key, values in visit.labs.items()
        for unit in (library.terminology.findings[key].unit,)
        for number, (ago, value) in enumerate(values.items())
    ]


def _encounter(patient: Patient, visit: Visit, now: datetime) -> JSON:
    reason = {"reasonCode": [{"text": visit.text}]} if visit.text else {}
    visited = {"id": f"{patient.id}-visit", "status": "in-progress", "period": {"start": now.isoformat()}}
    return {"resourceType": "Encounter", **visited, **reason}


def _response(patient: Patient, visit: Visit, library: Library, now: datetime) -> JSON:
    items = [_item(key, value, library, now) for key, value in _answers(visit, library).items()]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": f"{patient.id}-answers",
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "authored": now.isoformat(),
        "item": items,
    }


def _item(key: str, value: Any, library: Library, now: datetime) -> JSON:
    kind = library.terminology.findings[key].type
    answer: JSON
    if isinstance(value, bool):
        answer = {"valueBoolean": value}
    elif kind == "date":
        answer = {"valueDate": (now - span(value)).date().isoformat()}
    elif kind == "quantity":
        answer = {"valueDecimal": value}
    else:
        answer = {"valueCoding": {"code": value}}
    return {"linkId": key, "answer": [answer]}


def form(patient: Patient, visit: Visit) -> dict[str, Any]:
    """The fields of the page for patients."""
    fields: dict[str, Any] = {"age_years": f"{patient.age:g}", "sex_at_birth": patient.sex, "text": visit.text or ""}
    for key, value in visit.known.items():
        fields[key] = {True: "present", False: "absent"}.get(value, value) if isinstance(value, bool) else value
        if value in _SIDES and key != "symptom_side":
            fields |= {key: "present", f"{key}.side": value}
    return fields
