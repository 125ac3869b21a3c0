"""Launched from an EHR (SMART on FHIR): a session for one patient, opened where the clinician stands already."""

import re
from collections.abc import Mapping
from typing import Any, Final

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import here
from service.dashboard.elsewhere.arrivals import let_in, turned_away
from service.dashboard.elsewhere.coming_back import recall, remember
from service.dashboard.elsewhere.launched import Record, allow_frame, newest
from service.dashboard.elsewhere.refusals import Refusal, refused
from service.dashboard.elsewhere.servers import Launches
from service.dashboard.opening import page_url
from service.dashboard.pages import Pages
from service.security.arriving import Arrival, login_for
from service.security.authorization import Granted, SignInFailed
from service.security.launches import Ehr

pages = Pages()
CALLBACK: Final = "/smart/callback"
_KIND = "launch"
_LONGEST = 4096
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_CLINICIAN = re.compile(r"(?:.*/)?((?:Practitioner|PractitionerRole)/[A-Za-z0-9\-.]{1,64})")
_COMMON_SCOPE = "launch openid fhirUser"
_READ_AND_WRITE = {
    True: "patient/*.rs patient/QuestionnaireResponse.c",
    False: "patient/*.read patient/QuestionnaireResponse.write",
}
_USUAL_LIFE = 3600


@pages.get("/launch", needs=None, audit=None)
def launch() -> ResponseReturnValue:
    """Ask the EHR that opened us for its user and patient. One that is not listed is asked nothing."""
    launches = _launches()
    ehr = launches.at(request.args.get("iss", ""))
    handle = request.args.get("launch", "")
    if ehr is None or not 0 < len(handle) <= _LONGEST:
        return refused(Refusal.UNLISTED)
    allow_frame(ehr)
    server = launches.servers[ehr.client]
    try:
        scope = f"{_COMMON_SCOPE} {_READ_AND_WRITE['permission-v2' in server.metadata().capabilities]}"
        begun = server.begin(page_url(CALLBACK), scope, aud=ehr.issuer, launch=handle)
    except SignInFailed as failure:
        return refused(failure.fault)
    answer = redirect(begun.url, 303)
    remember(answer, _KIND, begun.pending | {"client": ehr.client}, framed=bool(ehr.frame_ancestors))
    return answer


@pages.get("/callback", needs=None, audit=None)
def callback() -> ResponseReturnValue:
    """Open a session for the clinician and the patient that the EHR names, and for no other."""
    launches, pending = _launches(), recall(_KIND)
    ehr = launches.of(pending["client"]) if pending else None
    if pending is None or ehr is None:
        return refused(Refusal.STALE)
    allow_frame(ehr)
    try:
        granted = launches.servers[ehr.client].finish(pending, request.args)
    except SignInFailed as failure:
        return refused(failure.fault)
    author = _clinician(granted.claims)
    if author is None:
        return refused(Refusal.NOT_CLINICIAN)
    record = _record(granted.token, author)
    patient = here().assessor.store.patient_token(ehr.client, record.patient) if record else None
    arrival = _arrival(ehr, granted, author)
    if record is None or patient is None:
        return turned_away(arrival.login, Refusal.NO_PATIENT)
    return let_in(
        arrival,
        _landing(ehr.client, patient, granted.token.get("appContext")),
        client=ehr.client,
        patient=patient,
        secret=record.sealed(),
        framed=bool(ehr.frame_ancestors),
    )


def _clinician(claims: Mapping[str, Any]) -> str | None:
    """The reference of the user, if that is a clinician: patients and their families launch apps as well."""
    match = _CLINICIAN.fullmatch(str(claims.get("fhirUser") or claims.get("profile")))
    return match[1] if match else None


def _record(token: Mapping[str, Any], author: str) -> Record | None:
    patient, encounter, lasts = token.get("patient"), token.get("encounter"), token.get("expires_in")
    if not (isinstance(patient, str) and _ID.fullmatch(patient)):
        return None
    seconds = lasts if isinstance(lasts, int) and 0 <= lasts <= _USUAL_LIFE * 24 else _USUAL_LIFE
    return Record(
        patient=patient,
        author=author,
        token=str(token["access_token"]),
        until=int(here().clock().timestamp()) + seconds,
        encounter=encounter if isinstance(encounter, str) and _ID.fullmatch(encounter) else None,
    )


def _arrival(ehr: Ehr, granted: Granted, author: str) -> Arrival:
    # Never the same account as at the single sign-on, though both may be one server: here less is allowed.
    subject = f"launch {ehr.client} {granted.claims['iss']} {granted.claims['sub']}"
    login = login_for(subject, author.replace("/", "-"), ehr.client)
    return Arrival.of(granted.claims, subject=subject, login=login, role=ehr.role, client=ehr.client)


def _landing(client: str, patient: str, context: object) -> str:
    """The assessment that the card was about if it is this patient's, else the newest, else the offer to make one."""
    store = here().assessor.store
    if isinstance(context, str) and store.assessment(context, client=client, patient=patient):
        return f"/dashboard/assessments/{context}"
    found = newest(client, patient)
    return f"/dashboard/assessments/{found}" if found else "/smart/patient"


def _launches() -> Launches:
    found = here().launches
    if found is None:
        abort(404)
    return found
