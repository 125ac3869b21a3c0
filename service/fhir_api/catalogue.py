"""The definitions that are served, ready to be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from service.advice.definitions import ASSESS_URL, definitions, released
from service.knowledge.library import Library
from service.knowledge.terminology import BASE

TYPES = (
    "ActivityDefinition",
    "CodeSystem",
    "Library",
    "OperationDefinition",
    "PlanDefinition",
    "Questionnaire",
    "ValueSet",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A resource as bytes, with its tag, and what it is searched by."""

    id: str
    url: str
    version: str
    body: bytes
    tag: str

    def is_meant(self, id: str | None, canonical: str | None) -> bool:  # noqa: A002
        """Whether a search for this id and this canonical, with or without a version, finds it."""
        url, _, version = (canonical or self.url).partition("|")
        return id in {None, self.id} and url == self.url and version in {"", self.version}


class Catalogue:
    """Every definition of a library, written once."""

    def __init__(self, library: Library) -> None:
        """Write the definitions of this library."""
        self._kinds: dict[str, dict[str, Written]] = {kind: {} for kind in TYPES}
        for resource in definitions(library):
            self._kinds[resource["resourceType"]][resource["id"]] = _written(resource)
        self.metadata = orjson.dumps(_capability(library))

    def one(self, kind: str, id: str) -> Written | None:  # noqa: A002
        """The definition of this type and id."""
        return self._kinds.get(kind, {}).get(id)

    def search(self, kind: str, id: str | None, canonical: str | None, address: str) -> bytes:  # noqa: A002
        """A searchset Bundle of what is meant; `address` is that of the search."""
        found = [written for written in self._kinds[kind].values() if written.is_meant(id, canonical)]
        # Bytes are put into bytes: the questionnaire is large, and has been checked and written before.
        entries = b",".join(
            b'{"fullUrl":%b,"resource":%b,"search":{"mode":"match"}}'
            % (orjson.dumps(f"{BASE}/{kind}/{each.id}"), each.body)
            for each in found
        )
        head = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        head |= {"link": [{"relation": "self", "url": address}]}
        return orjson.dumps(head)[:-1] + (b',"entry":[' + entries + b"]}" if found else b"}")


def _written(resource: Mapping[str, Any]) -> Written:
    body = orjson.dumps(resource)
    return Written(resource["id"], resource["url"], resource["version"], body, sha256(body).hexdigest()[:32])


def _capability(library: Library) -> dict[str, Any]:
    search = [{"name": "url", "type": "uri"}, {"name": "_id", "type": "token"}]
    read = [{"code": "read"}, {"code": "search-type"}]
    assess = {"name": "assess", "definition": ASSESS_URL}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": released(library),
        "publisher": library.governance["developer"],
        "kind": "instance",
        "software": {"name": "legtriage", "version": library.knowledge.version},
        "implementation": {"description": "Triage of pain in the back of the leg and the lower leg"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Definitions can be read; $assess keeps its answer and gives it as a Bundle.",
                "resource": [
                    *({"type": kind, "interaction": read, "searchParam": search} for kind in TYPES),
                    {"type": "QuestionnaireResponse", "operation": [assess]},
                ],
            }
        ],
    }
