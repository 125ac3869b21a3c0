"""CALL-5 to 11: whatever a client sends, the answer is a 4xx that says what is wrong, and never a 5xx."""

import json

import pytest

from cds_hooks.hooks import HOOKS
from tests.cds_hooks.toy import JSON, MAX_BODY, SECRET, call, client_of, issue_of, post, service

TEA = client_of(service())
DEEP = 200_000
GOOD = json.dumps(call()).encode()


def with_member(member: bytes) -> bytes:
    return GOOD[:-1] + b"," + member + b"}"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" \r\n", "empty", id="blank"),
        pytest.param(b"tea", "not JSON", id="no-json"),
        pytest.param(b"hook=patient-view", "not JSON", id="form"),
        pytest.param(GOOD[:-1], "not JSON", id="truncated"),
        pytest.param(GOOD + b"{}", "not JSON", id="two-documents"),
        pytest.param(b"[]", "must be a JSON object", id="array"),
        pytest.param(b"null", "must be a JSON object", id="null"),
        pytest.param(b'"tea"', "must be a JSON object", id="string"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, "byte order mark", id="byte-order-mark"),
        pytest.param(GOOD.decode().encode("utf-16"), "not UTF-8", id="utf-16"),
        pytest.param(with_member(b'"x":"\xff"'), "not UTF-8", id="invalid-utf-8-in-ignored-member"),
        pytest.param(with_member(b'"prefetch":{"kettle":"\xff"}'), "not UTF-8", id="invalid-utf-8-in-prefetch"),
        pytest.param(with_member(b'"prefetch":{"kettle":NaN}'), "not JSON", id="JSON-1-nan"),
        pytest.param(with_member(b'"prefetch":{"kettle":-Infinity}'), "not JSON", id="JSON-1-infinity"),
        pytest.param(with_member(b'"prefetch":{"kettle":{}/**/}'), "not JSON", id="JSON-1-comment"),
        pytest.param(with_member(b'"prefetch":{"kettle":[1,]}'), "not JSON", id="JSON-1-trailing-comma"),
        pytest.param(with_member(b'"prefetch":{"kettle":"\\ud800"}'), "not JSON", id="JSON-1-lone-surrogate"),
        pytest.param(b"\x1f\x8b\x08\x00", "not UTF-8", id="gzip"),
        pytest.param(b"[" * DEEP + b"]" * DEEP, "must be a JSON object", id="deep-arrays"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply", id="deep-objects"),
        pytest.param(with_member(b'"x":' + b"[" * DEEP + b"]" * DEEP), "nested too deeply", id="deep-ignored"),
    ],
)
def test_call_11_a_body_that_is_no_request_is_a_400(body: bytes, says: str) -> None:
    answer = post(TEA, body)
    assert answer.status_code == 400
    assert says in issue_of(answer)["diagnostics"]


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        pytest.param({"hook": ...}, "hook", id="CALL-5-no-hook"),
        pytest.param({"hook": None}, "hook", id="CALL-5-null-hook"),
        pytest.param({"hook": 7}, "hook", id="CALL-5-number-as-hook"),
        pytest.param({"hook": "order-sign"}, "hook", id="CALL-11-wrong-hook"),
        pytest.param({"hookInstance": ...}, "hookInstance", id="CALL-5-no-instance"),
        pytest.param({"hookInstance": ""}, "hookInstance", id="CALL-5-empty-instance"),
        pytest.param({"hookInstance": ["i"]}, "hookInstance", id="CALL-5-array-as-instance"),
        pytest.param({"hookInstance": "i" * 257}, "hookInstance", id="CALL-5-long-instance"),
        pytest.param({"context": ...}, "context", id="CALL-6-no-context"),
        pytest.param({"context": []}, "context", id="CALL-6-array-as-context"),
        pytest.param({"context": "p1"}, "context", id="CALL-6-string-as-context"),
        pytest.param({"context": None}, "context", id="CALL-6-null-context"),
        pytest.param({"fhirServer": 7}, "fhirServer", id="CALL-5-number-as-server"),
        pytest.param({"prefetch": []}, "prefetch", id="CALL-5-array-as-prefetch"),
        pytest.param({"prefetch": "p"}, "prefetch", id="CALL-5-string-as-prefetch"),
        pytest.param({"prefetch": ""}, "prefetch", id="CALL-5-empty-string-as-prefetch"),
        pytest.param({"prefetch": False}, "prefetch", id="CALL-5-false-as-prefetch"),
    ],
)
def test_a_bad_member_is_named(changes: JSON, member: str) -> None:
    changed = {**call(), **changes}
    answer = post(TEA, {name: value for name, value in changed.items() if value is not ...})
    assert answer.status_code == 400
    issue = issue_of(answer)
    assert issue["expression"] == [member]
    assert member in issue["diagnostics"]


