"""From a request to the cards a clinician sees, by the way a client takes."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.hooks import PREFETCH
from service.knowledge.library import Library
from tests.intake.record import (
    BOTH,
    CALF_PAIN,
    JSON,
    LEFT,
    LOINC,
    NOW,
    PRESENT,
    RIGHT,
    SNOMED,
    answer,
    answers,
    bundle,
    concept,
    condition,
    days_ago,
    encounter,
    finding,
    observation,
    patient,
    prescription,
    service_request,
    status,
)
from tests.service.calls import (
    ACTIVE_CANCER,
    CALF_PAIN_SOMEWHERE,
    LEFT_CALF_PAIN,
    LIKELY_DVT,
    SWOLLEN_CALF,
    ask,
    cards,
    cards_of,
    draft_orders,
    is_absolute,
    issue_of,
    request,
    send,
)
from tests.service.settings import settings

HEADACHE = concept(SNOMED, "25064002", "Headache")
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}
SCAN = "Proximal leg-vein duplex ultrasound"
ORDER = "https://legtriage.example.org/fhir/CodeSystem/order"
LATERALITY = {"left": "7771000", "right": "24028007", "bilateral": "51440002"}
SCAN_CODES = {"left": "39432-0", "right": "39443-7", "bilateral": "39420-5"}


def order_keys(given: list[JSON]) -> set[str]:
    return {
        coding["code"]
        for order in draft_orders(given)
        for coding in order["code"]["coding"]
        if coding["system"] == ORDER
    }


def detail(given: list[JSON]) -> str:
    return "\n".join(card["detail"] for card in given)


def test_a_likely_dvt_is_a_same_day_matter_with_a_scan_of_the_left_leg_within_four_hours(client: FlaskClient) -> None:
    summary, *others = cards(client, LIKELY_DVT)
    assert summary["indicator"] in {"critical", "warning"}
    assert summary["summary"].startswith("Same day")
    assert "Could be emergency" in summary["summary"]
    (scan,) = [card for card in others if SCAN in card["summary"]]
    assert scan["summary"] == f"Order: {SCAN}, left side, within 4 h"
    assert scan["indicator"] in {"critical", "warning"}


def test_the_summary_shows_each_item_of_the_score_with_the_resource_it_was_read_from(client: FlaskClient) -> None:
    text = cards(client, LIKELY_DVT)[0]["detail"]
    assert re.search(r"Wells.*2 to \d+ \(likely\)", text)
    for item, resource in (("Active cancer", "Condition/c2"), ("Calf at least 3 cm larger", "Observation/o1")):
        assert any(line.lstrip(" -").startswith("\\+1 " + item) and resource in line for line in text.splitlines())


def test_a_d_dimer_is_advised_against_before_the_scan(client: FlaskClient) -> None:
    given = cards(client, LIKELY_DVT)
    assert "**Avoid**" in given[0]["detail"]
    assert "D-dimer" in given[0]["detail"]
    assert "d_dimer" not in order_keys(given)


def test_what_could_make_it_an_emergency_is_asked(client: FlaskClient) -> None:
    (questions,) = [card for card in cards(client, LIKELY_DVT) if "to ask now" in card["summary"]]
    assert questions["indicator"] == "warning"
    assert "1. Is the leg or foot cold compared with the other? (could raise to emergency)" in questions["detail"]
    assert "chest pain" in questions["detail"]
    assert "suggestions" not in questions


@pytest.mark.parametrize(("site", "side"), [(LEFT, "left"), (RIGHT, "right"), (BOTH, "bilateral")])
def test_every_draft_order_is_for_the_right_patient_side_and_time(client: FlaskClient, site: JSON, side: str) -> None:
    prefetch = {
        "conditions": bundle(condition(bodySite=[site]), ACTIVE_CANCER),
        "observations": bundle(SWOLLEN_CALF | {"bodySite": site}),
    }
    drafts = draft_orders(cards(client, prefetch, encounterId="e1"))
    assert drafts
    for order in drafts:
        assert order["subject"] == {"reference": "Patient/p1"}
        assert order["encounter"] == {"reference": "Encounter/e1"}
        assert order["priority"] == "asap"
        assert order["authoredOn"] == "2026-11-22T12:00:00+00:00"
        assert order["reasonCode"]
        assert {"reference": "Condition/c1"} in order["reasonReference"]
    (scan,) = [order for order in drafts if order["code"]["text"] == SCAN]
    assert scan["occurrencePeriod"]["end"] == "2026-11-22T16:00:00+00:00"
    assert (LOINC, SCAN_CODES[side]) in {(coding["system"], coding["code"]) for coding in scan["code"]["coding"]}
    assert scan["bodySite"][0]["coding"][0]["code"] == LATERALITY[side]


def test_with_an_unknown_side_nothing_lateral_is_ordered_and_the_card_says_why(client: FlaskClient) -> None:
    prefetch = {
        "conditions": bundle(CALF_PAIN_SOMEWHERE, ACTIVE_CANCER),
        "observations": bundle(SWOLLEN_CALF | {"bodySite": {}}),
    }
    given = cards(client, prefetch)
    (scan,) = [card for card in given if SCAN in card["summary"]]
    assert "side not known" in scan["summary"]
    assert "suggestions" not in scan
    assert "us_leg_veins_duplex" not in order_keys(given)


def test_an_unknown_side_that_holds_up_an_order_is_asked_for(client: FlaskClient) -> None:
    prefetch = {
        "conditions": bundle(CALF_PAIN_SOMEWHERE, ACTIVE_CANCER),
        "observations": bundle(SWOLLEN_CALF | {"bodySite": {}}),
    }
    assert "Which leg is affected" in detail(cards(client, prefetch))


@pytest.mark.parametrize(
    ("placed", "again"),
    [
        (service_request(concept(LOINC, "46363-8")), False),
        (service_request(concept(LOINC, "46363-8"), bodySite=[LEFT]), False),
        (service_request(concept(LOINC, "46363-8"), bodySite=[RIGHT]), True),
        (service_request(concept(LOINC, "46363-8"), status="revoked"), True),
        (service_request(concept(LOINC, "46363-8"), authoredOn=days_ago(60)), True),
        (service_request(concept(LOINC, "24968-0")), True),
    ],
    ids=["ordered", "same side", "other side", "revoked", "long ago", "another test"],
)
def test_what_is_already_ordered_is_not_suggested_again(client: FlaskClient, placed: JSON, *, again: bool) -> None:
    given = cards(client, LIKELY_DVT | {"serviceRequests": bundle(placed)})
    assert ("us_leg_veins_duplex" in order_keys(given)) is again
    assert ("**Already ordered or done**" in given[0]["detail"]) is not again
    assert ("ServiceRequest/q1" in given[0]["detail"]) is not again


def test_an_order_of_ours_that_was_accepted_is_not_suggested_again(client: FlaskClient) -> None:
    first = cards(client, LIKELY_DVT)
    accepted = [
        order | {"id": f"new{number}", "status": "active", "intent": "order"}
        for number, order in enumerate(draft_orders(first))
    ]
    assert accepted
    assert order_keys(cards(client, LIKELY_DVT | {"serviceRequests": bundle(*accepted)})) == set()


@pytest.mark.parametrize(
    "prefetch",
    [
        {"patient": patient(), "conditions": EMPTY},
        {"patient": patient(), "conditions": bundle(ACTIVE_CANCER), "observations": EMPTY},
        {"patient": patient(), "conditions": bundle(condition(clinicalStatus=status("resolved")))},
        {"patient": patient(), "conditions": bundle(condition(recordedDate=days_ago(200)))},
        {"patient": patient(), "conditions": bundle(condition(verificationStatus=status("refuted")))},
        {"patient": patient(), "conditions": bundle(condition(subject={"reference": "Patient/p2"}))},
        {"patient": patient(deceasedBoolean=True), "conditions": bundle(LEFT_CALF_PAIN)},
        {"conditions": bundle(LEFT_CALF_PAIN, patient(id="p2")) | {"entry": []}},
        {"observations": bundle(observation(finding("calf_pain"), valueBoolean=False))},
        {"patient": patient(), "observations": bundle(SWOLLEN_CALF)},
        {"patient": patient(), "conditions": bundle(condition({"text": "left wrist pain"}))},
    ],
    ids=[
        "empty",
        "cancer",
        "resolved",
        "old",
        "refuted",
        "other patient",
        "dead",
        "no entries",
        "denied",
        "girth",
        "words",
    ],
)
def test_without_a_current_leg_complaint_there_is_no_card_at_all(client: FlaskClient, prefetch: JSON) -> None:
    assert ask(client, prefetch).get_data() == b'{"cards":[]}'


@pytest.mark.parametrize(
    "prefetch",
    [
        None,
        {},
        {"patient": None},
        dict.fromkeys(PREFETCH),
        {"conditions": OUTCOME},
        dict.fromkeys(PREFETCH, OUTCOME),
        {"conditions": OUTCOME | {"text": {"status": "generated", "div": "x" * 500}}},
        {"conditions": {"text": {"div": "x" * 500}, **OUTCOME}},
        {"conditions": "none", "patient": 5, "observations": [], "encounters": True},
    ],
    ids=[
        "no prefetch",
        "empty",
        "null patient",
        "all null",
        "failed",
        "all failed",
        "long failure",
        "late type",
        "wrong types",
    ],
)
def test_with_nothing_to_judge_by_the_answer_is_412_and_names_what_is_needed(
    client: FlaskClient, prefetch: Any
) -> None:
    refused = ask(client, prefetch)
    assert refused.status_code == 412
    assert issue_of(refused)["code"] == "incomplete"
    assert "conditions" in issue_of(refused)["diagnostics"]


@pytest.mark.parametrize(
    "prefetch",
    [
        {"patient": patient()},
        {"patient": patient(), "conditions": None},
        {"patient": patient(), "conditions": OUTCOME},
        {"patient": patient(), "medicationRequests": bundle(prescription())},
        {"patient": patient(), "conditions": OUTCOME, "observations": bundle(SWOLLEN_CALF)},
        {"patient": patient(), "conditions": {}},
        {"patient": patient(), "conditions": bundle(condition(HEADACHE), OUTCOME)},
    ],
    ids=[
        "only the patient",
        "null",
        "failed",
        "only medicines",
        "failed beside others",
        "empty object",
        "failed later",
    ],
)
def test_when_a_complaint_may_be_hidden_one_card_says_so_and_names_the_data(
    client: FlaskClient, prefetch: JSON
) -> None:
    (card,) = cards(client, prefetch)
    assert card["indicator"] == "info"
    assert "not done" in card["summary"]
    assert "conditions" in card["detail"]
    assert "suggestions" not in card


@pytest.mark.parametrize("missing", [None, OUTCOME, ..., 5, "x"], ids=["null", "failed", "not sent", "number", "text"])
def test_beside_a_complaint_missing_data_are_named_in_the_summary(client: FlaskClient, missing: Any) -> None:
    prefetch = LIKELY_DVT | ({} if missing is ... else {"medicationRequests": missing})
    summary, *_ = cards(client, prefetch)
    assert "**Not received, so unknown**" in summary["detail"]
    assert "- medicationRequests" in summary["detail"]
    assert "- conditions" not in summary["detail"]


def test_a_server_warning_among_the_results_hides_nothing(client: FlaskClient) -> None:
    prefetch = {"patient": patient(), "conditions": bundle(OUTCOME, LEFT_CALF_PAIN, ACTIVE_CANCER)}
    assert cards(client, prefetch)[0]["summary"].startswith("Same day")


def test_a_warning_alone_hides_nothing_either(client: FlaskClient) -> None:
    warning = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}
    assert cards(client, {"patient": patient(), "conditions": bundle(condition(HEADACHE), warning)}) == []


def test_a_broken_resource_beside_a_complaint_is_named_on_the_card(client: FlaskClient) -> None:
    broken = condition(id="broken", recordedDate=5)
    summary, *_ = cards(client, LIKELY_DVT | {"procedures": bundle(broken)})
    assert "**Data to check**" in summary["detail"]
    assert "Condition/broken recordedDate" in summary["detail"]


def test_one_broken_resource_that_could_be_the_complaint_is_not_passed_over_in_silence(client: FlaskClient) -> None:
    broken = LEFT_CALF_PAIN | {"bodySite": LEFT}
    assert cards(client, {"patient": patient(), "conditions": bundle(broken)})


def test_a_record_that_cannot_be_tied_to_the_patient_is_not_passed_over_in_silence(client: FlaskClient) -> None:
    urn = "urn:uuid:5b2ad7a7-32a6-44b7-9f56-0a6d6a3c2b10"
    entries = [
        {"fullUrl": urn, "resource": patient()},
        {"resource": LEFT_CALF_PAIN | {"subject": {"reference": urn}}},
    ]
    assert cards(client, {"conditions": bundle() | {"entry": entries}})


def test_the_reason_of_the_visit_is_the_complaint_when_an_encounter_starts(client: FlaskClient) -> None:
    visit = encounter(id="e9", reasonCode=[CALF_PAIN | {"text": "Pain in right calf"}], period=None)
    prefetch = {"patient": patient(), "encounters": bundle(visit), "conditions": bundle(ACTIVE_CANCER)}
    given = cards(client, prefetch, "encounter-start", encounterId="e9")
    assert given[0]["summary"].startswith("Same day")
    assert "Calf pain, right (Encounter/e9)" in detail(given)
    assert all(order["encounter"] == {"reference": "Encounter/e9"} for order in draft_orders(given))


def test_an_encounter_start_needs_an_encounter(client: FlaskClient) -> None:
    refused = ask(client, LIKELY_DVT, "encounter-start")
    assert refused.status_code == 400
    assert issue_of(refused)["expression"] == ["context.encounterId"]


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](https://evil.example.org)",
    "![x](https://evil.example.org/x.png)",
    "https://evil.example.org",
    "www.evil.example.org",
    "**bold**\n\n# Heading\n\n- item\n1. one",
    "`code` | table | ~~gone~~",
    "\u202eright to left",
    "&lt;script&gt;",
    "</p><iframe src='//evil.example.org'>",
    "\x00\x1b[31m",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_words_from_the_record_are_shown_and_do_nothing_else(client: FlaskClient, hostile: str) -> None:
    prefetch = {
        "patient": patient(),
        "conditions": bundle(
            condition(CALF_PAIN | {"text": hostile}, bodySite=[{"text": f"left leg {hostile}"}]),
            ACTIVE_CANCER | {"id": hostile},
            condition(id=f"x{hostile}", recordedDate=5),
        ),
        "observations": bundle(
            SWOLLEN_CALF | {"id": hostile},
            observation(finding("body_region"), id="o2", valueString=hostile),
            observation(finding("abi"), id="o3", valueQuantity={"value": 1, "unit": hostile}),
        ),
        "questionnaireResponses": bundle(answers(answer(hostile, valueString=hostile))),
        hostile: OUTCOME,
    }
    given = cards(client, prefetch)
    assert given[0]["summary"].startswith("Same day")
    for card in given:
        shown = card["summary"] + "\n" + card["detail"]
        assert not re.search(r"(?<!\\)\]\(", shown)
        assert "https://evil" not in shown
        assert "www.evil" not in shown
        assert not re.search(r"(?m)^# ", shown)
        assert "\x1b" not in shown
        assert all("evil" not in link["url"] for link in card.get("links", []))


def test_the_same_request_is_answered_with_the_same_bytes(
    client: FlaskClient, library: Library, tmp_path: Path
) -> None:
    first = ask(client, LIKELY_DVT).get_data()
    assert first == ask(client, LIKELY_DVT).get_data()
    backwards = {key: LIKELY_DVT[key] for key in reversed(LIKELY_DVT)}
    assert first == ask(client, backwards).get_data()
    another = create_app(settings(tmp_path), library, lambda: NOW).test_client()
    assert first == ask(another, LIKELY_DVT).get_data()


def test_cards_of_different_patients_are_different_cards(client: FlaskClient) -> None:
    mine = {card["uuid"] for card in cards(client, LIKELY_DVT)}
    unnamed = json.loads(json.dumps(LIKELY_DVT).replace("Patient/p1", "Patient/p2").replace('"id": "p1"', '"id": "p2"'))
    theirs = {card["uuid"] for card in cards(client, unnamed, patientId="p2")}
    assert theirs
    assert not mine & theirs


@pytest.mark.parametrize(
    ("body", "status_code", "expression"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"leg", 400, None),
        (b"[]", 400, None),
        (b"\xff\xfe", 400, None),
        (b'{"hook": NaN}', 400, None),
        (request(hook="order-sign", prefetch={}), 400, ["hook"]),
        (request(hook=""), 400, ["hook"]),
        (request(hookInstance=None), 400, ["hookInstance"]),
        (request() | {"hookInstance": 5}, 400, ["hookInstance"]),
        ({"hook": "patient-view", "hookInstance": "x"}, 400, ["context"]),
        (request() | {"context": None}, 400, ["context"]),
        (request() | {"context": []}, 400, ["context"]),
        (request(context={"patientId": None}), 400, ["context.patientId"]),
        (request(context={"patientId": ""}), 400, ["context.patientId"]),
        (request(context={"patientId": 5}), 400, ["context.patientId"]),
        (request(context={"patientId": "p 1/../2"}), 400, ["context.patientId"]),
        (request(context={"userId": None}), 400, ["context.userId"]),
        (request() | {"prefetch": []}, 400, ["prefetch"]),
        (request() | {"prefetch": "x"}, 400, ["prefetch"]),
        (b'{"hook": "patient-view", "hook": "patient-view"}', 400, ["hook"]),
        (b'{"prefetch": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, None),
    ],
)
def test_a_bad_request_is_refused_with_the_member_at_fault(
    client: FlaskClient, body: JSON | bytes, status_code: int, expression: list[str] | None
) -> None:
    refused = send(client, body)
    assert refused.status_code == status_code
    issue = issue_of(refused)
    assert issue["severity"] == "error"
    assert issue["diagnostics"]
    if expression:
        assert issue["expression"] == expression
        assert expression[0] in issue["diagnostics"]


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    refused = send(client, request(prefetch={"conditions": {"div": "x" * 10 * 1024 * 1024}}))
    assert refused.status_code == 413
    assert issue_of(refused)["code"] == "too-long"


@pytest.mark.parametrize("depth", [90, 400, 900, 50_000])
def test_deep_nesting_is_refused_or_borne_but_never_a_failure(client: FlaskClient, depth: int) -> None:
    deep = b'{"resourceType": "Condition", "extension": ' + b'[{"extension":' * depth + b"5" + b"}]" * depth + b"}"
    body = json.dumps(request(prefetch={"patient": patient(), "conditions": "HERE"})).encode()
    answered = send(client, body.replace(b'"HERE"', deep))
    assert answered.status_code in {200, 400}
    if answered.status_code == 200:
        cards_of(answered)


def test_discovery_lists_one_service_for_each_hook_with_what_it_needs(client: FlaskClient) -> None:
    services = client.get("/cds-services").get_json()["services"]
    by_id = {service["id"]: service for service in services}
    assert by_id.keys() >= {"leg-pain-patient-view", "leg-pain-encounter-start"}
    assert len(by_id) == len(services) == len({service["hook"] for service in services})
    for name, service in by_id.items():
        assert name == f"leg-pain-{service['hook']}"
        assert service["title"]
        assert service["description"]
        assert service["usageRequirements"]
        assert "<" not in service["description"]
        assert service["prefetch"]["patient"] == "Patient/{{context.patientId}}"
        for template in service["prefetch"].values():
            assert set(re.findall(r"{{(.*?)}}", template)) == {"context.patientId"}
            names = re.findall(r"[?&]([^=]+)=", template)
            assert len(names) == len(set(names))


def test_every_listed_service_answers_and_others_are_not_found(client: FlaskClient) -> None:
    more = {"conditions": bundle(ACTIVE_CANCER), "draftOrders": bundle(), "selections": [], "appointments": bundle()}
    services = client.get("/cds-services").get_json()["services"]
    assert len(services) == 7
    for service in services:
        assert ask(client, LIKELY_DVT, service["hook"], encounterId="e1", **more).status_code == 200
    assert ask(client, LIKELY_DVT, "no-such-hook").status_code == 404
    assert client.get("/cds-services/leg-pain-patient-view").status_code == 405


def test_evidence_is_linked_and_reasons_for_overriding_are_offered(client: FlaskClient) -> None:
    given = cards(client, LIKELY_DVT)
    assert any(card.get("links") for card in given)
    assert all(is_absolute(link["url"]) for card in given for link in card.get("links", []))
    for card in given:
        assert len(card["overrideReasons"]) >= 3


def test_the_indicator_of_the_summary_is_never_lower_than_that_of_the_other_cards(client: FlaskClient) -> None:
    ranks = ["info", "warning", "critical"]
    for complaint in ("leg_pain", "calf_pain", "claudication_pattern", "radicular_pain", "leg_cramp", "foot_drop"):
        seen = observation(finding(complaint), **PRESENT, bodySite=LEFT)
        first, *others = cards(client, {"patient": patient(), "observations": bundle(seen)})
        assert all(ranks.index(first["indicator"]) >= ranks.index(card["indicator"]) for card in others), complaint


def test_names_values_and_words_of_the_record_are_never_logged(
    library: Library, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = "Rumpelstiltskin"  # noqa: S105 - stands for anything of a patient's
    noisy = create_app(settings(tmp_path, log_level="debug"), library, lambda: NOW).test_client()
    prefetch = {
        "patient": patient(name=[{"text": secret}], identifier=[{"value": secret}], id=secret),
        "conditions": bundle(
            condition({"text": secret} | CALF_PAIN, subject={"reference": f"Patient/{secret}"}, id=secret),
            condition(recordedDate=secret, id=f"{secret}2", note=[{"text": secret}]),
            condition(clinicalStatus=[secret]),
        ),
    }
    assert ask(noisy, prefetch, patientId=secret).status_code == 200
    assert ask(noisy, {secret: 5}, patientId=secret).status_code == 412
    assert send(noisy, request(hook=secret) | {secret: secret}).status_code == 400
    assert send(noisy, b'{"' + secret.encode()).status_code == 400
    assert ask(noisy, {secret: secret}, secret).status_code == 404
    assert noisy.get(f"/{secret}").status_code == 404
    written = "".join(capfd.readouterr())
    assert '"event"' in written
    assert secret not in written


def test_a_failure_inside_is_an_error_with_an_incident_and_never_an_empty_answer(
    library: Library, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    secret = "Rumpelstiltskin"  # noqa: S105 - stands for anything of a patient's

    started = False

    def broken_clock() -> datetime:
        if started:
            raise ValueError(secret)
        return NOW

    broken = create_app(settings(tmp_path, log_level="info"), library, broken_clock).test_client()
    started = True
    failed = ask(broken, LIKELY_DVT)
    assert failed.status_code == 500
    incident = re.search(r"[0-9a-f-]{36}", issue_of(failed)["diagnostics"])
    assert incident
    written = "".join(capfd.readouterr()) + caplog.text
    assert incident[0] in written
    assert secret not in written + failed.get_data(as_text=True)


def test_what_is_outside_the_hooks_is_told_apart(client: FlaskClient) -> None:
    assert client.get("/livez").get_data() == b"ok\n"
    assert client.get("/readyz").get_data().startswith(b"database at ")
    assert client.get("/nowhere").status_code == 404
    assert client.get("/livez").headers["X-Content-Type-Options"] == "nosniff"


def test_a_positive_answer_of_a_questionnaire_alone_brings_cards(client: FlaskClient) -> None:
    filled_in = answers(answer("calf_pain", valueCoding={"system": SNOMED, "code": "7771000"}))
    assert cards(client, {"questionnaireResponses": filled_in})


CAUDA_EQUINA = bundle(
    observation(finding("bilateral_radicular_pain"), **PRESENT),
    observation(finding("saddle_numbness"), id="o2", **PRESENT),
)


def test_an_emergency_is_critical_and_the_right_team_is_called_before_the_tests(client: FlaskClient) -> None:
    given = cards(client, {"patient": patient(), "observations": CAUDA_EQUINA})
    assert given[0]["summary"].startswith("Emergency")
    assert given[0]["indicator"] == "critical"
    assert given[1]["summary"].startswith("Refer: ")
    assert draft_orders(given[1:2])[0]["priority"] == "stat"


def test_a_caution_stands_on_the_card_and_on_the_order_itself(client: FlaskClient) -> None:
    pacemaker = {
        "resourceType": "Device",
        "id": "v1",
        "patient": {"reference": "Patient/p1"},
        "type": concept(SNOMED, "14106009", "Cardiac pacemaker, device"),
    }
    prefetch = {"patient": patient(), "observations": CAUDA_EQUINA}
    plain = [order for order in draft_orders(cards(client, prefetch)) if order.get("note")]
    given = cards(client, prefetch | {"devices": bundle(pacemaker)})
    (scan,) = [order for order in draft_orders(given) if order["code"]["coding"][-1]["code"] == "mri_lumbar"]
    assert scan["note"]
    assert scan not in plain
    assert f"Caution: {scan['note'][0]['text']}" in detail(given)


def test_sources_that_disagree_are_both_shown(client: FlaskClient) -> None:
    denied = observation(finding("calf_pain"), valueBoolean=False, bodySite=LEFT, effectiveDateTime=days_ago(3))
    summary, *_ = cards(client, LIKELY_DVT | {"questionnaireResponses": bundle(denied)})
    assert "sources disagree: used Calf pain, left" in summary["detail"]
    assert "set aside Calf pain, left: no" in summary["detail"]


def test_answers_of_the_patient_give_no_reference_that_an_order_could_not_hold(client: FlaskClient) -> None:
    filled_in = answers(
        answer("calf_pain", valueCoding={"code": "left"}),
        answer("active_cancer", valueBoolean=True),
        answer("calf_circumference_difference_cm", valueDecimal=4),
    )
    drafts = draft_orders(cards(client, {"patient": patient(), "questionnaireResponses": filled_in}))
    assert drafts
    assert all("reasonReference" not in order and "encounter" not in order for order in drafts)


def test_a_chart_with_everything_wrong_at_once_still_fits_on_four_cards(client: FlaskClient) -> None:
    signs = (
        "leg_cold",
        "leg_pale",
        "saddle_numbness",
        "foot_drop",
        "tense_compartment",
        "skin_bullae_crepitus_necrosis",
    )
    seen = [observation(finding(key), id=key.replace("_", "-"), **PRESENT, bodySite=LEFT) for key in signs]
    given = cards(client, LIKELY_DVT | {"procedures": bundle(*seen)})
    assert len(given) == 4
    assert given[0]["indicator"] == "critical"
