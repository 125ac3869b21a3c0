"""The clients that call in these checks: their keys, the tokens they sign, and the file that makes them known."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

JSON = dict[str, Any]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair with its name, for one algorithm."""

    kid: str
    algorithm: str
    private: PrivateKey

    @classmethod
    def make(cls, algorithm: str) -> "Key":
        """A new one, for ES384 or RS384."""
        private: PrivateKey = (
            ec.generate_private_key(ec.SECP384R1())
            if algorithm == "ES384"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        return cls(f"{algorithm.lower()}-{uuid4().hex[:8]}", algorithm, private)

    def public(self) -> JSON:
        """The public half as a JWK."""
        key = self.private.public_key()
        made: JSON = (
            RSAAlgorithm.to_jwk(key, as_dict=True)
            if isinstance(key, rsa.RSAPublicKey)
            else ECAlgorithm.to_jwk(key, as_dict=True)
        )
        return {name: value for name, value in made.items() if name != "key_ops"} | {
            "kid": self.kid,
            "alg": self.algorithm,
            "use": "sig",
        }

    def pem(self) -> bytes:
        """The public half as text: the secret of whoever confuses the two kinds of algorithm."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(slots=True)
class Site:
    """A web site on loopback that serves JSON by path and remembers who asked for what."""

    origin: str
    pages: dict[str, JSON] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def times(self, path: str) -> int:
        """How often the path was asked for."""
        return sum(each == path for each, _ in self.asked)


@contextmanager
def site() -> Iterator[Site]:
    """A site without pages yet."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            served.asked.append((path, self.headers.get("Authorization")))
            body = json.dumps(served.pages.get(path, {})).encode()
            self.send_response(200 if path in served.pages else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(slots=True)
class Caller:
    """A client: an issuer that signs with its newest key."""

    issuer: str
    keys: list[Key]
    jku: str | None = None

    @property
    def key(self) -> Key:
        """The key it signs with unless told otherwise."""
        return self.keys[-1]

    def jwks(self) -> JSON:
        """Its public keys."""
        return {"keys": [key.public() for key in self.keys]}

    def claims(self, audience: str | list[str], **changes: Any) -> JSON:
        """The claims of a good token; a claim that is None is left out."""
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": audience, "iat": now, "exp": now + 300, "jti": str(uuid4())}
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def token(
        self,
        audience: str | list[str],
        *,
        key: Key | None = None,
        header: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A token, good but for the changes to claims and header."""
        key = key or self.key
        headers = {"kid": key.kid, "typ": "JWT"} | ({"jku": self.jku} if self.jku else {}) | dict(header or {})
        return jwt.encode(self.claims(audience, **changes), key.private, algorithm=key.algorithm, headers=headers)


@dataclass(frozen=True, slots=True)
class Callers:
    """All the clients of the checks, and the site that serves their keys."""

    site: Site
    by_address: Caller
    out_of_band: Caller
    tenanted: Caller
    turning: Caller
    tenant: str = "north-hospital"

    @classmethod
    def on(cls, served: Site) -> "Callers":
        """New keys, served by this site."""
        callers = cls(
            served,
            by_address=Caller(
                "https://ehr.example.org", [Key.make("RS384"), Key.make("ES384")], f"{served.origin}/jwks.json"
            ),
            out_of_band=Caller("https://clinic.example.org", [Key.make("RS384")]),
            tenanted=Caller("https://cloud.example.org", [Key.make("ES384")]),
            turning=Caller("https://turning.example.org", [Key.make("ES384")], f"{served.origin}/turning.json"),
        )
        for caller in (callers.by_address, callers.turning):
            callers.serve(caller)
        # A good key set that nobody has put on a list.
        served.pages["/unlisted.json"] = callers.by_address.jwks()
        return callers

    def serve(self, caller: Caller) -> None:
        """Publish the keys that the caller has now."""
        self.site.pages[str(caller.jku).removeprefix(self.site.origin)] = caller.jwks()

    def write(self, file: Path, fhir_server: str) -> None:
        """Write the trusted clients' file, in which all of them may name this FHIR server."""
        allowed = {"fhir_servers": [fhir_server]}
        clients = [
            {"name": "ehr", "issuer": self.by_address.issuer, "jku": [self.by_address.jku], **allowed},
            {"name": "clinic", "issuer": self.out_of_band.issuer, "jwks": self.out_of_band.jwks(), **allowed},
            {"name": "cloud", "issuer": self.tenanted.issuer, "jwks": self.tenanted.jwks(), **allowed}
            | {"tenants": [self.tenant]},
            {"name": "turning", "issuer": self.turning.issuer, "jku": [self.turning.jku], **allowed},
        ]
        file.write_text(yaml.safe_dump({"clients": clients}, sort_keys=False), encoding="utf-8")
