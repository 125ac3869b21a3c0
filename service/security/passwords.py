"""Passwords: which are good enough, how they are kept, and how one is compared without telling more than yes or no."""

import base64
import secrets
import threading
import unicodedata
from collections.abc import Callable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST: Final = 12
LONGEST: Final = 256
_HASHER: Final = PasswordHasher()  # argon2id as RFC 9106 recommends where memory is scarce: 64 MiB, 3 passes

# A hash takes its memory and a core for some 50 ms: a flood of sign-ins must not take them from whoever needs advice.
_AT_ONCE = threading.BoundedSemaphore(4)
_WAIT = 2.0  # seconds


class TooManyAtOnceError(Exception):
    """So many passwords are being compared that this one was not looked at. Try again in a moment."""


def fault_of(password: str, login: str) -> str | None:
    """What is wrong with a new password, in words for whoever chose it; None when it is good."""
    if len(password) < SHORTEST:
        return f"This is shorter than {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if login and len(password.casefold().replace(login, "")) < SHORTEST:
        return f"Use at least {SHORTEST} characters besides your login."
    if len(set(password)) < SHORTEST // 3:
        return "Use more different characters."
    return None


def hashed(password: str) -> str:
    """What is kept of a password. TooManyAtOnceError, rarely."""
    with _Turn():
        return _HASHER.hash(_normal(password))


def matches(password: str, find: Callable[[], str | None]) -> bool:
    """Whether it is the password of which a hash was kept. TooManyAtOnceError, rarely.

    Without a hash the answer is no, and takes as long: nobody learns by the clock who has an account.

    Args:
        password: What somebody typed.
        find: Gives the hash; it is asked once this password will be looked at, and not for one that will not.
    """
    if len(password) > LONGEST:  # nobody has one, and to normalise 100,000 accents takes the machine for minutes
        password = ""
    with _Turn():
        kept = find()
        try:
            _HASHER.verify(kept or _NOBODY, _normal(password))
        except (Argon2Error, InvalidHashError):
            return False
    return kept is not None


def is_dated(kept: str) -> bool:
    """Whether the hash was made with other parameters than a new one would be."""
    return _HASHER.check_needs_rehash(kept)


class _Turn:
    def __enter__(self) -> None:
        if not _AT_ONCE.acquire(timeout=_WAIT):
            raise TooManyAtOnceError

    def __exit__(self, *_: object) -> None:
        _AT_ONCE.release()


def _normal(password: str) -> str:
    """The same for a letter and its accent, however the keyboard sends them."""
    return unicodedata.normalize("NFKC", password.encode(errors="replace").decode())


def _made_up() -> str:
    """A hash of no password, which takes as long to compare as any."""
    salt, digest = (_base64(secrets.token_bytes(size)) for size in (_HASHER.salt_len, _HASHER.hash_len))
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


_NOBODY: Final = _made_up()
