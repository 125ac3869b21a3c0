"""Letting in whoever proved elsewhere who they are."""

from flask import request
from werkzeug.wrappers import Response

from service.dashboard.desk import here
from service.dashboard.elsewhere.coming_back import forget
from service.dashboard.elsewhere.refusals import Refusal, refused
from service.dashboard.opening import open_session
from service.security.arriving import Arrival, account_of
from service.store import AuditEntry, LastAdminError


def let_in(
    arrival: Arrival,
    to: str,
    *,
    client: str | None = None,
    patient: str | None = None,
    secret: str | None = None,
    framed: bool = False,
) -> Response:
    """The way on for somebody who arrived: with a session, unless their account is disabled."""
    desk = here()
    try:
        user = account_of(desk.assessor.store, arrival, desk.clock(), request.remote_addr)
    except LastAdminError:
        return turned_away(arrival.login, Refusal.LAST_ADMIN)
    if user.disabled:
        return turned_away(user.login, Refusal.DISABLED)
    answer = open_session(user, to, client=client, patient=patient, secret=secret, framed=framed)
    forget(answer)
    return answer


def turned_away(login: str, refusal: Refusal) -> Response:
    """The page for somebody who is known by now and not let in; the audit is told."""
    entry = AuditEntry(
        at=here().clock(),
        actor=login,
        action="sign in",
        subject=login,
        address=request.remote_addr,
        outcome="refused",
    )
    here().assessor.store.tell_audit(entry)
    return refused(refusal)
