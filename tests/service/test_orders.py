"""order-select and order-sign: silent when the order is right, else one card with the correction."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.advice.orders import body_site
from service.knowledge.terminology import ORDER_SYSTEM
from service.triage.findings import Side
from tests.intake.record import (
    IBUPROFEN,
    JSON,
    LEFT,
    LEG_DVT,
    LOINC,
    RIGHT,
    SNOMED,
    WARFARIN,
    bundle,
    concept,
    condition,
    days_ago,
    finding,
    measured,
    observation,
    other,
    patient,
    prescription,
    procedure,
    report,
    service_request,
)
from tests.service.calls import (
    ACTIVE_CANCER,
    LEFT_CALF_PAIN,
    LIKELY_DVT,
    SWOLLEN_CALF,
    ask,
    cards,
    issue_of,
)

NO_COMPLAINT: JSON = {"patient": patient(), "conditions": bundle(ACTIVE_CANCER), "observations": bundle()}
SCIATICA: JSON = {
    "patient": patient(),
    "conditions": bundle(condition(finding("radicular_pain"), bodySite=[LEFT], onsetDateTime=days_ago(10))),
    "observations": bundle(),
}


def draft(order: str, number: str = "draft1", **members: Any) -> JSON:
    usual: JSON = {"id": number, "status": "draft", "authoredOn": None}
    return service_request(concept(ORDER_SYSTEM, order), **usual | members)


def duplex(**members: Any) -> JSON:
    return draft("us_leg_veins_duplex", **{"priority": "asap", "bodySite": [LEFT]} | members)


def sign(client: FlaskClient, prefetch: JSON, *drafts: JSON) -> list[JSON]:
    return cards(client, prefetch, "order-sign", draftOrders=bundle(*drafts))


def actions(card: JSON) -> list[list[tuple[str, str]]]:
    """For each suggestion its actions, each with the order that it touches."""

    def touched(action: JSON) -> str:
        resource = action.get("resource", {})
        return str(action.get("resourceId") or resource.get("id") or resource["code"]["coding"][-1]["code"])

    return [[(a["type"], touched(a)) for a in suggestion["actions"]] for suggestion in card.get("suggestions", [])]


def test_the_right_order_is_met_with_silence(client: FlaskClient) -> None:
    assert sign(client, LIKELY_DVT, duplex()) == []


def test_orders_about_something_else_are_met_with_silence(client: FlaskClient) -> None:
    chest = service_request(concept(LOINC, "36643-5", "XR Chest 2 Views"), id="x", status="draft")
    assert sign(client, LIKELY_DVT, chest) == []
    assert sign(client, NO_COMPLAINT, draft("mri_lower_leg")) == []


def test_a_test_that_cannot_decide_is_replaced_by_the_one_that_can(client: FlaskClient) -> None:
    (card,) = sign(client, LIKELY_DVT, draft("d_dimer", priority="asap"))
    assert card["indicator"] == "warning"
    assert "scanned first" in card["summary"]
    assert card["selectionBehavior"] == "at-most-one"
    assert actions(card) == [
        [("delete", "ServiceRequest/draft1"), ("create", "us_leg_veins_duplex")],
        [("delete", "ServiceRequest/draft1")],
    ]
    assert [suggestion["isRecommended"] for suggestion in card["suggestions"]] == [True, False]


def test_an_mri_where_a_duplex_is_due_comes_second(client: FlaskClient) -> None:
    (card,) = sign(client, LIKELY_DVT, draft("mri_lower_leg"))
    assert "duplex ultrasound comes first" in card["summary"]
    assert actions(card) == [[("create", "us_leg_veins_duplex")], [("delete", "ServiceRequest/draft1")]]
    assert [suggestion["isRecommended"] for suggestion in card["suggestions"]] == [True, False]


def test_an_mri_beside_the_duplex_that_is_due_is_left_alone(client: FlaskClient) -> None:
    assert sign(client, LIKELY_DVT, draft("mri_lower_leg", bodySite=[LEFT]), duplex(id="d2")) == []


@pytest.mark.parametrize(
    ("members", "summary"),
    [
        ({"priority": "routine"}, "Too slow"),
        ({"priority": None}, "Too slow"),
        ({"priority": "urgent"}, "Too slow"),
        ({"bodySite": None}, "Side missing"),
        ({"bodySite": [RIGHT]}, "Other side than the complaint"),
    ],
)
def test_an_order_that_is_slow_or_of_no_or_another_side_is_updated_whole(
    client: FlaskClient, members: JSON, summary: str
) -> None:
    kept = {"note": [{"text": "Kept as it was."}], "intent": "order"}
    (card,) = sign(client, LIKELY_DVT, duplex(**{**kept, **members}))
    assert card["summary"].startswith(summary)
    assert card["indicator"] == "warning"
    ((action,),) = [suggestion["actions"] for suggestion in card["suggestions"]]
    assert (action["type"], action["resource"]["id"]) == ("update", "draft1")
    assert action["resource"]["note"] == kept["note"]
    assert action["resource"]["priority"] == "asap"
    assert action["resource"]["bodySite"] == ([body_site(Side.LEFT)] if "bodySite" in members else [LEFT])


def test_one_card_corrects_all_of_one_order(client: FlaskClient) -> None:
    (card,) = sign(client, LIKELY_DVT, draft("us_leg_veins_duplex"))
    assert "Too slow" in card["detail"]
    assert actions(card) == [[("update", "draft1")]]
    (update,) = card["suggestions"][0]["actions"]
    assert (update["resource"]["priority"], update["resource"]["bodySite"][0]["text"]) == ("asap", "Left lower limb")


def test_a_faster_order_than_asked_for_is_fine(client: FlaskClient) -> None:
    assert sign(client, LIKELY_DVT, duplex(priority="stat")) == []


def test_the_same_order_twice_is_told_once(client: FlaskClient) -> None:
    (card,) = sign(client, LIKELY_DVT, duplex(), duplex(id="draft2"))
    assert card["indicator"] == "info"
    assert actions(card) == [[("delete", "ServiceRequest/draft2")]]


def test_what_the_record_already_holds_is_a_duplicate(client: FlaskClient) -> None:
    placed = service_request(concept(ORDER_SYSTEM, "us_leg_veins_duplex"), id="placed", bodySite=[LEFT])
    (card,) = sign(client, LIKELY_DVT | {"serviceRequests": bundle(placed)}, duplex())
    assert "ServiceRequest/placed" in card["detail"]
    assert actions(card) == [[("delete", "ServiceRequest/draft1")]]


def test_a_draft_that_the_server_stores_too_is_no_duplicate_of_itself(client: FlaskClient) -> None:
    stored = service_request(concept(ORDER_SYSTEM, "us_leg_veins_duplex"), id="draft1", bodySite=[LEFT])
    assert sign(client, LIKELY_DVT | {"serviceRequests": bundle(stored)}, duplex(status="active")) == []


def test_imaging_of_fresh_sciatica_and_early_nerve_tests_are_not_the_test_for_the_question(client: FlaskClient) -> None:
    given = sign(client, SCIATICA, draft("mri_lumbar"), draft("emg_ncs", "draft2"))
    assert [actions(card) for card in given] == [
        [[("delete", "ServiceRequest/draft1")]],
        [[("delete", "ServiceRequest/draft2")]],
    ]
    assert all(card["summary"].startswith("Not the test for this question") for card in given)


def test_a_scan_that_is_due_with_an_implant_is_cautioned_about(client: FlaskClient) -> None:
    saddle = observation(finding("saddle_numbness"), id="s", valueBoolean=True)
    pacemaker = other("Device", status="active", type=finding("mri_unsafe_device"), patient={"reference": "Patient/p1"})
    record = SCIATICA | {"observations": bundle(saddle), "devices": bundle(pacemaker)}
    given = sign(client, record, draft("mri_lumbar", priority="stat"))
    (card,) = given
    assert "implant" in card["detail"]
    assert card["indicator"] == "warning"
    assert "suggestions" not in card


def test_a_d_dimer_on_an_anticoagulant_is_not_the_test(client: FlaskClient) -> None:
    record = {
        "patient": patient(),
        "conditions": bundle(LEFT_CALF_PAIN),
        "observations": bundle(SWOLLEN_CALF),
        "medicationRequests": bundle(prescription(WARFARIN)),
    }
    (card,) = sign(client, record, draft("d_dimer", priority="asap"))
    assert "anticoagulant" in card["detail"]
    assert ("create", "us_leg_veins_duplex") in actions(card)[0]


def test_an_anti_inflammatory_with_failing_kidneys_is_questioned(client: FlaskClient) -> None:
    kidneys = measured(concept(LOINC, "33914-3"), 25, "mL/min/{1.73_m2}", id="k")
    record = LIKELY_DVT | {"observations": bundle(SWOLLEN_CALF, kidneys)}
    (card,) = sign(client, record, prescription(IBUPROFEN, id="rx", status="draft"))
    assert "eGFR below 30" in card["detail"]
    assert actions(card) == [[("delete", "MedicationRequest/rx")]]
    assert not card["suggestions"][0]["isRecommended"]
    assert sign(client, record, prescription(WARFARIN, id="rx", status="draft")) == []


def test_only_what_was_selected_is_judged(client: FlaskClient) -> None:
    drafts = bundle(duplex(), draft("d_dimer", "draft2"))

    def select(*selections: str) -> list[JSON]:
        return cards(client, LIKELY_DVT, "order-select", draftOrders=drafts, selections=list(selections))

    assert select("ServiceRequest/draft1") == []
    assert select("https://fhir.example.org/r4/ServiceRequest/draft2/_history/1")
    (card,) = select("ServiceRequest/draft2")
    assert card["summary"].startswith("Not the test for this question")


def test_the_reason_of_an_order_counts_as_a_complaint(client: FlaskClient) -> None:
    reason = finding("radicular_pain")
    silent = {"patient": patient(), "conditions": bundle(), "observations": bundle()}
    (card,) = sign(client, silent, draft("mri_lumbar", reasonCode=[reason]))
    assert card["summary"].startswith("Not the test for this question")


def test_a_code_that_several_orders_share_is_read_as_the_one_that_is_due(client: FlaskClient) -> None:
    shared = service_request(concept(SNOMED, "312236008", "Duplex ultrasound"), id="draft1", status="draft")
    (card,) = sign(client, LIKELY_DVT, shared)
    assert actions(card) == [[("update", "draft1")]]
    assert sign(client, SCIATICA, shared) == []


def test_orders_for_somebody_else_are_not_judged(client: FlaskClient) -> None:
    assert sign(client, LIKELY_DVT, draft("d_dimer", subject={"reference": "Patient/somebody-else"})) == []


def test_a_draft_without_an_id_gets_words_and_no_suggestion(client: FlaskClient) -> None:
    (card,) = sign(client, LIKELY_DVT, draft("d_dimer", id=None))
    assert "suggestions" not in card


def test_loose_drafts_of_real_clients_are_judged(client: FlaskClient) -> None:
    coded = concept(ORDER_SYSTEM, "us_leg_veins_duplex")["coding"]
    loose = duplex(priority="routine", category=[], note=[{}]) | {"code": {"coding": [{}, *coded], "text": ""}}
    bare = {"resourceType": "Bundle", "entry": [{"resource": loose}, {"resource": {"resourceType": "DeviceRequest"}}]}
    (card,) = cards(client, LIKELY_DVT, "order-sign", draftOrders=bare)
    assert actions(card) == [[("update", "draft1")]]


def test_a_result_that_was_reported_is_a_duplicate_unless_a_repeat_is_planned(client: FlaskClient) -> None:
    done = report(concept(ORDER_SYSTEM, "us_leg_veins_duplex"))
    first = sign(client, LIKELY_DVT | {"diagnosticReports": bundle(done)}, duplex())
    assert [card["summary"].split(":")[0] for card in first] == ["Ordered twice?"]
    raised = observation(finding("d_dimer_raised_this_episode"), id="r", valueBoolean=True)
    negative = observation(finding("leg_vein_scan_negative"), id="n", valueBoolean=True)
    planned = LIKELY_DVT | {
        "observations": bundle(SWOLLEN_CALF, raised, negative),
        "diagnosticReports": bundle(done),
    }
    assert not any("Ordered twice" in card["summary"] for card in sign(client, planned, duplex()))


def test_a_scan_of_another_complaint_is_no_duplicate(client: FlaskClient) -> None:
    before = report(concept(ORDER_SYSTEM, "us_leg_veins_duplex"), effectiveDateTime=days_ago(25))
    assert sign(client, LIKELY_DVT | {"diagnosticReports": bundle(before)}, duplex()) == []


def test_the_suspicion_written_as_the_reason_of_a_scan_is_no_diagnosis(client: FlaskClient) -> None:
    assert sign(client, LIKELY_DVT, duplex(reasonCode=[LEG_DVT])) == []
    saved = service_request(concept(ORDER_SYSTEM, "d_dimer"), id="saved", reasonCode=[LEG_DVT])
    assert sign(client, LIKELY_DVT | {"serviceRequests": bundle(saved)}, duplex()) == []


def test_after_a_negative_scan_the_d_dimer_is_the_next_step(client: FlaskClient) -> None:
    negative = observation(finding("leg_vein_scan_negative"), id="n", valueBoolean=True)
    record = LIKELY_DVT | {"observations": bundle(SWOLLEN_CALF, negative)}
    assert sign(client, record, draft("d_dimer", priority="asap")) == []


@pytest.mark.parametrize("order", ["ctpa", "mri_thigh_pelvis", "xr_knee"])
def test_what_is_for_another_part_of_the_body_is_left_alone(client: FlaskClient, order: str) -> None:
    given = sign(client, LIKELY_DVT, draft(order, priority="stat", bodySite=[RIGHT]))
    assert all(card["summary"].startswith("Before you order") for card in given)


def test_a_code_that_names_the_other_side_is_replaced_and_not_patched(client: FlaskClient) -> None:
    right = service_request(concept(LOINC, "39443-7", "US.doppler Lower extremity vein - right"), id="draft1")
    (card,) = sign(client, LIKELY_DVT, right | {"status": "draft", "priority": "asap"})
    assert card["summary"].startswith("Other side than the complaint")
    assert actions(card)[0] == [("delete", "ServiceRequest/draft1"), ("create", "us_leg_veins_duplex")]
    assert not card["suggestions"][0]["isRecommended"]


def test_in_an_emergency_another_order_is_told_what_comes_first(client: FlaskClient) -> None:
    saddle = observation(finding("saddle_numbness"), id="s", valueBoolean=True)
    record = SCIATICA | {"observations": bundle(saddle)}
    (card,) = sign(client, record, draft("ref_physio"))
    assert card["indicator"] == "critical"
    assert "comes first" in card["summary"]
    assert [kind for kind, _ in actions(card)[0]] == ["create"]


@pytest.mark.parametrize("how", ["contained", "beside", "named"])
def test_an_anti_inflammatory_is_found_through_its_reference(client: FlaskClient, how: str) -> None:
    kidneys = measured(concept(LOINC, "33914-3"), 25, "mL/min/{1.73_m2}", id="k")
    record = LIKELY_DVT | {"observations": bundle(SWOLLEN_CALF, kidneys)}
    medicine = {"resourceType": "Medication", "id": "ibu", "code": IBUPROFEN}
    reference = {"contained": {"reference": "#ibu"}, "beside": {"reference": "Medication/ibu"}}.get(
        how, {"reference": "Medication/away", "display": "Ibuprofen 400 mg"}
    )
    written = prescription(None, id="rx", status="draft", medicationReference=reference)
    drafts = [written | {"contained": [medicine]}] if how == "contained" else [written]
    (card,) = sign(client, record, *drafts, *([medicine] if how == "beside" else []))
    assert actions(card) == [[("delete", "MedicationRequest/rx")]]


def test_a_draft_that_cannot_be_read_is_named(client: FlaskClient) -> None:
    broken = draft("d_dimer", "broken") | {"reasonCode": {"text": "no array"}}
    (card,) = sign(client, LIKELY_DVT, duplex(), broken)
    assert "ServiceRequest/broken" in card["summary"]
    assert sign(client, NO_COMPLAINT, broken) == []


def test_a_gel_is_not_questioned(client: FlaskClient) -> None:
    kidneys = measured(concept(LOINC, "33914-3"), 25, "mL/min/{1.73_m2}", id="k")
    record = LIKELY_DVT | {"observations": bundle(SWOLLEN_CALF, kidneys)}
    gel = IBUPROFEN | {"text": "Ibuprofen 5 % gel"}
    assert sign(client, record, prescription(gel, id="rx", status="draft")) == []


def test_a_complaint_that_may_be_hidden_is_named_only_where_it_matters(client: FlaskClient) -> None:
    failed = {"patient": patient(), "conditions": {"resourceType": "OperationOutcome", "issue": []}}
    (card,) = sign(client, failed, draft("mri_lower_leg"))
    assert "conditions" in card["summary"]
    chest = service_request(concept(LOINC, "36643-5"), id="x", status="draft")
    assert sign(client, failed, chest) == []


def test_without_data_there_is_nothing_to_judge_a_leg_order_by(client: FlaskClient) -> None:
    answer = ask(client, None, "order-sign", draftOrders=bundle(draft("mri_lower_leg")))
    assert answer.status_code == 412
    assert "prefetch" in issue_of(answer)["diagnostics"]


@pytest.mark.parametrize("orders", [[], "x", None, 3])
def test_draft_orders_that_are_no_resource_are_refused_by_name(client: FlaskClient, orders: Any) -> None:
    answer = ask(client, LIKELY_DVT, "order-sign", draftOrders=orders)
    assert answer.status_code == 400
    assert "context.draftOrders" in json.dumps(issue_of(answer))


def test_a_procedure_draft_bundle_without_orders_is_met_with_silence(client: FlaskClient) -> None:
    assert cards(client, LIKELY_DVT, "order-sign", draftOrders=bundle(procedure(concept(SNOMED, "1")))) == []
    assert cards(client, LIKELY_DVT, "order-sign", draftOrders={"resourceType": "Bundle"}) == []
