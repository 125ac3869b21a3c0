"""A client that is not ours, with data from a server that is not ours, gets the cards that it should."""

import json
from typing import Any

import pytest

from tests.conformance.check_calls import timeless
from tests.conformance.records import Record, filled, likely_clot, nothing_wrong, request
from tests.intake.record import DATA
from tests.peers.processes import HTTP, JSON, TOKEN, FhirServer, Running, cds_client

SERVICE = "leg-pain-patient-view"
SYNTHEA = sorted((DATA / "synthea").glob("*.json"))


def context(record: Record) -> JSON:
    return {"userId": "Practitioner/d1", "patientId": record.patient_id, "encounterId": record.encounter_id}


def ask(service: Running, body: JSON) -> list[JSON]:
    reply = HTTP.request("POST", f"{service.url}/cds-services/{SERVICE}", json=body)
    assert reply.status == 200, reply.data
    return list(reply.json()["cards"])


def by_hand(service: Running, record: Record) -> list[JSON]:
    (templates,) = [
        each["prefetch"]
        for each in HTTP.request("GET", f"{service.url}/cds-services").json()["services"]
        if each["id"] == SERVICE
    ]
    return ask(service, request("patient-view", record, prefetch=filled(templates, record)))


def test_medplum_finds_every_service(fhir_server: FhirServer, service: Running) -> None:
    record = likely_clot("medplum")
    fhir_server.put(list(record.resources))
    told = cds_client(service.url, fhir_server, SERVICE, context(record))
    listed = HTTP.request("GET", f"{service.url}/cds-services").json()["services"]
    assert told["services"] == listed


def test_medplum_gets_the_cards_that_a_request_by_hand_gets(fhir_server: FhirServer, service: Running) -> None:
    record = likely_clot("medplum")
    fhir_server.put(list(record.resources))
    told = cds_client(service.url, fhir_server, SERVICE, context(record))
    assert told["response"]["cards"]
    assert timeless(told["response"]["cards"]) == timeless(by_hand(service, record))


def test_medplum_hears_nothing_about_a_patient_without_a_leg_complaint(
    fhir_server: FhirServer, service: Running
) -> None:
    record = nothing_wrong("medplum")
    fhir_server.put(list(record.resources))
    assert cds_client(service.url, fhir_server, SERVICE, context(record))["response"] == {"cards": []}


def test_what_medplum_never_asked_for_counts_as_unknown(fhir_server: FhirServer, service: Running) -> None:
    record = nothing_wrong("medplum-null")
    fhir_server.put(list(record.resources))
    # It cannot fill today(), and sends null for what it could not fill.
    recent = "?patient={{context.patientId}}&date=ge{{today() - 90 days}}"
    complaints = {
        "conditions": f"Condition{recent}",
        "observations": f"Observation{recent}",
        "encounters": f"Encounter{recent}",
        "questionnaireResponses": f"QuestionnaireResponse{recent}",
    }
    told = cds_client(service.url, fhir_server, SERVICE, context(record), complaints)
    assert [told["request"]["prefetch"][key] for key in complaints] == [None] * len(complaints)
    (card,) = told["response"]["cards"]
    assert all(key in card["summary"] + card["detail"] for key in complaints)


@pytest.fixture(scope="module", params=SYNTHEA, ids=[path.stem.split("_")[0] for path in SYNTHEA])
def stranger(request: Any, fhir_server: FhirServer) -> str:
    """The id that the server gave to a Synthea patient."""
    transaction = json.loads(request.param.read_text(encoding="utf-8"))
    (patient,) = [each for each in fhir_server.fill(transaction) if each.startswith("Patient/")]
    return patient.removeprefix("Patient/")


def test_a_whole_record_of_another_origin_gets_through(
    fhir_server: FhirServer, service: Running, stranger: str
) -> None:
    told = cds_client(service.url, fhir_server, SERVICE, {"userId": "Practitioner/d1", "patientId": stranger})
    assert told["request"]["prefetch"]["observations"]["total"] > 20
    assert told["response"] == {"cards": []}


def test_a_whole_record_is_fetched_as_medplum_would_have_sent_it(
    fhir_server: FhirServer, service: Running, stranger: str
) -> None:
    leg = likely_clot("x").of("Condition")[0] | {
        "id": f"leg-{stranger}",
        "subject": {"reference": f"Patient/{stranger}"},
    }
    fhir_server.put([leg])
    where = {"userId": "Practitioner/d1", "patientId": stranger}
    sent = cds_client(service.url, fhir_server, SERVICE, where)["response"]["cards"]
    granted = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs", "subject": "x"}
    body = {"hook": "patient-view", "hookInstance": "i", "context": where, "fhirServer": fhir_server.base}
    fetched = ask(service, body | {"fhirAuthorization": granted})
    assert fetched
    assert timeless(fetched) == timeless(sent)
