"""What the pages work with, and who is looking at them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast

from flask import abort, current_app, g, request

from service.assessing import Assessor
from service.browser import StaticFiles
from service.dashboard.elsewhere.servers import Launches, SignOn
from service.security.sealing import Seal
from service.security.sessions import Session, Sessions
from service.store import AuditEntry, StoredAssessment

_NAME = "dashboard"


@dataclass(frozen=True, slots=True)
class Desk:
    """What all pages share.

    Attributes:
        assessor: The knowledge, the store, and the one way to a new assessment.
        sessions: Who is signed in.
        clock: What time it is.
        static: The files that the pages load.
        seal: Closes what is given to browsers, or to the database, and must be read by us alone.
        public_urls: The addresses that browsers know this service by, besides the one it is called at.
        sign_on: Where people of this site prove who they are, if not here.
        launches: The EHRs that may launch us, if any.
    """

    assessor: Assessor
    sessions: Sessions
    clock: Callable[[], datetime]
    static: StaticFiles
    seal: Seal
    public_urls: tuple[str, ...] = ()
    sign_on: SignOn | None = None
    launches: Launches | None = None

    @property
    def today(self) -> date:
        """The day in UTC, by which files and figures are told."""
        return self.clock().astimezone(UTC).date()

    @property
    def is_public(self) -> bool:
        """Whether browsers come over the network, so that cookies go over https alone."""
        return bool(self.public_urls)

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return "__Host-legtriage" if self.is_public else "legtriage"


def here() -> Desk:
    """The desk of the application that answers."""
    return cast("Desk", current_app.extensions[_NAME])


def signed_in() -> Session | None:
    """The session of the request, if it has one."""
    return cast("Session | None", g.get("session"))


def session() -> Session:
    """The session of the request, of a page that asks for one."""
    return cast("Session", g.session)


def audit_entry(action: str, subject: str, outcome: str = "success") -> AuditEntry:
    """That whoever is signed in does this now."""
    user = session().user
    return AuditEntry(
        at=here().clock(),
        actor=user.login,
        action=action,
        subject=subject,
        role=user.role,
        address=request.remote_addr,
        outcome=outcome,
    )


def find(id: str) -> StoredAssessment | None:  # noqa: A002 - its name everywhere
    """The assessment, if there is one that whoever is signed in may see."""
    return here().assessor.store.assessment(id, client=session().client, patient=session().patient)


def within_reach(id: str) -> StoredAssessment:  # noqa: A002
    """The same; 404 without."""
    found = find(id)
    if found is None:
        abort(404)
    return found
