"""The knowledge for clinicians: the catalogue, each pathway in plain words, and its switch at this site."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import audit_entry, here, session
from service.dashboard.pages import Pages
from service.dashboard.presenters import catalogue
from service.dashboard.presenters.pathway import pathway_page
from service.dashboard.render import render
from service.in_force import InForce
from service.security.roles import Permission
from service.store import Switch

pages = Pages()
RATES_OF: Final = timedelta(days=90)
"""The override rates that are shown are of so long: long enough for a few answers, and no longer than a release."""
_MOST_WORDS = 200
_MOST_REASON = 500


@pages.get("/knowledge", needs=Permission.VIEW, audit=None)
def knowledge() -> ResponseReturnValue:
    """The catalogue of pathways, or the rules that hold what is looked for."""
    words = request.args.get("q", "").strip()[:_MOST_WORDS]
    in_force = _in_force()
    return render(
        "knowledge.html.j2",
        words=words,
        found=catalogue.found(in_force.whole, words) if words else [],
        most_found=catalogue.MOST_FOUND,
        rows=catalogue.rows(in_force, _now().date(), _rates()),
        days=RATES_OF.days,
        few=catalogue.FEW,
        in_force=in_force.library.knowledge,
        today=_now().date(),
        feedback_from=_now().date() - RATES_OF,
    )


@pages.get("/knowledge/<pathway>", needs=Permission.VIEW, audit=None)
def pathway(pathway: str) -> ResponseReturnValue:
    """One pathway."""
    return _pathway(pathway)


@pages.post("/knowledge/<pathway>/switch", needs=Permission.KNOWLEDGE, audit=None)
def switch(pathway: str) -> ResponseReturnValue:
    """Switch a pathway off at this site, or on again; the store tells the audit."""
    off = request.form.get("to") == "off"
    faults = _faults(pathway, off=off)
    if faults:
        return _pathway(pathway, faults), 422
    reason = request.form["reason"].strip()
    entry = audit_entry("pathway off" if off else "pathway on", pathway)
    here().assessor.store.switch(Switch(pathway, off, reason, session().user.login, _now()), entry)
    _in_force().refresh()
    return redirect(f"/dashboard/knowledge/{pathway}", 303)


def _pathway(name: str, faults: dict[str, str] | None = None) -> str:
    in_force = _in_force()
    if name not in in_force.whole.pathways:
        abort(404)
    shown = next(each for each in in_force.whole.knowledge.pathways if each.id == name)
    return render(
        "pathway.html.j2",
        page=pathway_page(in_force.whole, name, _now().date(), _rates()),
        state=catalogue.state(in_force, name),
        is_hot=catalogue.is_hot(shown),
        history=here().assessor.store.switched(name),
        faults=faults or {},
        given=request.form,
        most_reason=_MOST_REASON,
        few=catalogue.FEW,
        in_force=in_force.library.knowledge,
    )


def _faults(name: str, *, off: bool) -> dict[str, str]:
    """By field of the form, what is wrong with it."""
    in_force = _in_force()
    known = {each.id: each for each in in_force.whole.knowledge.pathways}
    if name not in known:
        abort(404)
    faults = {}
    reason = request.form.get("reason", "").strip()
    if request.form.get("to") not in {"off", "on"}:
        faults["to"] = "Choose whether to switch it off or on."
    if not reason:
        faults["reason"] = "Say why: others will wonder."
    elif len(reason) > _MOST_REASON:
        faults["reason"] = f"No more than {_MOST_REASON} characters."
    if off and catalogue.is_hot(known[name]) and request.form.get("confirm", "").strip() != name:
        faults["confirm"] = f"Type {name} to confirm."
    if off and not known.keys() - in_force.off.keys() - {name}:
        faults["to"] = "It is the last one that is on; without it nothing would ever be said."
    return faults


def _rates() -> list[dict[str, Any]]:
    """How often rules were overridden lately; nothing for a session that an EHR opened for one patient."""
    if session().patient is not None:
        return []
    now = _now()
    told = here().assessor.store.statistics(now - RATES_OF, now + timedelta(seconds=1), session().client)
    rates: list[dict[str, Any]] = told["override_rates"]
    return rates


def _in_force() -> InForce:
    return here().assessor.in_force


def _now() -> datetime:
    return here().clock().astimezone(UTC)
