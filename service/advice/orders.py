"""Suggestions -> draft ServiceRequests in FHIR R4, checked by `fhir.resources.R4B`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from fhir.resources.R4B.servicerequest import ServiceRequest

from service.advice.wording import marked, order_title, reason_title
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


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order to propose, as little as a ServiceRequest says of it.

    `reasons` are the titles of its rules, `references` where their findings were read, `cautions` the texts.
    """

    order: str
    label: str
    side: Side | None
    priority: str | None
    within: str | None
    contact: str | None
    reasons: tuple[str, ...]
    references: tuple[str, ...]
    cautions: tuple[str, ...]


def proposal(suggestion: Suggestion) -> Proposal:
    """The proposal of a suggestion as triage made it."""
    return Proposal(
        order=suggestion.order,
        label=suggestion.label,
        side=suggestion.side,
        priority=suggestion.priority,
        within=suggestion.within,
        contact=suggestion.contact,
        reasons=tuple(dict.fromkeys(map(reason_title, suggestion.because))),
        references=_reasons_read(
            source.reference
            for reason in suggestion.because
            for finding in reason.findings
            for source in finding.sources
        ),
        cautions=tuple(caution.text for caution in suggestion.cautions),
    )


def stated_proposal(suggestion: Mapping[str, Any]) -> Proposal:
    """The proposal of a suggestion as the document of an assessment states it."""
    because = suggestion["because"]
    titles = (marked(r["text"], r["basis"], review_needed=r["review_needed"]) for r in because)
    return Proposal(
        order=suggestion["order"],
        label=suggestion["label"],
        side=Side(suggestion["side"]) if suggestion["side"] else None,
        priority=suggestion["priority"],
        within=suggestion["within"],
        contact=suggestion["contact"],
        reasons=tuple(dict.fromkeys(titles)),
        references=_reasons_read(
            source["reference"] for r in because for finding in r["findings"] for source in finding["sources"]
        ),
        cautions=tuple(caution["text"] for caution in suggestion["cautions"]),
    )


def _reasons_read(references: Iterable[str]) -> tuple[str, ...]:
    """The references among these that may stand as the reason of an order, once each."""
    return tuple(dict.fromkeys(reference for reference in references if reference.startswith(_REASON_TYPES)))


def service_request(
    proposed: Proposal,
    library: Library,
    now: datetime,
    *,
    subject: Mapping[str, str],
    encounter_id: str | None = None,
) -> dict[str, Any]:
    """A draft order for this proposal: right patient, code, side, priority, time and reasons.

    It is a proposal: status draft, intent proposal, and no id. `subject` is the reference to the patient.
    """
    request: dict[str, Any] = {
        **_form(proposed.order, proposed.label, proposed.side, proposed.priority, library.orders.get(proposed.order)),
        "subject": dict(subject),
        "authoredOn": now.isoformat(timespec="seconds"),
        "reasonCode": [{"text": title} for title in proposed.reasons],
    }
    if encounter_id:
        request["encounter"] = {"reference": f"Encounter/{encounter_id}"}
    if proposed.within:
        end = (now + duration(proposed.within)).isoformat(timespec="seconds")
        request["occurrencePeriod"] = {"start": request["authoredOn"], "end": end}
    if proposed.references:
        request["reasonReference"] = [{"reference": reference} for reference in proposed.references]
    if proposed.contact:
        request["performer"] = [{"display": f"{proposed.label}: {proposed.contact}"}]
    if proposed.cautions:
        request["note"] = [{"text": text} for text in proposed.cautions]
    return request


def order_description(suggestion: Suggestion) -> str:
    """What creating the order will do, for the user who is asked."""
    return f"Propose: {order_title(suggestion)}"


@lru_cache(maxsize=_FORMS_KEPT)
def _form(
    order: str, label: str, side: Side | None, priority: str | None, coding: OrderCoding | None
) -> Mapping[str, Any]:
    """The part of the order that is the same for every patient, checked once against the FHIR model.

    Without a `coding`, of an order that was kept and that the knowledge has no more, it bears our own code alone.
    """
    # One code of each system: a list of near synonyms would order several things. The one for this side comes first.
    known = coding.codes if coding else ()
    fitting = sorted((entry for entry in known if entry[0] in {side, None}), key=lambda entry: entry[0] is None)
    codes = list({code.system: code for _, code in reversed(fitting)}.values())
    form: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        **({"category": [{"coding": [_coding(coding.category)]}]} if coding else {}),
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
