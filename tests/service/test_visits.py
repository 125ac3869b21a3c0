"""problem-list-item-create, appointment-book and encounter-discharge."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.knowledge.terminology import ORDER_SYSTEM
from tests.intake.record import (
    JSON,
    LEFT,
    NOW,
    SNOMED,
    bundle,
    concept,
    condition,
    finding,
    measured,
    observation,
    patient,
    service_request,
)
from tests.service.calls import ACTIVE_CANCER, LEFT_CALF_PAIN, LIKELY_DVT, SWOLLEN_CALF, ask, cards, draft_orders

HYPERTENSION = condition(concept(SNOMED, "38341003", "Hypertension"), id="h1")
WELL: JSON = {"patient": patient(), "conditions": bundle(), "observations": bundle()}
COLD_NUMB_LEG: JSON = {
    "patient": patient(),
    "conditions": bundle(),
    "observations": bundle(
        observation(finding("leg_cold"), valueBoolean=True, bodySite=LEFT),
        observation(finding("leg_weakness"), id="o2", valueBoolean=True, bodySite=LEFT),
    ),
}


# problem-list-item-create


def test_a_leg_problem_just_added_is_triaged_with_the_rest_of_the_record(client: FlaskClient) -> None:
    record = LIKELY_DVT | {"conditions": bundle(ACTIVE_CANCER)}
    given = cards(client, record, "problem-list-item-create", conditions=bundle(LEFT_CALF_PAIN))
    assert "likely" in given[0]["summary"]
    assert [order["priority"] for order in draft_orders(given)] == ["asap", "asap"]


def test_a_problem_that_bears_on_the_leg_is_triaged(client: FlaskClient) -> None:
    record = LIKELY_DVT | {"conditions": bundle(LEFT_CALF_PAIN)}
    assert cards(client, record, "problem-list-item-create", conditions=bundle(ACTIVE_CANCER))


def test_a_problem_that_bears_on_nothing_is_met_with_silence(client: FlaskClient) -> None:
    assert cards(client, LIKELY_DVT, "problem-list-item-create", conditions=bundle(HYPERTENSION)) == []
    assert cards(client, WELL, "problem-list-item-create", conditions=bundle(ACTIVE_CANCER)) == []


def test_the_problem_alone_is_something_to_judge_by(client: FlaskClient) -> None:
    (first, *_) = cards(client, None, "problem-list-item-create", conditions=bundle(LEFT_CALF_PAIN))
    assert "Not received, so unknown" in first["detail"]


# appointment-book


def booking(hours: float | None, user: str = "Practitioner/d1", **members: Any) -> JSON:
    slot: JSON = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "proposed",
        "participant": [{"actor": {"reference": "Patient/p1"}, "status": "needs-action"}],
    } | members
    if hours is not None:
        slot["start"] = (NOW + timedelta(hours=hours)).isoformat()
    return {"userId": user, "appointments": bundle(slot)}


def book(client: FlaskClient, record: JSON, hours: float | None, user: str = "Practitioner/d1", **members: Any) -> Any:
    return cards(client, record, "appointment-book", **booking(hours, user, **members))


JARGON = ("DVT", "thrombo", "clot", "Wells", "isch", "duplex", "compartment", "cancer", "tier", "triage", "suspect")


@pytest.mark.parametrize("hours", [4.1, 30, 24 * 30, None])
def test_a_slot_later_than_same_day_is_too_late_for_a_likely_clot(client: FlaskClient, hours: float | None) -> None:
    (card,) = book(client, LIKELY_DVT, hours)
    assert "is too late (same day" in card["summary"]
    assert card["indicator"] == "warning"
    assert "duplex" in card["detail"]


def test_a_slot_in_time_leaves_only_the_questions(client: FlaskClient) -> None:
    (card,) = book(client, LIKELY_DVT, 4)
    assert "to ask now" in card["summary"]


@pytest.mark.parametrize("hours", [0.5, 0, -3, None])
def test_no_slot_is_early_enough_for_an_emergency(client: FlaskClient, hours: float | None) -> None:
    (card,) = book(client, COLD_NUMB_LEG, hours)
    assert card["indicator"] == "critical"


@pytest.mark.parametrize("start", ["2026-11-22", "2026-11-22T15:00:00", "soon"])
def test_a_slot_at_an_hour_nobody_can_tell_is_not_in_time(client: FlaskClient, start: str) -> None:
    (card,) = book(client, LIKELY_DVT, None, start=start)
    assert "is too late (same day" in card["summary"]


def test_a_slot_that_is_over_does_not_stand_in_for_a_late_one(client: FlaskClient) -> None:
    slots = [booking(hours)["appointments"]["entry"][0]["resource"] | {"id": f"a{hours}"} for hours in (-48, 400)]
    (card,) = cards(client, LIKELY_DVT, "appointment-book", appointments=bundle(*slots))
    assert "is too late (same day" in card["summary"]


def test_without_an_appointment_nothing_is_said(client: FlaskClient) -> None:
    assert cards(client, LIKELY_DVT, "appointment-book", appointments=bundle()) == []
    assert book(client, LIKELY_DVT, 400, status="cancelled") == []


def test_the_earliest_of_several_slots_counts(client: FlaskClient) -> None:
    slots = [booking(hours)["appointments"]["entry"][0]["resource"] | {"id": f"a{hours}"} for hours in (400, 2)]
    (card,) = cards(client, LIKELY_DVT, "appointment-book", appointments=bundle(*slots))
    assert "to ask now" in card["summary"]


def test_an_appointment_about_something_else_is_met_with_silence(client: FlaskClient) -> None:
    assert book(client, WELL, 400) == []
    assert book(client, WELL, 400, "Patient/p1") == []


def test_the_reason_of_the_appointment_counts_as_a_complaint(client: FlaskClient) -> None:
    assert book(client, WELL, 400, reasonCode=[finding("calf_pain")])


@pytest.mark.parametrize("user", ["Patient/p1", "RelatedPerson/r1", "https://fhir.example.org/r4/Patient/p1"])
@pytest.mark.parametrize(("record", "words"), [(LIKELY_DVT, "to be seen today"), (COLD_NUMB_LEG, "Call an ambulance")])
def test_a_patient_is_told_what_to_do_in_plain_words(client: FlaskClient, user: str, record: JSON, words: str) -> None:
    (card,) = book(client, record, 100, user)
    told = card["summary"] + card["detail"]
    assert words in told
    assert not re.search(rf"\b(?:{'|'.join(JARGON)})", told, re.IGNORECASE)
    assert "overrideReasons" not in card
    assert "suggestions" not in card


def test_a_patient_whose_answers_are_open_is_told_the_signs(client: FlaskClient) -> None:
    record = {"patient": patient(), "conditions": bundle(LEFT_CALF_PAIN), "observations": bundle()}
    (card,) = book(client, record, 100, "Patient/p1")
    assert card["indicator"] == "info"
    assert "Call an ambulance if your leg" in card["detail"]


# encounter-discharge


def discharge(client: FlaskClient, record: JSON) -> list[JSON]:
    return cards(client, record, "encounter-discharge", encounterId="e1")


def test_a_patient_who_leaves_with_a_likely_clot_leaves_tests_behind(client: FlaskClient) -> None:
    (card,) = discharge(client, LIKELY_DVT)
    assert card["summary"].startswith("Before discharge: urgent conditions: 1")
    assert "neither ordered nor done" in card["detail"]
    assert "Tell the patient" in card["detail"]
    coded = [order["code"]["coding"][-1]["code"] for order in draft_orders([card])]
    assert coded == ["us_leg_veins_duplex", "ref_ed"]


def test_what_was_ordered_is_not_left_out(client: FlaskClient) -> None:
    placed = service_request(concept(ORDER_SYSTEM, "us_leg_veins_duplex"), bodySite=[LEFT])
    (card,) = discharge(client, LIKELY_DVT | {"serviceRequests": bundle(placed)})
    assert [order["code"]["coding"][-1]["code"] for order in draft_orders([card])] == ["ref_ed"]


def test_a_d_dimer_without_a_result_is_pending_and_with_one_it_is_not(client: FlaskClient) -> None:
    taken = service_request(concept(ORDER_SYSTEM, "d_dimer"))
    record = {
        "patient": patient(),
        "conditions": bundle(LEFT_CALF_PAIN),
        "observations": bundle(),
        "serviceRequests": bundle(taken),
    }
    (card,) = discharge(client, record)
    assert "results not seen: 1" in card["summary"]
    assert "**Result not seen**\n\n- D-dimer" in card["detail"]
    result = measured(finding("d_dimer_feu"), 200, "ng/mL", id="d")
    (card,) = discharge(client, record | {"observations": bundle(result)})
    assert "Result not seen" not in card["detail"]


def test_a_patient_without_a_leg_complaint_leaves_in_silence(client: FlaskClient) -> None:
    assert discharge(client, WELL) == []


def test_data_that_may_hide_a_complaint_are_named(client: FlaskClient) -> None:
    failed = {"patient": patient(), "conditions": {"resourceType": "OperationOutcome", "issue": []}}
    (card,) = discharge(client, failed)
    assert "not done" in card["summary"]


def test_a_settled_calf_leaves_with_the_safety_net(client: FlaskClient) -> None:
    (card,) = discharge(
        client, {"patient": patient(), "observations": bundle(SWOLLEN_CALF), "conditions": bundle(LEFT_CALF_PAIN)}
    )
    assert "Call an ambulance" in card["detail"]


def test_hooks_that_need_a_visit_say_so(client: FlaskClient) -> None:
    answer = ask(client, WELL, "encounter-discharge")
    assert answer.status_code == 400
