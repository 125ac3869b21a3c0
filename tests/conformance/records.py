"""Invented patients, and the requests that the seven hooks send about them, shaped as HL7's hook pages show."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.intake.record import CALF_PAIN, CANCER, LEFT, LOINC, RXNORM, SNOMED, UCUM, concept, finding

JSON = dict[str, Any]

STARTED = datetime.now(UTC)
# Short words such as a name's or an address's would be found in any answer by chance.
PRIVATE = ("Zwiebelturm-Testfrau", "Invented-Alley-77", "1960-05-01")
D_DIMER = concept(LOINC, "48065-7", "Fibrin D-dimer FEU [Mass/volume] in Platelet poor plasma")
HYPERTENSION = concept(SNOMED, "38341003", "Hypertensive disorder")


def ago(days: float) -> str:
    """That many days before the start of the run."""
    return (STARTED - timedelta(days=days)).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Record:
    """One patient's resources; the first is the Patient. Whose `title` says what the cards must say."""

    title: str
    resources: tuple[JSON, ...]

    @property
    def patient_id(self) -> str:
        """The id of the patient."""
        return str(self.resources[0]["id"])

    @property
    def encounter_id(self) -> str:
        """The id of the visit."""
        return next(str(each["id"]) for each in self.resources if each["resourceType"] == "Encounter")

    def of(self, kind: str) -> list[JSON]:
        """The resources of one type."""
        return [each for each in self.resources if each["resourceType"] == kind]

    def without(self, *kinds: str) -> "Record":
        """The same patient with less on record."""
        return Record(self.title, tuple(each for each in self.resources if each["resourceType"] not in kinds))


def _record(title: str, number: str, *resources: JSON) -> Record:
    name = {"family": PRIVATE[0], "given": ["Ada"]}
    patient = {"birthDate": PRIVATE[2], "gender": "female", "name": [name], "address": [{"line": [PRIVATE[1]]}]}
    whole = [("Patient", f"conf-{number}", patient), *((each.pop("resourceType"), "", each) for each in resources)]
    subject = {"reference": f"Patient/conf-{number}"}
    made = []
    for position, (kind, given, members) in enumerate(whole):
        about = {} if kind == "Patient" else {"subject": subject}
        made.append({"resourceType": kind, "id": given or f"conf-{number}-{position}", **about, **members})
    return Record(title, tuple(made))


def _visit() -> JSON:
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    return {"resourceType": "Encounter", "status": "in-progress", "class": kind, "period": {"start": ago(0.05)}}


def _status(code: str) -> JSON:
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": code}]}


def _problem(code: JSON, days: float, **members: Any) -> JSON:
    usual = {"clinicalStatus": _status("active"), "code": code, "recordedDate": ago(days)}
    return {"resourceType": "Condition", **usual, **members}


def _seen(key: str, **members: Any) -> JSON:
    usual = {"status": "final", "code": finding(key), "effectiveDateTime": ago(0.1), "bodySite": LEFT}
    return {"resourceType": "Observation", **usual, **members}


def _ibuprofen() -> JSON:
    medicine = concept(RXNORM, "5640", "Ibuprofen")
    return {"resourceType": "MedicationRequest", "status": "active", "intent": "order"} | {
        "medicationCodeableConcept": medicine,
        "authoredOn": ago(3),
    }


def likely_clot(number: str) -> Record:
    """Left calf pain, a swollen calf and cancer: a scan today."""
    swollen = {"value": 4, "unit": "cm", "system": UCUM, "code": "cm"}
    return _record(
        "likely clot",
        number,
        _visit(),
        _problem(CALF_PAIN, 1, bodySite=[LEFT], onsetDateTime=ago(2)),
        _problem(CANCER, 40),
        _seen("calf_circumference_difference_cm", valueQuantity=swollen),
        _ibuprofen(),
    )


def dying_leg(number: str) -> Record:
    """A cold, pale leg without a pulse: an emergency."""
    signs = [_seen(key, valueBoolean=True) for key in ("leg_cold", "leg_pale", "pedal_pulses_absent")]
    return _record(
        "dying leg", number, _visit(), _problem(CALF_PAIN, 0.2, bodySite=[LEFT], onsetDateTime=ago(0.2)), *signs
    )


