"""The commands `legtriage webhooks ...`."""

from datetime import UTC, datetime

import click

from service.db_cli import with_store


@click.group()
def webhooks() -> None:
    """Notices for webhooks: how many wait or were given up; have them tried again."""


@webhooks.command("list")
def list_notices() -> None:
    """Count the notices of each webhook: waiting, delivered, given up."""
    for name, state, count in with_store(lambda store: store.notice_counts()):
        click.echo(f"{name}: {count} {state}")


@webhooks.command("retry")
@click.argument("name")
def retry(name: str) -> None:
    """Have what waits for the webhook NAME, or was given up, tried again now."""
    count = with_store(lambda store: store.retry_notices(name, datetime.now(UTC)))
    click.echo(f"{count} notices are tried again now.")
