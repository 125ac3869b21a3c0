"""One line for each attack that was thought of. What is asked for is refused, without a word why; nothing is fetched
that should not be, and no token goes anywhere else."""

import base64
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks import ANONYMOUS, Address, Completion, Get, TrustedClient
from cds_hooks.keys import read_keys
from service.security.clients import loopback_of
from service.security.outbound import Outbound
from tests.cds_hooks.tokens import (
    EC_KEY,
    ISSUER,
    JKU,
    MOMENT,
    OTHER_KEY,
    PUBLIC_URL,
    TEA,
    Published,
    claims,
    ehr,
    guarded,
    jwk,
    key_set,
    rsa_key,
    send,
    token,
)
from tests.cds_hooks.toy import JSON, MAX_BODY, call, client_of, issue_of, post, service
from tests.security.servers import Reply, Server, serving

HINT = {"kid": "k1", "jku": JKU}


def refused(authorization: str | None, path: str = TEA, **more: Any) -> None:
    answer = send(guarded(**more), authorization, call(), path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert issue_of(answer) == {"severity": "error", "code": "login", "diagnostics": "Unauthorized"}


# Tokens that were made up


def unsigned(header: JSON, payload: JSON, signature: str = "") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, payload)]
    return ".".join([*parts, signature])


PUBLIC_PEM = EC_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signed_with_the_public_key() -> str:
    """By hand, because PyJWT refuses to, as it should."""
    head = unsigned({"alg": "HS256", **HINT}, claims()).removesuffix(".")
    mac = hmac.digest(PUBLIC_PEM, head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def tampered() -> str:
    head, _, signature = token().split(".")
    return f"{head}.{unsigned({}, claims(sub='admin')).split('.')[1]}.{signature}"


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(unsigned({"alg": "none", **HINT}, claims()), id="JWT-4-alg-none"),
        pytest.param(unsigned({"alg": "None", **HINT}, claims(), "x"), id="JWT-4-alg-None"),
        pytest.param(unsigned({**HINT}, claims()), id="JWT-4-no-alg"),
        pytest.param(signed_with_the_public_key(), id="JWT-5-HS256-with-the-public-key"),
        pytest.param(token(key="s" * 64, algorithm="HS384"), id="JWT-5-HS384"),
        pytest.param(token(key=rsa_key(), algorithm="RS384"), id="JWT-5-algorithm-of-another-key"),
        pytest.param(token(key=OTHER_KEY), id="JWT-6-another-key"),
        pytest.param(token(header={"kid": "k2"}), id="JWT-6-unknown-kid"),
        pytest.param(token(header={"kid": ...}), id="JWT-6-no-kid"),
        pytest.param(unsigned({"alg": "ES384", "jku": JKU, "kid": ["k1"]}, claims()), id="JWT-6-odd-kid"),
        pytest.param(token(header={"jwk": jwk(OTHER_KEY), "kid": "x"}, key=OTHER_KEY), id="JWT-6-its-own-key"),
        pytest.param(tampered(), id="JWT-6-tampered"),
        pytest.param(token() + "x", id="JWT-6-longer-signature"),
        pytest.param(token(header={"crit": ["b64"]}), id="a-critical-header"),
    ],
)
def test_a_forged_token(forged: str) -> None:
    refused(f"Bearer {forged}")


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        pytest.param(rsa_key(1024), "RS384", id="JWT-1-RSA-1024"),
        pytest.param(rsa_key(), "RS256", id="JWT-1-RS256"),
        pytest.param(rsa_key(), "PS384", id="JWT-1-PS384"),
        pytest.param(ec.generate_private_key(ec.SECP256R1()), "ES256", id="JWT-1-P-256"),
        pytest.param(ec.generate_private_key(ec.SECP521R1()), "ES512", id="JWT-1-P-521"),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_weak_or_unusual_key(key: Any, algorithm: str) -> None:
    refused(f"Bearer {token(key=key, algorithm=algorithm)}", get=Published({JKU: key_set(jwk(key))}))


@pytest.mark.parametrize("member", [{"use": "enc"}, {"alg": "RS256"}, {"alg": "ES256"}, {"key_ops": ["sign"]}])
def test_a_key_for_something_else(member: JSON) -> None:
    refused(f"Bearer {token()}", get=Published({JKU: key_set(jwk(EC_KEY, **member))}))


