"""How a session gets into a browser and out of it, and where whoever signed in goes on."""

from urllib.parse import urlsplit

from flask import redirect, request
from werkzeug.wrappers import Response

from service.dashboard.desk import here, signed_in
from service.store import User

START = "/dashboard/"


def open_session(
    user: User, to: str, *, client: str | None = None, patient: str | None = None, secret: str | None = None
) -> Response:
    """The way on for a user who proved who they are: a new session under a new token, in place of any earlier one.

    Args:
        user: Who.
        to: The address to go on to, one of ours.
        client: Only what this caller sent is to be seen.
        patient: Only this patient is to be seen.
        secret: What belongs to the session; sealed already.
    """
    desk = here()
    earlier = signed_in()
    if earlier:
        desk.sessions.close(earlier, address=request.remote_addr)
    token, _ = desk.sessions.open(user, address=request.remote_addr, client=client, patient=patient, secret=secret)
    answer = redirect(to, 303)
    # Lax, not strict: a link from the EHR must arrive signed in. Gone when the browser closes.
    answer.set_cookie(desk.cookie, token, path="/", secure=desk.is_public, httponly=True, samesite="Lax")
    return answer


def leave(to: str) -> Response:
    """The way on for whoever signed out."""
    answer = redirect(to, 303)
    answer.delete_cookie(here().cookie, path="/", secure=here().is_public, httponly=True, samesite="Lax")
    return answer


def own_page(address: str | None) -> str:
    """The address, if it is a page of this dashboard; else where everybody starts."""
    if not address or not address.startswith(START) or not address.isprintable() or "\\" in address:
        return START
    return START if urlsplit(address).netloc else address


def base_url() -> str:
    """The address of the service, as browsers know it."""
    return here().public_urls[0] if here().public_urls else request.host_url
