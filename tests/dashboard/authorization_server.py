"""An authorization server and the FHIR server of an EHR, as far as a launch needs them; told what to do wrong."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from service.knowledge.cases import NOW

CLIENT_ID = "legtriage"
SECRET = "a secret of the test's EHR"  # noqa: S105 - of a server that lives for a test
CODE = "a-code"
ACCESS = "an-access-token"
PATIENT = "pat-7"
LAUNCH = "launch-1"
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"}, private=True)
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"}, private=True)


@dataclass
class Orders:
    """What the server does otherwise than a good one.

    Attributes:
        claims: Claims of the id token that differ; None takes one away.
        token: Members of the token's answer that differ; None takes one away.
        metadata: Members of its metadata that differ; None takes one away.
        refuse: Whether the user does not consent.
        expired: Whether the code has run out.
        forged: Whether the id token is signed with another key.
        rotated: Whether the server took another key since it was asked for its keys.
        unsigned: Whether it is not signed at all.
        writing: The status of an answer to a write.
        chart: What a search or read of the type finds; without one, an empty Bundle.
        away: Resource types whose search fails.
        callback: Parameters of the address that the browser is sent back to that differ; None takes one away.
        secret: What a client must prove itself with; None for a public one.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    callback: dict[str, Any] = field(default_factory=dict)
    refuse: bool = False
    expired: bool = False
    forged: bool = False
    rotated: bool = False
    unsigned: bool = False
    writing: int = 201
    chart: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    away: tuple[str, ...] = ()
    secret: str | None = SECRET


@dataclass
class Server:
    """A running server.

    Attributes:
        url: Its origin.
        orders: What it does otherwise; change them at will.
        asked: The parameters of each request for authorization.
        redeemed: The codes that were exchanged.
        searched: The searches and reads below its FHIR base, with their Authorization header.
        written: The resources that were written, with the headers.
    """

    url: str = ""
    now: datetime = NOW
    orders: Orders = field(default_factory=Orders)
    asked: list[dict[str, str]] = field(default_factory=list)
    redeemed: list[str] = field(default_factory=list)
    searched: list[tuple[str, str]] = field(default_factory=list)
    written: list[tuple[dict[str, Any], dict[str, str]]] = field(default_factory=list)

    @property
    def fhir(self) -> str:
        """The base address of its FHIR server, which is the issuer as well."""
        return f"{self.url}/fhir"


def _changed(usual: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def _metadata(server: Server) -> dict[str, Any]:
    usual = {
        "issuer": server.fhir,
        "authorization_endpoint": f"{server.url}/authorize",
        "token_endpoint": f"{server.url}/token",
        "jwks_uri": f"{server.url}/keys",
        "capabilities": ["launch-ehr", "permission-v2", "sso-openid-connect"],
        "code_challenge_methods_supported": ["S256"],
    }
    return _changed(usual, server.orders.metadata)


def _id_token(server: Server, asked: dict[str, str]) -> str:
    now = int(server.now.timestamp())
    usual = {
        "iss": server.fhir,
        "aud": CLIENT_ID,
        "sub": "u-42",
        "name": "Dr Ada Example",
        "fhirUser": f"{server.fhir}/Practitioner/prac-1",
        "nonce": asked["nonce"],
        "iat": now,
        "exp": now + 300,
    }
    claims = _changed(usual, server.orders.claims)
    if server.orders.unsigned:
        parts = ({"alg": "none", "kid": "k1"}, claims)
        return ".".join([*(urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts), ""])
    key = OTHER_KEY if server.orders.forged or server.orders.rotated else KEY
    return jwt.encode({"alg": "RS256", "kid": _kid(server)}, claims, key)


def _kid(server: Server) -> str:
    return "k2" if server.orders.rotated else "k1"


def _keys(server: Server) -> Any:
    key = OTHER_KEY if server.orders.rotated else KEY
    return jsonify(keys=[dict(key.as_dict(private=False)) | {"kid": _kid(server)}])


def _authorize(server: Server) -> Any:
    asked = dict(request.args.items())
    server.asked.append(asked)
    came = {"error": "access_denied"} if server.orders.refuse else {"code": f"{CODE}-{len(server.asked)}"}
    back = _changed({**came, "state": asked["state"]}, server.orders.callback)
    return redirect(f"{asked['redirect_uri']}?{urlencode(back)}")


def _token(server: Server) -> Any:
    form = {name: values[0] for name, values in parse_qs(request.get_data(as_text=True)).items()}
    asked = server.asked[-1]
    code = form.get("code", "")
    verifier = sha256(form.get("code_verifier", "").encode()).digest()
    proof = urlsafe_b64encode(verifier).rstrip(b"=").decode()
    secret = request.authorization.password if request.authorization else None
    if secret != server.orders.secret:
        return jsonify(error="invalid_client"), 401
    right = (proof, form.get("redirect_uri"), code) == (
        asked["code_challenge"],
        asked["redirect_uri"],
        f"{CODE}-{len(server.asked)}",
    )
    if server.orders.expired or not right or code in server.redeemed:
        return jsonify(error="invalid_grant"), 400
    server.redeemed.append(code)
    usual = {
        "access_token": ACCESS,
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": asked["scope"],
        "patient": PATIENT,
        "id_token": _id_token(server, asked),
    }
    return jsonify(_changed(usual, server.orders.token))


def _bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}


def _read(server: Server, path: str) -> Any:
    server.searched.append((path, request.headers.get("Authorization", "")))
    kind, _, id_ = path.partition("/")
    if kind in server.orders.away or request.headers.get("Authorization") != f"Bearer {ACCESS}":
        return jsonify(resourceType="OperationOutcome"), 500
    found = server.orders.chart.get(kind, [])
    if id_:
        return (jsonify(found[0]), 200) if found else (jsonify(resourceType="OperationOutcome"), 404)
    return jsonify(_bundle(found))


def _write(server: Server, path: str) -> Any:
    server.written.append((request.get_json(force=True), dict(request.headers)))
    return Response(status=server.orders.writing, headers={"Location": f"{server.fhir}/{path}/qr-1"})


def _page(server: Server) -> str:
    """A page of the EHR that opens an app in a frame."""
    query = urlencode({"iss": server.fhir, "launch": LAUNCH})
    return f'<!doctype html><title>EHR</title><iframe src="{request.args["open"]}?{query}"></iframe>'


@contextmanager
def authorization_server() -> Iterator[Server]:
    """Run one on loopback."""
    server = Server()
    app = Flask("authorization server", static_folder=None)
    for path in ("/fhir/.well-known/smart-configuration", "/fhir/.well-known/openid-configuration"):
        app.add_url_rule(path, path, lambda: jsonify(_metadata(server)))
    app.add_url_rule("/ehr", "ehr", lambda: _page(server))
    app.add_url_rule("/keys", "keys", lambda: _keys(server))
    app.add_url_rule("/authorize", "authorize", lambda: _authorize(server))
    app.add_url_rule("/token", "token", lambda: _token(server), methods=["POST"])
    app.add_url_rule("/fhir/<path:path>", "read", lambda path: _read(server, path))
    app.add_url_rule("/fhir/<path:path>", "write", lambda path: _write(server, path), methods=["POST"])
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    server.url = f"http://127.0.0.1:{listening.server_port}"
    Thread(target=listening.serve_forever, daemon=True).start()
    yield server
    listening.shutdown()
