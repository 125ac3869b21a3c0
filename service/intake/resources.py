"""The elements of FHIR R4 resources that the vocabulary needs, and nothing else.

Real records break strict models, so every element is optional and unknown ones are skipped. A resource whose
needed elements have the wrong shape costs itself alone (see `decode`).
"""

from typing import Any

from msgspec import Raw, Struct


class Element(Struct, rename="camel", gc=False):
    """A part of a resource, with FHIR's camel-case names on the wire."""


class Coding(Element):
    """A code of a system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element):
    """A concept by codes or text."""

    coding: list[Coding] | None = None
    text: str | None = None


class Reference(Element):
    """A pointer to another resource."""

    reference: str | None = None
    display: str | None = None


class Period(Element):
    """A span of time."""

    start: str | None = None
    end: str | None = None


class Quantity(Element):
    """A measured amount; `code` is its UCUM unit when `system` says so."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Extension(Element):
    """The one extension that is read: sex at birth."""

    url: str | None = None
    value_code: str | None = None


class Resource(Struct, rename="camel", gc=False, tag_field="resourceType"):
    """A resource of a known type."""

    id: str | None = None


class Patient(Resource, tag="Patient"):
    """Who the findings are about."""

    name: Any = None
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: Any = None
    deceased_date_time: Any = None
    extension: list[Extension] | None = None


class Condition(Resource, tag="Condition"):
    """A problem, diagnosis or symptom."""

    clinical_status: CodeableConcept | str | None = None
    verification_status: CodeableConcept | str | None = None
    code: CodeableConcept | None = None
    body_site: list[CodeableConcept] | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: str | None = None
    onset_period: Period | None = None
    onset_age: Any = None
    onset_range: Any = None
    onset_string: str | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    abatement_age: Any = None
    abatement_string: str | None = None
    recorded_date: str | None = None
    note: Any = None  # of whatever shape: a note in a wrong one must not cost the condition


class Component(Element):
    """A part of an observation."""

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_string: str | None = None
    value_date_time: str | None = None
    data_absent_reason: CodeableConcept | None = None


class Observation(Resource, tag="Observation"):
    """A measurement, sign or answer."""

    status: str | None = None
    code: CodeableConcept | None = None
    body_site: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    performer: list[Reference] | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_string: str | None = None
    value_date_time: str | None = None
    data_absent_reason: CodeableConcept | None = None
    component: list[Component] | None = None


class Medication(Resource, tag="Medication"):
    """A medicine that others refer to."""

    code: CodeableConcept | None = None


class _MedicineUse(Resource):
    """What the three resources about taking a medicine have in common."""

    status: str | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    contained: list[Raw] | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None


class MedicationRequest(_MedicineUse, tag="MedicationRequest"):
    """A prescription."""

    intent: str | None = None
    do_not_perform: bool | None = None
    authored_on: str | None = None


class MedicationStatement(_MedicineUse, tag="MedicationStatement"):
    """A medicine somebody says is taken."""

    date_asserted: str | None = None


class MedicationAdministration(_MedicineUse, tag="MedicationAdministration"):
    """A medicine that was given."""


class Procedure(Resource, tag="Procedure"):
    """Something that was done."""

    status: str | None = None
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    body_site: list[CodeableConcept] | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None


class Diagnosis(Element):
    """A diagnosis of an encounter."""

    condition: Reference | None = None


class Encounter(Resource, tag="Encounter"):
    """A visit; its reasons are the complaint of the day."""

    status: str | None = None
    subject: Reference | None = None
    period: Period | None = None
    reason_code: list[CodeableConcept] | None = None
    reason_reference: list[Reference] | None = None
    diagnosis: list[Diagnosis] | None = None


class FamilyCondition(Element):
    """A condition of a relative."""

    code: CodeableConcept | None = None


class FamilyMemberHistory(Resource, tag="FamilyMemberHistory"):
    """What relatives had."""

    status: str | None = None
    patient: Reference | None = None
    condition: list[FamilyCondition] | None = None


class Reaction(Element):
    """A reaction to a substance."""

    substance: CodeableConcept | None = None


class AllergyIntolerance(Resource, tag="AllergyIntolerance"):
    """An allergy."""

    clinical_status: CodeableConcept | str | None = None
    verification_status: CodeableConcept | str | None = None
    code: CodeableConcept | None = None
    patient: Reference | None = None
    recorded_date: str | None = None
    reaction: list[Reaction] | None = None


class Device(Resource, tag="Device"):
    """An implant or aid."""

    status: str | None = None
    type: CodeableConcept | None = None
    patient: Reference | None = None


class Flag(Resource, tag="Flag"):
    """A warning on the chart."""

    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    period: Period | None = None


class ServiceRequest(Resource, tag="ServiceRequest"):
    """An order; its reason may be the complaint."""

    status: str | None = None
    intent: str | None = None
    priority: str | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    body_site: list[CodeableConcept] | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    authored_on: str | None = None
    reason_code: list[CodeableConcept] | None = None


class DiagnosticReport(Resource, tag="DiagnosticReport"):
    """The report of a test that was done."""

    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None


class Participant(Element):
    """Somebody or something that takes part in an appointment."""

    actor: Reference | None = None


class Appointment(Resource, tag="Appointment"):
    """A booked visit; its reason may be the complaint."""

    status: str | None = None
    start: str | None = None
    participant: list[Participant] | None = None
    reason_code: list[CodeableConcept] | None = None
    created: str | None = None


class Answer(Element):
    """An answer, with the items nested below it."""

    value_boolean: bool | None = None
    value_decimal: float | None = None
    value_integer: int | None = None
    value_date: str | None = None
    value_date_time: str | None = None
    value_string: str | None = None
    value_coding: Coding | None = None
    value_quantity: Quantity | None = None
    item: "list[Item] | None" = None


class Item(Element):
    """A question of a questionnaire with its answers."""

    link_id: str | None = None
    answer: list[Answer] | None = None
    item: "list[Item] | None" = None


class QuestionnaireResponse(Resource, tag="QuestionnaireResponse"):
    """A filled-in questionnaire."""

    questionnaire: str | None = None
    status: str | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    authored: str | None = None
    author: Reference | None = None
    item: list[Item] | None = None


class Issue(Element):
    """One issue of an OperationOutcome."""

    severity: str | None = None
    code: str | None = None


class OperationOutcome(Resource, tag="OperationOutcome"):
    """A server's word that something went wrong."""

    issue: list[Issue] | None = None


READABLE = (
    Patient
    | Condition
    | Observation
    | Medication
    | MedicationRequest
    | MedicationStatement
    | MedicationAdministration
    | Procedure
    | Encounter
    | FamilyMemberHistory
    | AllergyIntolerance
    | Device
    | Flag
    | ServiceRequest
    | DiagnosticReport
    | Appointment
    | QuestionnaireResponse
    | OperationOutcome
)


class Entry(Element):
    """One entry of a Bundle."""

    full_url: str | None = None
    resource: READABLE | None = None


class Bundle(Resource, tag="Bundle"):
    """A set of resources, all of types we read."""

    entry: list[Entry] | None = None


def start(period: Period | None) -> str | None:
    """When a period begins, as written."""
    return period.start if period else None


def end(period: Period | None) -> str | None:
    """When a period ends, as written."""
    return period.end if period else None
