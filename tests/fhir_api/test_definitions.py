"""What can be read below `/fhir`: sound FHIR, found by id and by url."""

from importlib import import_module
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.fhir_api.catalogue import TYPES
from service.knowledge.library import Library

JSON = dict[str, Any]
BASE = "https://legtriage.example.org/fhir"
FHIR = "application/fhir+json"


def check(resource: JSON) -> JSON:
    """The resource, once the model of its type has taken it."""
    kind = resource["resourceType"]
    getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind).model_validate(resource)
    return resource


def read(client: FlaskClient, path: str, status: int = 200) -> JSON:
    answer = client.get(f"/fhir{path}")
    assert (answer.status_code, answer.mimetype) == (status, FHIR)
    return check(answer.get_json(force=True))


@pytest.mark.parametrize("kind", TYPES)
def test_every_definition_is_sound_and_is_found_again_by_id_and_url(client: FlaskClient, kind: str) -> None:
    every = read(client, f"/{kind}")
    assert every["type"] == "searchset"
    assert every["total"] == len(every["entry"]) > 0
    for entry in every["entry"]:
        resource = check(entry["resource"])
        assert entry["fullUrl"] == f"{BASE}/{kind}/{resource['id']}"
    last = every["entry"][-1]["resource"]
    assert read(client, f"/{kind}/{last['id']}") == last
    for asked in (last["url"], f"{last['url']}|{last['version']}"):
        (found,) = read(client, f"/{kind}?url={asked.replace('+', '%2B')}")["entry"]
        assert found["resource"] == last
    assert read(client, f"/{kind}?_id={last['id']}")["total"] == 1


@pytest.mark.parametrize("asked", ["url=https://example.org/other", f"url={BASE}/Library/leg-pain-triage|0", "_id=no"])
def test_a_search_that_finds_nothing_is_an_empty_bundle(client: FlaskClient, asked: str) -> None:
    nothing = read(client, f"/Library?{asked}")
    assert (nothing["total"], "entry" in nothing) == (0, False)


def test_every_canonical_of_ours_that_is_named_is_served(client: FlaskClient) -> None:
    resources = [e["resource"] for kind in TYPES for e in read(client, f"/{kind}")["entry"]]
    urls = {resource["url"] for resource in resources} | {f"{r['url']}|{r['version']}" for r in resources}
    named = {name for resource in resources for name in canonicals(resource)}
    assert {name for name in named if name.startswith(BASE)} <= urls
    assert any(name.startswith(f"{BASE}/PlanDefinition") for name in named)


def canonicals(node: Any) -> set[str]:
    """Every text below a member that holds a canonical or a system."""
    if isinstance(node, list):
        return set().union(*map(canonicals, node))
    if not isinstance(node, dict):
        return set()
    own = {v for k, v in node.items() if k in {"system", "valueSet", "resource"} and isinstance(v, str)}
    own |= {v for v in node.get("library", ()) if isinstance(v, str)}
    return own.union(*map(canonicals, node.values()))


def test_the_code_system_lists_the_vocabulary(client: FlaskClient, library: Library) -> None:
    system = read(client, "/CodeSystem/finding")
    assert {concept["code"] for concept in system["concept"]} == set(library.knowledge.findings)
    saddle = next(c for c in system["concept"] if c["code"] == "saddle_numbness")
    assert {"code": "red-flag", "valueBoolean": True} in saddle["property"]


def test_a_pathway_is_described_with_its_sources_and_orders_nothing_by_itself(
    client: FlaskClient, library: Library
) -> None:
    plan = read(client, "/PlanDefinition/deep-vein-thrombosis")
    assert plan["title"] == library.pathways["deep-vein-thrombosis"]["title"]
    assert any(artifact["label"].startswith("NG158") for artifact in plan["relatedArtifact"])
    assert "action" not in plan


def test_the_capability_statement_names_what_is_served(client: FlaskClient) -> None:
    told = read(client, "/metadata")
    assert told["fhirVersion"] == "4.0.1"
    (server,) = told["rest"]
    for resource in server["resource"]:
        for interaction in resource.get("interaction", ()):
            assert interaction["code"] in {"read", "search-type"}
            read(client, f"/{resource['type']}")
        for operation in resource.get("operation", ()):
            read(client, operation["definition"].removeprefix(BASE))


def test_who_has_a_definition_already_is_told_so(client: FlaskClient) -> None:
    tag = client.get("/fhir/CodeSystem/order").headers["ETag"]
    again = client.get("/fhir/CodeSystem/order", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path", ["", "/", "/Patient", "/Patient/p1", "/Library/none", "/Library/a/b", "/Questionnaire/%00"]
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert read(client, path, 404)["issue"][0]["code"] == "not-found"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/metadata", "/CodeSystem", "/CodeSystem/finding"])
def test_nothing_can_be_written(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(f"/fhir{path}", method=method)
    assert (answer.status_code, answer.mimetype) == (405, FHIR)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_client_that_wants_xml_is_told_what_there_is(client: FlaskClient) -> None:
    answer = client.get("/fhir/metadata", headers={"Accept": "application/fhir+xml"})
    assert answer.status_code == 406
    for wanted in ("application/fhir+json; fhirVersion=4.0", "application/json", "*/*"):
        assert client.get("/fhir/metadata", headers={"Accept": wanted}).status_code == 200
