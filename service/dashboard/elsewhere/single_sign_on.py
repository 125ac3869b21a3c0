"""Signing in at the single sign-on of the site (OpenID Connect)."""

from collections.abc import Mapping
from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import here
from service.dashboard.elsewhere.arrivals import let_in, turned_away
from service.dashboard.elsewhere.coming_back import recall, remember
from service.dashboard.elsewhere.refusals import Refusal, refused
from service.dashboard.elsewhere.servers import SignOn
from service.dashboard.opening import own_page, page_url
from service.dashboard.pages import Pages
from service.security.arriving import Arrival, login_for
from service.security.authorization import SignInFailed

pages = Pages()
_KIND = "single-sign-on"
_CALLBACK = "/dashboard/single-sign-on/callback"
_SCOPE = "openid profile email"


@pages.get("/single-sign-on", needs=None, audit=None)
def single_sign_on() -> ResponseReturnValue:
    """Send the browser there."""
    try:
        begun = _sign_on().server.begin(page_url(_CALLBACK), _SCOPE)
    except SignInFailed as failure:
        return refused(failure.fault)
    answer = redirect(begun.url, 303)
    remember(answer, _KIND, begun.pending | {"next": own_page(request.args.get("next"))})
    return answer


@pages.get("/single-sign-on/callback", needs=None, audit=None)
def single_sign_on_callback() -> ResponseReturnValue:
    """Open a session for whoever comes back, if they have a role here."""
    sign_on = _sign_on()
    pending = recall(_KIND)
    if pending is None:
        return refused(Refusal.STALE)
    try:
        claims = sign_on.server.finish(pending, request.args).claims
    except SignInFailed as failure:
        return refused(failure.fault)
    subject = f"{sign_on.settings.issuer} {claims['sub']}"
    login = login_for(subject, _name_there(claims), sign_on.settings.host)
    role = sign_on.settings.role(claims)
    if role is None:
        return turned_away(login, Refusal.NO_ROLE)
    return let_in(Arrival.of(claims, subject=subject, login=login, role=role), own_page(pending["next"]))


def _name_there(claims: Mapping[str, Any]) -> str:
    told = claims.get("preferred_username") or claims.get("email")
    return told if isinstance(told, str) else str(claims["sub"])


def _sign_on() -> SignOn:
    found = here().sign_on
    if found is None:
        abort(404)
    return found
