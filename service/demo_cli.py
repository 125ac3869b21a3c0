"""The command `legtriage demo`."""

from dataclasses import replace
from datetime import UTC, datetime

import click
from environs import EnvError

from service.app import create_app
from service.config import read_config
from service.db_cli import operator
from service.demo.filling import MARK, Clock, DemoError, Filling
from service.demo.people import read_people
from service.knowledge.documents import KnowledgeError
from service.knowledge.load import load
from service.security.accounts import first_link
from service.security.files import SettingsFileError
from service.store import DatabaseAwayError, Store

_AWAY = "the database cannot be reached, or is of an earlier version and needs: legtriage db upgrade"


@click.command()
@click.option("--anyway", is_flag=True, help="Add the example patients although there are others.")
def demo(anyway: bool) -> None:  # noqa: FBT001 - click's way
    """Fill the dashboard with made-up patients, to look at it; nobody real is among them."""
    clock = Clock(datetime.now(UTC))
    try:
        config = read_config()
        # Made-up people may be named, whatever the site keeps of real ones; and nobody is to be told of them.
        own = replace(config, auth="open", patient_ids="full", intake_page=True, webhooks=None, log_level="error")
        app = create_app(own, load(site_policy=config.site_policy), clock)
    except (EnvError, KnowledgeError, SettingsFileError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'a folder'} cannot be used: {error.strerror}") from None
    assessor = app.extensions["dashboard"].assessor
    base_url = config.public_urls[0] if config.public_urls else "http://127.0.0.1:8000"
    try:
        if _may_fill(assessor.store, anyway=anyway):
            link = first_link(assessor.store, clock, base_url=base_url, actor=operator())
            if link:
                click.echo(f"Nobody has an account yet. Set the password of the first one, admin, once:\n\n  {link}\n")
            people = read_people()
            count = Filling(app.test_client(), assessor, clock, operator()).fill(people)
            click.echo(f"{len(people.patients)} made-up patients with {count} assessments are there now.")
    except DemoError as error:
        raise click.ClickException(str(error)) from None
    except DatabaseAwayError:
        raise click.ClickException(_AWAY) from None
    finally:
        assessor.store.close()
    click.echo(f"To see them: legtriage serve, then {base_url.rstrip('/')}/dashboard/")


def _may_fill(store: Store, *, anyway: bool) -> bool:
    """Whether the patients are to be added; a ClickException where there are others."""
    ready = store.ready()
    if not ready.ready:
        raise click.ClickException(ready.reason)
    if anyway or not store.assessments(limit=1):
        return True
    if not store.audit(subject=MARK, limit=1):
        raise click.ClickException(
            "There are other patients in this database. Use one of its own for the demo "
            "(LEGTRIAGE_DATABASE_URL), or add --anyway."
        )
    click.echo("The example patients are there already. For new times begin with an empty database.")
    return False