# Tokens that were signed, and say the wrong thing


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"aud": PUBLIC_URL + "/cds-services"}, id="JWT-7-aud-discovery"),
        pytest.param({"aud": PUBLIC_URL + TEA + "/feedback"}, id="JWT-7-aud-feedback"),
        pytest.param({"aud": PUBLIC_URL + "/cds-services/coffee"}, id="JWT-7-aud-other-service"),
        pytest.param({"aud": PUBLIC_URL}, id="JWT-7-aud-base"),
        pytest.param({"aud": "http://localhost" + TEA}, id="JWT-7-aud-host-header"),
        pytest.param({"aud": PUBLIC_URL + TEA + "/"}, id="JWT-7-aud-slash"),
        pytest.param({"aud": []}, id="JWT-7-aud-empty"),
        pytest.param({"aud": {"x": PUBLIC_URL + TEA}}, id="JWT-7-aud-object"),
        pytest.param({"exp": MOMENT - 61, "iat": MOMENT - 300}, id="JWT-8-expired"),
        pytest.param({"iat": MOMENT + 61}, id="JWT-14-iat-in-the-future"),
        pytest.param({"nbf": MOMENT + 61}, id="JWT-14-nbf-in-the-future"),
        pytest.param({"exp": MOMENT + 3601}, id="JWT-18-lives-too-long"),
        pytest.param({"iat": MOMENT - 3600, "exp": MOMENT + 1}, id="JWT-18-lived-too-long"),
        pytest.param({"exp": MOMENT - 10, "iat": MOMENT}, id="JWT-18-ends-before-it-begins"),
        pytest.param({"exp": float("inf")}, id="JWT-18-exp-infinite"),
        pytest.param({"exp": float("nan")}, id="JWT-18-exp-nan"),
        pytest.param({"exp": 10**400}, id="JWT-18-exp-huge"),
        pytest.param({"exp": str(MOMENT + 300)}, id="JWT-18-exp-text"),
        pytest.param({"exp": True}, id="JWT-18-exp-true"),
        pytest.param({"iss": "https://evil.example.org"}, id="JWT-10-unlisted-iss"),
        pytest.param({"iss": ISSUER + "/"}, id="JWT-10-iss-nearly"),
        pytest.param({"jti": ""}, id="JWT-12-empty-jti"),
        pytest.param({"jti": "j" * 513}, id="JWT-12-long-jti"),
        *(pytest.param({name: ...}, id=f"JWT-12-no-{name}") for name in ("iss", "aud", "exp", "iat", "jti")),
        *(pytest.param({name: None}, id=f"JWT-12-null-{name}") for name in ("iss", "aud", "exp", "iat", "jti")),
    ],
)
def test_a_signed_token_with_a_wrong_claim(wrong: JSON) -> None:
    refused(f"Bearer {unchecked(wrong)}")


def unchecked(changes: JSON) -> str:
    """A token signed over whatever it says: PyJWT refuses to write some of these claims."""
    payload = json.dumps(claims(**changes)).encode()
    return jwt.PyJWS().encode(payload, EC_KEY, "ES384", HINT)


@pytest.mark.parametrize("tenant", [{}, {"tenant": "south"}, {"tenant": ["north"]}, {"tenant": None}])
def test_jwt_16_a_tenant_that_is_not_listed(tenant: JSON) -> None:
    client = guarded(ehr(tenants=frozenset({"north"})))
    assert send(client, f"Bearer {token(**tenant)}", call()).status_code == 401


def test_jwt_9_a_token_used_again() -> None:
    client, once = guarded(), f"Bearer {token()}"
    assert [send(client, once, call()).status_code for _ in range(3)] == [200, 401, 401]


def test_jwt_9_a_token_of_a_service_used_for_feedback() -> None:
    refused(f"Bearer {token()}", f"{TEA}/feedback")


def test_jwt_9_a_forged_token_does_not_use_up_the_good_one() -> None:
    client = guarded()
    assert send(client, f"Bearer {token(key=OTHER_KEY)}", call()).status_code == 401
    assert send(client, f"Bearer {token()}", call()).status_code == 200


