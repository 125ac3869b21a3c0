"""The commands `legtriage db ...`."""

import getpass
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import click
from environs import EnvError

from service.config import Config, read_config
from service.store import DatabaseAwayError, Store
from service.telemetry import configure_logging

Result = TypeVar("Result")


@click.group()
def db() -> None:
    """The database: bring it up to date, delete what is old."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the tables to the newest revision; the settings say of which database."""
    revision = with_store(Store.upgrade)
    click.echo(f"The database is at revision {revision}.")


@db.command("purge")
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), help="Delete what is older than this day (UTC).")
@click.option(
    "--older-than", type=click.IntRange(min=0), metavar="DAYS", help="Delete what is older than so many days."
)
def purge(before: datetime | None, older_than: int | None) -> None:
    """Delete old answers and feedback; without an option, what is older than LEGTRIAGE_RETENTION_DAYS."""
    now = datetime.now(UTC)
    if before is not None and older_than is not None:
        raise click.UsageError("give --before or --older-than, not both")
    if before is None:
        before = _days_before(now, older_than)
    counts = with_store(lambda store: store.purge(before.replace(tzinfo=UTC), operator()))
    click.echo(f"Deleted: {', '.join(f'{count} {table}' for table, count in counts.items())}.")


def operator() -> str:
    """Who gives the command, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"uid {os.getuid()}"


def _days_before(now: datetime, days: int | None) -> datetime:
    days = _settings().retention_days if days is None else days
    if days is None:
        raise click.UsageError("give --before or --older-than, or set LEGTRIAGE_RETENTION_DAYS")
    try:
        return now - timedelta(days=days)
    except OverflowError:
        raise click.UsageError("nothing can be older than that") from None


def with_store(work: Callable[[Store], Result]) -> Result:
    """What `work` gives for the store of the settings; a ClickException in one line, without the URL, if it cannot."""
    config = _settings()
    configure_logging("error")
    try:
        store = Store(
            config.database_url,
            spool=config.spool,
            patients=config.patient_ids,
            secret=config.secret_key,
            clock=lambda: datetime.now(UTC),
        )
    except ValueError as error:
        raise click.ClickException(f"LEGTRIAGE_DATABASE_URL: {error}") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    try:
        store.start()  # a new SQLite database gets its tables from whoever comes first
        return work(store)
    except DatabaseAwayError:
        raise click.ClickException(
            "the database cannot be reached, or does not do what it was asked; one that is new or of an earlier "
            "version needs: legtriage db upgrade"
        ) from None
    finally:
        store.close()


def _settings() -> Config:
    try:
        return read_config()
    except EnvError as error:
        raise click.ClickException(str(error)) from None
