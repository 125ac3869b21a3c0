"""What was searched for. It may be a name, so no address says it: a cookie keeps it, sealed for this session alone.

An address stays in the history of a browser and in the logs of every proxy; a cookie that only this session opens says
nothing to whoever signs in next.
"""

from flask import Response, request

from service.dashboard.desk import here, session

LONGEST = 100
_COOKIE = "legtriage-search"
_PATH = "/dashboard/"


def searched() -> str | None:
    """What this session searched for last."""
    kept = here().seal.open(request.cookies.get(_COOKIE, "")) or {}
    return kept.get("text") if kept.get("session") == session().kept.digest else None


def keep_search(text: str, answer: Response) -> None:
    """Have the browser bring this text until it is closed; no text for none."""
    if text:
        sealed = here().seal.close({"text": text, "session": session().kept.digest})
        answer.set_cookie(_COOKIE, sealed, path=_PATH, secure=here().is_public, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(_COOKIE, path=_PATH, secure=here().is_public, httponly=True, samesite="Lax")