def test_a_key_of_one_client_does_not_speak_for_another() -> None:
    other = "https://other.example.org/jwks.json"
    clients = (ehr(), ehr(name="other", issuer="https://other.example.org", jku=(other,)))
    get = Published({JKU: key_set(jwk(EC_KEY)), other: key_set(jwk(OTHER_KEY))})
    forged = token(key=OTHER_KEY, header={"jku": other})
    assert send(guarded(*clients, get=get), f"Bearer {forged}", call()).status_code == 401
    assert get.asked == []


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer ..",
        "Bearer a.b.c",
        f"Basic {token()}",
        f"{token()}",
        "Bearer " + "x" * 100_000,
        "Bearer \xe9",
        f"Bearer {unsigned({'alg': 'ES384'}, {})}",
        f"Bearer {unsigned([], {})}",  # type: ignore[arg-type]
        f"Bearer {unsigned({'alg': 'ES384', **HINT}, [])}",  # type: ignore[arg-type]
        f"Bearer {unsigned({'alg': 'ES384', 'b64': False, 'crit': ['b64'], **HINT}, claims())}",
    ],
)
def test_what_is_no_token(authorization: str | None) -> None:
    refused(authorization)


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_nothing_that_can_be_sent_as_a_token_breaks_the_service(text: str) -> None:
    header = text.encode("latin-1", "replace").decode("latin-1").replace("\n", "").replace("\r", "")
    refused(f"Bearer {header}", get=Published({}))
    refused(f"Bearer {unsigned({'alg': 'ES384', 'kid': text, 'jku': JKU}, claims(sub=text), 'AA')}")


# Keys from elsewhere


@pytest.mark.parametrize(
    "jku",
    [
        "https://evil.example.org/jwks.json",
        JKU + "?",
        JKU + "#",
        JKU.upper(),
        "https://ehr.example.org/../jwks.json",
        "https://ehr.example.org@evil.example.org/jwks.json",
        "http://169.254.169.254/latest/meta-data",
        ["https://ehr.example.org/jwks.json"],
        "",
        7,
    ],
)
def test_jwt_11_an_unlisted_jku_is_never_fetched(jku: Any) -> None:
    get = Published({JKU: key_set(jwk(OTHER_KEY)), str(jku): key_set(jwk(OTHER_KEY))})
    refused(f"Bearer {token(key=OTHER_KEY, header={'jku': jku})}", get=get)
    assert get.asked == []


def test_jwt_11_an_unlisted_jku_is_not_covered_by_keys_given_out_of_band() -> None:
    client = guarded(ehr(jku=(), keys=read_keys({"keys": [jwk(EC_KEY)]})))
    assert send(client, f"Bearer {token()}", call()).status_code == 401


def test_jwt_10_an_unlisted_issuer_makes_us_fetch_nothing() -> None:
    get = Published({JKU: key_set(jwk(EC_KEY))})
    refused(f"Bearer {token(iss='https://evil.example.org')}", get=get)
    assert get.asked == []


def test_a_flood_of_unknown_key_ids_is_one_fetch() -> None:
    get = Published({JKU: key_set(jwk(EC_KEY))})
    client = guarded(get=get)
    for number in range(20):
        assert send(client, f"Bearer {token(header={'kid': str(number)})}", call()).status_code == 401
    assert get.asked == [JKU]


def guarded_over_the_network(jku: str, resolved: Sequence[str] = ()) -> Any:
    get = Outbound(may_be_loopback=loopback_of([ehr(jku=(jku,))]), resolve=lambda _host, _port: list(resolved)).get
    return guarded(ehr(jku=(jku,)), get=get)


def test_a_jku_that_redirects() -> None:
    with serving(Reply(key_set(jwk(EC_KEY)))) as target:
        elsewhere = Reply(status=302, headers={"Location": target.url})
        with serving(elsewhere) as listed:
            client = guarded_over_the_network(listed.url)
            assert send(client, f"Bearer {token(header={'jku': listed.url})}", call()).status_code == 401
        assert len(listed.asked) == 1
        assert target.asked == []


@pytest.mark.parametrize(
    "number", ["169.254.169.254", "127.0.0.1", "10.0.0.1", "::ffff:169.254.169.254", "fd00:ec2::254"]
)
def test_a_jku_whose_name_resolves_to_a_metadata_or_private_address(number: str) -> None:
    client = guarded_over_the_network(JKU, [number])
    assert send(client, f"Bearer {token()}", call()).status_code == 401


