"""Who calls: tokens that must let a client in, and those that must not."""

import base64
import json
import time
from typing import Any

import jwt

from tests.conformance.check_discovery import require
from tests.conformance.check_feedback import overridden
from tests.conformance.checklist import shows
from tests.conformance.records import likely_clot
from tests.conformance.subject import DISCOVERY, JSON, Reply, Subject
from tests.conformance.tokens import Caller, Callers, Key

ENOUGH_FOR_BOTH_WORKERS = 12


def callers(subject: Subject) -> Callers:
    require(subject.callers, "the service lets everybody in")
    assert subject.callers
    return subject.callers


def audience(subject: Subject) -> str:
    return subject.address(subject.path("patient-view"))


def call(subject: Subject, token: str) -> Reply:
    return subject.call(subject.request("patient-view", likely_clot("token")), token=token)


def enters(subject: Subject, caller: Caller, aud: str | list[str] | None = None, **how: Any) -> None:
    reply = call(subject, caller.token(aud or audience(subject), **how))
    assert reply.status == 200, f"{caller.key.kid} {how}: {reply.status}"


def stays_out(subject: Subject, token: str, why: str) -> Reply:
    reply = call(subject, token)
    assert reply.status == 401, f"{why}: {reply.status}"
    return reply


def altered(subject: Subject, why: str, **how: Any) -> None:
    stays_out(subject, callers(subject).by_address.token(audience(subject), **how), why)


@shows("JWT-0", "JWT-3")
def no_token(subject: Subject) -> None:
    callers(subject)
    stays_out(subject, "", "no token")
    for header in ("Basic dTpw", "Bearer", "Bearer  ", "bearer x y", "Token abc"):
        sent = subject.request("patient-view", likely_clot("token"))
        reply = subject.call(sent, token="", headers={"Authorization": header})
        assert reply.status == 401, f"{header}: {reply.status}"
        assert reply.headers["WWW-Authenticate"].startswith("Bearer"), header
    feedback = {"feedback": [overridden(subject)]}
    reply = subject.send("POST", f"{subject.path('patient-view')}/feedback", feedback, token="")
    assert reply.status == 401, f"feedback: {reply.status}"


@shows("JWT-1")
def both_algorithms(subject: Subject) -> None:
    known = callers(subject)
    for key in known.by_address.keys:
        enters(subject, known.by_address, key=key)
    enters(subject, known.out_of_band)


@shows("JWT-2")
def audience_as_text_or_array(subject: Subject) -> None:
    known = callers(subject)
    enters(subject, known.by_address, audience(subject))
    enters(subject, known.by_address, ["https://elsewhere.example.org", audience(subject)])


@shows("JWT-4")
def algorithm_none(subject: Subject) -> None:
    claims = callers(subject).by_address.claims(audience(subject))
    for name in ("none", "None", "nOnE"):
        header = {"alg": name, "typ": "JWT", "kid": callers(subject).by_address.key.kid}
        parts = [_segment(header), _segment(claims)]
        stays_out(subject, ".".join([*parts, ""]), name)
        stays_out(subject, ".".join([*parts, "AAAA"]), name)


def _segment(value: JSON | bytes) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@shows("JWT-5")
def symmetric_algorithms(subject: Subject) -> None:
    caller = callers(subject).by_address
    for key in caller.keys:
        # By hand, because PyJWT refuses to sign with what it knows for a public key.
        for name in ("HS256", "HS384", "HS512"):
            signed = f"{_segment({'alg': name, 'kid': key.kid})}.{_segment(caller.claims(audience(subject)))}"
            algorithm = jwt.get_algorithm_by_name(name)
            for secret in (key.pem(), json.dumps(key.public()).encode()):
                signature = algorithm.sign(signed.encode(), secret)
                stays_out(subject, f"{signed}.{_segment(signature)}", name)


@shows("JWT-6")
def another_key(subject: Subject) -> None:
    caller = callers(subject).by_address
    forged = Key.make("ES384")
    altered(subject, "another key under the same kid", key=Key(caller.key.kid, "ES384", forged.private))
    altered(subject, "an unknown kid", key=forged)
    swapped = caller.keys[0].kid
    altered(subject, "the kid of the other key", header={"kid": swapped})
    altered(subject, "a key that brings itself", key=forged, header={"jwk": forged.public()})
    good = caller.token(audience(subject))
    head, claims, signature = good.split(".")
    stays_out(subject, f"{head}.{_segment(caller.claims(audience(subject)))}.{signature}", "other claims")
    stays_out(subject, f"{head}.{claims}.", "no signature")
    assert call(subject, good).status == 200, "a forgery has used up the token it was made from"


@shows("JWT-7")
def another_audience(subject: Subject) -> None:
    caller = callers(subject).by_address
    others = [
        subject.address(DISCOVERY),
        subject.address(subject.path("encounter-start")),
        f"{audience(subject)}/feedback",
        f"{audience(subject)}/",
        audience(subject).replace("http://", "https://"),
        subject.url,
        "https://elsewhere.example.org" + subject.path("patient-view"),
        "",
    ]
    for other in others:
        stays_out(subject, caller.token(other), other or "none")
    path = f"{subject.path('patient-view')}/feedback"
    feedback = {"feedback": [overridden(subject)]}
    assert subject.send("POST", path, feedback).status == 200, "feedback by its own audience"
    wrong = caller.token(audience(subject))
    assert subject.send("POST", path, feedback, token=wrong).status == 401, "feedback by the service's audience"


