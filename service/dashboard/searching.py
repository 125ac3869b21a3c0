"""What was searched for. It may be a name, so no address says it: a cookie keeps it, sealed for this session alone.

An address stays in the history of a browser and in the logs of every proxy; a cookie that only this session opens says
nothing to whoever signs in next.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken
from flask import Response, request

from service.dashboard.desk import here, session

LONGEST = 100
_COOKIE = "legtriage-search"
_PATH = "/dashboard/"


def searched() -> str | None:
    """What this session searched for last."""
    try:
        return _seal().decrypt(request.cookies.get(_COOKIE, "")).decode()
    except (InvalidToken, ValueError):  # ValueError: not even letters of one
        return None


def keep_search(text: str, answer: Response) -> None:
    """Have the browser bring this text until it is closed; no text for none."""
    if text:
        sealed = _seal().encrypt(text.encode()).decode()
        answer.set_cookie(_COOKIE, sealed, path=_PATH, secure=here().is_public, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(_COOKIE, path=_PATH, secure=here().is_public, httponly=True, samesite="Lax")


def _seal() -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(b"search\0" + session().kept.csrf.encode()).digest()))
