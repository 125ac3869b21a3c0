"""The worklist: whom to see next."""

from dataclasses import dataclass, replace
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import audit_entry, find, here, session, within_reach
from service.dashboard.filters import AGES, LABELS, Choices, Filters, choices, read_filters
from service.dashboard.pages import Pages
from service.dashboard.presenters.naming import who
from service.dashboard.presenters.worklist import chips, rows, tabs
from service.dashboard.render import THEME_COOKIE, render
from service.dashboard.searching import LONGEST, keep_search, searched
from service.security.roles import Permission
from service.store import (
    NOBODY,
    ChangedError,
    Counts,
    Decision,
    DecisionError,
    NotFoundError,
    StoredAssessment,
    WorklistItem,
    WorklistQuery,
    cursor,
    read_cursor,
)

pages = Pages()
_ROWS: Final = 50
_ALARMS: Final = 5
_COUNTED: Final = 100  # emergencies; so many are quicker read than all patients counted
_ACTIVE: Final = 15
"""Seconds between two looks at the list while somebody uses the page."""
_IDLE: Final = 60
"""The same while nobody does; none while nobody sees it."""
_TOLD = {
    "acknowledge": "Acknowledged: {who}.",
    "undo": "Undone: {who} is {status} again.",
    "claim": "You look after {who} now.",
    "release": "Nobody looks after {who} now.",
    "changed": "Somebody else was faster with {who}, who is now {status}{assigned}. Nothing was changed.",
    "refused": "That was done already: {who} is {status}{assigned}.",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for, and what is wrong with it."""

    filters: Filters
    text: str | None
    faults: tuple[str, ...]
    told: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the store tells for one look at the list."""

    items: tuple[WorklistItem, ...]
    next: str | None
    counts: Counts
    hidden: int
    alarms: tuple[WorklistItem, ...]
    names: dict[str, str]


@pages.get("/", needs=Permission.VIEW, audit=None)
def worklist() -> ResponseReturnValue:
    """The most urgent first. An open page asks for it every few seconds; the audit hears when it is told something."""
    allowed = choices(here().assessor.library)
    asked = _asked(allowed)
    try:
        seen = _look(asked)
    except ValueError:
        fault = "after: this is no place of the list. This is its first page."
        asked = replace(asked, filters=Filters(asked.filters.chosen), faults=(*asked.faults, fault))
        seen = _look(asked)
    answer = Response(status=400 if asked.faults else 200)
    mark = _mark(asked, seen)
    answer.set_etag(mark)
    if not asked.faults and answer.make_conditional(request).status_code == HTTPStatus.NOT_MODIFIED:
        return answer
    answer.set_data(_page(asked, seen, allowed, mark))
    here().assessor.store.tell_audit(audit_entry("view: worklist", ""))
    return answer


@pages.post("/search", needs=Permission.VIEW, audit=None)
def search() -> ResponseReturnValue:
    """Remember what is searched for, away from the address, and show who is found."""
    text = request.form.get("text", "").strip()[:LONGEST]
    answer = redirect(_back().url(text="1" if text else None), 303)
    keep_search(text, answer)  # type: ignore[arg-type]  # Flask's own response
    return answer


@pages.post("/worklist/<id>", needs=Permission.DECIDE, audit=None)
def decide_from_worklist(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """Acknowledge, claim, release or undo, and back to the list; the store tells the audit."""
    stored = within_reach(id)
    deed, version = request.form.get("deed", ""), request.form.get("version", type=int)
    if deed not in {"acknowledge", "undo", "claim", "release"} or version is None:
        abort(400)
    try:
        stored, told = _do(deed, stored, version), deed
    except ChangedError:
        told = "changed"
    except DecisionError:
        told = "refused"
    except NotFoundError:
        abort(404)
    if told != deed:
        here().assessor.store.tell_audit(audit_entry(f"decision: {deed}", stored.id, "refused"))
    address = _back().here
    query = urlencode({"told": told, "id": id, "version": stored.version})
    return redirect(f"{address}{'&' if '?' in address else '?'}{query}", 303)


@pages.get("/keys", needs=Permission.VIEW, audit=None)
def keys() -> ResponseReturnValue:
    """What each key does, for browsers that show no dialog."""
    return render("keys.html.j2")


def _do(deed: str, stored: StoredAssessment, version: int) -> StoredAssessment:
    store, login = here().assessor.store, session().user.login
    if deed in {"claim", "release"}:
        entry = audit_entry(f"decision: {deed}", stored.id)
        whom = login if deed == "claim" else None
        return store.assign(stored.id, whom, entry=entry, expected_version=version, client=session().client)
    return store.decide(
        Decision(assessment=stored.id, action=deed, actor=login, at=here().clock()),
        expected_version=version,
        client=session().client,
        entry=audit_entry(f"decision: {deed}", stored.id),
    )


def _back() -> Filters:
    """The list that a form came from; of its address only what is ours is believed."""
    query = parse_qs(urlsplit(request.form.get("back", "")).query)
    return read_filters(query, choices(here().assessor.library))[0]


def _asked(allowed: Choices) -> _Asked:
    filters, faults = read_filters(request.args.to_dict(flat=False), allowed)
    text = searched() if filters["text"] else None
    if filters["text"] and not text:
        faults += ("Search (text): no address says what was searched for, as it may be a name. Search again.",)
        filters = Filters({name: value for name, value in filters.chosen.items() if name != "text"})
    return _Asked(filters, text, faults, _told())


def _look(asked: _Asked) -> _Seen:
    store, filters, query = here().assessor.store, asked.filters, _query(asked)
    items = store.worklist_page(query, after=_place(filters), limit=_ROWS + 1)
    counts = store.worklist_counts(query)
    emergencies = WorklistQuery(tier="emergency", sort="newest", client=session().client, patient=session().patient)
    first = store.worklist_page(emergencies, limit=_COUNTED)
    every = len(first) if len(first) < _COUNTED else store.worklist_counts(emergencies).total
    return _Seen(
        items=tuple(items[:_ROWS]),
        next=cursor(items[_ROWS - 1].place) if len(items) > _ROWS else None,
        counts=counts,
        hidden=_hidden(filters, query, counts, every),
        alarms=tuple(first[:_ALARMS]),
        names={user.login: user.name for user in store.users()},
    )


def _mark(asked: _Asked, seen: _Seen) -> str:
    """Another one whenever the page says something else, the time aside: its clocks tick by themselves."""
    look = (session().kept.csrf, request.cookies.get(THEME_COOKIE), here().static.url("dashboard.css"))
    return sha256(repr((asked, seen, look)).encode()).hexdigest()[:32]


def _hidden(filters: Filters, query: WorklistQuery, counts: Counts, every: int) -> int:
    """How many of all open emergencies the filters keep out of the list; that of the tier does so in plain sight."""
    if not [name for name in filters.narrowing if name != "tier"]:
        return 0
    if query.status is None:
        counts = here().assessor.store.worklist_counts(replace(query, status="open"))
    elif query.status != "open":
        return every
    return max(0, every - counts.tiers.get("emergency", 0))


def _query(asked: _Asked) -> WorklistQuery:
    filters = asked.filters
    age_from, age_to = AGES.get(filters["age"], (None, None))
    return WorklistQuery(
        tier=filters["tier"] or None,
        status=None if filters["status"] == "all" else filters["status"],
        pathway=filters["pathway"] or None,
        side=filters["side"] or None,
        age_from=age_from,
        age_to=age_to,
        assignee={"me": session().user.login, "nobody": NOBODY}.get(filters["assigned"]),
        text=asked.text,
        client=session().client,
        patient=session().patient,
        sort=cast("Any", filters["sort"]),
    )


def _page(asked: _Asked, seen: _Seen, allowed: Choices, mark: str) -> str:
    library, now, filters, login = here().assessor.library, here().clock(), asked.filters, session().user.login
    return render(
        "worklist.html.j2",
        rows=rows(seen.items, library, now, login=login, names=seen.names),
        alarms=rows(seen.alarms, library, now, login=login, names=seen.names),
        tabs=tabs(seen.counts, filters, library),
        breached=seen.counts.breached if filters["status"] in {"open", "acknowledged"} else 0,  # others are decided
        hidden=seen.hidden,
        filters=filters,
        chips=chips(filters, allowed, asked.text),
        allowed=allowed,
        labels=LABELS,
        searched=asked.text or "",
        next=filters.page(*filters.pages, seen.next) if seen.next else None,
        previous=filters.page(*filters.pages[:-1]) if filters.pages else None,
        faults=asked.faults,
        told=asked.told,
        mark=mark,
        active=_ACTIVE,
        idle=_IDLE,
    )


def _told() -> dict[str, Any] | None:
    """What the form that led here did, if one did: its address says so, and no name."""
    told, stored = request.args.get("told", ""), find(request.args.get("id", "")) if "told" in request.args else None
    if told not in _TOLD or stored is None or not _is_so(told, stored):
        return None
    assigned = f", with {stored.assignee}" if stored.assignee else ""
    words = _TOLD[told].format(who=who(stored), status=stored.status, assigned=assigned)
    undo = request.args.get("version") if told == "acknowledge" else None
    return {"words": words, "id": stored.id, "undo": undo, "is_trouble": told in {"changed", "refused"}}


def _is_so(told: str, stored: StoredAssessment) -> bool:
    """Whether it is as the address says: that may be anybody's, or an hour old."""
    match told:
        case "acknowledge":
            return stored.status != "open"
        case "claim":
            return stored.assignee == session().user.login
        case "release":
            return stored.assignee is None
        case _:  # says how it is now
            return True


def _place(filters: Filters) -> Any:
    """Where the page begins; None for the first. ValueError for what is no place."""
    return read_cursor(filters.pages[-1]) if filters.pages else None
