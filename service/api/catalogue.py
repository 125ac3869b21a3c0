"""`/api/v1/vocabulary`, `/orders` and `/pathways`: what can be stated, what is suggested, and by which rules."""

from typing import Any

from flask import Response

from schemas.catalogue import CatalogueOrdersSchema, PathwaySchema, PathwaysSchema, VocabularySchema
from service.api import media
from service.api.described import ETAG, IF_NONE_MATCH, Gives, operation, part
from service.api.problems import ProblemError
from service.api.rest import here
from service.knowledge.documents import Located
from service.knowledge.governance import source_attributes

blueprint = part("Knowledge", "What can be stated, and what is made of it.")


@operation(
    blueprint,
    "GET",
    "/vocabulary",
    id="vocabulary",
    gives=Gives("All findings.", VocabularySchema, headers=ETAG),
    errors=(304, 406),
    parameters=[IF_NONE_MATCH],
)
def vocabulary() -> Response:
    """List the findings that an intake can state."""
    findings = here().assessor.library.knowledge.findings.values()
    names = ("key", "label", "type", "unit", "lateral", "complaint", "red_flag", "question", "patient_question")
    return _answer({"items": [{name: getattr(finding, name) for name in names} for finding in findings]})


@operation(
    blueprint,
    "GET",
    "/orders",
    id="orders",
    gives=Gives("All orders.", CatalogueOrdersSchema, headers=ETAG),
    errors=(304, 406),
    parameters=[IF_NONE_MATCH],
)
def orders() -> Response:
    """List the tests and referrals that an assessment can suggest, with their codes."""
    library = here().assessor.library
    items = [
        {name: getattr(order, name) for name in ("key", "label", "kind", "lateral", "contact")}
        | {
            "codes": [
                {"system": coding.system, "code": coding.code, "display": coding.display, "side": side}
                for side, coding in library.orders[order.key].codes
            ]
        }
        for order in library.knowledge.orders.values()
    ]
    return _answer({"items": items})


@operation(
    blueprint,
    "GET",
    "/pathways",
    id="pathways",
    gives=Gives("All pathways.", PathwaysSchema, headers=ETAG),
    errors=(304, 406),
    parameters=[IF_NONE_MATCH],
)
def pathways() -> Response:
    """List the pathways that this site uses."""
    return _answer({"items": [_in_a_line(document) for document in here().assessor.library.pathways.values()]})


@operation(
    blueprint,
    "GET",
    "/pathways/<id>",
    id="pathway",
    gives=Gives("The pathway.", PathwaySchema, headers=ETAG),
    errors=(304, 404, 406),
    parameters=[IF_NONE_MATCH],
)
def pathway(id: str) -> Response:  # noqa: A002 - its name in the address
    """Show a pathway: its rules, its sources and its 13 source attributes."""
    library = here().assessor.library
    document = library.pathways.get(id)
    if document is None:
        raise ProblemError(404, "There is no such pathway.")
    sources = filter(None, (library.evidence_for(reference) for reference in document["evidence"]))
    attributes = source_attributes(library, id)
    return _answer(
        _in_a_line(document)
        | {
            "owner": document["owner"],
            "released": document["released"],
            "source_attributes": [{"id": a.id, "label": a.label, "text": a.text} for a in attributes],
            "sources": [{"id": s.id, "title": s.title, "grade": s.grade, "url": s.url} for s in sources],
            "rules": [_rule(rule) for rule in document["rules"]],
        }
    )


def _in_a_line(document: Located) -> dict[str, Any]:
    return {name: document[name] for name in ("id", "title", "about", "review_date")}


def _rule(rule: Located) -> dict[str, Any]:
    return {
        "id": rule["id"],
        "title": rule["title"],
        "when": rule["when"].strip(),
        "unless": rule.get("unless"),
        "tier": rule.get("tier"),
        "basis": rule.get("basis", "cited"),
        "review_needed": "review" in rule,
        "evidence": list(rule["evidence"]),
    }


def _answer(content: dict[str, Any]) -> Response:
    """The content, which is the same as long as the knowledge is."""
    media.wanted(media.JSON)
    knowledge = here().assessor.library.knowledge
    told = {"knowledge": {"version": knowledge.version, "digest": knowledge.digest}}
    return media.tagged(media.json_answer(content | told), knowledge.digest, personal=False)
