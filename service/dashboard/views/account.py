"""What everybody may do about their own account: a new password, and an end to sessions elsewhere."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import audit_entry, here, session
from service.dashboard.opening import open_session
from service.dashboard.pages import Pages
from service.dashboard.render import render
from service.security import accounts
from service.security.passwords import TooManyAtOnceError, fault_of, hashed
from service.security.roles import Permission

pages = Pages()
_DONE = {"password": "Your password is changed.", "sessions": "You are signed out everywhere else."}
_BUSY = {"password": "Many are signing in at this moment. Try again."}
_NONE: Mapping[str, str] = MappingProxyType({})


@pages.get("/account", needs=Permission.VIEW, audit=None)
def account() -> ResponseReturnValue:
    """Who I am here, and where I am signed in."""
    return _page(_NONE)


@pages.post("/account/password", needs=Permission.VIEW, audit=None)
def change_password() -> ResponseReturnValue:
    """Set another password; all other sessions end, and this one goes on under a new token."""
    user, kept, desk = session().user, session().kept, here()
    store, now, password = desk.assessor.store, desk.clock(), request.form.get("password", "")
    fault = fault_of(password, user.login)
    if fault:
        return _page({"password": fault})
    if password != request.form.get("again", ""):
        return _page({"again": "This is not what you typed above."})
    old = request.form.get("old", "")
    try:
        proven = accounts.sign_in(
            store, user.login, old, now=now, address=request.remote_addr, action="password change"
        )
        if proven is None:
            return _page({"old": "This is not your password now, or it was wrong five times; then wait a little."})
        store.set_password(user.id, hashed(password), audit_entry("password change", user.login))
    except TooManyAtOnceError:
        return _page(_BUSY)
    to = "/dashboard/account?done=password"
    return open_session(user, to, client=kept.client, patient=kept.patient, secret=kept.secrets)


@pages.post("/account/sessions", needs=Permission.VIEW, audit=None)
def end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere else."""
    user = session().user
    entry = audit_entry("sessions ended", user.login)
    here().assessor.store.close_sessions(user.id, entry, but=session().kept.digest)
    return redirect("/dashboard/account?done=sessions", 303)


def _page(faults: Mapping[str, str]) -> ResponseReturnValue:
    mine = here().sessions.of(session().user)
    done = _DONE.get(request.args.get("done", "")) if not faults else None
    page = render("account.html.j2", faults=faults, sessions=mine, own=session().kept.digest, done=done)
    return page, 422 if faults else 200
