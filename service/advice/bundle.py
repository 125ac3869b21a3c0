"""The document of an assessment -> a FHIR R4 Bundle: what it could be, what is still open, what to order."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from service.advice.orders import service_request, stated_proposal
from service.advice.wording import marked, statement, within
from service.knowledge.library import Library
from service.knowledge.terminology import BASE, FINDING_SYSTEM, PATHWAY_SYSTEM
from service.triage.rules import Tier
from service.triage.stated import stated_findings

MODULE_ID = "leg-pain-triage"

Json = dict[str, Any]

_NAMESPACE = UUID("5d4a7c2e-0e0b-5c4f-8a57-0d1a0f6f4f52")
_ASSESSMENT = f"{BASE}/assessment-id"
_LITERAL = re.compile(r"^[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}$")
_NAMELESS = {"display": "The patient of this assessment"}
_ADVICE = {"self_care": "Self-care", "safety_net": "Safety net", "prevention": "Prevention"}


def assessment_bundle(document: Mapping[str, Any], library: Library) -> Json:
    """A collection of RiskAssessment, GuidanceResponse, RequestGroup and draft ServiceRequests.

    Written from the document alone, with the words and codes of the library, so a kept assessment gives the same
    Bundle again. Out of scope, it is the GuidanceResponse that says so.
    """
    writer = _Writer(document, library)
    return {
        "resourceType": "Bundle",
        "identifier": {"system": _ASSESSMENT, "value": document["id"]},
        "type": "collection",
        "timestamp": document["created"],
        "entry": [{"fullUrl": writer.url(name), "resource": resource} for name, resource in writer.resources()],
    }


class _Writer:
    """Writes the resources of one assessment, each under a name of its own."""

    def __init__(self, document: Mapping[str, Any], library: Library) -> None:
        self.document = document
        self.library = library
        self.orders = [s for s in (*document["workup"], *document["referrals"]) if not s["already"]]
        references = list(_references(document["findings"]))
        patient = next((reference for reference in references if reference.startswith("Patient/")), None)
        self.basis = [reference for reference in references if reference != patient]
        self.subject = {"reference": patient} if patient else _NAMELESS
        self.version = document["knowledge"]["version"]

    def url(self, name: str) -> str:
        """The address of a resource within the Bundle: the same assessment gives the same one."""
        return uuid5(_NAMESPACE, f"{self.document['id']} {name}").urn

    def resources(self) -> Iterator[tuple[str, Json]]:
        yield "guidance", self._guidance()
        if not self.document["in_scope"]:
            return
        yield "risk", self._risk()
        yield "requests", self._requests()
        moment = datetime.fromisoformat(self.document["created"])
        for order in self.orders:
            request = service_request(stated_proposal(order), self.library, moment, subject=self.subject)
            risk = {"reference": self.url("risk")}
            yield _name(order), {**request, "supportingInfo": [risk]}

    def _guidance(self) -> Json:
        """What was asked of which knowledge, and what is still to be answered."""
        told = self.document
        guidance: Json = {
            "resourceType": "GuidanceResponse",
            "requestIdentifier": {"system": _ASSESSMENT, "value": told["id"]},
            "moduleCanonical": f"{BASE}/Library/{MODULE_ID}|{self.version}",
            "status": "data-required" if any(q["could_raise_to"] for q in told["questions"]) else "success",
            "subject": self.subject,
            "occurrenceDateTime": told["created"],
        }
        notes = [self._urgency(), *(f"Ask: {question['text']}" for question in told["questions"])]
        notes += [f"Data: {note['reference']} {note['element']}: {note['text']}" for note in told["data_quality"]]
        guidance["note"] = _notes(notes)
        if told["in_scope"]:
            guidance["result"] = {"reference": self.url("requests"), "type": "RequestGroup"}
        if told["questions"]:
            guidance["dataRequirement"] = [self._wanted(question["finding"]) for question in told["questions"]]
        return guidance

    def _urgency(self) -> str:
        urgency = self.document["urgency"]
        if not self.document["in_scope"] or urgency["tier"] is None:
            return "No current leg complaint was found: not triaged."
        tiers = self.library.knowledge.tiers
        parts = [f"Urgency on the present facts: {tiers[Tier(urgency['tier'])].name} ({urgency['target']})."]
        if urgency["could_be"] and urgency["could_be"] != urgency["tier"]:
            name = tiers[Tier(urgency["could_be"])].name.lower()
            parts.append(f"Could be {name} until the open questions are answered.")
        return " ".join(parts)

    def _wanted(self, key: str) -> Json:
        """The observation that would answer a question."""
        definition = self.library.knowledge.findings.get(key)
        code = {"system": FINDING_SYSTEM, "code": key} | ({"display": definition.label} if definition else {})
        return {"type": "Observation", "codeFilter": [{"path": "code", "code": [code]}]}

    def _risk(self) -> Json:
        """What it could be, and how urgent that is."""
        told = self.document
        risk: Json = {
            "resourceType": "RiskAssessment",
            "identifier": [{"system": _ASSESSMENT, "value": told["id"]}],
            "status": "final",
            "method": {"text": f"legtriage knowledge {self.version}"},
            "subject": self.subject,
            "occurrenceDateTime": told["created"],
        }
        if self.basis:
            risk["basis"] = [{"reference": reference} for reference in self.basis]
        if told["considerations"]:
            risk["prediction"] = [_prediction(c, self.library) for c in told["considerations"]]
        reasons = [
            f"{marked(r['text'], r['basis'], review_needed=r['review_needed'])} [{', '.join(r['evidence'])}]"
            for r in told["urgency"]["because"]
        ]
        risk["note"] = _notes([self._urgency(), *reasons])
        return risk

    def _requests(self) -> Json:
        """What is proposed, as one group with the advice that goes with it."""
        told = self.document
        pathways = dict.fromkeys(reason["pathway"] for order in self.orders for reason in order["because"])
        group: Json = {
            "resourceType": "RequestGroup",
            "identifier": [{"system": _ASSESSMENT, "value": told["id"]}],
            "status": "draft",
            "intent": "proposal",
            "subject": self.subject,
            "authoredOn": told["created"],
        }
        if pathways:
            canonicals = [f"{BASE}/PlanDefinition/{pathway}|{self.version}" for pathway in pathways]
            group["instantiatesCanonical"] = canonicals
        priority = self.library.knowledge.tiers[Tier(told["urgency"]["tier"])].priority
        if priority:
            group["priority"] = priority
        if self.orders:
            group["action"] = [self._action(order) for order in self.orders]
        notes = _notes(_advice(told, self.library))
        return {**group, "note": notes} if notes else group

    def _action(self, order: Mapping[str, Any]) -> Json:
        title = ", ".join(filter(None, (order["label"], order["side"], within(order["within"]))))
        action: Json = {"title": title, "resource": {"reference": self.url(_name(order))}}
        return action | ({"priority": order["priority"]} if order["priority"] else {})


def _name(order: Mapping[str, Any]) -> str:
    return f"order {order['order']} {order['side']}"


def _references(findings: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """The resources that the findings were read in, once each; a piece of text or an intake is none."""
    read = (source["reference"] for finding in findings for source in finding["sources"])
    return dict.fromkeys(reference for reference in read if _LITERAL.match(reference))


def _prediction(consideration: Mapping[str, Any], library: Library) -> Json:
    coding = {"system": PATHWAY_SYSTEM, "code": consideration["condition"], "display": consideration["label"]}
    told: Json = {
        "outcome": {"coding": [coding], "text": consideration["label"]},
        "qualitativeRisk": {"text": consideration["level"]},
    }
    lines = []
    for head, part in (("For", "because"), ("Against", "against")):
        findings = stated_findings({"findings": consideration[part]})
        words = dict.fromkeys(statement(finding, library.knowledge) for finding in findings)
        lines += [f"{head}: {'; '.join(words)}."] if words else []
    return told | ({"rationale": " ".join(lines)} if lines else {})


def _advice(told: Mapping[str, Any], library: Library) -> Iterator[str]:
    """What goes with the orders: advice, what is withheld, what to leave, what is under way already."""
    for advice in told["advice"]:
        for_whom = " for the patient" if advice["audience"] == "patient" else ""
        yield f"{_ADVICE.get(advice['kind'], advice['kind'])}{for_whom}: {advice['text']}"
    for withheld in told["withheld"]:
        yield f"Withheld: {withheld['text']} Because: {withheld['why']}"
    for avoid in told["avoid"]:
        order = library.knowledge.orders.get(avoid["order"])
        yield f"Avoid {order.label if order else avoid['order']}: {avoid['why']}"
    for placed in (*told["workup"], *told["referrals"]):
        if placed["already"]:
            places = ", ".join(source["reference"] for source in placed["already"])
            yield f"Already ordered or done: {placed['label']} ({places})"


def _notes(texts: Iterable[str]) -> Sequence[Json]:
    return [{"text": text} for text in dict.fromkeys(texts)]
