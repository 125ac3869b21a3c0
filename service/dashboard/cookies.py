"""The cookies of the dashboard: for our own pages alone, or in the frame of an EHR that may show them."""

from datetime import timedelta

from flask import Response as FlaskResponse
from werkzeug import Response

from service.dashboard.desk import here


def keep(
    answer: Response | FlaskResponse, name: str, value: str, *, framed: bool, lasts: timedelta | None = None
) -> None:
    """Have the browser keep a cookie.

    Args:
        answer: What carries it there.
        name: Its name.
        value: Its value.
        framed: Whether it must come back from the frame of another site's page. Such a cookie is kept apart for
            each site that shows us, so that no other site's page can make use of it.
        lasts: How long; until the browser ends without it.
    """
    answer.set_cookie(
        name,
        value,
        max_age=lasts,
        secure=framed or here().is_public,
        httponly=True,
        samesite="None" if framed else "Lax",
        partitioned=framed,
    )


def drop(answer: Response | FlaskResponse, name: str) -> None:
    """Have the browser forget a cookie, however it was kept."""
    answer.delete_cookie(name, secure=here().is_public, httponly=True, samesite="Lax")
    answer.delete_cookie(name, secure=True, httponly=True, samesite="None", partitioned=True)
