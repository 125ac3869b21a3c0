"""How a page is registered: no route without saying who may open it, what the audit calls it, and no form unguarded."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from service.browser import refuse_other_pages
from service.dashboard.desk import audit_entry, here, session, signed_in
from service.security.roles import Permission

View = Callable[..., ResponseReturnValue]
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class _Page:
    rule: str
    method: str
    view: View
    needs: Permission | None
    action: str | None


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one module, until a blueprint takes them."""

    _pages: list[_Page] = field(default_factory=list)

    def get(self, rule: str, *, needs: Permission | None, audit: str | None) -> Callable[[View], View]:
        """Register a page.

        Args:
            rule: Its address below that of the blueprint.
            needs: What the user must be allowed; None for a page that needs nobody signed in.
            audit: What the audit calls that somebody saw it, with the `id` in its address as the subject; None for
                what shows nothing of patients, people or their work.
        """
        return self._route("GET", rule, needs, audit)

    def post(self, rule: str, *, needs: Permission | None, audit: str | None) -> Callable[[View], View]:
        """Register what a form does; the same arguments. Who writes to the audit itself says None."""
        return self._route("POST", rule, needs, audit)

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes, guarded."""
        for page in self._pages:
            blueprint.add_url_rule(page.rule, page.view.__name__, _guarded(page), methods=[page.method])

    def _route(self, method: str, rule: str, needs: Permission | None, action: str | None) -> Callable[[View], View]:
        def add(view: View) -> View:
            self._pages.append(_Page(rule, method, view, needs, action))
            return view

        return add


def _guarded(page: _Page) -> View:
    @wraps(page.view)
    def view(**arguments: Any) -> ResponseReturnValue:
        if page.method == "POST":
            refuse_other_pages({urlsplit(url).netloc for url in here().public_urls})
        if page.needs is None:
            return page.view(**arguments)
        if signed_in() is None:
            return _to_sign_in()
        return _answer(page, page.needs, arguments)

    view.needs = page.needs  # type: ignore[attr-defined]  # for the test that holds every route against every role
    return view


def _answer(page: _Page, needs: Permission, arguments: Mapping[str, Any]) -> ResponseReturnValue:
    """What a page says to whoever is signed in. The audit hears of it once, whatever came of it."""
    subject = str(arguments.get("id", ""))
    try:
        if page.method == "POST":
            _check_csrf()
        if not session().may(needs):
            abort(403)
        answer = make_response(page.view(**arguments))
    except HTTPException as error:  # 404 is perhaps somebody else's: whoever tries one after another is seen
        if subject or page.action or error.code == HTTPStatus.FORBIDDEN:
            _tell(page, subject, "refused")
        raise
    if answer.status_code >= HTTPStatus.BAD_REQUEST:  # nothing came of it, and the form is shown again
        if subject or page.action:
            _tell(page, subject, "refused")
    elif page.action:
        _tell(page, subject, "success")
    return answer


def _tell(page: _Page, subject: str, outcome: str) -> None:
    here().assessor.store.tell_audit(audit_entry(page.action or page.view.__name__, subject, outcome))


def _to_sign_in() -> ResponseReturnValue:
    """The way to a session; a part of a page that is asked for by a script cannot go there by itself."""
    if "HX-Request" in request.headers:
        return "", 401, {"HX-Redirect": url_for("dashboard.sign_in")}
    came_for = request.path if request.method == "GET" else None
    return redirect(url_for("dashboard.sign_in", next=came_for), 303)


def _check_csrf() -> None:
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(given.encode(), session().kept.csrf.encode()):
        abort(403)
