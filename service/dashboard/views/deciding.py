"""What clinicians decide about an assessment: seen, accepted, overridden, taken back, and who looks after it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from schemas.decisions import DecisionRequestSchema
from service.advice.bundle import assessment_bundle
from service.dashboard.desk import audit_entry, here, session, within_reach
from service.dashboard.pages import Pages
from service.dashboard.presenters.deciding import Deciding, Draft, accepted, deciding, in_words, meanwhile
from service.dashboard.render import render
from service.intake.documents import faults
from service.security.roles import ROLES, Permission
from service.store import ChangedError, Decision, DecisionError, NotFoundError, StoredAssessment, User

pages = Pages()
_DECISION = DecisionRequestSchema()
_ASSIGNMENTS = frozenset({"claim", "release", "hand_over"})
_LONGEST_NOTE = 2000


def decisions_of(stored: StoredAssessment, made: Sequence[Decision], draft: Draft | None = None) -> Deciding:
    """What was decided about an assessment, for whoever is signed in; for `patient/decide.html.j2`."""
    return deciding(stored, made, _colleagues(stored), session().user.login, draft)


@pages.get("/assessments/<id>/decide", needs=Permission.DECIDE, audit="view: decisions")
def decision(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The decisions alone, the override unfolded: the way there by one key."""
    stored = within_reach(id)
    return _page(stored, Draft("override", in_words("override", stored.document)))


@pages.post("/assessments/<id>/decisions", needs=Permission.DECIDE, audit=None)
def decide(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """Acknowledge, accept or override the assessment or one of its orders, or undo the last that stands."""
    stored, version = within_reach(id), _version()
    sent = {name: text for name in ("action", "order", "reason", "comment") if (text := _field(name))}
    draft = _draft(stored, sent)
    wrong = _wrong(sent, stored)
    if wrong:
        return _page(stored, replace(draft, wrong=wrong)), 422
    made = Decision(
        assessment=id,
        action=sent["action"],
        actor=session().user.login,
        at=here().clock(),
        order=sent.get("order"),
        reason_code=sent.get("reason"),
        comment=sent.get("comment"),
    )
    entry = audit_entry(f"decision: {made.action}", id)
    try:
        here().assessor.store.decide(made, expected_version=version, client=stored.client, entry=entry)
    except ChangedError:
        return _overtaken(id, version, draft)
    except DecisionError as error:
        return _page(stored, replace(draft, wrong=(f"{str(error).capitalize()}.",))), 422
    except NotFoundError:
        abort(404)
    return _back(id)


@pages.post("/assessments/<id>/assignment", needs=Permission.DECIDE, audit=None)
def assign(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """Claim the patient, release them, or hand them over with a note."""
    stored, version, action, note = within_reach(id), _version(), _field("action"), _field("comment")
    login, to = session().user.login, _field("to")
    if action not in _ASSIGNMENTS:
        abort(400)
    draft = Draft(action, in_words(action, stored.document), comment=note, to=to)
    assignee = {"claim": login, "release": None}.get(action, to)
    if action == "hand_over" and to not in {user.login for user in _colleagues(stored)}:
        return _page(stored, replace(draft, wrong=("Choose who takes over.",))), 422
    if len(note) > _LONGEST_NOTE or "\0" in note:
        return _page(stored, replace(draft, wrong=(f"The note: at most {_LONGEST_NOTE} characters of text.",))), 422
    try:
        here().assessor.store.assign(
            id,
            assignee,
            entry=audit_entry(f"decision: {action}", id),
            comment=note or None,
            expected_version=version,
            client=stored.client,
        )
    except ChangedError:
        return _overtaken(id, version, draft)
    except DecisionError as error:
        return _page(stored, replace(draft, wrong=(f"{str(error).capitalize()}.",))), 422
    except NotFoundError:
        abort(404)
    return _back(id)


@pages.get("/assessments/<id>/orders.json", needs=Permission.VIEW, audit="view: orders")
def orders(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The accepted orders as FHIR ServiceRequests; none before one was accepted."""
    stored = within_reach(id)
    wanted = accepted(stored.document, here().assessor.store.decisions(id))
    if not wanted:
        abort(404)
    chosen = {kind: [each for each in stored.document[kind] if each in wanted] for kind in ("workup", "referrals")}
    bundle = assessment_bundle(stored.document | chosen, here().assessor.library)
    answer = Response(orjson.dumps(bundle, option=orjson.OPT_INDENT_2), mimetype="application/fhir+json")
    answer.headers["Content-Disposition"] = f'attachment; filename="orders-{id[:8]}.json"'
    return answer


def _field(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()


def _version() -> int:
    """The version that the page showed; without one nobody can tell what was seen."""
    version = request.form.get("version", type=int)
    if version is None:
        abort(400)
    return version


def _draft(stored: StoredAssessment, sent: dict[str, Any]) -> Draft:
    action, order = sent.get("action", ""), sent.get("order", "")
    words = in_words(action, stored.document, order)
    return Draft(action, words, order, sent.get("reason", ""), sent.get("comment", ""))


def _wrong(sent: dict[str, Any], stored: StoredAssessment) -> tuple[str, ...]:
    """What is wrong with a decision, as the interface for machines would say it."""
    suggested = {each["order"] for kind in ("workup", "referrals") for each in stored.document[kind]}
    try:
        _DECISION.load(sent)
    except ValidationError as error:
        return tuple(f"{each.pointer.strip('/').capitalize()}: {each.detail}" for each in faults(error.messages_dict))
    return () if sent.get("order") in {None, *suggested} else ("Order: the assessment suggests no such order.",)


def _overtaken(id: str, seen: int, draft: Draft) -> ResponseReturnValue:  # noqa: A002
    """What the other one did, and what was asked for here, ready to be done all the same."""
    stored = within_reach(id)
    made = here().assessor.store.decisions(id)
    people = {user.login: user.name for user in here().assessor.store.users()}
    return _page(stored, replace(draft, meanwhile=meanwhile(made, seen, stored.document, people))), 409


def _page(stored: StoredAssessment, draft: Draft) -> str:
    made = here().assessor.store.decisions(stored.id)
    return render("decide.html.j2", stored=stored, deciding=decisions_of(stored, made, draft))


def _back(id: str) -> ResponseReturnValue:  # noqa: A002
    return redirect(url_for("dashboard.assessment", id=id, _anchor="decide"), 303)


def _colleagues(stored: StoredAssessment) -> list[User]:
    """Those who may decide about it too."""
    return [
        user
        for user in here().assessor.store.users()
        if not user.disabled and Permission.DECIDE in ROLES.get(user.role, ()) and user.client in {None, stored.client}
    ]
