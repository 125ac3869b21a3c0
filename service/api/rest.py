"""What the REST routes work with, and who is calling."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import current_app, g, request

from service.api.problems import ProblemError
from service.assessing import Assessor
from service.security.keys import Caller, KeyRefusedError

_PLACE = "legtriage.rest"
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Rest:
    """What every route may need.

    `callers` tells who calls from the Authorization header, and raises KeyRefusedError.
    """

    assessor: Assessor
    clock: Callable[[], datetime]
    callers: Callable[[str | None], Caller]
    max_body_bytes: int


def here() -> Rest:
    """What the application of this request was set up with."""
    return cast("Rest", current_app.extensions[_PLACE])


def set_up(extensions: dict[str, object], rest: Rest) -> None:
    """Have `here` give this."""
    extensions[_PLACE] = rest


def authenticate() -> None:
    """Find out who calls, before the request is looked at."""
    if request.method == "OPTIONS":
        return
    try:
        g.caller = here().callers(request.headers.get("Authorization"))
    except KeyRefusedError:
        raise ProblemError(401, "An API key is needed.", headers={"WWW-Authenticate": "Bearer"}) from None


def caller() -> Caller:
    """Who calls."""
    return cast("Caller", g.caller)


def own() -> str | None:
    """Whose assessments the caller may see: its own, or those of everybody (None)."""
    return None if caller().is_clinician else caller().name


def clinicians_only(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Refuse whoever may only hand in intakes."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        if not caller().is_clinician:
            raise ProblemError(403, "This needs the key of a clinician.")
        return view(*args, **kwargs)

    return guarded
