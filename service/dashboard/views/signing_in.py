"""Signing in and out."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import here, session, signed_in
from service.dashboard.opening import leave, open_session, own_page
from service.dashboard.pages import Pages
from service.dashboard.render import render
from service.security import accounts
from service.security.passwords import TooManyAtOnceError
from service.security.roles import Permission

pages = Pages()
_WRONG = "This did not open an account: login or password is wrong, or the account is locked or not in use."


@pages.get("/sign-in", needs=None, audit=None)
def sign_in() -> ResponseReturnValue:
    """The form."""
    to = own_page(request.args.get("next"))
    if signed_in():
        return redirect(to, 303)
    return render("sign_in.html.j2", login="", to=to, fault=None)


@pages.post("/sign-in", needs=None, audit=None)
def take_sign_in() -> ResponseReturnValue:
    """Open a session, or say no without saying why: nobody is to learn who has an account."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    to = own_page(request.form.get("next"))
    try:
        user = accounts.sign_in(here().assessor.store, login, password, now=here().clock(), address=request.remote_addr)
    except TooManyAtOnceError:
        fault = "Many are signing in at this moment. Try again."
        return render("sign_in.html.j2", login=login, to=to, fault=fault), 503
    if user is None:
        return render("sign_in.html.j2", login=login, to=to, fault=_WRONG), 422
    return open_session(user, to)


@pages.post("/sign-out", needs=Permission.VIEW, audit=None)
def sign_out() -> ResponseReturnValue:
    """End the session."""
    here().sessions.close(session(), address=request.remote_addr)
    return leave("/dashboard/sign-in")
