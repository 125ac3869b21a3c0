"""The commands `legtriage user ...`, and the first link where nobody has an account yet."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from service.config import read_config
from service.db_cli import operator, with_store
from service.security.accounts import AccountError, first_link, login_of, new_link, new_user, state_of
from service.security.roles import ROLES
from service.store import AuditEntry, DatabaseAwayError, LastAdminError, LoginTakenError, Store, User


@click.group()
def user() -> None:
    """Users of the dashboard: add, list, disable, enable, and one-time links to set a password."""


@user.command("add")
@click.argument("login")
@click.option("--name", help="What others see; by default the login.")
@click.option("--role", type=click.Choice([*ROLES]), default="clinician", show_default=True)
@click.option("--client", help="Show them only what this CDS client or holder of an API key sent.")
def add(login: str, name: str | None, role: str, client: str | None) -> None:
    """Add a user and print a one-time link, good for a day, to set a password."""
    try:
        made = new_user(login, name or login, role, client, datetime.now(UTC))
    except AccountError as error:
        raise click.UsageError(f"{error.field}: {error}") from None

    def work(store: Store) -> str:
        store.add_user(made, _entry("user added", made.login))
        return new_link(store, made, _entry("link made", made.login), _base_url())

    try:
        link = with_store(work)
    except LoginTakenError:
        raise click.ClickException(f"there is a user {made.login} already") from None
    _show(made.login, link)


@user.command("list")
def list_users() -> None:
    """List the users."""
    table = Table()
    for column in ("login", "name", "role", "client", "state"):
        table.add_column(column, no_wrap=True)
    now = datetime.now(UTC)
    for each in with_store(lambda store: store.users()):
        table.add_row(
            *(escape(text) for text in (each.login, each.name, each.role, each.client or "", state_of(each, now)))
        )
    Console(width=160).print(table)


@user.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """Let an account open nothing any more, at once."""
    _switch(login, "user disabled", datetime.now(UTC))
    click.echo(f"Disabled {login_of(login)}.")


@user.command("enable")
@click.argument("login")
def enable(login: str) -> None:
    """Let a disabled account open its pages again."""
    _switch(login, "user enabled", None)
    click.echo(f"Enabled {login_of(login)}.")


@user.command("link")
@click.argument("login")
def link(login: str) -> None:
    """Print a one-time link, good for a day, to set a new password; earlier links open nothing any more."""

    def work(store: Store) -> str:
        found = _found(store, login)
        if found.disabled:
            raise click.ClickException(f"{found.login} is disabled; first: legtriage user enable {found.login}")
        if found.subject:
            raise click.ClickException(f"{found.login} signs in elsewhere and needs no password here")
        return new_link(store, found, _entry("link made", found.login), _base_url())

    _show(login_of(login), with_store(work))


def welcome_first(store: Store, base_url: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Where nobody has an account, make one and print its link; say so when that cannot be told now."""
    ready = store.ready()
    try:
        # A database that is behind is not asked: a query that fails would count as one that is away.
        made = first_link(store, clock, base_url=base_url, actor=operator()) if ready.ready else None
    except DatabaseAwayError:
        ready = ready._replace(ready=False, reason="the database is away")
        made = None
    if not ready.ready:
        click.echo(f"Whether anybody has an account is unknown: {ready.reason}. To add one: legtriage user add LOGIN")
    if made:
        lines = ("Nobody has an account yet. Set the password of the first one, admin, here:", "", f"  {made}")
        _box([*lines, "", "It works once, within 24 hours. A new one: legtriage user link admin"])


def _box(lines: Sequence[str]) -> None:
    rule = "-" * max(map(len, lines))
    click.echo("\n".join((rule, *lines, rule)))


def _switch(login: str, action: str, disabled: datetime | None) -> None:
    def work(store: Store) -> None:
        found = _found(store, login)
        store.disable_user(found.id, _entry(action, found.login), disabled=disabled)

    try:
        with_store(work)
    except LastAdminError:
        raise click.ClickException(f"{login_of(login)} is the last admin; add another one first") from None


def _found(store: Store, login: str) -> User:
    found = store.user(login_of(login))
    if found is None:
        raise click.ClickException(f"there is no user {login_of(login)}")
    return found


def _entry(action: str, login: str) -> AuditEntry:
    return AuditEntry(at=datetime.now(UTC), actor=operator(), action=action, subject=login)


def _base_url() -> str:
    urls = read_config().public_urls
    return urls[0] if urls else "http://127.0.0.1:8000"


def _show(login: str, link: str) -> None:
    click.echo(link)
    click.echo(f"It lets {login} set a password, once, within 24 hours. Hand it over safely.", err=True)
