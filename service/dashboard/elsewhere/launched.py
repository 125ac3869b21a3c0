"""What an EHR gave a session that it opened: which patient, and the token for the patient's record."""

from dataclasses import asdict, dataclass, field

from flask import g

from service.dashboard.desk import here, signed_in
from service.security.launches import Ehr
from service.store import WorklistQuery


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one patient in an EHR, as far as it was opened to us.

    Attributes:
        patient: The patient's id there.
        author: The reference of the clinician there.
        token: What opens the record.
        until: When it opens it no longer, in seconds since 1970.
        encounter: The id of the visit that it was opened in.
    """

    patient: str
    author: str
    token: str = field(repr=False)
    until: int
    encounter: str | None = None

    def sealed(self) -> str:
        """For the store, which must not be able to read it."""
        return here().seal.close(asdict(self))

    @property
    def is_open(self) -> bool:
        """Whether the token still opens it."""
        return here().clock().timestamp() < self.until


def allow_frame(ehr: Ehr) -> None:
    """Let pages of this EHR show this answer in a frame, if the settings say so."""
    g.frame_ancestors = ehr.frame_ancestors


def launched_from() -> Ehr | None:
    """The EHR that opened the session of this request, if one did."""
    session, launches = signed_in(), here().launches
    return launches.of(session.kept.client) if session and session.kept.patient and launches else None


def newest(client: str, patient: str) -> str | None:
    """The id of the newest assessment of a patient, as the store names patients."""
    query = WorklistQuery(status=None, client=client, patient=patient, sort="newest")
    found = here().assessor.store.worklist_page(query, limit=1)
    return found[0].id if found else None


def record() -> Record | None:
    """The record that came with the session of this request; None without one, or when it opens no longer."""
    session = signed_in()
    sealed = session.kept.secrets if session and launched_from() else None
    content = here().seal.open(sealed) if sealed else None
    found = Record(**content) if content else None
    return found if found and found.is_open else None
