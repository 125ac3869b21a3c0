"""Users, for administrators: add, change, disable, a new link, an end to their sessions."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from service.dashboard.desk import audit_entry, here
from service.dashboard.opening import base_url
from service.dashboard.pages import Pages
from service.dashboard.presenters import people
from service.dashboard.render import render
from service.security.accounts import AccountError, check_account, new_link, new_user
from service.security.roles import Permission
from service.store import LastAdminError, LoginTakenError, Store, User

pages = Pages()
_NONE: Mapping[str, str] = MappingProxyType({})
_LAST = "This is the last administrator who can sign in. Make somebody else one first."
_DONE = {
    "changed": "Changed. If their rights did, they sign in again.",
    "disabled": "Disabled: the account opens nothing any more, and its sessions are over.",
    "enabled": "Enabled: the account opens again.",
    "sessions": "All their sessions are over.",
}


@pages.get("/users", needs=Permission.ACCOUNTS, audit="view: users")
def users() -> ResponseReturnValue:
    """Everybody, and a form to add somebody."""
    return _list()


@pages.post("/users", needs=Permission.ACCOUNTS, audit=None)
def add_user() -> ResponseReturnValue:
    """Add somebody, and show the link that lets them set a password."""
    form = {name: request.form.get(name, "") for name in ("login", "name", "role", "client")}
    try:
        made = new_user(form["login"], form["name"], form["role"], form["client"], here().clock())
        _store().add_user(made, audit_entry("user added", made.login))
    except AccountError as error:
        return _list(form, {error.field: str(error)})
    except LoginTakenError:
        return _list(form, {"login": "Somebody has this login already."})
    return _with_link(made)


@pages.get("/users/<id>", needs=Permission.ACCOUNTS, audit="view: user")
def user(id: str) -> ResponseReturnValue:  # noqa: A002 - what the audit takes it by
    """One of them."""
    return _one(_found(id))


@pages.post("/users/<id>", needs=Permission.ACCOUNTS, audit=None)
def change_user(id: str) -> ResponseReturnValue:  # noqa: A002
    """Change what others see of a user, and what they may do."""
    found = _found(id)
    name, role = request.form.get("name", "").strip(), request.form.get("role", "")
    client = request.form.get("client", "").strip() or None
    wanted = replace(found, name=name, role=role, client=client)
    try:
        check_account(found.login, name, role, client)
        entry = audit_entry("user changed", found.login)
        _store().change_user(found.id, entry, name=name, role=role, client=client)
    except AccountError as error:
        return _one(wanted, faults={error.field: str(error)})
    except LastAdminError:
        return _one(wanted, faults={"role": _LAST})
    return _done(found, "changed")


@pages.post("/users/<id>/link", needs=Permission.ACCOUNTS, audit=None)
def link_user(id: str) -> ResponseReturnValue:  # noqa: A002
    """Show a new one-time link, this once."""
    found = _found(id)
    if found.disabled or found.subject:
        return _one(found, faults={"link": "A link opens nothing for this account."})
    return _with_link(found)


@pages.post("/users/<id>/disable", needs=Permission.ACCOUNTS, audit=None)
def disable_user(id: str) -> ResponseReturnValue:  # noqa: A002
    """Let an account open nothing any more."""
    found = _found(id)
    try:
        _store().disable_user(found.id, audit_entry("user disabled", found.login), disabled=here().clock())
    except LastAdminError:
        return _one(found, faults={"disable": _LAST})
    return _done(found, "disabled")


@pages.post("/users/<id>/enable", needs=Permission.ACCOUNTS, audit=None)
def enable_user(id: str) -> ResponseReturnValue:  # noqa: A002
    """Let a disabled account open its pages again."""
    found = _found(id)
    _store().disable_user(found.id, audit_entry("user enabled", found.login), disabled=None)
    return _done(found, "enabled")


@pages.post("/users/<id>/sessions", needs=Permission.ACCOUNTS, audit=None)
def end_sessions(id: str) -> ResponseReturnValue:  # noqa: A002
    """Sign somebody out everywhere."""
    found = _found(id)
    _store().close_sessions(found.id, audit_entry("sessions ended", found.login))
    return _done(found, "sessions")


def _store() -> Store:
    return here().assessor.store


def _found(login: str) -> User:
    return _store().user(login) or abort(404)


def _done(user: User, what: str) -> ResponseReturnValue:
    return redirect(f"/dashboard/users/{user.login}?done={what}", 303)


def _with_link(user: User) -> ResponseReturnValue:
    """The page of a user with a link that is nowhere else: not in an address, not in the database."""
    return _one(user, link=new_link(_store(), user, audit_entry("link made", user.login), base_url()))


def _list(form: Mapping[str, str] = _NONE, faults: Mapping[str, str] = _NONE) -> ResponseReturnValue:
    listed = people.rows(_store().users(), here().clock())
    page = render("users.html.j2", users=listed, roles=people.roles(), form=form, faults=faults)
    return page, 422 if faults else 200


def _one(user: User, *, link: str | None = None, faults: Mapping[str, str] = _NONE) -> ResponseReturnValue:
    now = here().clock()
    page = render(
        "user.html.j2",
        user=user,
        row=people.row(user, now),
        roles=people.roles(),
        sessions=here().sessions.of(user),
        link=link,
        faults=faults,
        done=None if faults or link else _DONE.get(request.args.get("done", "")),
    )
    return page, 422 if faults else 200
