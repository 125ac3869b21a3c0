"""Answers given on our pages, sent to the patient's record in the EHR that launched us."""

import time
from datetime import datetime
from typing import Final
from urllib.parse import quote

import orjson
from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from cds_hooks import FetchFailed
from service.advice.questionnaire_response import ANSWERS_SYSTEM, can_answer, questionnaire_response
from service.dashboard.desk import audit_entry, here, within_reach
from service.dashboard.elsewhere.launched import Record, launched_from, record
from service.dashboard.pages import Pages
from service.dashboard.presenters.sending import Sending, show_sending
from service.intake.answered import is_answer
from service.security.launches import Ehr
from service.security.roles import Permission
from service.store import StoredAssessment
from service.triage.findings import Finding
from service.triage.stated import stated_findings

pages = Pages()
_SECONDS: Final = 10.0
_MOST_BYTES = 1024 * 1024
_TAKEN = (200, 201)  # 200: it was there already
_SERVER_FAULT = 500
_SEND = "send: answers"
_MOST_ENTRIES = 500  # who looked at one assessment since its answers were sent


@pages.post("/assessments/<id>/record", needs=Permission.DECIDE, audit=None)
def send_answers(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """Send the answers of an assessment, and go back to its page, which says what came of it."""
    stored, ehr = within_reach(id), launched_from()
    if ehr is None:
        abort(404)
    opened = record()
    outcome = _send(stored, ehr, opened) if opened else "closed"
    entry = audit_entry(_SEND, id, "success" if outcome == "sent" else "refused")
    here().assessor.store.tell_audit(entry)
    return redirect(f"/dashboard/assessments/{id}?record={outcome}#record", 303)


def sending(stored: StoredAssessment) -> Sending | None:
    """What the page of an assessment says of the record; None where no EHR opened it."""
    if launched_from() is None:
        return None
    return show_sending(
        answers_in(stored),
        here().assessor.library,
        is_open=record() is not None,
        sent=_sent(stored.id),
        outcome=request.args.get("record", ""),
    )


def _sent(id: str) -> datetime | None:  # noqa: A002
    """When the record took the answers, as the audit knows; an address that says so could be anybody's."""
    entries = here().assessor.store.audit(subject=id, limit=_MOST_ENTRIES)
    return next((entry.at for entry in entries if (entry.action, entry.outcome) == (_SEND, "success")), None)


def answers_in(stored: StoredAssessment) -> list[Finding]:
    """What clinicians answered on our pages, of what an assessment rests on."""
    return [
        finding for finding in stated_findings(stored.document) if any(is_answer(source) for source in finding.sources)
    ]


def _send(stored: StoredAssessment, ehr: Ehr, opened: Record) -> str:
    desk = here()
    answers = [finding for finding in answers_in(stored) if can_answer(finding, desk.assessor.library)]
    if not answers or desk.launches is None:
        return "none"
    response = questionnaire_response(
        answers,
        desk.assessor.library,
        assessment=stored.id,
        patient=opened.patient,
        author=opened.author,
        authored=stored.created,
    )
    try:
        came = desk.launches.outbound.exchange(
            "POST",
            f"{ehr.issuer.rstrip('/')}/QuestionnaireResponse",
            orjson.dumps(response),
            headers={
                "Authorization": f"Bearer {opened.token}",
                "Content-Type": "application/fhir+json",
                "Accept": "application/fhir+json",
                # Pressed twice, it is there once, at least on servers that know this.
                "If-None-Exist": f"identifier={quote(f'{ANSWERS_SYSTEM}|{stored.id}', safe='')}",
                "Prefer": "return=minimal",
            },
            deadline=time.monotonic() + _SECONDS,
            most_bytes=_MOST_BYTES,
        )
    except FetchFailed:
        return "away"
    if came.status in _TAKEN:
        return "sent"
    return "away" if came.status >= _SERVER_FAULT else "refused"
