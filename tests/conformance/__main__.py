"""Walk the checklist against a running service: `python -m tests.conformance URL`."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import click

from tests.conformance import check_all
from tests.conformance.subject import Data, Subject
from tests.conformance.tokens import Callers, site
from tests.peers.processes import answers, fhir_server, wait_until

_PATIENCE = 600.0


@click.command()
@click.argument("url")
@click.option("--data", type=click.Choice(get_args(Data)), default="prefetch", help="How the service gets its data.")
@click.option(
    "--clients",
    type=click.Path(path_type=Path),
    help="Write the file of trusted clients here, wait until the service is up, and sign every call.",
)
@click.option("--origin", help="A web origin that the service lets in.")
@click.option("--fhir-ms", default=350, show_default=True, help="Its LEGTRIAGE_FHIR_TIMEOUT_MS.")
@click.option("--log", type=click.Path(exists=True, path_type=Path), help="What the service logs.")
def main(*, url: str, data: Data, clients: Path | None, origin: str | None, fhir_ms: int, log: Path | None) -> None:
    """Print `id pass`, `id fail: why`, `id by hand: how` or `id not here: why`, line by line. 1 if any failed."""
    with ExitStack() as stack:
        fhir = stack.enter_context(fhir_server())
        callers = Callers.on(stack.enter_context(site())) if clients else None
        if clients and callers:
            callers.write(clients, fhir.base)
            click.echo(f"Start the service with LEGTRIAGE_AUTH=required LEGTRIAGE_TRUSTED_CLIENTS={clients}", err=True)
            wait_until(lambda: answers(f"{url}/readyz"), _PATIENCE, "the service")
        subject = Subject(
            url=url.rstrip("/"),
            data=data,
            fhir=fhir,
            stranger=stack.enter_context(site()),
            callers=callers,
            origin=origin,
            log=log.read_text if log else None,
            fhir_seconds=fhir_ms / 1000,
        )
        failed = False
        for result in check_all.walk(subject):
            click.echo(str(result))
            failed = failed or result.verdict == "fail"
    sys.exit(failed)


if __name__ == "__main__":
    main()
