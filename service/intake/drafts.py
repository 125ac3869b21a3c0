"""Orders about to be placed, as an EHR sends them: what each means to us, and the resource itself for correction."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from service.intake.chart import Chart
from service.intake.decode import Located, decode
from service.intake.resources import CodeableConcept, MedicationRequest, ServiceRequest
from service.intake.statements import Circumstances, Statements
from service.intake.texts import Texts
from service.knowledge.terminology import Terminology
from service.triage.findings import Finding, Source
from service.triage.review import DraftOrder

_PRIORITIES = frozenset({"routine", "urgent", "asap", "stat"})
_GONE = frozenset({"entered-in-error", "cancelled", "revoked", "completed"})
_TOPICAL = re.compile(r"\b(?:gel|cream|topical|cutaneous|patch|plaster|spray)\b", re.IGNORECASE)
# What a prescribed medicine does, by the finding that its code or name sets.
_ACTS = {"on_nsaid": "nsaid"}


@dataclass(frozen=True, slots=True)
class Drafts:
    """The orders in a Bundle, the complaints that they give as their reasons, and the resources as sent, by name.

    `unread` names what could not be read.
    """

    orders: tuple[DraftOrder, ...]
    findings: tuple[Finding, ...]
    unread: tuple[str, ...]
    resources: Mapping[str, dict[str, Any]] = field(repr=False)


def read_drafts(bundle: bytes, terminology: Terminology, now: datetime, *, patient_id: str) -> Drafts:
    """The orders in `bundle` for this patient; whatever else is in it is passed over."""
    located, notes = decode(bundle, "draftOrders")
    chart = Chart(located, patient_id, None, now)
    statements = Statements(terminology, now)
    orders: list[DraftOrder] = []
    findings: list[Finding] = []
    for item in chart.resources:
        resource = item.resource
        if not isinstance(resource, ServiceRequest | MedicationRequest):
            continue
        if resource.status in _GONE or resource.do_not_perform:
            continue
        if isinstance(resource, ServiceRequest):
            orders.append(_service_request(item, resource, statements))
            findings.extend(_reasons(item, resource, statements, now))
        else:
            orders.append(_medication_request(item, resource, chart, statements))
    unread = tuple(dict.fromkeys(note.reference for note in notes))
    return Drafts(tuple(orders), tuple(findings), unread, dict(_as_sent(bundle)))


def _service_request(item: Located, request: ServiceRequest, statements: Statements) -> DraftOrder:
    orders, coded_side, side = statements.placed_order(request.code, request.body_site or ())
    priority = request.priority if request.priority in _PRIORITIES else "routine"
    return DraftOrder(item.reference, orders, side, coded_side, priority or "routine")


def _medication_request(item: Located, request: MedicationRequest, chart: Chart, statements: Statements) -> DraftOrder:
    concept = chart.medicine(request.medication_codeable_concept, request.medication_reference, request.contained)
    keys = statements.medicines(concept).keys() if concept and not _is_topical(concept) else ()
    return DraftOrder(item.reference, acts=frozenset(_ACTS[key] for key in _ACTS.keys() & keys))


def _is_topical(concept: CodeableConcept) -> bool:
    """Whether the words of a medicine say that it goes on the skin, where little of it gets further."""
    words = (concept.text, *(coding.display for coding in concept.coding or ()))
    return any(_TOPICAL.search(text) for text in words if text)


def _reasons(item: Located, request: ServiceRequest, statements: Statements, now: datetime) -> Iterator[Finding]:
    about = Circumstances(
        source=Source(item.reference, "reasonCode"),
        recorded=now,
        tied=True,
        confirmed=False,  # A test is asked for because something is suspected.
        body_sites=tuple(request.body_site or ()),
    )
    coded = tuple(statements.findings(request.reason_code or (), about))
    yield from coded
    yield from Texts(statements).read(request.reason_code or (), about, "reasonCode.text", coded)


def _as_sent(bundle: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every resource of the Bundle that has an id, by `Type/id`."""
    try:
        document = orjson.loads(bundle)
    except orjson.JSONDecodeError:
        return
    for entry in document.get("entry") or ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(resource.get("id"), str):
            yield f"{resource.get('resourceType')}/{resource['id']}", resource
