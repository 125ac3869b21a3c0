"""Why somebody who comes from elsewhere was not let in, told so that they know what to do."""

from enum import Enum

import structlog
from flask import Response, make_response, request

from service.dashboard.elsewhere.coming_back import forget
from service.dashboard.render import render
from service.security.authorization import Fault


class Refusal(Enum):
    """A reason: the status of the page, its heading, and what to do."""

    AWAY = 502, "The sign-in server did not answer", "Nothing is wrong with your account. Try again in a moment."
    UNFIT = (
        502,
        "The sign-in server cannot be used",
        "Its answer was not what this service expects. Tell the administrator of this service.",
    )
    DENIED = 403, "Access was not granted", "It was declined there. Nothing was opened."
    EXPIRED = 403, "The sign-in took too long", "Its one-time code had run out. Start again."
    UNPROVEN = (
        403,
        "It could not be proved who you are",
        (
            "The answer of the sign-in server does not fit what was asked. Start again; if it stays so, tell the "
            "administrator of this service."
        ),
    )
    ENDED = 401, "Your session has ended", "Nothing was lost."
    STALE = (
        400,
        "This sign-in was not begun in this browser",
        "It was begun elsewhere, took too long, or was used already. Start again.",
    )
    UNLISTED = 403, "This record system is not known here", "The administrator of this service must list it first."
    NO_PATIENT = 403, "No patient came along", "Open a patient in the record system, and start from there."
    NOT_CLINICIAN = 403, "This is for clinicians", "The record system did not say that you are one. Nothing was opened."
    NO_ROLE = (
        403,
        "You have no role here",
        "You proved who you are, but none of your groups may use this service. Ask its administrator.",
    )
    LAST_ADMIN = (
        403,
        "You are the last administrator here",
        "Your groups no longer say that you are one. Somebody else must be made administrator first.",
    )
    DISABLED = 403, "This account is disabled", "Ask the administrator of this service."


def refused(refusal: Refusal | Fault, *, launched: bool | None = None) -> Response:
    """The page that tells it, and the way to another try: from the EHR for who was launched, else by signing in.

    The log has the reason alone.
    """
    launched = request.blueprint == "smart" if launched is None else launched
    reason = Refusal[refusal.name]
    status, heading, advice = reason.value
    structlog.get_logger().warning("sign-in refused", why=reason.name.lower())
    answer = make_response(render("refused.html.j2", heading=heading, advice=advice, launched=launched), status)
    forget(answer)
    return answer
