"""Light or dark, as the user chooses; by default as the device does."""

from datetime import timedelta

from flask import redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.cookies import keep
from service.dashboard.opening import own_page
from service.dashboard.pages import Pages
from service.dashboard.render import THEME_COOKIE, THEMES

pages = Pages()
_YEAR = timedelta(days=365)


@pages.post("/theme", needs=None, audit=None)
def theme() -> ResponseReturnValue:
    """Remember the choice in this browser, and go back to where it was made."""
    chosen = request.form.get("theme", "auto")
    answer = redirect(own_page(request.form.get("back")), 303)
    keep(answer, THEME_COOKIE, chosen if chosen in THEMES else "auto", framed=False, lasts=_YEAR)
    return answer