BAD_IDS: dict[str, object] = {
    "missing": ...,
    "null": None,
    "empty": "",
    "number": 7,
    "object": {"id": "p1"},
    "array": ["p1"],
    "blank": " ",
    "too-long": "p" * 129,
    "other-type": "Practitioner/p1",
    "address": "https://ehr.example.org/Patient/p1",
    "path": "../p1",
    "line-break": "p1\n",
    "huge-number": 10**400,
}


@pytest.mark.parametrize("value", BAD_IDS.values(), ids=[f"CALL-7-{name}" for name in BAD_IDS])
def test_a_bad_patient_id_is_named_and_not_repeated(value: object) -> None:
    answer = post(TEA, call(context={"patientId": value}))
    assert answer.status_code == 400
    assert issue_of(answer)["expression"] == ["context.patientId"]
    assert "ehr.example.org" not in answer.text


REQUIRED = [(hook, member) for hook, definition in HOOKS.items() for member in sorted(definition.required)]


@pytest.mark.parametrize(("hook", "member"), REQUIRED)
@pytest.mark.parametrize("value", [..., None, 7], ids=["missing", "null", "number"])
def test_call_7_each_hook_names_what_its_context_lacks(hook: str, member: str, value: object) -> None:
    answer = post(client_of(service(hook=hook)), call(hook, context={member: value}))
    assert answer.status_code == 400
    assert issue_of(answer)["expression"] == [f"context.{member}"]


@pytest.mark.parametrize(
    ("context", "path"),
    [
        pytest.param({"selections": ["a", 7]}, "context.selections[1]", id="selection-type"),
        pytest.param({"selections": "a"}, "context.selections", id="selections-type"),
        pytest.param({"draftOrders": []}, "context.draftOrders", id="orders-type"),
        pytest.param({"encounterId": "a b"}, "context.encounterId", id="optional-encounter"),
        pytest.param({"userId": "u" * 257}, "context.userId", id="long-user"),
    ],
)
def test_call_7_a_wrong_context_member_is_named(context: JSON, path: str) -> None:
    answer = post(client_of(service(hook="order-select")), call("order-select", context=context))
    assert answer.status_code == 400
    assert issue_of(answer)["expression"] == [path]


@pytest.mark.parametrize("number", [b"1e999", b"9" * 5000], ids=["float", "integer"])
def test_call_7_a_number_beyond_all_bounds_is_named(number: bytes) -> None:
    answer = post(TEA, GOOD.replace(b'"p1"', number))
    assert answer.status_code == 400
    assert issue_of(answer)["expression"] == ["context.patientId"]


def test_all_faults_are_told_at_once() -> None:
    issue = issue_of(post(TEA, call(hookInstance=7, context={"patientId": 7, "userId": ...})))
    assert issue["expression"] == ["context.patientId", "context.userId", "hookInstance"]


@pytest.mark.parametrize(
    ("body", "member"),
    [
        pytest.param(with_member(b'"hook":"patient-view"'), "hook", id="hook"),
        pytest.param(GOOD.replace(b'"p1"', b'"p1","patientId":"p2"'), "context.patientId", id="patient"),
        pytest.param(with_member(b'"prefetch":{"a":1,"a":1}'), "prefetch.a", id="prefetch"),
        pytest.param(with_member(b'"prefetch":{"a":1,"\\u0061":1}'), "prefetch.a", id="prefetch-escaped"),
    ],
)
def test_json_1_a_member_that_occurs_twice_is_named(body: bytes, member: str) -> None:
    answer = post(TEA, body)
    assert answer.status_code == 400
    assert issue_of(answer)["expression"] == [member]


