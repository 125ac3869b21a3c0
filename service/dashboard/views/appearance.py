"""Light or dark, as the user chooses; by default as the device does."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import here
from service.dashboard.opening import own_page
from service.dashboard.pages import Pages
from service.dashboard.render import THEME_COOKIE, THEMES

pages = Pages()
_YEAR = 365 * 24 * 3600


@pages.post("/theme", needs=None, audit=None)
def theme() -> ResponseReturnValue:
    """Remember the choice in this browser, and go back to where it was made."""
    chosen = request.form.get("theme", "auto")
    answer = redirect(own_page(request.form.get("back")), 303)
    answer.set_cookie(
        THEME_COOKIE,
        chosen if chosen in THEMES else "auto",
        max_age=_YEAR,
        secure=here().is_public,
        httponly=True,
        samesite="Lax",
    )
    return answer
