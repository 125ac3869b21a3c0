"""Answers to open questions: each makes a new assessment that follows the one on the page.

The new one is judged from what was first read of the patient and from all answers since, so that what a clinician
corrects is weighed against the sources again, and what disagrees is told again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Conflict

from service.dashboard.desk import find, here, session, within_reach
from service.dashboard.pages import Pages
from service.dashboard.presenters.asking import WITHDRAWN, Asking, Question, asking, question, read_choice
from service.dashboard.presenters.changing import Changes, changes
from service.dashboard.render import render
from service.intake.answered import Answers, answers_in, read_answer, with_answers, without_answers
from service.intake.notes import Intake, Note
from service.intake.stored import read_findings
from service.intake.structured import IntakeError
from service.intake.typed import AmbiguousNumberError, typed_number
from service.security.roles import Permission
from service.store import StoredAssessment
from service.triage.findings import Finding, Side
from service.triage.stated import stated_findings

pages = Pages()
_ROAD = "dashboard"
_IDS = UUID("b6f0d1de-7f0b-5c38-9d0e-0e6b6a7d2c11")
_MOST_TRIES = 8  # clinicians hardly answer about one patient more often at the very same moment
_LONGEST = 100
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAY = {"HX-Push-Url": "false"}  # what was not done has no address


def questions_of(stored: StoredAssessment) -> Asking:
    """The questions of an assessment; for `patient/questions.html.j2`."""
    return asking(stored.id, stored.document, here().assessor.library)


def changes_of(stored: StoredAssessment) -> Changes | None:
    """What changed since the assessment that the address names; for `patient/changed.html.j2`."""
    since = request.args.get("since")
    if not since or since == stored.id:
        return None
    before = find(since)
    linked = before and since in {each.id for each in here().assessor.store.history(stored)}
    return changes(before, stored, here().assessor.library) if before and linked else None


@pages.get("/assessments/<id>/answers", needs=Permission.DECIDE, audit="view: question")
def one_question(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """One question on a page of its own: to correct what is recorded, or to add what nobody asked for."""
    stored = within_reach(id)
    return _page(stored, _question(stored, request.args.get("finding", "")))


@pages.post("/assessments/<id>/answers", needs=Permission.DECIDE, audit="answer: assessment")
def answer(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """Triage anew with this answer. Sent twice it counts once; where somebody else answered, it is added to theirs."""
    shown = within_reach(id)
    asked = _question(shown, request.form.get("finding", ""))
    for _ in range(_MOST_TRIES):
        family = _Family(shown)
        said = _said(asked, family.now)
        if isinstance(said, str):
            return _page(shown, replace(asked, wrong=said)), 422, _STAY
        if _says(said) == _says(family.answers.get(asked.finding, ())):
            return _to(family.newest.id, since=id)
        if asked.finding in family.answered_since(shown):
            return _contradicted(family.newest, asked), 409, _STAY
        if made := _assess(family, asked.finding, said):
            if here().assessor.store.assessment(made) is None:
                abort(503)  # it waits for the database, and nothing can be shown of it before
            return _to(made, since=id)
    raise Conflict


class _Family:
    """The assessments that follow one another, and what is to be judged next: the newest with all its answers."""

    def __init__(self, shown: StoredAssessment) -> None:
        """Read them; `shown` is one of them."""
        store = here().assessor.store
        self.all = {each.id: each for each in store.history(shown)} | {shown.id: shown}
        self.first = shown
        while self.first.follows and self.first.service == _ROAD:
            before = self.all.get(self.first.follows) or store.assessment(self.first.follows, client=shown.client)
            if before is None:
                break
            self.first = before
        self.newest = self._newest(shown)
        self.answers: Answers = answers_in(self._read(self.newest))
        # An answer comes after what it answers, whatever the clocks of two machines say.
        self.now = max(here().clock(), self.newest.created + timedelta(microseconds=1))

    def _newest(self, shown: StoredAssessment) -> StoredAssessment:
        next_of = {each.follows: each for each in self.all.values() if each.follows and each.service == _ROAD}
        newest = shown
        while newest.id in next_of:
            newest = next_of[newest.id]
        return newest

    def answered_since(self, shown: StoredAssessment) -> frozenset[str]:
        """The findings whose answers are others than on the page that was shown."""
        before = answers_in(self._read(shown))
        keys = before.keys() | self.answers.keys()
        return frozenset(k for k in keys if before.get(k) != self.answers.get(k))

    def intake(self, answers: Answers) -> Intake:
        """What was first read of the patient, with these answers."""
        known = with_answers(without_answers(self._read(self.first)), self.first.created, answers)
        notes = (Note(n["reference"], n["element"], n["text"]) for n in self.first.document["data_quality"])
        return Intake(known, tuple(notes))

    def _read(self, stored: StoredAssessment) -> tuple[Finding, ...]:
        return read_findings(stored.document, here().assessor.library.terminology)


def _assess(family: _Family, key: str, said: tuple[Finding, ...]) -> str | None:
    """The id of the assessment with this answer; None when another answer was faster, which is to be read first."""
    assessor, head = here().assessor, family.newest
    answers = {each: found for each, found in family.answers.items() if each != key} | ({key: said} if said else {})
    digest = sha256(repr((head.id, key, _says(said), session().user.login)).encode()).hexdigest()
    turn = f"answer to {head.id}"
    document = assessor.assess(
        family.intake(answers),
        family.now,
        road=_ROAD,
        client=head.client,
        inputs_digest=digest,
        idempotency_key=turn,  # one alone follows: nobody's answer is passed over
        request_digest=digest,
        id=assessor.store.keyed(str(uuid5(_IDS, digest))),  # sent twice at once, it is one and the same
        follows=head.id,
    )
    stands = assessor.store.repeated(head.client, turn)
    return str(document["id"]) if stands and stands[0] == document["id"] else None


def _contradicted(newest: StoredAssessment, asked: Question) -> str:
    """The question again, on the newest assessment, with what somebody else answered and what was sent here."""
    now = question(asked.finding, stated_findings(newest.document), here().assessor.library)
    wrong = "Somebody else answered this in the meantime. Answer again to have yours stand."
    return _page(newest, replace(now, given=asked.given, side=asked.side, wrong=wrong))


def _question(stored: StoredAssessment, key: str) -> Question:
    """The question, with the answer that was sent if there is one. 400 for what is no finding of ours."""
    library = here().assessor.library
    if key not in library.knowledge.findings:
        abort(400)
    asked = question(key, stated_findings(stored.document), library)
    given = request.form.get("answer") or request.form.get("value", "")
    return replace(asked, given=given.strip()[:_LONGEST], side=request.form.get("side", ""))


def _said(asked: Question, now: datetime) -> tuple[Finding, ...] | str:
    """What the answer states; nothing when it takes one back; in words what is wrong with it."""
    if request.form.get("answer") == WITHDRAWN:
        return ()
    stated = _stated(asked)
    if isinstance(stated, str):
        return stated
    library, who = here().assessor.library, session().user.login
    try:
        return read_answer(stated, who, library.terminology, now)
    except IntakeError as error:
        return " ".join(f"{asked.label}: {each.detail}." for each in error.errors)


def _stated(asked: Question) -> Mapping[str, Any] | str:
    """The answer as an intake states it."""
    if asked.kind == "choices":
        return read_choice(asked, asked.given) or f"{asked.label}: choose one of the answers."
    stated: dict[str, Any] = {"key": asked.finding, "status": "present", "value": asked.given}
    if asked.side:
        if asked.side not in {*Side} or not asked.sides:
            return f"{asked.label}: choose left, right or both."
        stated["side"] = asked.side
    if asked.kind == "number":
        number = _number(asked)
        if isinstance(number, str):
            return number
        stated["value"] = number
    if asked.kind == "date" and _DAY.fullmatch(asked.given) and asked.given > here().clock().date().isoformat():
        return f"{asked.label}: the date lies in the future."
    return stated


def _number(asked: Question) -> float | str:
    try:
        number = typed_number(asked.given)
    except AmbiguousNumberError as error:
        return f"{asked.label}: {error}."
    except ValueError:
        return f"{asked.label}: write a number{f' in {asked.unit}' if asked.unit else ''}."
    return f"{asked.label}: a number below zero cannot be right." if number < 0 else number


def _says(findings: Iterable[Finding]) -> list[tuple[str, ...]]:
    """What an answer says, whoever gave it and when."""
    return sorted(_said_by(findings))


def _said_by(findings: Iterable[Finding]) -> Iterator[tuple[str, ...]]:
    for each in findings:
        yield each.key, each.status, each.temporality, str(each.side), str(each.value)


def _page(stored: StoredAssessment, asked: Question) -> str:
    return render("answer.html.j2", stored=stored, question=asked)


def _to(id: str, *, since: str) -> ResponseReturnValue:  # noqa: A002
    return redirect(url_for("dashboard.assessment", id=id, since=since if since != id else None), 303)
