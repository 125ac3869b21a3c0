"""The knowledge -> FHIR R4 definitions that others may read: code systems, value sets, pathways, orders.

A pathway's PlanDefinition describes it and has no actions: without their conditions, which FHIR would want in a
language that not every reader has, a reader that applies it would order everything for everybody.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.advice.bundle import MODULE_ID
from service.advice.questionnaire import questionnaire
from service.knowledge.library import Coding, Library
from service.knowledge.terminology import ANSWER_SYSTEM, BASE, FINDING_SYSTEM, ORDER_SYSTEM, PATHWAY_SYSTEM

Json = dict[str, Any]

_LIBRARY_TYPE = "http://terminology.hl7.org/CodeSystem/library-type"
ASSESS_URL = f"{BASE}/OperationDefinition/QuestionnaireResponse-assess"


def definitions(library: Library) -> Iterator[Json]:
    """Every definition; each has an id, and a url that ends in its type and id."""
    common = _common(library)
    yield questionnaire(library) | {"date": common["date"]}
    for writer in (_code_systems, _value_sets, _plans, _activities):
        for resource in writer(library):
            yield common | resource
    yield common | _library(library)
    yield common | _operation()


def released(library: Library) -> str:
    """The day of the last change of a pathway."""
    return str(max(d.get("revised", d["released"]) for d in library.pathways.values()))


def _common(library: Library) -> Json:
    return {
        "version": library.knowledge.version,
        "status": "active",
        "experimental": False,
        "date": released(library),
        "publisher": library.governance["developer"],
    }


def _head(kind: str, id: str, title: str) -> Json:  # noqa: A002 - FHIR's name for it
    """What names a definition. `name` is one for programs, as FHIR asks."""
    name = "".join(word.capitalize() for word in id.replace("-", " ").split())
    return {"resourceType": kind, "id": id, "url": f"{BASE}/{kind}/{id}", "name": f"Legtriage{name}", "title": title}


def _code_systems(library: Library) -> Iterator[Json]:
    findings = [
        {
            "code": key,
            "display": finding.label,
            "property": [
                {"code": "type", "valueCode": finding.type},
                *([{"code": "unit", "valueString": finding.unit}] if finding.unit else []),
                {"code": "lateral", "valueBoolean": finding.lateral},
                {"code": "red-flag", "valueBoolean": finding.red_flag},
            ],
        }
        for key, finding in library.knowledge.findings.items()
    ]
    told = {
        "type": ("code", "The kind of its value: boolean, quantity, code or date"),
        "unit": ("string", "The UCUM unit of a quantity"),
        "lateral": ("boolean", "Whether it has a side"),
        "red-flag": ("boolean", "Whether it can lift the urgency by itself or within its pathway"),
    }
    properties = [{"code": code, "type": kind, "description": words} for code, (kind, words) in told.items()]
    system = _code_system("finding", "Findings of leg pain triage", FINDING_SYSTEM, findings)
    yield system | {"property": properties, "valueSet": f"{BASE}/ValueSet/finding"}
    orders = [{"code": key, "display": order.label} for key, order in library.knowledge.orders.items()]
    yield _code_system("order", "Orders of leg pain triage", ORDER_SYSTEM, orders)
    yield _code_system("answer", "Answers to the intake questionnaire", ANSWER_SYSTEM, [*_answers(library)])
    pathways = [{"code": pathway.id, "display": pathway.title} for pathway in library.knowledge.pathways]
    yield _code_system("pathway", "Conditions that leg pain triage looks for", PATHWAY_SYSTEM, pathways)


def _answers(library: Library) -> Iterable[Json]:
    """Every answer that is a word of our own, with the word for it."""
    words: dict[str, str] = {}
    for item in library.form.items:
        if not item.repeats:
            words.update(item.options)
    return ({"code": code, "display": label} for code, label in sorted(words.items()))


def _code_system(id: str, title: str, url: str, concepts: list[Json]) -> Json:  # noqa: A002
    head = _head("CodeSystem", id, title) | {"url": url}
    return head | {"caseSensitive": True, "content": "complete", "count": len(concepts), "concept": concepts}


def _value_sets(library: Library) -> Iterator[Json]:
    findings = library.knowledge.findings.values()
    whole = {"finding": FINDING_SYSTEM, "order": ORDER_SYSTEM, "answer": ANSWER_SYSTEM, "pathway": PATHWAY_SYSTEM}
    for name, system in whole.items():
        include: Json = {"system": system}
        yield _head("ValueSet", name, f"All codes for a {name}") | {"compose": {"include": [include]}}
    some = {
        "red-flag": ("Findings that are danger signs", [f.key for f in findings if f.red_flag]),
        "complaint": ("Findings that are a leg complaint by themselves", [f.key for f in findings if f.complaint]),
    }
    for name, (title, keys) in some.items():
        listed = {"system": FINDING_SYSTEM, "concept": [{"code": key} for key in keys]}
        yield _head("ValueSet", name, title) | {"compose": {"include": [listed]}}


def _plans(library: Library) -> Iterator[Json]:
    for id_, document in library.pathways.items():
        yield _head("PlanDefinition", id_, document["title"]) | {
            "date": str(document.get("revised", document["released"])),
            "description": document["about"],
            "purpose": document["about"],
            "author": [{"name": document["owner"]}],
            "relatedArtifact": [*_citations(document["evidence"], library)],
            "library": [f"{BASE}/Library/{MODULE_ID}|{library.knowledge.version}"],
        }


def _citations(references: Iterable[str], library: Library) -> Iterator[Json]:
    for reference in references:
        source = library.evidence_for(reference)
        if source:
            cited = {"type": "citation", "label": reference, "display": source.title}
            yield cited | ({"url": source.url} if source.url else {})


def _activities(library: Library) -> Iterator[Json]:
    for key, order in library.knowledge.orders.items():
        coding = library.orders[key]
        sideless = {code.system: code for side, code in reversed(coding.codes) if side is None}
        codes = [*sideless.values(), Coding(ORDER_SYSTEM, key, order.label)]
        yield _head("ActivityDefinition", key.replace("_", "-"), order.label) | {
            "kind": "ServiceRequest",
            "intent": "proposal",
            "code": {"coding": [*map(_coding, codes)], "text": order.label},
        }


def _coding(coding: Coding) -> Mapping[str, str]:
    return {"system": coding.system, "code": coding.code, "display": coding.display}


def _library(library: Library) -> Json:
    version = library.knowledge.version
    parts = [{"type": "composed-of", "resource": f"{BASE}/PlanDefinition/{id_}|{version}"} for id_ in library.pathways]
    return _head("Library", MODULE_ID, "Leg pain triage") | {
        "type": {"coding": [{"system": _LIBRARY_TYPE, "code": "asset-collection"}]},
        "description": f"The knowledge of leg pain triage. SHA-256 of its files: {library.knowledge.digest}",
        "relatedArtifact": parts,
    }


def _operation() -> Json:
    def parameter(name: str, use: str, least: int, kind: str, words: str) -> Json:
        return {"name": name, "use": use, "min": least, "max": "1", "type": kind, "documentation": words}

    return _head("OperationDefinition", ASSESS_URL.rpartition("/")[2], "Assess the answers of a patient") | {
        "kind": "operation",
        "affectsState": True,
        "code": "assess",
        "resource": ["QuestionnaireResponse"],
        "system": False,
        "type": True,
        "instance": False,
        "parameter": [
            parameter("questionnaire-response", "in", 1, "QuestionnaireResponse", "The answers."),
            parameter("patient", "in", 0, "Patient", "Whose answers they are: gives age and sex."),
            parameter("record", "in", 0, "Bundle", "What else is known of the patient."),
            parameter("return", "out", 1, "Bundle", "RiskAssessment, GuidanceResponse, RequestGroup and its orders."),
        ],
    }
