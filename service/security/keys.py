"""API keys: who calls the REST interface, and what they may do there."""

import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from service.store import ApiKey, Store

ROLES = ("intake", "clinician")
"""`intake` makes assessments and reads its own; `clinician` reads all, decides, and sees worklist and statistics."""

_KEY = re.compile(r"bearer +lt_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.IGNORECASE)
_REMEMBERED = 5.0  # seconds; a key that was revoked lives so much longer
_MOST = 1000


class KeyRefusedError(Exception):
    """No key, no such key, or one that was revoked."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a call came from, and what it may do."""

    name: str
    role: str

    @property
    def is_clinician(self) -> bool:
        """Whether it may see what others sent, and decide."""
        return self.role == "clinician"


ANYBODY = Caller("anonymous", "clinician")
"""Whoever calls where nobody proves who they are."""


class ApiKeys:
    """The keys that open the REST interface. Safe for threads."""

    def __init__(self, store: Store, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Look keys up in this store, and remember what was found for a few seconds."""
        self._store = store
        self._monotonic = monotonic
        self._found: dict[str, tuple[float, ApiKey]] = {}

    def caller(self, authorization: str | None) -> Caller:
        """Whose key an Authorization header holds.

        Raises:
            KeyRefusedError: It holds none that is good.
            DatabaseAwayError: It cannot be told now.
        """
        given = _KEY.fullmatch(authorization.strip()) if authorization else None
        key = self._key(given[1]) if given else None
        if given is None or key is None or not hmac.compare_digest(_digest(given[2]), key.digest):
            raise KeyRefusedError
        if key.revoked is not None or key.role not in ROLES:
            raise KeyRefusedError
        return Caller(key.name, key.role)

    def _key(self, id: str) -> ApiKey | None:  # noqa: A002
        now = self._monotonic()
        until, key = self._found.get(id, (now, None))
        if key is not None and now < until:
            return key
        key = self._store.api_key(id)
        if len(self._found) >= _MOST:
            self._found = {}
        if key is not None:
            self._found[id] = (now + _REMEMBERED, key)
        return key


def new_key(name: str, role: str, now: datetime) -> tuple[str, ApiKey]:
    """A new key as its holder gets it, once, and as it is kept."""
    name_of_key, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    return f"lt_{name_of_key}_{secret}", ApiKey(name_of_key, name, role, _digest(secret), now, None)


def _digest(secret: str) -> str:
    """Enough for a secret of 256 random bits, which nobody guesses from it."""
    return sha256(secret.encode()).hexdigest()
