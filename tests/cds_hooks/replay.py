"""Which tokens were used, remembered by one process. Workers that share the port need a memory that they share."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock


class FirstUses:
    """A `cds_hooks.FirstUse` for a single process."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Forget by this clock what has expired."""
        self._clock = clock
        self._used: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def __call__(self, issuer: str, token_id: str, expires: datetime) -> bool:
        """Tell whether the issuer's token id is seen for the first time; remember it until it expires."""
        with self._lock:
            now = self._clock()
            self._used = {used: until for used, until in self._used.items() if until > now}
            if (issuer, token_id) in self._used:
                return False
            self._used[issuer, token_id] = expires
            return True
