"""The commands `legtriage key ...`."""

import re
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from service.db_cli import operator, with_store
from service.security.keys import ROLES, new_key

# Nobody holds the names of callers without a key: what they sent would be theirs to read.
_NAME = re.compile(r"(?!(?:anonymous|intake-page)\Z)[A-Za-z0-9][A-Za-z0-9._\-]{0,63}")


@click.group()
def key() -> None:
    """API keys of the REST interface: add, list, revoke."""


@key.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="intake", show_default=True)
def add(name: str, role: str) -> None:
    """Make a key for NAME and print it, this once. Keys of one name share what they sent."""
    if not _NAME.fullmatch(name):
        raise click.UsageError(
            "a name has up to 64 letters, digits, dots, hyphens and underscores; anonymous and intake-page are taken"
        )
    text, kept = new_key(name, role, datetime.now(UTC))
    with_store(lambda store: store.add_api_key(kept, operator()))
    click.echo(text)
    click.echo("Keep it safe: it cannot be shown again.", err=True)


@key.command("list")
def list_keys() -> None:
    """List the keys, without their secrets."""
    table = Table()
    for column in ("id", "name", "role", "created", "revoked"):
        table.add_column(column, no_wrap=True)
    for each in with_store(lambda store: store.api_keys()):
        revoked = f"{each.revoked:%Y-%m-%d %H:%M}" if each.revoked else ""
        table.add_row(each.id, each.name, each.role, f"{each.created:%Y-%m-%d %H:%M}", revoked)
    Console(width=160).print(table)


@key.command("revoke")
@click.argument("id")
def revoke(id: str) -> None:  # noqa: A002 - what the operator sees
    """Let the key with this ID open nothing any more; it takes a few seconds until all know."""
    if not with_store(lambda store: store.revoke_api_key(id, operator(), datetime.now(UTC))):
        raise click.ClickException("there is no such key, or it was revoked before")
    click.echo(f"Revoked {id}.")
