from collections.abc import Sequence

import pytest

from cds_hooks import Card, HookRequest
from cds_hooks.hooks import HOOKS
from cds_hooks.request import parse
from tests.cds_hooks.toy import BUNDLE, CARD_UUID, JSON, call, card, client_of, post, say_nothing, service

TEA = client_of(service())


def detail_of(body: JSON | bytes) -> str:
    answer = post(TEA, body)
    assert answer.status_code == 200, answer.data
    (only,) = answer.get_json()["cards"]
    return str(only["detail"])


def test_call_1_the_answer_is_an_object_with_cards() -> None:
    answer = post(TEA, call())
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.get_json() == {
        "cards": [
            {
                "uuid": CARD_UUID,
                "summary": "Offer a cup of tea",
                "detail": "patient=p1 kettle=(absent)",
                "indicator": "info",
                "source": {
                    "label": "Tea Board",
                    "topic": {"code": "tea", "system": "https://tea.example.org/topics"},
                },
            }
        ]
    }


def test_call_2_nothing_to_say_is_an_empty_array() -> None:
    answer = post(client_of(service(handler=say_nothing)), call())
    assert (answer.status_code, answer.get_json()) == (200, {"cards": []})


def test_call_4_same_input_same_bytes() -> None:
    assert post(TEA, call()).data == post(TEA, call()).data


def test_call_16_a_hook_instance_may_repeat_and_need_not_be_a_uuid() -> None:
    assert [post(TEA, call(hookInstance="again")).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_disc_15_every_hook_can_be_served(hook: str) -> None:
    assert post(client_of(service(hook=hook)), call(hook)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(call(sugar=2), id="CALL-3-unknown-member"),
        pytest.param(call(context={"sugar": {"lumps": 2}}), id="CALL-3-unknown-context-member"),
        pytest.param(call(extension={"org.example.tea": True}), id="CALL-3-extension"),
        pytest.param(call(extension=[]), id="CALL-3-odd-extension"),
        pytest.param(call(context={"encounterId": None}), id="CALL-3-null-optional-member"),
        pytest.param(call(context={"encounterId": ""}), id="CALL-3-empty-optional-member"),
        pytest.param(call(context={"draftOrders": 7}), id="CALL-3-member-of-another-hook"),
        pytest.param(call(context={"patient_id": "p2", "userId": "u1"}), id="CALL-3-member-like-ours"),
        pytest.param(call(fhirServer=None), id="JSON-2-null-server"),
        pytest.param(call(fhirServer="https://ehr.example.org/r4"), id="DATA-0-server"),
        pytest.param(call(fhirAuthorization={"access_token": "t"}), id="CALL-15-token-without-server"),
        pytest.param(call(fhirAuthorization="odd"), id="CALL-15-odd-token"),
        pytest.param(call(prefetch=None), id="DATA-5-null-prefetch"),
        pytest.param(call(prefetch={}), id="DATA-5-empty-prefetch"),
        pytest.param(call(context={"patientId": "Patient/p1"}), id="CALL-7-reference-for-id"),
    ],
)
def test_what_is_odd_but_harmless_changes_nothing(body: JSON) -> None:
    assert detail_of(body) == "patient=p1 kettle=(absent)"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        pytest.param(None, "null", id="DATA-5-null"),
        pytest.param({"resourceType": "OperationOutcome"}, '{"resourceType": "OperationOutcome"}', id="DATA-6"),
        pytest.param("hot", '"hot"', id="CALL-13-string"),
        pytest.param(100, "100", id="CALL-13-number"),
        pytest.param([{}], "[{}]", id="CALL-13-array"),
        pytest.param({"coding": [{}], "x": []}, '{"coding": [{}], "x": []}', id="CALL-13-empty-parts"),
    ],
)
def test_prefetch_reaches_the_handler_as_it_was_sent(value: object, seen: str) -> None:
    assert detail_of(call(prefetch={"kettle": value})).endswith(f"kettle={seen}")


def test_numbers_beyond_all_bounds_pass_where_nobody_reads_them() -> None:
    body = b'{"x":1e9999,' + (b'"y":' + b"9" * 5000 + b",") + b'"prefetch":{"kettle":1e9999},'
    good = b'"hook":"patient-view","hookInstance":"i","context":{"userId":"u","patientId":"p1"}}'
    assert detail_of(body + good) == "patient=p1 kettle=1e9999"


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/fhir+json", "multipart/form-data"])
def test_call_14_the_content_type_is_not_asked_for(content_type: str | None) -> None:
    body = b'{"hook":"patient-view","hookInstance":"i","context":{"userId":"u","patientId":"p1"}}'
    answer = TEA.post("/cds-services/tea", data=body, content_type=content_type)
    assert answer.status_code == 200


def test_call_14_accept_is_ignored() -> None:
    body = b'{"hook":"patient-view","hookInstance":"i","context":{"userId":"u","patientId":"p1"}}'
    answer = TEA.post("/cds-services/tea", data=body, headers={"Accept": "image/png"})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")


def test_answers_to_calls_are_not_cached() -> None:
    assert post(TEA, call()).headers["Cache-Control"] == "no-store"
    assert post(TEA, b"").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in TEA.get("/cds-services").headers


def test_a_trailing_slash_is_forgiven() -> None:
    assert post(TEA, call(), "/cds-services/tea/").status_code == 200
    assert TEA.get("/cds-services/").status_code == 200


def test_the_handler_gets_the_request_checked_and_typed() -> None:
    seen: list[HookRequest] = []

    def remember(request: HookRequest) -> Sequence[Card]:
        seen.append(request)
        return [card()]

    body = call(
        "order-select",
        context={"encounterId": "Encounter/e_1", "sugar": 2},
        fhirServer="https://ehr.example.org/r4",
        fhirAuthorization={"access_token": "hush"},
        extension={"org.example.tea": True},
        prefetch={"kettle": None},
    )
    assert post(client_of(service(hook="order-select", handler=remember)), body).status_code == 200
    (request,) = seen
    assert request.context.keys() == {"user_id", "patient_id", "encounter_id", "selections", "draft_orders"}
    assert request.context["user_id"] == "Practitioner/u1"
    assert request.context["encounter_id"] == "e_1"
    assert request.context["selections"] == ["ServiceRequest/s1"]
    assert request.context["draft_orders"].startswith(b'{"resourceType": "Bundle"')
    assert request.prefetch == {"kettle": b"null"}
    assert request.fhir_server == "https://ehr.example.org/r4"
    assert request.extension == b'{"org.example.tea": true}'
    assert "hush" not in repr(request)


def test_call_13_orders_without_a_bundle_type_are_passed_on() -> None:
    loose = {name: value for name, value in BUNDLE.items() if name != "type"}
    assert (
        post(client_of(service(hook="order-sign")), call("order-sign", context={"draftOrders": loose})).status_code
        == 200
    )


def test_parse_needs_no_application() -> None:
    body = b'{"hook":"patient-view","hookInstance":"i","context":{"userId":"u","patientId":"p1"}}'
    request = parse(body, "patient-view")
    assert (request.hook, request.hook_instance, request.prefetch) == ("patient-view", "i", {})
    assert (request.fhir_server, request.extension) == (None, None)
