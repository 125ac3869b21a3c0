"""Records without a leg complaint: no card, no failure, whatever they hold."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.advice.document import Document
from service.hooks import PREFETCH
from service.intake.fhir import read
from service.knowledge.library import Library
from service.triage.assess import assess
from tests.intake.record import FILE_NAMES, FILES, JSON, NOW, bundle, condition
from tests.service.calls import LEFT_CALF_PAIN, ask, cards

EXAMPLES = pytest.mark.parametrize("path", FILES, ids=FILE_NAMES)
WITHOUT_DATA = {"OperationOutcome"}
# Nothing is said of the dead. No other example is an exception: none holds a current leg complaint.
DEAD = {"hl7-examples/Patient-pat3.json", "us-core/patient-deceased-example.json"}


def document_of(path: Path) -> JSON:
    return dict(json.loads(path.read_bytes()))


def patient_of(document: JSON) -> str:
    """The patient the example is about, as a request would name them."""
    resources = [document, *(entry.get("resource", {}) for entry in document.get("entry", []))]
    patients = {each["id"] for each in resources if each.get("resourceType") == "Patient" and "id" in each}
    references = [document.get(member, {}).get("reference", "") for member in ("subject", "patient")]
    patients |= {each.rpartition("/")[2] for each in references if each.startswith("Patient/")}
    return min(patients) if patients else "p1"


def test_there_are_examples() -> None:
    assert len(FILES) > 100
    assert sum(path.stat().st_size for path in FILES) < 3_000_000


@EXAMPLES
def test_an_example_is_read_and_judged_and_is_no_leg_complaint(library: Library, path: Path) -> None:
    intake = read({"file": path.read_bytes()}, library.terminology, NOW)
    assessment = assess(intake.findings, library.knowledge, NOW)
    assert not assessment.in_scope
    assert not assessment.workup
    document = Document(assessment, library, explain=True).write([])
    assert document["urgency"]["tier"] is None
    json.dumps(document, allow_nan=False)


@EXAMPLES
@pytest.mark.parametrize("hook", ["patient-view", "encounter-start"])
def test_an_example_in_the_record_brings_no_card(client: FlaskClient, path: Path, hook: str) -> None:
    document = document_of(path)
    answered = ask(client, {"conditions": document}, hook, patientId=patient_of(document), encounterId="e1")
    if document["resourceType"] in WITHOUT_DATA:
        assert answered.status_code == 412
    else:
        assert answered.status_code == 200
        assert answered.get_data() == b'{"cards":[]}'


@EXAMPLES
def test_an_example_beside_a_leg_complaint_takes_nothing_from_it(client: FlaskClient, path: Path) -> None:
    document = document_of(path)
    about = {"reference": f"Patient/{patient_of(document)}"}
    prefetch = {
        "conditions": bundle(LEFT_CALF_PAIN | {"subject": about}),
        "procedures": document,
        "observations": bundle(condition(id="other", subject=about)),
    }
    given = cards(client, prefetch, patientId=patient_of(document))
    name = f"{path.parent.name}/{path.name}"
    assert bool(given) is (name not in DEAD)


def test_every_prefetch_key_at_once_brings_no_card(client: FlaskClient) -> None:
    documents = [document_of(path) for path in FILES if path.parent.name == "us-core"]
    plain = [each for each in documents if each["resourceType"] not in {"Bundle", "Patient"}]
    everything = bundle(*plain)
    assert cards(client, dict.fromkeys(PREFETCH, everything), patientId="example") == []
