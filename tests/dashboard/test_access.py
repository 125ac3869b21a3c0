"""Who may open what: every route of the dashboard and of the launch, from the URL map, against every role.

A new route needs a line in PLACES. All else here finds it by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.knowledge.cases import NOW
from service.security.roles import ROLES, Permission
from service.security.sessions import Session
from service.store import Store
from tests.dashboard.people import desk, patient, present, user
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

VIEW, DECIDE, KNOWLEDGE, ACCOUNTS = Permission.VIEW, Permission.DECIDE, Permission.KNOWLEDGE, Permission.ACCOUNTS

# What each route asks of whoever opens it; None for a page that needs nobody signed in.
PLACES: dict[str, Permission | None] = {
    "GET /dashboard/": VIEW,
    "GET /dashboard/account": VIEW,
    "GET /dashboard/<path:anything>": None,
    "GET /dashboard/assessments/<id>": VIEW,
    "GET /dashboard/assessments/<id>.pdf": VIEW,
    "GET /dashboard/assessments/<id>/answers": DECIDE,
    "GET /dashboard/assessments/<id>/decide": DECIDE,
    "GET /dashboard/assessments/<id>/orders.json": VIEW,
    "GET /dashboard/audit": ACCOUNTS,
    "GET /dashboard/audit.ndjson": ACCOUNTS,
    "GET /dashboard/feedback.csv": KNOWLEDGE,
    "GET /dashboard/feedback.ndjson": KNOWLEDGE,
    "GET /dashboard/handbook/<page>": VIEW,
    "GET /dashboard/insights": VIEW,
    "GET /dashboard/insights.csv": VIEW,
    "GET /dashboard/keys": VIEW,
    "GET /dashboard/knowledge": VIEW,
    "GET /dashboard/knowledge/<pathway>": VIEW,
    "GET /dashboard/sign-in": None,
    "GET /dashboard/single-sign-on": None,
    "GET /dashboard/single-sign-on/callback": None,
    "GET /dashboard/static/<string:digest>/<string:name>": None,
    "GET /dashboard/users": ACCOUNTS,
    "GET /dashboard/users/<id>": ACCOUNTS,
    "GET /dashboard/welcome/<token>": None,
    "GET /smart/callback": None,
    "GET /smart/launch": None,
    "GET /smart/patient": VIEW,
    "POST /dashboard/account/password": VIEW,
    "POST /dashboard/account/sessions": VIEW,
    "POST /dashboard/assessments/<id>/answers": DECIDE,
    "POST /dashboard/assessments/<id>/assignment": DECIDE,
    "POST /dashboard/assessments/<id>/decisions": DECIDE,
    "POST /dashboard/assessments/<id>/record": DECIDE,
    "POST /dashboard/knowledge/<pathway>/switch": KNOWLEDGE,
    "POST /dashboard/search": VIEW,
    "POST /dashboard/sign-in": None,
    "POST /dashboard/sign-out": VIEW,
    "POST /dashboard/theme": None,
    "POST /dashboard/users": ACCOUNTS,
    "POST /dashboard/users/<id>": ACCOUNTS,
    "POST /dashboard/users/<id>/disable": ACCOUNTS,
    "POST /dashboard/users/<id>/enable": ACCOUNTS,
    "POST /dashboard/users/<id>/link": ACCOUNTS,
    "POST /dashboard/users/<id>/sessions": ACCOUNTS,
    "POST /dashboard/welcome/<token>": None,
    "POST /dashboard/worklist/<id>": DECIDE,
    "POST /smart/assess": DECIDE,
}

# What a page must be asked for, and a form must hold, to be about the patient at all.
QUERIES = {"GET /dashboard/assessments/<id>/answers": {"finding": "calf_pain"}}
FORMS = {
    "POST /dashboard/assessments/<id>/answers": {"finding": "calf_pain"},
    "POST /dashboard/assessments/<id>/assignment": {"action": "claim", "version": "1"},
    "POST /dashboard/assessments/<id>/decisions": {"action": "acknowledge", "version": "1"},
    "POST /dashboard/worklist/<id>": {"deed": "claim", "version": "1"},
}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)><a href=javascript:alert(1)>'\"</a>"
_FIELDS = (
    *("login", "name", "role", "client", "next", "back", "theme", "password", "old", "again", "done", "text", "since"),
    *("action", "order", "reason", "comment", "finding", "value", "status", "side", "deed", "told", "to", "actor"),
)
TYPED_FORM = dict.fromkeys(_FIELDS, EVIL)
TYPED = urlencode(TYPED_FORM)
OURS = "anonymous"  # the client of whoever calls where nobody proves who they are
THEIRS = "another-clinic"
WHO = "Somebody Whose Name Must Not Leak"


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the URL map, with an address that it matches."""

    method: str
    rule: str
    address: str
    id: str

    @property
    def place(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def is_about_a_patient(self) -> bool:
        """Whether its id is that of an assessment: all but users have such."""
        return "<id>" in self.rule and not self.rule.startswith("/dashboard/users")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(settings(Path(tmp_path_factory.mktemp("access")), patient_ids="full"), LIBRARY, lambda: NOW)
    # Open on loopback another guard stands before the pages' own: here theirs alone is to hold.
    app.before_request_funcs[None].clear()
    return app


@pytest.fixture(scope="module")
def assessment(app: Flask) -> str:
    """The id of a patient who waits, whose every text tries to be a script."""
    user(app, "clinician", login="somebody", name=EVIL)
    return _evil(app, "one", {"action": "override", "reason": "data-wrong", "comment": EVIL}, {"action": "undo"})


@pytest.fixture(scope="module")
def accepted(app: Flask) -> str:
    """The id of another one, whose orders were accepted."""
    return _evil(app, "two", {"action": "accept", "comment": EVIL})


def _evil(app: Flask, name: str, *decisions: dict[str, str]) -> str:
    made = patient(
        app,
        present("calf_pain", side="left"),
        present("leg_swelling_unilateral", side="left"),
        patient={"id": f"{name} {EVIL}", "name": f"{WHO} {EVIL}", "age": 61, "sex": "female"},
        text=f"Swollen left calf {EVIL} since Monday. Warm to the touch {EVIL}.",
    )
    for body in decisions:
        decided = app.test_client().post(f"/api/v1/assessments/{made['id']}/decisions", json=body)
        assert decided.status_code == 200, decided.text
    return str(made["id"])


@pytest.fixture(scope="module")
def routes(app: Flask, assessment: str, accepted: str) -> list[Route]:
    return list(_routes(app, assessment, accepted))


def _routes(app: Flask, assessment: str, accepted: str) -> Iterator[Route]:
    adapter = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/dashboard", "/smart")):
            about = "somebody" if rule.rule.startswith("/dashboard/users") else assessment
            about = accepted if rule.rule.endswith("/orders.json") else about
            address = adapter.build(rule.endpoint, {name: about if name == "id" else "x" for name in rule.arguments})
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                query = urlencode(QUERIES.get(f"{method} {rule.rule}", {}))
                yield Route(method, rule.rule, f"{address}?{query}" if query else address, about)


def browser_of(app: Flask, role: str, **bounds: Any) -> tuple[FlaskClient, Session]:
    """A browser of somebody with this role, in a session of its own."""
    browser = app.test_client()
    login = "-".join([role, *bounds.values()])
    token, session = desk(app).sessions.open(user(app, role, login=login), address=None, **bounds)
    browser.set_cookie("legtriage", token)
    return browser, session


def ask(browser: FlaskClient, route: Route, session: Session | None = None, **options: Any) -> TestResponse:
    """Open a page, or send its form with little in it but what proves that it is ours."""
    if route.method == "POST" and session:
        options.setdefault("data", {"csrf": session.kept.csrf} | FORMS.get(route.place, {}))
    return browser.open(route.address, method=route.method, **options)


def is_let_in(answer: TestResponse) -> bool:
    leads_out = (answer.location or "").startswith("/dashboard/sign-in")
    return answer.status_code not in {401, 403} and answer.status_code < 500 and not leads_out


def test_every_route_has_a_place_in_the_table(routes: list[Route]) -> None:
    assert [route.place for route in routes if route.place not in PLACES] == []
    assert len(routes) > 20


def test_nobody_sees_more_than_the_way_in(app: Flask, routes: list[Route]) -> None:
    for route in routes:
        answer = ask(app.test_client(), route)
        if PLACES[route.place] is None:
            assert is_let_in(answer), route
        else:
            assert answer.status_code == 303, route
            assert answer.location.startswith("/dashboard/sign-in"), route
            part = ask(app.test_client(), route, headers={"HX-Request": "true"})
            assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/dashboard/sign-in"), route
            assert not part.text


@pytest.mark.parametrize("role", [*ROLES, "surgeon"])
def test_every_route_opens_to_the_roles_it_is_for_and_to_no_other(app: Flask, routes: list[Route], role: str) -> None:
    may = ROLES.get(role, frozenset())
    for route in routes:
        needs = PLACES[route.place]
        answer = ask(*_swapped(route, *browser_of(app, role)))
        if needs is None or needs in may:
            assert is_let_in(answer) or route.rule == "/dashboard/sign-out", (route, answer.status_code)
        else:
            assert answer.status_code == 403, (route, answer.status_code)


def _swapped(route: Route, browser: FlaskClient, session: Session) -> tuple[FlaskClient, Route, Session]:
    return browser, route, session


def test_no_form_is_taken_without_its_token(app: Flask, routes: list[Route]) -> None:
    _, other = browser_of(app, "admin")
    for route in routes:
        if route.method == "POST" and PLACES[route.place] is not None:
            browser, session = browser_of(app, "admin")
            for token in ("", "x", "é", other.kept.csrf, session.kept.csrf[:-1]):
                assert ask(browser, route, data={"csrf": token}).status_code == 403, (route, token)
                assert ask(browser, route, headers={"X-CSRF-Token": token}).status_code == 403, (route, token)
            assert browser.get("/dashboard/account").status_code == 200


def test_no_form_is_taken_from_another_site(app: Flask, routes: list[Route]) -> None:
    for route in routes:
        if route.method == "POST":
            browser, session = browser_of(app, "admin")
            for headers in (
                {"Origin": "https://evil.example"},
                {"Origin": "null"},
                {"Sec-Fetch-Site": "cross-site"},
                {"Sec-Fetch-Site": "same-site"},
            ):
                assert ask(browser, route, session, headers=headers).status_code == 403, (route, headers)
                assert ask(app.test_client(), route, headers=headers).status_code == 403, (route, headers)


@pytest.mark.parametrize(
    "bounds", [{"client": THEIRS}, {"client": OURS, "patient": "another"}], ids=["client", "patient"]
)
def test_what_is_not_theirs_is_not_there(
    app: Flask, routes: list[Route], assessment: str, bounds: dict[str, str]
) -> None:
    for route in routes:
        needs = PLACES[route.place]
        browser, session = browser_of(app, "admin", **bounds)
        answer = ask(browser, route, session)
        if needs in {KNOWLEDGE, ACCOUNTS}:
            assert answer.status_code == 403, route
        elif route.is_about_a_patient:
            assert answer.status_code == 404, route
        for secret in (WHO, assessment):
            assert secret.encode() not in answer.data, route


def test_whoever_tries_ids_that_are_not_theirs_is_in_the_audit(app: Flask) -> None:
    browser, _ = browser_of(app, "admin")
    assert browser.get("/dashboard/users/nobody-of-this-name").status_code == 404
    (told,) = desk(app).assessor.store.audit(limit=1)
    assert (told.actor, told.subject, told.outcome) == ("admin", "nobody-of-this-name", "refused")


def test_what_is_theirs_is_there(app: Flask, routes: list[Route]) -> None:
    for route in routes:
        if route.is_about_a_patient and route.method == "GET":
            browser, session = browser_of(app, "clinician", client=OURS)
            assert ask(browser, route, session).status_code == 200, route


def test_whoever_looks_at_a_patient_is_in_the_audit(app: Flask, routes: list[Route]) -> None:
    store: Store = desk(app).assessor.store
    for route in routes:
        if route.is_about_a_patient and route.method == "GET":
            ask(*_swapped(route, *browser_of(app, "clinician")))
            (told,) = store.audit(limit=1)
            assert (told.actor, told.subject, told.address) == ("clinician", route.id, "127.0.0.1"), route


class _Scripts(HTMLParser):
    """What of a page would run, or lead to what runs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "script" and not (given.get("src") or "").startswith("/dashboard/static/"):
            self.found.append(self.get_starttag_text() or tag)
        if tag in {"style", "iframe", "object", "embed", "base"} or "style" in given:
            self.found.append(self.get_starttag_text() or tag)
        for name, value in attributes:
            leads = name in {"href", "src", "action", "formaction"} and re.match(r"\s*(javascript|data):", value or "")
            if name.startswith(("on", "hx-on")) or leads:
                self.found.append(f"{tag} {name}={value}")


def scripts_in(page: str) -> list[str]:
    parser = _Scripts()
    parser.feed(page)
    return parser.found


def test_what_would_run_is_found() -> None:
    assert len(scripts_in(EVIL)) == 3
    assert scripts_in('<p style="color: red"><button hx-on:click="x()">')
    assert not scripts_in('<script src="/dashboard/static/1/a.js"></script><a href="/dashboard/">')


def test_what_people_wrote_runs_on_no_page(app: Flask, routes: list[Route]) -> None:
    shown = set[str]()
    for route in routes:
        browser, session = browser_of(app, "admin")
        if route.method == "POST":
            answers = [ask(browser, route, session, data=TYPED_FORM | {"csrf": session.kept.csrf})]
        else:
            answers = [ask(browser, route, session, headers={"Referer": EVIL})]
            if answers[0].mimetype == "text/html":
                typed = replace(route, address=f"{route.address.partition('?')[0]}?{TYPED}&{quote(EVIL)}")
                answers.append(ask(browser, typed, session))
        for answer in answers:
            assert answer.status_code < 500, route
            assert answer.mimetype != "text/html" or not scripts_in(answer.text), route
            if b"&lt;img src=x onerror=alert(1)&gt;" in answer.data:
                shown.add(route.rule)
    wanted = {"/dashboard/users/<id>", "/dashboard/assessments/<id>"}
    assert wanted & {route.rule for route in routes} <= shown


def test_every_answer_forbids_what_pages_do_not_need(app: Flask, routes: list[Route]) -> None:
    for route in routes:
        for browser, session in (browser_of(app, "admin"), (app.test_client(), None)):
            answer = ask(browser, route, session)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, route
            assert "unsafe" not in policy, route
            assert answer.headers["X-Content-Type-Options"] == "nosniff", route
            assert "no-store" in answer.headers["Cache-Control"], route
