"""The public keys of clients: which are strong enough, and how those a client publishes are kept fresh.

A key decides its algorithm; what the header of a token says about it is not asked.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cds_hooks.outbound import FetchFailed, Get

_RSA_BITS = range(2048, 8193)
_MOST_KEYS = 100
_MOST_BYTES = 256 * 1024

_FRESH_SECONDS = 3600.0
# While a client's server is away its last keys are used on, for there are emergencies to be found meanwhile.
_USABLE_SECONDS = 24 * 3600.0
# Anybody can send a token with an unknown key id, and must not make us call the client's server as often.
_PAUSE_SECONDS = 60.0
_PAUSE_AFTER_FAILURE_SECONDS = 10.0
_FETCH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the one algorithm it may be used with."""

    public: RSAPublicKey | EllipticCurvePublicKey
    algorithm: str


def read_key(jwk: Mapping[str, Any]) -> Key:
    """Read a JWK. ValueError, saying why, when it is none that proves anything."""
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
        raise ValueError("not for signatures")
    key = _rsa(jwk) if jwk.get("kty") == "RSA" else _elliptic(jwk)
    if jwk.get("alg", key.algorithm) != key.algorithm:
        raise ValueError("only RS384 and ES384 are taken")
    return key


def _rsa(jwk: Mapping[str, Any]) -> Key:
    # Only the public members: a set that gives away private ones is read as if it did not.
    key = _public(RSAAlgorithm.from_jwk, {name: jwk.get(name) for name in ("kty", "n", "e")})
    if not isinstance(key, RSAPublicKey) or key.key_size not in _RSA_BITS:
        raise ValueError("an RSA key needs 2048 to 8192 bits")
    return Key(key, "RS384")


def _elliptic(jwk: Mapping[str, Any]) -> Key:
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-384":
        raise ValueError("neither RSA nor an elliptic curve key on P-384")
    key = _public(ECAlgorithm.from_jwk, {name: jwk.get(name) for name in ("kty", "crv", "x", "y")})
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("not a key")  # noqa: TRY004 - of the data, not of a type
    return Key(key, "ES384")


def _public(read: Callable[[Any], object], members: dict[str, object]) -> object:
    try:
        return read(members)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise ValueError("not a key") from None


def read_keys(document: object) -> dict[str, Key]:
    """Read a JWK set: its usable keys by `kid`. ValueError when it is no set; what is unusable in it is passed over."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise ValueError("not a JWK set")
    keys: dict[str, Key] = {}
    for jwk in listed:
        if isinstance(jwk, dict) and isinstance(kid := jwk.get("kid"), str):
            try:
                keys.setdefault(kid, read_key(jwk))
            except ValueError:
                continue
    return keys


@dataclass(slots=True)
class _KeySet:
    """What is known of one address."""

    keys: Mapping[str, Key] = field(default_factory=dict)
    fetched: float = -math.inf
    ask_again: float = 0.0
    fetching: Lock = field(default_factory=Lock)


class KeySets:
    """The key sets that clients publish, fetched when needed and remembered for an hour.

    A key id that is not in the set is looked for once more, because clients change keys; but not more than once a
    minute, because anybody can make up a key id.
    """

    def __init__(self, get: Get, clock: Callable[[], float] = time.monotonic) -> None:
        """Fetch with ``get``; ``clock`` counts seconds."""
        self._get = get
        self._clock = clock
        self._sets: dict[str, _KeySet] = {}

    def find(self, url: str, kid: str) -> Key | None:
        """Return the key with this id from the set at ``url``, which the caller has found on its list."""
        known = self._sets.setdefault(url, _KeySet())
        if kid not in known.keys or self._age(known) > _FRESH_SECONDS:
            self._refresh(url, known, kid)
        return known.keys.get(kid) if self._age(known) <= _USABLE_SECONDS else None

    def _age(self, known: _KeySet) -> float:
        return self._clock() - known.fetched

    def _refresh(self, url: str, known: _KeySet, kid: str) -> None:
        # Who has a key that still serves does not wait for another thread to fetch.
        if not known.fetching.acquire(blocking=kid not in known.keys):
            return
        try:
            needed = kid not in known.keys or self._age(known) > _FRESH_SECONDS
            if needed and self._clock() >= known.ask_again:
                self._fetch(url, known)
        finally:
            known.fetching.release()

    def _fetch(self, url: str, known: _KeySet) -> None:
        deadline = time.monotonic() + _FETCH_SECONDS
        try:
            body = self._get(url, headers={"Accept": "application/json"}, deadline=deadline, most_bytes=_MOST_BYTES)
            known.keys = read_keys(msgspec.json.decode(body))
        except (FetchFailed, ValueError, RecursionError):  # msgspec's errors are ValueErrors
            known.ask_again = self._clock() + _PAUSE_AFTER_FAILURE_SECONDS
            return
        known.fetched = self._clock()
        known.ask_again = known.fetched + _PAUSE_SECONDS
