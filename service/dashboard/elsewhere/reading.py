"""The patient's record in the EHR that launched us, read and assessed on request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from cds_hooks import Completion, HookRequest, TrustedClient
from cds_hooks.outbound import Address
from service.assessing import data_digest
from service.dashboard.desk import audit_entry, here, session
from service.dashboard.elsewhere.launched import Record, launched_from, newest, record
from service.dashboard.elsewhere.sending import answers_in
from service.dashboard.pages import Pages
from service.dashboard.render import render
from service.intake.fhir import read
from service.intake.queries import PREFETCH, hidden_complaint, received
from service.security.launches import Ehr
from service.security.roles import Permission
from service.store import NotStoredError
from service.triage.assess import assess
from service.triage.findings import Finding

pages = Pages()
ROAD: Final = "smart"
_PAGE = "/smart/patient"
_SECONDS = 10.0  # somebody pressed a button and waits
_MOST_BYTES = 16 * 1024 * 1024
_TOLD_WITHIN = timedelta(minutes=10)
_PART = "part"
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "conditions": "problems",
        "observations": "results and measurements",
        "encounters": "visits",
        "questionnaireResponses": "questionnaire answers",
        _PART: "an entry that could not be read",
    }
)
"""Where a complaint may stand, in words."""


@pages.get("/patient", needs=Permission.VIEW, audit="view: launched patient")
def patient() -> ResponseReturnValue:
    """The offer to read the record of a patient of whom nothing is known here yet, and what came of reading it."""
    told, missing = _told()
    ehr, whom, opened = launched_from(), session().patient, record()
    known = newest(ehr.client, whom) if ehr and whom else None
    if known and not told:
        return redirect(f"/dashboard/assessments/{known}", 303)
    return render(
        "launched.html.j2",
        told=told,
        missing=[words for key, words in _WORDS.items() if key in missing],
        launched=ehr is not None,
        known=known,
        patient=opened.patient if opened else None,
    )


@pages.post("/assess", needs=Permission.DECIDE, audit=None)
def assess_record() -> ResponseReturnValue:
    """Read the record and assess the patient."""
    ehr, opened = launched_from(), record()
    if ehr is None or opened is None:
        return _tell("closed")
    data = _fetched(ehr, opened)
    came = received(data)
    if not came:
        return _tell("nothing")
    desk = here()
    now = desk.clock()
    library = desk.assessor.library
    intake = read(data, library.terminology, now, patient_id=opened.patient, encounter_id=opened.encounter)
    # What was answered here does not stand in the record, and must not be lost when that is read again.
    intake = replace(intake, findings=(*intake.findings, *_answered(ehr)))
    if not assess(intake.findings, library.knowledge, now).in_scope:
        if any(note.element == "deceased" for note in intake.notes):
            return _tell("deceased")  # and nothing was read, which is no all-clear where the record is wrong
        # Of a patient without a leg complaint nothing is kept, and what may hide one is named.
        hidden = [*hidden_complaint(data, came), *(_PART for note in intake.notes if note.lost)]
        return _tell("unknown", hidden) if hidden else _tell("no-complaint")
    try:
        document = desk.assessor.assess(intake, now, road=ROAD, client=ehr.client, inputs_digest=data_digest(data))
    except NotStoredError:
        abort(503)
    desk.assessor.store.tell_audit(audit_entry("assess: record", document["id"]))
    return redirect(f"/dashboard/assessments/{document['id']}", 303)


def _tell(outcome: str, missing: Sequence[str] = ()) -> ResponseReturnValue:
    """Go to the page that tells what came of reading the record. No other address makes it say so, and none for long.

    A link that says of a patient that nothing was found could be anybody's, or a week old.
    """
    here().assessor.store.tell_audit(audit_entry("assess: record", "", "refused"))
    told = {"told": outcome, "missing": [*missing], "patient": session().patient}
    return redirect(f"{_PAGE}?told={here().seal.close(told)}", 303)


def _told() -> tuple[str, list[str]]:
    told = here().seal.open(request.args.get("told", ""), _TOLD_WITHIN) or {}
    if "told" not in told or told["patient"] != session().patient:
        return "", []
    return told["told"], told["missing"]


def _answered(ehr: Ehr) -> list[Finding]:
    known = newest(ehr.client, session().patient or "")
    stored = here().assessor.store.assessment(known, client=ehr.client) if known else None
    return answers_in(stored) if stored else []


def _fetched(ehr: Ehr, opened: Record) -> Mapping[str, bytes]:
    """The answers to our queries; in place of what failed an OperationOutcome."""
    launches = here().launches
    if launches is None:
        return {}
    completion = Completion(launches.outbound.get, _SECONDS, _MOST_BYTES)
    client = TrustedClient(name=ehr.client, fhir_servers=(Address.parse(ehr.issuer),))
    asked = HookRequest(
        hook="patient-view",
        hook_instance="",
        context={"user_id": opened.author, "patient_id": opened.patient},
        prefetch={},
        client=session().client or "",
        fhir_server=ehr.issuer,
        access_token=opened.token,
    )
    return completion.complete(asked, PREFETCH, client).prefetch
