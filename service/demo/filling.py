"""Everything that happened to the made-up patients, in the order in which it happened."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.assessing import Assessor
from service.demo.people import Colleague, Deed, Patient, People, Visit, span
from service.demo.sending import findings_of, form, hook_request, intake
from service.intake.notes import Intake
from service.intake.structured import read_intake
from service.store import AuditEntry, Decision, LoginTakenError, StoredAssessment, User
from service.triage.findings import Source
from service.triage.stated import stated_findings

MARK = "example patients"
"""The subject in the audit of what is done with all of them."""
_ANSWER = Source("answered on the dashboard", by_clinician=True)
_Event = tuple[datetime, int, Callable[[], None]]


class Clock:
    """A clock that is set to whatever happened last."""

    def __init__(self, now: datetime) -> None:
        """Begin at this moment."""
        self.now = now

    def __call__(self) -> datetime:
        """What time it is."""
        return self.now


class DemoError(Exception):
    """A made-up patient was not taken as a real one would be; the message says who and why."""


@dataclass(slots=True)
class Filling:
    """Takes the made-up patients along the real roads of an application whose clock it sets."""

    client: FlaskClient
    assessor: Assessor
    clock: Clock
    actor: str
    _latest: dict[str, str] = field(default_factory=dict)
    _events: list[_Event] = field(default_factory=list)

    def fill(self, people: People) -> int:
        """Let it all happen, and tell how many assessments came of it.

        Raises:
            DemoError: Something was refused.
            DatabaseAwayError: Some may have been kept.
        """
        now = self.clock.now
        self._tell("demo begun")
        for colleague in people.staff:
            self._add(colleague)
        for patient in people.patients:
            for visit in patient.visits:
                self._plan(patient, visit, now)
        for at, _, happen in sorted(self._events, key=lambda event: event[:2]):
            self.clock.now = at
            happen()
        self.clock.now = now
        self._tell("demo filled")
        return sum(len(patient.visits) for patient in people.patients)

    def _plan(self, patient: Patient, visit: Visit, now: datetime) -> None:
        came = now - span(visit.ago)
        self._at(came, lambda: self._come(patient, visit))
        for deed in visit.then:
            # What would lie ahead of now happens now.
            self._at(min(now, came + span(deed.after)), lambda deed=deed: self._do(patient, deed))  # type: ignore[misc]

    def _at(self, moment: datetime, happen: Callable[[], None]) -> None:
        self._events.append((moment, len(self._events), happen))

    def _come(self, patient: Patient, visit: Visit) -> None:
        now, library = self.clock.now, self.assessor.library
        match visit.road:
            case "rest":
                sent = intake(patient, visit, library, now)
                answer = self._took(patient, self.client.post("/api/v1/assessments", json=sent))
                self._latest[patient.id] = answer.get_json()["id"]
            case "page":
                self._took(patient, self.client.post("/intake/", data=form(patient, visit)))
                self._latest[patient.id] = self._newest().id
            case "answers":
                self._latest[patient.id] = self._retriage(patient, visit)
            case hook:
                sent = hook_request(patient, visit, library, now)
                answer = self._took(patient, self.client.post(f"/cds-services/leg-pain-{hook}", json=sent))
                self._latest[patient.id] = self._newest().id
                self._react(patient, visit, answer.get_json()["cards"])

    def _took(self, patient: Patient, answer: TestResponse) -> TestResponse:
        if answer.status_code >= 400:  # noqa: PLR2004 - where HTTP's errors begin
            raise DemoError(f"{patient.id}: {answer.status_code} {answer.get_data(as_text=True)[:500]}")
        return answer

    def _newest(self) -> StoredAssessment:
        return self.assessor.store.assessments(limit=1)[0]

    def _stored(self, patient: Patient) -> StoredAssessment:
        stored = self.assessor.store.assessment(self._latest[patient.id])
        if stored is None:
            raise DemoError(f"{patient.id}: the assessment was not kept")
        return stored

    def _retriage(self, patient: Patient, visit: Visit) -> str:
        before, now = self._stored(patient), self.clock.now
        given = {"findings": findings_of(visit, self.assessor.library, now)}
        read = read_intake(given, self.assessor.library.terminology, now)
        told = tuple(each._replace(sources=(_ANSWER,)) for each in read.findings)
        answered = {each.key for each in told}
        kept = tuple(each for each in stated_findings(before.document) if each.key not in answered)
        document = self.assessor.assess(
            Intake((*kept, *told)),
            now,
            road="dashboard",
            client=before.client,
            inputs_digest=str(uuid5(NAMESPACE_URL, before.id)),
            follows=before.id,
        )
        return str(document["id"])

    def _react(self, patient: Patient, visit: Visit, cards: list[dict[str, Any]]) -> None:
        """What the EHR tells of the first card."""
        told = visit.feedback
        if told is None or not cards:
            return
        entry: dict[str, Any] = {"card": cards[0]["uuid"], "outcomeTimestamp": self.clock.now.isoformat()}
        offered = [{"id": each["uuid"]} for card in cards for each in card.get("suggestions", ())]
        entry |= {"outcome": told.outcome}
        if told.outcome == "accepted":
            entry |= {"card": next(card["uuid"] for card in cards if card.get("suggestions"))} if offered else {}
            entry |= {"acceptedSuggestions": offered[:1]}
        elif told.reason:
            known = {each["code"]: each for card in cards for each in card.get("overrideReasons", ())}
            reason = known.get(told.reason, {"code": told.reason})
            entry["overrideReason"] = {"reason": reason, "userComment": told.comment or ""}
        self._took(
            patient, self.client.post(f"/cds-services/leg-pain-{visit.road}/feedback", json={"feedback": [entry]})
        )

    def _do(self, patient: Patient, deed: Deed) -> None:
        store, stored, now = self.assessor.store, self._stored(patient), self.clock.now
        entry = AuditEntry(at=now, actor=deed.by, action="demo", subject=stored.id, role="clinician")
        if deed.does in {"claim", "release", "hand_over"}:
            whom = {"claim": deed.by, "hand_over": deed.to}.get(deed.does)
            if whom != stored.assignee:
                store.assign(stored.id, whom, entry=entry, comment=deed.comment)
            return
        decision = Decision(
            assessment=stored.id,
            action=deed.does,
            actor=deed.by,
            at=now,
            order=deed.order,
            reason_code=deed.reason,
            comment=deed.comment,
        )
        store.decide(decision, entry=entry)

    def _add(self, colleague: Colleague) -> None:
        """Without a password nobody signs in as them."""
        own = str(uuid5(NAMESPACE_URL, f"legtriage demo {colleague.login}"))
        user = User(id=own, login=colleague.login, name=colleague.name, role=colleague.role, created=self.clock.now)
        entry = AuditEntry(at=self.clock.now, actor=self.actor, action="user added", subject=user.login)
        try:
            self.assessor.store.add_user(user, entry)
        except LoginTakenError:
            return

    def _tell(self, action: str) -> None:
        self.assessor.store.tell_audit(AuditEntry(at=self.clock.now, actor=self.actor, action=action, subject=MARK))