def nothing_wrong(number: str) -> Record:
    """A record without a leg complaint: silence."""
    return _record(
        "nothing wrong",
        number,
        _visit(),
        _problem(HYPERTENSION, 400),
        _ibuprofen(),
    )


MAKERS = (likely_clot, dying_leg, nothing_wrong)


def bundle(*resources: JSON) -> JSON:
    """A page of search results."""
    found = {"resourceType": "Bundle", "type": "searchset", "total": len(resources)}
    return found | ({"entry": [{"resource": each} for each in resources]} if resources else {})


def filled(templates: Mapping[str, str], record: Record) -> JSON:
    """What a client sends in prefetch for these templates."""
    prefetch: JSON = {}
    for key, template in templates.items():
        kind = re.split(r"[/?]", template)[0]
        found = record.of(kind)
        prefetch[key] = bundle(*found) if "?" in template else next(iter(found), None)
    return prefetch


def request(hook: str, record: Record, **members: Any) -> JSON:
    """A request of the hook, without data; a member that is None is left out."""
    ids = {"userId": "Practitioner/d1", "patientId": record.patient_id, "encounterId": record.encounter_id}
    context = ids | CONTEXTS[hook](record) | members.pop("context", {})
    whole = {"hook": hook, "hookInstance": str(uuid4()), "context": context, **members}
    return {name: value for name, value in whole.items() if value is not None}


def _drafts(record: Record) -> list[JSON]:
    subject = {"reference": f"Patient/{record.patient_id}"}
    order = {"status": "draft", "intent": "order", "subject": subject, "authoredOn": ago(0.01)}
    return [
        {"resourceType": "ServiceRequest", "id": "draft-d-dimer", "code": D_DIMER, "priority": "asap", **order},
        {
            "resourceType": "MedicationRequest",
            "id": "draft-ibuprofen",
            "medicationCodeableConcept": concept(RXNORM, "5640", "Ibuprofen"),
            "dosageInstruction": [{"text": "400 mg three times a day with food"}],
            **order,
        },
    ]


def _order_sign(record: Record) -> JSON:
    # A Bundle without a type, as HL7 and the Sandbox write it.
    return {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": each} for each in _drafts(record)]}}


def _order_select(record: Record) -> JSON:
    return {"selections": ["ServiceRequest/draft-d-dimer"]} | _order_sign(record)


def _problem_list_item_create(record: Record) -> JSON:
    # Category as a string and assertedDate are no R4, but they stand so in HL7's R4 example.
    loose = {"id": "new-problem", "category": "problem-list-item", "assertedDate": ago(0)[:10]}
    item = record.of("Condition")[0] | loose
    return {"conditions": {"resourceType": "Bundle", "entry": [{"resource": item}]}}


def _appointment_book(record: Record) -> JSON:
    start = STARTED + timedelta(days=21)
    table = "http://terminology.hl7.org/CodeSystem/v2-0276"
    participants = [(f"Patient/{record.patient_id}", "tentative"), ("Practitioner/d1", "accepted")]
    appointment = {
        "resourceType": "Appointment",
        "id": "apt1",
        "status": "proposed",
        "appointmentType": concept(table, "FOLLOWUP", "A follow up visit from a previous appointment"),
        "description": "Review of the leg",
        "start": start.isoformat(timespec="seconds"),
        "end": (start + timedelta(minutes=15)).isoformat(timespec="seconds"),
        "created": ago(0),
        "participant": [
            {"actor": {"reference": who}, "required": "required", "status": status} for who, status in participants
        ],
    }
    return {"appointments": {"resourceType": "Bundle", "entry": [{"resource": appointment}]}}


def _nothing_more(_record: Record) -> JSON:
    return {}


CONTEXTS: Mapping[str, Callable[[Record], JSON]] = {
    "patient-view": _nothing_more,
    "encounter-start": _nothing_more,
    "problem-list-item-create": _problem_list_item_create,
    "order-select": _order_select,
    "order-sign": _order_sign,
    "appointment-book": _appointment_book,
    "encounter-discharge": _nothing_more,
}
"""What each hook's context holds beside the ids."""
