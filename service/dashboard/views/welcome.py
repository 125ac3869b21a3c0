"""One-time links: whoever holds one sets a password, and is signed in."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import here
from service.dashboard.opening import START, open_session
from service.dashboard.pages import Pages
from service.dashboard.render import render
from service.security.accounts import link_digest
from service.security.passwords import TooManyAtOnceError, fault_of, hashed
from service.store import AuditEntry, User

pages = Pages()


@pages.get("/welcome/<token>", needs=None, audit=None)
def welcome(token: str) -> ResponseReturnValue:
    """The form. To look at it uses nothing up: mail programs look at links too."""
    return _form(_user(token))


@pages.post("/welcome/<token>", needs=None, audit=None)
def take_welcome(token: str) -> ResponseReturnValue:
    """Set the password, and use the link up."""
    user = _user(token)
    if user is None:
        return _form(None)
    password = request.form.get("password", "")
    fault = fault_of(password, user.login)
    if fault:
        return _form(user, {"password": fault})
    if password != request.form.get("again", ""):
        return _form(user, {"again": "This is not what you typed above."})
    try:
        kept = hashed(password)
    except TooManyAtOnceError:
        return _form(user, {"password": "Many are signing in at this moment. Try again."})
    entry = AuditEntry(
        at=here().clock(),
        actor=user.login,
        action="password set by link",
        subject=user.login,
        role=user.role,
        address=request.remote_addr,
    )
    if not here().assessor.store.use_link(link_digest(token), kept, entry):
        return _form(None)
    return open_session(user, START)


def _user(token: str) -> User | None:
    user = here().assessor.store.link(link_digest(token), here().clock())
    return None if user is None or user.disabled else user


def _form(user: User | None, faults: Mapping[str, str] = MappingProxyType({})) -> ResponseReturnValue:
    status = 404 if user is None else 422 if faults else 200
    return render("welcome.html.j2", user=user, faults=faults), status
