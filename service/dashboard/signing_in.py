"""Signing in and out."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import here, session
from service.dashboard.pages import Pages
from service.dashboard.render import render
from service.security.roles import Permission

pages = Pages()


@pages.get("/sign-in", needs=None, audit=None)
def sign_in() -> ResponseReturnValue:
    """The form."""
    return render("sign_in.html.j2")


@pages.post("/sign-out", needs=Permission.VIEW, audit=None)
def sign_out() -> ResponseReturnValue:
    """End the session."""
    here().sessions.close(session(), address=request.remote_addr)
    answer = redirect("/dashboard/sign-in", 303)
    answer.delete_cookie(here().cookie, path="/", secure=here().is_public, httponly=True)
    return answer
