"""Free text on its way through the house: it raises, it is marked, and it takes no danger away."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from service.advice.document import Document
from service.intake.structured import read_intake
from service.knowledge.library import Library
from service.triage.assess import assess
from service.triage.assessment import Assessment
from tests.intake.record import CALF_PAIN, JSON, LEFT, NOW, bundle, condition, finding, observation, patient
from tests.service.calls import cards

LEFT_CALF = {"key": "calf_pain", "status": "present", "side": "left"}
COLD = {"key": "leg_cold", "status": "present", "side": "left"}


def assessed(library: Library, *findings: JSON, text: str = "") -> Assessment:
    intake = read_intake({"findings": list(findings), "text": text}, library.terminology, NOW)
    return assess(intake.findings, library.knowledge, NOW)


def tier(library: Library, *findings: JSON, text: str = "") -> Any:
    return assessed(library, *findings, text=text).urgency.tier


def test_a_danger_sign_in_text_raises_the_tier(library: Library) -> None:
    assert tier(library, LEFT_CALF) != "emergency"
    assert tier(library, LEFT_CALF, text="Short of breath and chest pain since this morning.") == "emergency"


@pytest.mark.parametrize(
    "text", ["The leg is not cold.", "No cold foot, leg not pale.", "Leg cold? No.", "Had a cold leg in 2010."]
)
def test_a_denial_in_text_takes_nothing_from_a_structured_danger(library: Library, text: str) -> None:
    alone, both = assessed(library, LEFT_CALF, COLD), assessed(library, LEFT_CALF, COLD, text=text)
    assert both.urgency.tier is alone.urgency.tier
    assert both.urgency.could_be is alone.urgency.could_be


def test_denied_dangers_stay_questions(library: Library) -> None:
    denied = "Left calf pain. No chest pain, no shortness of breath, foot not cold, no numbness, no fever."
    alone, told = assessed(library, LEFT_CALF), assessed(library, LEFT_CALF, text=denied)
    assert told.urgency.could_be is alone.urgency.could_be
    assert told.urgency.tier is alone.urgency.tier


def test_the_same_words_and_answers_give_the_same_verdict(library: Library) -> None:
    answers = assessed(library, LEFT_CALF, {"key": "calf_swelling", "status": "present", "side": "left"})
    text = assessed(library, text="Painful, swollen left calf.")
    assert (text.urgency.tier, text.urgency.could_be) == (answers.urgency.tier, answers.urgency.could_be)
    assert {order.order for order in text.workup} == {order.order for order in answers.workup}


def test_the_document_names_the_text_and_its_characters(library: Library) -> None:
    document = Document(assessed(library, text="L calf pain"), library).write([])
    (source,) = next(f for f in document["findings"] if f["key"] == "calf_pain")["sources"]
    assert source == {"reference": "intake text", "element": "2-11", "method": "text", "by_clinician": False}


def test_a_card_says_what_is_to_be_confirmed(client: FlaskClient) -> None:
    words = "L calf pain, cold pale foot, no chest pain, secretword"
    prefetch = {"patient": patient(), "conditions": bundle(condition({"text": words}))}
    given = "\n".join(f"{card['summary']} {card['detail']}" for card in cards(client, prefetch, patientId="p1"))
    assert "read from text: please confirm" in given
    assert "not counted until somebody confirms it: Chest pain" in given
    assert "secretword" not in given


def test_a_text_does_not_stand_against_an_examination(library: Library, client: FlaskClient) -> None:
    examined = observation(finding("calf_swelling"), valueBoolean=True, bodySite=LEFT)
    prefetch = {
        "patient": patient(),
        "conditions": bundle(condition(CALF_PAIN, bodySite=[LEFT], note=[{"text": "calf not swollen"}])),
        "observations": bundle(examined),
    }
    given = "\n".join(card["detail"] for card in cards(client, prefetch, patientId="p1"))
    assert "sources disagree: used Calf swelling" in given
