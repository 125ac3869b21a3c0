"""What is emitted is FHIR 4.0.1 in the eyes of a validator that is not ours; our models know 4.3.0 alone."""

import json
from typing import Any

import pytest

from service.advice.bundle import assessment_bundle
from service.advice.definitions import definitions
from service.advice.document import Document
from service.knowledge.cases import NOW
from service.knowledge.check import all_cases
from service.knowledge.library import Library
from service.knowledge.load import load
from service.triage.assess import assess
from tests.fhir_api.form_answers import questionnaire_response
from tests.peers.processes import validated

JSON = dict[str, Any]


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def bundles(library: Library) -> list[JSON]:
    cases, _ = all_cases(library)
    documents = [Document(assess(case.findings, library.knowledge, NOW), library).write([]) for case in cases[::60]]
    return [assessment_bundle(json.loads(json.dumps(document)), library) for document in documents]


def test_the_validator_finds_what_is_wrong() -> None:
    (wrong,) = validated([{"resourceType": "RiskAssessment", "status": "final"}])
    assert wrong[2] == "error"
    assert wrong[4] == "RiskAssessment.subject"


def test_what_is_emitted_is_fhir_r4(library: Library) -> None:
    answers = {
        "age_years": ["40"],
        "body_region": ["calf_pain", "leg_pain"],
        "leg_cold": ["left"],
        "chest_pain": ["absent"],
        "symptom_onset_date": ["2026-11-01"],
    }
    emitted = [*definitions(library), *bundles(library), questionnaire_response(library, answers, NOW)]
    assert len(emitted) > 100
    # It cannot see that an address of the same Bundle is that of a RequestGroup, and warns of it.
    assert [found for found in validated(emitted) if found[2] != "warning"] == []