@shows("JWT-8")
def expired(subject: Subject) -> None:
    now = int(time.time())
    altered(subject, "expired", iat=now - 900, exp=now - 600)


@shows("JWT-9")
def once_only(subject: Subject) -> None:
    for caller in (callers(subject).by_address, callers(subject).out_of_band):
        token = caller.token(audience(subject))
        statuses = [call(subject, token).status for _ in range(ENOUGH_FOR_BOTH_WORKERS)]
        assert statuses == [200] + [401] * (ENOUGH_FOR_BOTH_WORKERS - 1), statuses
    again = callers(subject).by_address.token(audience(subject), jti="the-same-for-two")
    other = callers(subject).out_of_band.token(audience(subject), jti="the-same-for-two")
    assert [call(subject, each).status for each in (again, other)] == [200, 200], "a jti is its issuer's own"


@shows("JWT-10")
def an_unlisted_issuer(subject: Subject) -> None:
    altered(subject, "an unlisted issuer", iss="https://stranger.example.org")
    altered(subject, "an issuer with a slash more", iss="https://ehr.example.org/")
    altered(subject, "the issuer of another's keys", iss=callers(subject).out_of_band.issuer)


@shows("JWT-11")
def an_unlisted_jku(subject: Subject) -> None:
    served = callers(subject).site
    before = len(subject.stranger.asked)
    own = [f"{served.origin}/unlisted.json", f"{served.origin}/jwks.json?x", f"{served.origin}/./jwks.json"]
    for address in (*own, f"{subject.stranger.origin}/jwks.json", "file:///etc/passwd", ""):
        altered(subject, address, header={"jku": address})
    assert not served.times("/unlisted.json"), "fetched"
    assert len(subject.stranger.asked) == before, "fetched"


@shows("JWT-12")
def each_claim_is_needed(subject: Subject) -> None:
    for name in ("iss", "exp", "iat", "jti"):
        altered(subject, f"without {name}", **{name: None})
    stays_out(subject, _without_audience(subject), "without aud")


def _without_audience(subject: Subject) -> str:
    caller = callers(subject).by_address
    claims = {name: value for name, value in caller.claims("").items() if name != "aud"}
    return jwt.encode(claims, caller.key.private, algorithm=caller.key.algorithm, headers={"kid": caller.key.kid})


@shows("JWT-13")
def no_reason_given(subject: Subject) -> None:
    caller = callers(subject).by_address
    now = int(time.time())
    tokens = [
        "",
        "x.y.z",
        caller.token(audience(subject), iat=now - 900, exp=now - 600),
        caller.token(audience(subject), iss="https://stranger.example.org"),
        caller.token("https://elsewhere.example.org"),
        caller.token(audience(subject), key=Key.make("ES384")),
    ]
    bodies = {stays_out(subject, token, "bad").body for token in tokens}
    assert len(bodies) == 1, bodies


@shows("JWT-14")
def clocks(subject: Subject) -> None:
    caller = callers(subject).by_address
    now = int(time.time())
    enters(subject, caller, iat=now + 5, exp=now + 305)
    enters(subject, caller, nbf=now - 300)
    enters(subject, caller, iat=now - 310, exp=now - 5)
    altered(subject, "issued in an hour", iat=now + 3600, exp=now + 3900)
    altered(subject, "not before in an hour", nbf=now + 1800, exp=now + 2400)


@shows("JWT-15")
def keys_are_remembered(subject: Subject) -> None:
    known = callers(subject)
    path = str(known.turning.jku).removeprefix(known.site.origin)
    for _ in range(ENOUGH_FOR_BOTH_WORKERS):
        enters(subject, known.turning)
    fetched = known.site.times(path)
    assert 1 <= fetched <= 4, f"{fetched} fetches for {ENOUGH_FOR_BOTH_WORKERS} calls"
    for _ in range(ENOUGH_FOR_BOTH_WORKERS):
        stays_out(subject, known.turning.token(audience(subject), key=Key.make("ES384")), "an unknown kid")
    assert known.site.times(path) <= fetched + 4, "a made-up kid costs the client's server a request each"
    enters(subject, known.out_of_band)


@shows("JWT-16")
def tenants(subject: Subject) -> None:
    known = callers(subject)
    enters(subject, known.tenanted, tenant=known.tenant)
    for tenant in ("another", None, "", known.tenant.upper()):
        stays_out(subject, known.tenanted.token(audience(subject), tenant=tenant), f"tenant {tenant}")


@shows("JWT-17")
def tokens_are_not_logged(subject: Subject) -> None:
    callers(subject)
    require(subject.log, "the log cannot be read from here")
    assert subject.log
    call(subject, callers(subject).by_address.token(audience(subject)))
    stays_out(subject, callers(subject).by_address.token("elsewhere"), "bad")
    assert "eyJ" not in subject.log(), "logged"


@shows("JWT-18")
def too_long_a_life(subject: Subject) -> None:
    now = int(time.time())
    altered(subject, "good for a day", exp=now + 86400)
    altered(subject, "good since yesterday", iat=now - 86400)
