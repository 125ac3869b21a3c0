"""The way to another's sign-in page and back: what the browser must bring back, once and soon."""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Final

from flask import Response as FlaskResponse
from flask import request
from werkzeug import Response

from service.dashboard.cookies import drop, keep
from service.dashboard.desk import here

_WITHIN: Final = timedelta(minutes=10)


def remember(answer: Response, kind: str, pending: Mapping[str, str], *, framed: bool = False) -> None:
    """Have this browser, and no other, know of a sign-in that it set out for; several may be under way."""
    sealed = here().seal.close({**pending, "kind": kind})
    keep(answer, _cookie(pending["state"]), sealed, framed=framed, lasts=_WITHIN)


def recall(kind: str) -> dict[str, str] | None:
    """What was remembered of the sign-in that this request comes back from; None the second time, or too late."""
    state = request.args.get("state", "")
    sealed = request.cookies.get(_cookie(state), "")
    pending = here().seal.open(sealed, _WITHIN) if sealed else None
    if (
        pending is None
        or pending.get("kind") != kind
        or not hmac.compare_digest(pending["state"].encode(), state.encode())
    ):
        return None
    # Whoever reads the address in a log or in the history of a browser gains nothing by going there again.
    first = here().assessor.store.first_use(f"sign-in: {kind}", state, here().clock() + _WITHIN)
    return pending if first else None


def forget(answer: Response | FlaskResponse) -> None:
    """Have the browser forget the sign-in that this request comes back from."""
    name = _cookie(request.args.get("state", ""))
    if name in request.cookies:
        drop(answer, name)


def _cookie(state: str) -> str:
    return f"{here().cookie}-{sha256(state.encode()).hexdigest()[:16]}"
