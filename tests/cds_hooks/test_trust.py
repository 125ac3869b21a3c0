"""JWT-0 to 18: a client that proves itself gets its answer, by the keys and the times it really uses."""

from datetime import timedelta
from typing import Any

import pytest

from cds_hooks import Card, HookRequest, KeySets
from cds_hooks.keys import read_keys
from tests.cds_hooks.tokens import (
    EC_KEY,
    JKU,
    MOMENT,
    NOW,
    OTHER_KEY,
    PUBLIC_URL,
    TEA,
    Published,
    ehr,
    guarded,
    jwk,
    key_set,
    rsa_key,
    send,
    token,
)
from tests.cds_hooks.toy import call, card, issue_of, service

FEEDBACK = {"feedback": [{"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-22T12:00:00Z"}]}


def answered(authorization: str, **more: Any) -> bool:
    status = send(guarded(**more), f"Bearer {authorization}", call()).status_code
    assert status in {200, 401}
    return bool(status == 200)


@pytest.mark.parametrize(
    "good",
    [
        pytest.param({}, id="JWT-1-ES384"),
        pytest.param({"aud": ["https://other.example.org", PUBLIC_URL + TEA]}, id="JWT-2-audiences"),
        pytest.param({"nbf": MOMENT - 300, "sub": "ehr", "exp": MOMENT + 900}, id="JWT-14-as-Epic-does"),
        pytest.param({"iat": MOMENT + 50, "exp": MOMENT + 100}, id="JWT-14-clock-ahead"),
        pytest.param({"iat": MOMENT - 350, "exp": MOMENT - 50}, id="JWT-14-clock-behind"),
        pytest.param({"exp": MOMENT + 3600}, id="JWT-18-an-hour"),
        pytest.param({"exp": MOMENT + 0.5}, id="a-fraction-of-a-second"),
        pytest.param({"tenant": "anybody"}, id="JWT-16-tenants-not-listed"),
    ],
)
def test_a_good_token_is_taken(good: dict[str, Any]) -> None:
    assert answered(token(**good))


def test_jwt_1_rs384_is_taken() -> None:
    assert answered(
        token(key=rsa_key(), algorithm="RS384"), get=Published({JKU: key_set(jwk(rsa_key(), alg="RS384", use="sig"))})
    )


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(scheme: str) -> None:
    assert send(guarded(), f"{scheme} {token()}", call()).status_code == 200


def test_jwt_3_13_without_a_token_the_answer_is_a_401_that_says_nothing() -> None:
    answer = send(guarded(), None, call())
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert issue_of(answer) == {"severity": "error", "code": "login", "diagnostics": "Unauthorized"}


def test_disc_17_discovery_stays_open() -> None:
    assert guarded().get("/cds-services").status_code == 200


def test_jwt_7_feedback_has_its_own_audience() -> None:
    path = f"{TEA}/feedback"
    assert send(guarded(), f"Bearer {token(path)}", FEEDBACK, path).status_code == 200


def test_any_of_our_public_urls_is_an_audience_and_the_host_header_is_not_asked() -> None:
    client = guarded()
    host = {"Authorization": f"Bearer {token(aud='http://evil.example.org' + TEA)}", "Host": "evil.example.org"}
    assert client.post(TEA, json=call(), headers=host).status_code == 401


def test_jwt_15_keys_given_out_of_band_need_no_call() -> None:
    published = Published({})
    client = guarded(ehr(jku=(), keys=read_keys({"keys": [jwk(EC_KEY)]})), get=published)
    assert send(client, f"Bearer {token(header={'jku': ...})}", call()).status_code == 200
    assert published.asked == []


def test_jwt_15_a_client_that_names_no_jku_is_looked_up_at_its_own() -> None:
    assert answered(token(header={"jku": ...}))


def test_jwt_16_a_listed_tenant_is_taken() -> None:
    client = guarded(ehr(tenants=frozenset({"north"})))
    assert send(client, f"Bearer {token(tenant='north')}", call()).status_code == 200


def test_the_handler_is_told_who_asks() -> None:
    def greet(request: HookRequest) -> list[Card]:
        return [card(detail=request.client)]

    client = guarded(ehr(name="northfield"), services=(service(handler=greet),))
    answer = send(client, f"Bearer {token()}", call())
    assert answer.get_json()["cards"][0]["detail"] == "northfield"


def test_jwt_9_a_token_is_remembered_for_as_long_as_a_clock_that_lags_would_take_it() -> None:
    current = NOW
    client, once = guarded(clock=lambda: current), f"Bearer {token()}"
    assert send(client, once, call()).status_code == 200
    current = NOW + timedelta(seconds=359)
    assert send(client, f"Bearer {token(jti='j2')}", call()).status_code == 200
    assert send(client, once, call()).status_code == 401


# Key sets


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_jwt_15_a_key_set_is_fetched_once_an_hour() -> None:
    clock, published = Clock(), Published({JKU: key_set(jwk(EC_KEY))})
    keys = KeySets(published, clock)
    for _ in range(3):
        assert keys.find(JKU, "k1")
    assert len(published.asked) == 1
    clock.seconds += 3601
    assert keys.find(JKU, "k1")
    assert len(published.asked) == 2


def test_jwt_15_a_new_key_is_looked_for_once_a_minute() -> None:
    clock, published = Clock(), Published({JKU: key_set(jwk(EC_KEY))})
    keys = KeySets(published, clock)
    assert keys.find(JKU, "k2") is None
    published.documents[JKU] = key_set(jwk(OTHER_KEY, kid="k2"))
    assert keys.find(JKU, "k2") is None
    assert len(published.asked) == 1
    clock.seconds += 61
    assert keys.find(JKU, "k2")
    assert keys.find(JKU, "k1") is None


def test_a_server_that_is_away_is_asked_again_soon_and_its_last_keys_serve_for_a_day() -> None:
    clock, published = Clock(), Published({})
    keys = KeySets(published, clock)
    assert keys.find(JKU, "k1") is None
    published.documents[JKU] = key_set(jwk(EC_KEY))
    clock.seconds += 11
    assert keys.find(JKU, "k1")
    del published.documents[JKU]
    clock.seconds += 23 * 3600
    assert keys.find(JKU, "k1")
    clock.seconds += 2 * 3600
    assert keys.find(JKU, "k1") is None


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"keys":7}', b'{"keys":[7,null,{}]}', b"<html>", b"[" * 9999]
)
def test_what_is_no_key_set_proves_nothing(body: bytes) -> None:
    assert not answered(token(), get=Published({JKU: body}))


def test_a_broken_key_beside_a_good_one_costs_itself_alone() -> None:
    broken = {"kty": "EC", "crv": "P-384", "x": "!", "y": None, "kid": "k0"}
    assert answered(token(), get=Published({JKU: key_set(broken, jwk(EC_KEY))}))