def test_a_jku_that_answers_without_end() -> None:
    with serving(Reply(key_set(jwk(EC_KEY)) + b" " * 10_000_000)) as listed:
        client = guarded_over_the_network(listed.url)
        assert send(client, f"Bearer {token(header={'jku': listed.url})}", call()).status_code == 401


def test_a_jku_that_drips() -> None:
    with serving(Reply(key_set(jwk(EC_KEY)), drip=0.1)) as listed:
        client = guarded_over_the_network(listed.url)
        began = time.monotonic()
        assert send(client, f"Bearer {token(header={'jku': listed.url})}", call()).status_code == 401
        assert time.monotonic() - began < 3


# FHIR servers that are none


PATIENT = b'{"resourceType":"Patient","id":"p1"}'
ACCESS = {"access_token": "s3cret", "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs", "subject": "tea"}


@pytest.fixture
def fhir() -> Iterator[Server]:
    with serving(Reply(PATIENT)) as running:
        yield running


def kettle(
    client: TrustedClient, server: str, resolved: Sequence[str] = (), *, template: str = "", get: Get | None = None
) -> str:
    """What the handler got for the key `kettle`, asked for by this client at this server."""
    may_be_loopback = loopback_of([client]) if client is not ANONYMOUS else lambda _address: True
    get = get or Outbound(may_be_loopback=may_be_loopback, resolve=lambda _host, _port: resolved).get
    completion = Completion(get, 0.35, MAX_BODY)
    tea = service(prefetch={"kettle": template or "Patient/{{context.patientId}}"})
    body = call(fhirServer=server, fhirAuthorization=ACCESS)
    if client is ANONYMOUS:
        answer = post(client_of(tea, completion=completion), body)
    else:
        signed = f"Bearer {token(header={'jku': ...})}"
        answer = send(guarded(client, completion=completion, services=(tea,)), signed, body)
    assert answer.status_code == 200, answer.data
    assert "s3cret" not in answer.text
    return str(answer.get_json()["cards"][0]["detail"]).partition("kettle=")[2]


def allowed(*servers: str) -> TrustedClient:
    keys = read_keys({"keys": [jwk(EC_KEY)]})
    return ehr(jku=(), keys=keys, fhir_servers=tuple(Address.parse(server) for server in servers))


def test_a_listed_server_is_fetched_from(fhir: Server) -> None:
    assert kettle(allowed(fhir.url + "/r4"), fhir.url + "/r4") == PATIENT.decode()
    assert fhir.asked[0].path == "/r4/Patient/p1"
    assert fhir.asked[0].headers["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    "server",
    [
        "{url}/admin",
        "{url}/r4x",
        "{url}",
        "{url}/r4/../admin",
        "{url}/r4/%2e%2e/admin",
        "{url}/r4/..%2fadmin",
        "{url}/r4/..;/admin",
        "{url}/r4/%252e%252e/admin",
        "{url}/r4/.%2e;x/admin",
        "{url}:80/r4",
        "http://[::1].evil.example.org/r4",
        "{url}/r4?x=",
        "{url}/r4#",
        "{url}@evil.example.org/r4",
        "http://localhost:{port}/r4",
        "http://[::ffff:127.0.0.1]:{port}/r4",
        "http://0:{port}/r4",
        "HTTP://127.0.0.2:{port}/r4",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/r4",
        "//127.0.0.1:{port}/r4",
        "not a URL",
        "http://[",
    ],
)
def test_data_11_a_server_that_is_not_on_the_clients_list(fhir: Server, server: str) -> None:
    port = fhir.url.rpartition(":")[2]
    assert kettle(allowed(fhir.url + "/r4"), server.format(url=fhir.url, port=port)) == "(absent)"
    assert fhir.asked == []


@pytest.mark.parametrize(
    "server",
    [
        "https://169.254.169.254/r4",
        "https://10.0.0.1/r4",
        "https://[::ffff:10.0.0.1]/r4",
        "https://[::ffff:169.254.169.254]/r4",
        "https://[64:ff9b::a9fe:a9fe]/r4",
        "https://[2002:7f00:1::]/r4",
        "https://ehr.example.org/r4",
        "https://localtest.example.org/r4",
    ],
)
def test_data_11_a_listed_server_at_a_private_address_is_not_called(server: str) -> None:
    assert '"OperationOutcome"' in kettle(allowed(server), server, ["127.0.0.1"])


