"""Signing in at another's authorization server: the code flow with PKCE, and the check of the id token it ends in."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]  # it has none
from authlib.common.security import generate_token  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests.exceptions import RequestException

from cds_hooks import Address
from service.security.guarded_session import guarded_session
from service.security.outbound import Outbound

# Of the keys a server publishes only the public half is there, so no algorithm with a shared secret, and none without.
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_LEEWAY = 60
_LONGEST_CODE = 4096
_LONGEST_SUBJECT = 255
_REMEMBERED = 600.0  # seconds
_PAUSE = 10.0  # seconds until a server that did not answer is asked again; anybody can begin a sign-in
_S256 = "S256"


class Fault(StrEnum):
    """Why nobody was signed in."""

    AWAY = "away"
    UNFIT = "unfit"
    DENIED = "denied"
    EXPIRED = "expired"
    UNPROVEN = "unproven"


class SignInFailed(Exception):  # noqa: N818 - the failure of another, or a refusal
    """Nobody was signed in. The message names neither people nor secrets."""

    def __init__(self, fault: Fault) -> None:
        """Fail for this reason."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Registration:
    """How we are known to an authorization server; without a secret we are a public client."""

    client_id: str
    secret: str | None = field(default=None, repr=False)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says of itself, as far as we ask."""

    authorization_endpoint: str
    token_endpoint: str
    issuer: str
    jwks_uri: str
    capabilities: list[str] = []
    code_challenge_methods_supported: list[str] | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun: where the browser goes, and what must be known again when it comes back."""

    url: str
    pending: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a sign-in ended in: who it is, and the answer to the code with the access token."""

    claims: Mapping[str, Any]
    token: Mapping[str, Any] = field(repr=False)


class AuthorizationServer:
    """One server that says who somebody is. Its metadata and keys are remembered for ten minutes."""

    def __init__(
        self,
        metadata_url: str,
        registration: Registration,
        outbound: Outbound,
        clock: Callable[[], datetime],
        *,
        issuer: str | None = None,
    ) -> None:
        """Sign in at this server.

        Args:
            metadata_url: Where it says what it can do.
            registration: How we are known to it.
            outbound: How it is called.
            clock: What time it is.
            issuer: What its metadata must name as issuer; None when whoever vouches for them may name any.
        """
        self._metadata_url = metadata_url
        self._registration = registration
        self._outbound = outbound
        self._clock = clock
        self._issuer = issuer
        self._known: dict[str, tuple[float, Any]] = {}

    def metadata(self) -> Metadata:
        """What the server says of itself.

        Raises:
            SignInFailed: It cannot be reached, or lacks what we need.
        """
        try:
            told = msgspec.convert(self._document(self._metadata_url), Metadata)
            urls = [Address.parse(u) for u in (told.authorization_endpoint, told.token_endpoint, told.jwks_uri)]
        except (msgspec.ValidationError, ValueError):
            raise SignInFailed(Fault.UNFIT) from None
        methods = told.code_challenge_methods_supported
        if not all(url.is_safe for url in urls) or (methods is not None and _S256 not in methods):
            raise SignInFailed(Fault.UNFIT)
        if self._issuer is not None and told.issuer != self._issuer:
            raise SignInFailed(Fault.UNFIT)
        return told

    def begin(self, redirect_uri: str, scope: str, **more: str) -> Begun:
        """Where to send the browser.

        Args:
            redirect_uri: Where it comes back to.
            scope: What is asked for.
            more: Further parameters of the request.

        Raises:
            SignInFailed: The server cannot be reached, or lacks what we need.
        """
        told = self.metadata()
        verifier, nonce = generate_token(64), generate_token(32)
        with self._session(told, redirect_uri) as session:
            url, state = session.create_authorization_url(
                told.authorization_endpoint,
                state=generate_token(43),
                code_verifier=verifier,
                nonce=nonce,
                scope=scope,
                **more,
            )
        return Begun(url, {"state": state, "verifier": verifier, "nonce": nonce, "redirect_uri": redirect_uri})

    def finish(self, pending: Mapping[str, str], came: Mapping[str, str]) -> Granted:
        """Who signed in, from what the browser brought back.

        Args:
            pending: What `begin` gave to keep, of the same browser.
            came: The parameters of the address it came back to; the caller has compared the state.

        Raises:
            SignInFailed: It was refused, took too long, or cannot be believed.
        """
        told = self.metadata()
        # Whoever runs several servers could send the code of one to the other (RFC 9207).
        if came.get("iss", told.issuer) != told.issuer or (
            told.authorization_response_iss_parameter_supported and "iss" not in came
        ):
            raise SignInFailed(Fault.UNPROVEN)
        if "error" in came:
            raise SignInFailed(Fault.DENIED)
        code = came.get("code", "")
        if not 0 < len(code) <= _LONGEST_CODE:
            raise SignInFailed(Fault.UNPROVEN)
        token = self._exchange(told, pending, code)
        return Granted(self._claims(told, token, pending["nonce"]), token)

    def _exchange(self, told: Metadata, pending: Mapping[str, str], code: str) -> Mapping[str, Any]:
        try:
            with self._session(told, pending["redirect_uri"]) as session:
                token: Mapping[str, Any] = session.fetch_token(
                    told.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=pending["verifier"],
                )
        except AuthlibBaseError as refusal:
            raise SignInFailed(Fault.EXPIRED if refusal.error == "invalid_grant" else Fault.UNFIT) from None
        except (RequestException, ValueError, TypeError, AttributeError):  # no answer, or one that is no JSON object
            raise SignInFailed(Fault.AWAY) from None
        if not (_is_text(token.get("access_token")) and _is_text(token.get("id_token"))):
            raise SignInFailed(Fault.UNPROVEN)
        if str(token.get("token_type", "")).lower() != "bearer":
            raise SignInFailed(Fault.UNPROVEN)
        return token

    def _claims(self, told: Metadata, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        try:
            decoded = self._decoded(told.jwks_uri, str(token["id_token"]))
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": told.issuer},
                    "aud": {"essential": True, "value": self._registration.client_id},
                },
                {
                    "nonce": nonce,
                    "client_id": self._registration.client_id,
                    "access_token": token["access_token"],
                },
            )
            claims.validate(int(self._clock().timestamp()), _LEEWAY)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError):
            raise SignInFailed(Fault.UNPROVEN) from None
        subject = claims.get("sub")
        if not (_is_text(subject) and subject.isprintable() and len(subject) <= _LONGEST_SUBJECT):
            raise SignInFailed(Fault.UNPROVEN)
        return dict(claims)

    def _decoded(self, jwks_uri: str, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, KeySet.import_key_set(self._document(jwks_uri)), registry=registry)
        except InvalidKeyIdError:  # servers change their keys
            self._known.pop(jwks_uri, None)
            return jwt.decode(id_token, KeySet.import_key_set(self._document(jwks_uri)), registry=registry)

    def _document(self, url: str) -> Any:
        until, document = self._known.get(url, (0.0, None))
        if time.monotonic() >= until:
            try:
                with guarded_session(self._outbound, {}) as session:
                    answer = session.get(url, withhold_token=True, headers={"Accept": "application/json"})
                    answer.raise_for_status()
                    document = answer.json()
                until = time.monotonic() + _REMEMBERED
            except (RequestException, ValueError):
                document, until = None, time.monotonic() + _PAUSE
            self._known[url] = (until, document)
        if document is None:
            raise SignInFailed(Fault.AWAY)
        return document

    def _session(self, told: Metadata, redirect_uri: str) -> OAuth2Session:
        return guarded_session(
            self._outbound,
            {
                "client_id": self._registration.client_id,
                "client_secret": self._registration.secret,
                "token_endpoint_auth_method": self._method(told),
                "redirect_uri": redirect_uri,
                "code_challenge_method": _S256,
            },
        )

    def _method(self, told: Metadata) -> str:
        if self._registration.secret is None:
            return "none"
        methods = told.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
