"""Suggestions -> draft ServiceRequests in FHIR R4, checked by `fhir.resources.R4B`."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from fhir.resources.R4B.servicerequest import ServiceRequest

from service.advice.wording import order_title, reason_title
from service.knowledge.library import Coding, Library, OrderCoding
from service.knowledge.terminology import ORDER_SYSTEM
from service.knowledge.times import duration
from service.triage.assessment import Suggestion
from service.triage.findings import Side

_SNOMED = "http://snomed.info/sct"
_LATERALITY = {
    Side.LEFT: ("7771000", "Left (qualifier value)", "Left lower limb"),
    Side.RIGHT: ("24028007", "Right (qualifier value)", "Right lower limb"),
    Side.BILATERAL: ("51440002", "Right and left (qualifier value)", "Both lower limbs"),
}
_REASON_TYPES = ("Condition/", "Observation/", "DiagnosticReport/")
_FORMS_KEPT = 1_000


def service_request(
    suggestion: Suggestion,
    library: Library,
    now: datetime,
    *,
    patient_id: str,
    encounter_id: str | None = None,
) -> dict[str, Any]:
    """A draft order for this suggestion: right patient, code, side, priority, time and reasons.

    It is a proposal: status draft, intent proposal, and no id.
    """
    references = dict.fromkeys(
        source.reference
        for reason in suggestion.because
        for finding in reason.findings
        for source in finding.sources
        if source.reference.startswith(_REASON_TYPES)
    )
    request: dict[str, Any] = {
        **_form(
            suggestion.order, suggestion.label, suggestion.side, suggestion.priority, library.orders[suggestion.order]
        ),
        "subject": {"reference": f"Patient/{patient_id}"},
        "authoredOn": now.isoformat(timespec="seconds"),
        "reasonCode": [{"text": title} for title in dict.fromkeys(map(reason_title, suggestion.because))],
    }
    if encounter_id:
        request["encounter"] = {"reference": f"Encounter/{encounter_id}"}
    if suggestion.within:
        end = (now + duration(suggestion.within)).isoformat(timespec="seconds")
        request["occurrencePeriod"] = {"start": request["authoredOn"], "end": end}
    if references:
        request["reasonReference"] = [{"reference": reference} for reference in references]
    if suggestion.contact:
        request["performer"] = [{"display": f"{suggestion.label}: {suggestion.contact}"}]
    if suggestion.cautions:
        request["note"] = [{"text": caution.text} for caution in suggestion.cautions]
    return request


def order_description(suggestion: Suggestion) -> str:
    """What creating the order will do, for the user who is asked."""
    return f"Propose: {order_title(suggestion)}"


@lru_cache(maxsize=_FORMS_KEPT)
def _form(order: str, label: str, side: Side | None, priority: str | None, coding: OrderCoding) -> Mapping[str, Any]:
    """The part of the order that is the same for every patient, checked once against the FHIR model."""
    # One code of each system: a list of near synonyms would order several things. The one for this side comes first.
    fitting = sorted((entry for entry in coding.codes if entry[0] in {side, None}), key=lambda entry: entry[0] is None)
    codes = list({code.system: code for _, code in reversed(fitting)}.values())
    form: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "category": [{"coding": [_coding(coding.category)]}],
        "code": {
            "coding": [*map(_coding, codes), _coding(Coding(ORDER_SYSTEM, order, label))],
            "text": label,
        },
    }
    if priority:
        form["priority"] = priority
    if side:
        form["bodySite"] = [body_site(side)]
    ServiceRequest.model_validate({**form, "subject": {"reference": "Patient/example"}})
    return form


def body_site(side: Side) -> dict[str, Any]:
    """The leg of this side as a CodeableConcept."""
    code, display, words = _LATERALITY[side]
    return {"coding": [_coding(Coding(_SNOMED, code, display))], "text": words}


def _coding(coding: Coding) -> dict[str, str]:
    return {"system": coding.system, "code": coding.code, "display": coding.display}
