"""Signing in at the single sign-on of the site (OpenID Connect)."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.coming_back import forget, own_url, recall, remember
from service.dashboard.cookies import keep_session
from service.dashboard.desk import here
from service.dashboard.elsewhere import SignOn
from service.dashboard.pages import Pages
from service.dashboard.refusals import Refusal, refused
from service.security.authorization import SignInFailed
from service.store import AuditEntry, User

pages = Pages()
_KIND = "single-sign-on"
_CALLBACK = "/dashboard/single-sign-on/callback"
_SCOPE = "openid profile email"
_LONGEST_NAME = 100


@pages.get("/single-sign-on", needs=None, audit=None)
def single_sign_on() -> ResponseReturnValue:
    """Send the browser there."""
    came_for = request.args.get("next", "")
    try:
        begun = _sign_on().server.begin(own_url(_CALLBACK), _SCOPE)
    except SignInFailed as failure:
        return refused(failure.fault)
    answer = redirect(begun.url, 303)
    remember(answer, _KIND, begun.pending | {"next": came_for if came_for.startswith("/dashboard/") else ""})
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
    role = sign_on.settings.role(claims)
    login = _login(claims, sign_on.settings.host)
    if role is None:
        _tell_refusal(login)
        return refused(Refusal.NO_ROLE)
    user = here().assessor.store.sign_on(
        User(
            id=str(uuid4()),
            login=login,
            name=name_of(claims) or login,
            role=role,
            subject=f"{sign_on.settings.issuer} {claims['sub']}",
            created=here().clock(),
        ),
        request.remote_addr,
    )
    if user.disabled:
        _tell_refusal(user.login)
        return refused(Refusal.DISABLED)
    token, _ = here().sessions.open(user, address=request.remote_addr)
    answer = redirect(pending["next"] or "/dashboard/", 303)
    forget(answer)
    keep_session(answer, token)
    return answer


def name_of(claims: Mapping[str, Any]) -> str:
    """What to call whoever the claims are about; nothing when they do not say."""
    given = claims.get("name")
    return " ".join(given.split())[:_LONGEST_NAME] if isinstance(given, str) and given.isprintable() else ""


def _login(claims: Mapping[str, Any], host: str) -> str:
    """What the audit calls them: never a name that somebody could have here as well."""
    preferred = claims.get("preferred_username") or claims.get("email")
    if not isinstance(preferred, str) or not preferred.isprintable() or len(preferred) > _LONGEST_NAME:
        preferred = claims["sub"][:_LONGEST_NAME]
    return preferred if "@" in preferred else f"{preferred}@{host}"


def _sign_on() -> SignOn:
    found = here().sign_on
    if found is None:
        abort(404)
    return found


def _tell_refusal(login: str) -> None:
    entry = AuditEntry(
        at=here().clock(),
        actor=login,
        action="sign in",
        subject=login,
        address=request.remote_addr,
        outcome="refused",
    )
    here().assessor.store.tell_audit(entry)