def test_data_11_dns_that_answers_differently_the_second_time() -> None:
    with serving(Reply(PATIENT)) as inside:
        server = f"https://ehr.example.org:{inside.url.rpartition(':')[2]}"
        answers = iter([["192.0.2.1"], ["127.0.0.1"]])
        get = Outbound(may_be_loopback=lambda _address: True, resolve=lambda _host, _port: next(answers)).get
        assert '"OperationOutcome"' in kettle(allowed(server), server, get=get)
        assert inside.asked == []
    assert next(answers) == ["127.0.0.1"]  # nobody asked a second time


def test_data_8_a_redirect_takes_the_token_nowhere(fhir: Server) -> None:
    with serving(Reply(status=307, headers={"Location": fhir.url})) as listed:
        assert '"OperationOutcome"' in kettle(allowed(listed.url), listed.url)
    assert len(listed.asked) == 1
    assert fhir.asked == []


@pytest.mark.parametrize(
    "next_page", ["{other}/x", "//{netloc}/x", "{listed}/../admin", "file:///etc/passwd", "http://["]
)
def test_data_8_a_next_link_to_elsewhere_takes_the_token_nowhere(fhir: Server, next_page: str) -> None:
    link = {"relation": "next", "url": ""}
    page: JSON = {"resourceType": "Bundle", "link": [link], "entry": [{"resource": {"resourceType": "Condition"}}]}
    with serving(lambda _path: Reply(json.dumps(page).encode())) as listed:
        link["url"] = next_page.format(
            other=fhir.url, netloc=fhir.url.removeprefix("http://"), listed=listed.url + "/r4"
        )
        template = "Condition?patient={{context.patientId}}"
        given = kettle(allowed(listed.url + "/r4", fhir.url), listed.url + "/r4", template=template)
    assert "Condition" in given
    assert "OperationOutcome" in given
    assert len(listed.asked) == 1
    assert fhir.asked == []


@pytest.mark.parametrize(
    "reply",
    [Reply(PATIENT, drip=0.1), Reply(PATIENT, delay=1), Reply(head_drip=0.1), Reply(PATIENT + b" " * MAX_BODY)],
    ids=["body-drips", "silence", "head-drips", "too-long"],
)
def test_data_11_a_server_that_is_slow_or_does_not_stop(reply: Reply) -> None:
    with serving(reply) as listed:
        began = time.monotonic()
        assert '"OperationOutcome"' in kettle(allowed(listed.url), listed.url)
        assert time.monotonic() - began < 0.8


@pytest.mark.parametrize("server", ["https://ehr.example.org/r4", "https://10.0.0.1/r4", "http://192.168.0.1/r4"])
def test_data_11_who_need_not_prove_anything_may_name_this_machine_alone(server: str) -> None:
    assert kettle(ANONYMOUS, server, ["93.184.216.34"]) == "(absent)"


def test_data_11_a_patient_id_that_would_lead_to_another_path(fhir: Server) -> None:
    get = Outbound(may_be_loopback=lambda _address: True).get
    tea = service(prefetch={"kettle": "Patient/{{context.patientId}}"})
    client = client_of(tea, completion=Completion(get, 0.35, MAX_BODY))
    body = call(context={"patientId": ".."}, fhirServer=fhir.url, fhirAuthorization=ACCESS)
    assert post(client, body).status_code == 200
    assert fhir.asked == []


# What the public sandbox sends, where nobody has to prove anything


@pytest.mark.parametrize(
    "odd",
    [
        {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "ServiceRequest"}}]}},
        {"draftOrders": {"entry": [{"resource": {"code": {"coding": [{}]}, "note": []}}]}},
    ],
)
def test_the_quirks_of_a_sandbox_are_answered(odd: JSON) -> None:
    client = client_of(service(hook="order-select"))
    body = call("order-select", context=odd)
    sandbox = token(iss="https://sandbox.cds-hooks.org", aud="http://127.0.0.1:8000" + TEA)
    answer = client.post(TEA, json=body, headers={"Authorization": f"Bearer {sandbox}"})
    assert answer.status_code == 200
