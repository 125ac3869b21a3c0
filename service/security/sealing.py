"""What must be kept where others can see it, in a form that only we can read."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken


class Seal:
    """Seals JSON values, and opens what it sealed."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        """Seal with this key of 32 bytes."""
        self._fernet = Fernet(urlsafe_b64encode(key))
        self._clock = clock

    def close(self, content: Mapping[str, Any]) -> str:
        """The content as a text that nobody else can read or change."""
        return self._fernet.encrypt_at_time(orjson.dumps(content), self._now()).decode()

    def open(self, sealed: str, within: timedelta | None = None) -> dict[str, Any] | None:
        """The content; None when it is not ours or, with a time given, was sealed longer ago."""
        try:
            if within is None:
                plain = self._fernet.decrypt(sealed)
            else:
                plain = self._fernet.decrypt_at_time(sealed, int(within.total_seconds()), self._now())
        except (InvalidToken, ValueError):
            return None
        content: dict[str, Any] = orjson.loads(plain)
        return content

    def _now(self) -> int:
        return int(self._clock().timestamp())