@pytest.mark.parametrize("unit", [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
@pytest.mark.parametrize("where", ["prefetch", "hook", "context.patientId"])
def test_call_10_nesting_of_megabytes_is_a_400(unit: tuple[bytes, bytes], where: str) -> None:
    depth = 1_000_000
    tower = unit[0] * depth + b"1" + unit[1] * depth
    body = {
        "prefetch": with_member(b'"prefetch":{"kettle":' + tower + b"}"),
        "hook": b'{"hook":' + tower + b"}",
        "context.patientId": GOOD.replace(b'"p1"', tower),
    }[where]
    answer = post(client_of(service(), max_body_bytes=16 * MAX_BODY), body)
    assert answer.status_code == 400
    assert "nested too deeply" in issue_of(answer)["diagnostics"]


@pytest.mark.parametrize("depth", range(100, 1300, 13))
def test_call_10_nesting_near_the_limit_is_answered(depth: int) -> None:
    tower = b"[" * depth + b"]" * depth
    for body in (with_member(b'"prefetch":{"kettle":' + tower + b"}"), GOOD.replace(b'"p1"', tower)):
        assert post(TEA, body).status_code in {200, 400}


def test_a_body_over_the_limit_is_a_413() -> None:
    answer = post(TEA, with_member(b'"x":"' + b"y" * 10_000_000 + b'"'))
    assert answer.status_code == 413
    assert issue_of(answer)["code"] == "too-long"


@pytest.mark.parametrize(("spare", "status"), [(0, 200), (-1, 413)])
def test_the_limit_is_exact(spare: int, status: int) -> None:
    client = client_of(service(), max_body_bytes=len(GOOD) + spare)
    assert post(client, GOOD).status_code == status


@pytest.mark.parametrize(("spare", "status"), [(0, 200), (-1, 413), (-50, 413)])
def test_the_limit_holds_for_chunked_bodies(spare: int, status: int) -> None:
    client = client_of(service(), max_body_bytes=len(GOOD) + spare)
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    answer = client.post("/cds-services/tea", data=GOOD, environ_overrides=environ)
    assert answer.status_code == status
    if status == 413:
        assert issue_of(answer)["code"] == "too-long"


def test_err_3_a_refusal_repeats_neither_values_nor_tokens() -> None:
    body = call(
        hookInstance=[SECRET],
        context={"patientId": f"{SECRET} ?", "userId": [SECRET]},
        fhirAuthorization={"access_token": SECRET},
        prefetch={"kettle": SECRET},
    )
    answer = post(TEA, body)
    assert answer.status_code == 400
    assert SECRET not in answer.text


@pytest.mark.parametrize("path", ["/cds-services/coffee", "/cds-services/tea/feedback/x", "/cds-services/%00"])
def test_call_8_an_unknown_service_is_a_404(path: str) -> None:
    answer = post(TEA, call(), path)
    assert answer.status_code == 404
    assert issue_of(answer)["code"] == "not-found"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_call_9_a_service_takes_post_only(method: str) -> None:
    answer = TEA.open("/cds-services/tea", method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert issue_of(answer)["code"] == "not-supported"


def test_options_tells_the_methods() -> None:
    answer = TEA.options("/cds-services/tea")
    assert (answer.status_code, answer.headers["Allow"]) == (200, "POST, OPTIONS")


def test_a_list_far_too_long_is_refused_in_a_few_words() -> None:
    tea = client_of(service(hook="order-select"))
    issue = issue_of(post(tea, call("order-select", context={"selections": [1] * 100_000})))
    assert "More than 1000 items" in issue["diagnostics"]
    issue = issue_of(post(tea, call("order-select", context={"selections": [1] * 500})))
    assert len(issue["expression"]) == 20
    assert "And 480 more" in issue["diagnostics"]
