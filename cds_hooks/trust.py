"""Who calls: the clients we trust, and the signed token with which one of them proves itself on each call.

The order of the checks matters. What the token says is believed only so far as to pick the client and the key; no
network call is made for an issuer or a key set that is not listed; a token is used up only when it is found good.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from cds_hooks.errors import Unauthorized
from cds_hooks.keys import Key, KeySets
from cds_hooks.outbound import Address

FirstUse = Callable[[str, str, datetime], bool]
"""Tells whether an issuer's token id is seen for the first time. It must be remembered until the given moment."""

_SKEW = timedelta(seconds=60)
_LONGEST_LIFE = timedelta(hours=1)
_LONGEST_TOKEN = 8192
_LONGEST_ID = 512
_REQUIRED = ("iss", "aud", "exp", "iat", "jti")
# Times are checked here, against the clock that is handed in.
_OPTIONS: Any = {"require": [*_REQUIRED], "verify_exp": False, "verify_iat": False, "verify_nbf": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedClient:
    """A client that may call.

    Attributes:
        name: What we call it.
        issuer: Its `iss`.
        jku: The addresses of its key sets, matched to the letter.
        keys: Keys it gave out of band, by `kid`.
        tenants: Its tenants, when only some of them may call.
        fhir_servers: The FHIR servers it may send us to.
        any_loopback: Whether it may send us to any server on this machine instead.
    """

    name: str
    issuer: str = ""
    jku: tuple[str, ...] = ()
    keys: Mapping[str, Key] | None = None
    tenants: frozenset[str] = frozenset()
    fhir_servers: tuple[Address, ...] = ()
    any_loopback: bool = False

    def may_name(self, url: str) -> bool:
        """Whether data may be fetched from this address for the client."""
        try:
            address = Address.parse(url)
        except ValueError:
            return False
        if self.any_loopback:
            return address.is_loopback
        return address.is_safe and any(server.covers(address) for server in self.fhir_servers)


ANONYMOUS = TrustedClient(name="anonymous", any_loopback=True)
"""Whoever calls when nobody has to prove anything."""


class Trust:
    """Tells which client a call comes from."""

    def __init__(
        self,
        clients: Sequence[TrustedClient],
        public_urls: Sequence[str],
        *,
        keys: KeySets,
        first_use: FirstUse,
        clock: Callable[[], datetime],
    ) -> None:
        """Trust these clients.

        Args:
            clients: No two with the same issuer.
            public_urls: The base addresses that clients know this service by. A proxy may hide them from us, and a
                Host header is anybody's to choose, so they are given.
            keys: The key sets published by clients.
            first_use: Remembers the tokens that were used.
            clock: Tells the time, with a time zone.
        """
        self._clients = {client.issuer: client for client in clients}
        self._public_urls = tuple(url.rstrip("/") for url in public_urls)
        self._keys = keys
        self._first_use = first_use
        self._clock = clock

    def authenticate(self, authorization: str | None, path: str) -> TrustedClient:
        """Return the client that sent the Authorization header with a call of ``path``.

        Raises:
            Unauthorized: None did, as far as can be told.
        """
        token = _bearer(authorization)
        try:
            header = jwt.get_unverified_header(token)
            client = self._client(jwt.decode(token, options={"verify_signature": False}))
            key = self._key(client, header)
            audience = [f"{url}{path}" for url in self._public_urls]
            claims = jwt.decode(token, key.public, [key.algorithm], _OPTIONS, audience=audience, issuer=client.issuer)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as fault:
            raise Unauthorized(type(fault).__name__) from None
        self._check(claims, client)
        return client

    def _client(self, unproven: Mapping[str, Any]) -> TrustedClient:
        issuer = unproven.get("iss")
        client = self._clients.get(issuer) if isinstance(issuer, str) else None
        if client is None:
            raise Unauthorized("unknown issuer")
        return client

    def _key(self, client: TrustedClient, header: Mapping[str, Any]) -> Key:
        kid, jku = header.get("kid"), header.get("jku")
        if not isinstance(kid, str) or "crit" in header:
            raise Unauthorized("unusable header")
        if jku is not None and jku not in client.jku:
            raise Unauthorized("unlisted jku")
        if jku is None and client.keys is not None:
            key = client.keys.get(kid)
        else:
            addresses = client.jku if jku is None else (jku,)
            key = next((found for url in addresses if (found := self._keys.find(url, kid))), None)
        if key is None:
            raise Unauthorized("unknown key")
        return key

    def _check(self, claims: Mapping[str, Any], client: TrustedClient) -> None:
        now = self._clock()
        issued, expires = _moment(claims["iat"]), _moment(claims["exp"])
        not_before = _moment(claims["nbf"]) if "nbf" in claims else issued
        if max(issued, not_before) > now + _SKEW:
            raise Unauthorized("not valid yet")
        if expires <= now - _SKEW:
            raise Unauthorized("expired")
        if not timedelta(0) < expires - issued <= _LONGEST_LIFE:
            raise Unauthorized("lives too long")
        tenant = claims.get("tenant")
        if client.tenants and not (isinstance(tenant, str) and tenant in client.tenants):
            raise Unauthorized("unlisted tenant")
        token_id = claims["jti"]
        if not isinstance(token_id, str) or not 0 < len(token_id) <= _LONGEST_ID:
            raise Unauthorized("unusable jti")
        if not self._first_use(client.issuer, token_id, expires + _SKEW):
            raise Unauthorized("used before")


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN or not token.isascii():
        raise Unauthorized("no token")
    return token


def _moment(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Unauthorized("unusable time")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):  # not finite, or beyond the calendar
        raise Unauthorized("unusable time") from None
