"""The FHIR Bundle of an assessment says what its document says, and is FHIR."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle

from service.advice.bundle import assessment_bundle
from service.advice.document import Document
from service.knowledge.cases import NOW, given
from service.knowledge.check import all_cases
from service.knowledge.library import Library
from service.knowledge.load import load
from service.triage.assess import assess
from service.triage.findings import Finding, Source

JSON = dict[str, Any]
SUSPECTED = {
    "age_years": 65,
    "calf_pain": "left",
    "calf_circumference_difference_cm": "4 cm left",
    "active_cancer": "present",
}


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def document(library: Library, facts: dict[str, Any], source: Source | None = None) -> JSON:
    """The document of a patient as a store gives it back: through JSON."""
    found: list[Finding] = [given(key, value, library.knowledge) for key, value in facts.items()]
    if source:
        found = [finding._replace(sources=(source,)) for finding in found]
    written = Document(assess(found, library.knowledge, NOW), library).write([])
    read: JSON = orjson.loads(orjson.dumps(written))
    return read


def parts(bundle: JSON, kind: str) -> list[JSON]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def test_it_says_what_the_document_says(library: Library) -> None:
    told = document(library, SUSPECTED, Source("Condition/c1", "code"))
    bundle = assessment_bundle(told, library)

    (risk,) = parts(bundle, "RiskAssessment")
    assert risk["status"] == "final"
    assert risk["basis"] == [{"reference": "Condition/c1"}]
    assert "Same day" in risk["note"][0]["text"]
    assert [(p["outcome"]["text"], p["qualitativeRisk"]["text"]) for p in risk["prediction"]] == [
        (c["label"], c["level"]) for c in told["considerations"]
    ]
    (guidance,) = parts(bundle, "GuidanceResponse")
    assert guidance["status"] == "data-required"
    assert [d["codeFilter"][0]["code"][0]["code"] for d in guidance["dataRequirement"]] == [
        q["finding"] for q in told["questions"]
    ]
    (group,) = parts(bundle, "RequestGroup")
    assert group["priority"] == "asap"
    wanted = [order for order in (*told["workup"], *told["referrals"]) if not order["already"]]
    assert wanted, "the example must order something"
    requests = parts(bundle, "ServiceRequest")
    assert [r["code"]["text"] for r in requests] == [order["label"] for order in wanted]
    assert {(r["status"], r["intent"]) for r in requests} == {("draft", "proposal")}
    assert all(r["occurrencePeriod"]["start"] == told["created"] for r in requests if "occurrencePeriod" in r)


def test_every_reference_within_it_leads_somewhere(library: Library) -> None:
    bundle = assessment_bundle(document(library, SUSPECTED), library)
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    (guidance,), (group,) = parts(bundle, "GuidanceResponse"), parts(bundle, "RequestGroup")
    assert guidance["result"]["reference"] in urls
    assert [action["resource"]["reference"] for action in group["action"]] == urls[3:]


def test_the_same_document_gives_the_same_bundle_and_another_none_of_its_addresses(library: Library) -> None:
    told = document(library, SUSPECTED)
    first, again = assessment_bundle(told, library), assessment_bundle(told, library)
    assert first == again
    other = assessment_bundle(told | {"id": "another"}, library)
    assert not {e["fullUrl"] for e in first["entry"]} & {e["fullUrl"] for e in other["entry"]}


def test_a_patient_without_a_leg_complaint_gets_only_the_answer_that_says_so(library: Library) -> None:
    bundle = assessment_bundle(document(library, {"age_years": 40, "diabetes": "present"}), library)
    (entry,) = bundle["entry"]
    assert entry["resource"]["resourceType"] == "GuidanceResponse"
    assert entry["resource"]["status"] == "success"
    assert "not triaged" in entry["resource"]["note"][0]["text"]
    Bundle.model_validate(bundle)


@pytest.mark.parametrize(
    ("reference", "subject"),
    [
        ("Patient/p1", {"reference": "Patient/p1"}),
        ("intake", {"display": "The patient of this assessment"}),
    ],
)
def test_the_subject_is_the_patient_that_was_read(library: Library, reference: str, subject: JSON) -> None:
    bundle = assessment_bundle(document(library, SUSPECTED, Source(reference)), library)
    assert [e["resource"]["subject"] for e in bundle["entry"]] == [subject] * len(bundle["entry"])
    (risk,) = parts(bundle, "RiskAssessment")
    assert "basis" not in risk


def test_what_is_ordered_already_is_not_proposed_again(library: Library) -> None:
    told = document(library, SUSPECTED)
    first = told["workup"][0]
    first["already"] = [{"reference": "ServiceRequest/s1", "element": "code", "method": "stated"}]
    bundle = assessment_bundle(told, library)
    assert first["label"] not in [r["code"]["text"] for r in parts(bundle, "ServiceRequest")]
    (group,) = parts(bundle, "RequestGroup")
    assert f"Already ordered or done: {first['label']} (ServiceRequest/s1)" in [n["text"] for n in group["note"]]


def test_every_kind_of_patient_gives_sound_fhir(library: Library) -> None:
    cases, _ = all_cases(library)
    for case in cases[::40]:
        told = orjson.loads(
            orjson.dumps(
                Document(assess(case.findings, library.knowledge, NOW - timedelta(hours=1)), library).write([])
            )
        )
        Bundle.model_validate(assessment_bundle(told, library))


def test_an_assessment_of_older_knowledge_can_still_be_shown(library: Library) -> None:
    told = document(library, SUSPECTED)
    told["workup"][0]["order"] = "order_of_long_ago"
    told["avoid"] = [{"order": "another_of_long_ago", "why": "See first."}]
    told["questions"][0]["finding"] = "finding_of_long_ago"
    bundle = assessment_bundle(told, library)
    Bundle.model_validate(bundle)
    assert parts(bundle, "ServiceRequest")[0]["code"]["coding"][0]["code"] == "order_of_long_ago"
