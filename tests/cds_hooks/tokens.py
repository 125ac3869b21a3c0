"""A trusted EHR: its keys, its tokens, and a tea service that asks for them."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from flask.testing import FlaskClient
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cds_hooks import Completion, FetchFailed, Get, HookService, KeySets, Trust, TrustedClient, create_blueprint
from tests.cds_hooks.replay import FirstUses
from tests.cds_hooks.toy import JSON, MAX_BODY, service

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
ISSUER = "https://ehr.example.org"
JKU = "https://ehr.example.org/jwks.json"
PUBLIC_URL = "https://tea.example.org/cds"
TEA = "/cds-services/tea"

EC_KEY = ec.generate_private_key(ec.SECP384R1())
OTHER_KEY = ec.generate_private_key(ec.SECP384R1())


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def jwk(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, **members: Any) -> JSON:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": "k1", **members}


def key_set(*keys: JSON) -> bytes:
    return json.dumps({"keys": keys}).encode()


def claims(path: str = TEA, **changes: Any) -> JSON:
    """What a good token says; a claim set to `...` is taken out."""
    good: JSON = {
        "iss": ISSUER,
        "aud": PUBLIC_URL + path,
        "exp": MOMENT + 300,
        "iat": MOMENT,
        "jti": "j1",
    }
    return {name: value for name, value in (good | changes).items() if value is not ...}


def token(
    path: str = TEA, *, key: Any = EC_KEY, algorithm: str = "ES384", header: JSON | None = None, **changes: Any
) -> str:
    """A good token; `header` and `changes` of its claims spoil it, and a member set to `...` is taken out."""
    whole = {"kid": "k1", "jku": JKU, **(header or {})}
    headers = {name: value for name, value in whole.items() if value is not ...}
    return jwt.encode(claims(path, **changes), key, algorithm, headers)


class Published:
    """A `Get` that knows a few documents and counts how often each is asked for."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self.documents = dict(documents)
        self.asked: list[str] = []

    def __call__(self, url: str, *, headers: Mapping[str, str], deadline: float, most_bytes: int) -> bytes:
        assert "Authorization" not in headers
        assert 0 < deadline - time.monotonic() <= 2
        assert most_bytes < MAX_BODY
        self.asked.append(url)
        if url not in self.documents:
            raise FetchFailed("not there")
        return self.documents[url]


def ehr(**changes: Any) -> TrustedClient:
    members: JSON = {"name": "ehr", "issuer": ISSUER, "jku": (JKU,)}
    return TrustedClient(**members | changes)


def guarded(
    *clients: TrustedClient,
    get: Get | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    services: tuple[HookService, ...] = (),
    **more: Any,
) -> FlaskClient:
    """The tea service, answering none but these clients."""
    get = get or Published({JKU: key_set(jwk(EC_KEY))})
    trust = Trust(clients or (ehr(),), [PUBLIC_URL], keys=KeySets(get), first_use=FirstUses(clock), clock=clock)
    more = {"completion": Completion(get, 0.35, MAX_BODY), "feedback": lambda _entries: None, **more}
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(services or (service(),), max_body_bytes=MAX_BODY, trust=trust, **more))
    return app.test_client()


def send(client: FlaskClient, authorization: str | None, body: JSON, path: str = TEA) -> Any:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.post(path, json=body, headers=headers)
