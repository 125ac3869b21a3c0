"""CALL-10: nothing that can be sent is a 5xx."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.cds_hooks.toy import JSON, call, client_of, issue_of, post, service

TEA = client_of(service())
NAMES = ["hook", "hookInstance", "context", "fhirServer", "fhirAuthorization", "prefetch", "extension"]
MEMBERS = ["userId", "patientId", "encounterId", "selections", "draftOrders"]

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
contexts = st.dictionaries(st.sampled_from(MEMBERS) | st.text(), values)
requests = st.dictionaries(st.sampled_from(NAMES) | st.text(), values | contexts)


def is_answered(body: bytes) -> None:
    answer = post(TEA, body)
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        assert issue_of(answer)["code"] == "invalid"


@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    is_answered(body)


@given(values)
def test_any_json(value: object) -> None:
    is_answered(json.dumps(value).encode())


@given(requests)
def test_anything_like_a_request(request: JSON) -> None:
    is_answered(json.dumps({**call(), **request}).encode())


@given(contexts)
def test_anything_like_a_context(context: JSON) -> None:
    is_answered(json.dumps(call(context=context)).encode())


@given(st.integers(min_value=0), st.binary(max_size=4))
def test_any_damage_to_a_good_request(place: int, damage: bytes) -> None:
    good = json.dumps(call(prefetch={"kettle": {"resourceType": "Device"}})).encode()
    at = place % len(good)
    is_answered(good[:at] + damage + good[at + len(damage) :])
