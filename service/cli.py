"""The command `legtriage`."""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import click
import orjson
from environs import EnvError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cds_hooks import PreconditionFailed, RequestProblem, parse
from cds_hooks.hooks import HOOKS
from service.advice.document import Document, stated_findings
from service.advice.terminal import show
from service.api.document import written
from service.app import create_app, is_loopback, warm_up
from service.config import read_config
from service.db_cli import db
from service.demo_cli import demo
from service.hooks import triage
from service.intake.documents import NotJsonError, read_document, read_json
from service.intake.notes import Intake, Note
from service.intake.structured import IntakeError
from service.key_cli import key
from service.knowledge.cases import NOW
from service.knowledge.check import all_cases, check
from service.knowledge.difference import Patient, changed_patients, changes
from service.knowledge.documents import KnowledgeError
from service.knowledge.governance import overdue, source_attributes
from service.knowledge.library import Library
from service.knowledge.load import ROOT, load
from service.security.files import SettingsFileError
from service.server import run
from service.triage.assess import assess
from service.triage.assessment import Assessment
from service.user_cli import user, welcome_first
from service.webhooks_cli import webhooks

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_SITE = click.option(
    "--site",
    envvar="LEGTRIAGE_KNOWLEDGE_OVERLAY",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What this site does its own way.",
)


@click.group()
def main() -> None:
    """Triage of pain in the back of the leg and the lower leg."""


main.add_command(db)
main.add_command(demo)
main.add_command(key)
main.add_command(user)
main.add_command(webhooks)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=os.cpu_count() or 1, show_default="one per core")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the CDS Hooks endpoints."""
    try:
        config = read_config()
    except EnvError as error:
        raise click.ClickException(str(error)) from None
    if config.auth == "open" and not is_loopback(host):
        raise click.ClickException(
            f"Without client authentication (LEGTRIAGE_AUTH=open) the service listens on loopback only, not on {host}."
        )
    library = _library(config.site_policy)
    try:
        app = create_app(config, library)
    except (SettingsFileError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'a folder'} cannot be used: {error.strerror}") from None
    warm_up(library)
    base_url = config.public_urls[0] if config.public_urls else f"http://{f'[{host}]' if ':' in host else host}:{port}"
    welcome_first(app.extensions["dashboard"].assessor.store, base_url)
    run(app, bind=f"{host}:{port}", workers=workers)


@main.command("assess")
@click.argument("file", type=click.File("rb"))
@click.option("--explain", is_flag=True, help="Show how every rule that fired was evaluated.")
@click.option("--json", "as_json", is_flag=True, help="Write the assessment as JSON.")
@_SITE
def assess_command(file: BinaryIO, explain: bool, as_json: bool, site: Path | None) -> None:  # noqa: FBT001 - click's way
    """Triage one patient: a FHIR Bundle or resource, a CDS Hooks request, or an intake, as JSON (- for stdin)."""
    library = _library(site)
    now = datetime.now(UTC)
    intake, assessment = _assess(file.read(), library, now)
    if as_json:
        notes = [{"reference": n.reference, "element": n.element, "text": n.text} for n in intake.notes]
        document = Document(assessment, library, explain=explain).write(notes)
        sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        show(assessment, library, [str(note) for note in intake.notes], Console(), explain=explain)


def _assess(data: bytes, library: Library, now: datetime) -> tuple[Intake, Assessment]:
    """Read and triage whatever kind of document this is; a ClickException says what is wrong with it."""
    try:
        document = read_json(data)
        if isinstance(document, dict) and "hook" in document:
            return _assess_request(data, document["hook"], library, now)
        intake = read_document(data, library.terminology, now)
    except NotJsonError as error:
        raise click.ClickException(f"not JSON that can be read: {error}") from None
    except IntakeError as error:
        raise click.ClickException(f"not an intake that can be used: {error}") from None
    return intake, assess(intake.findings, library.knowledge, now)


def _assess_request(data: bytes, hook: object, library: Library, now: datetime) -> tuple[Intake, Assessment]:
    """Triage a CDS Hooks request as the service would; what was not received joins the notes."""
    if hook not in HOOKS:
        raise click.ClickException(f"unknown hook; there are: {', '.join(HOOKS)}")
    try:
        result = triage(parse(data, str(hook)), library, now)
    except RequestProblem as problem:
        raise click.ClickException(str(problem)) from None
    except PreconditionFailed as problem:
        raise click.ClickException(str(problem)) from None
    missing = [Note("prefetch", key, "not received, so unknown") for key in result.not_received]
    return replace(result.intake, notes=(*result.intake.notes, *missing)), result.assessment


@main.command("openapi")
def openapi_command() -> None:
    """Write the API document, as it is served, to standard output."""
    with TemporaryDirectory() as folder:
        config = replace(read_config(), auth="open", log_level="error")
        elsewhere = replace(config, database_url=f"sqlite:///{folder}/legtriage.db", spool=Path(folder))
        app = create_app(elsewhere, _library(None))
        click.echo(written(app), nl=False)


@main.group()
def knowledge() -> None:
    """The medicine as data: check it, read it."""


@knowledge.command("check")
@click.argument("folder", type=_FOLDER, default=ROOT)
@_SITE
def knowledge_check(folder: Path, site: Path | None) -> None:
    """Check all knowledge files and run their cases; every problem is named with file, line and column."""
    try:
        report = check(folder)
        if site:
            load(folder, site)
    except KnowledgeError as error:
        raise click.ClickException(f"{len(error.problems)} problems\n{error}") from None
    click.echo(
        f"{report.pathways} pathways, {report.rules} rules, {report.cases} cases, {report.findings} findings, "
        f"{report.orders} orders, {report.evidence} sources: all good ({report.digest[:12]})"
    )


@knowledge.command("diff")
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@click.option("--on", "assessments", type=_FOLDER, help="Compare on assessments stored as JSON, not on the cases.")
def knowledge_diff(old: Path, new: Path, assessments: Path | None) -> None:
    """Tell what NEW says otherwise than OLD, and whose tier or orders would change."""
    before, after = (_library(None, folder) for folder in (old, new))
    for line in changes(before, after):
        click.echo(line)
    patients = _stored_patients(assessments) if assessments else _case_patients(before, after)
    click.echo(f"\nOf {len(patients)} patients these would be told otherwise:")
    for line in changed_patients(before, after, patients):
        click.echo(line)


def _stored_patients(folder: Path) -> list[Patient]:
    patients = []
    for path in sorted(folder.glob("*.json")):
        try:
            document = orjson.loads(path.read_bytes())
            created = datetime.fromisoformat(document["created"])
            patients.append(Patient(path.name, stated_findings(document), created))
        except (ValueError, KeyError, TypeError):
            raise click.ClickException(f"{path.name} is not a stored assessment") from None
    return patients


def _case_patients(*libraries: Library) -> list[Patient]:
    cases = {f"{c.pathway}: {c.name}": c.findings for library in libraries for c in all_cases(library)[0]}
    return [Patient(name, findings, NOW) for name, findings in cases.items()]


@knowledge.command("show")
@click.argument("pathway", required=False)
@_SITE
def knowledge_show(pathway: str | None, site: Path | None) -> None:
    """List the pathways, or show the rules of one."""
    library = _library(site)
    if pathway is not None and pathway not in library.pathways:
        raise click.ClickException(f"no pathway {pathway}; there are: {', '.join(library.pathways)}")
    table = Table(title=library.pathways[pathway]["title"] if pathway else "Pathways", title_justify="left")
    columns = ("rule", "tier", "when", "evidence") if pathway else ("pathway", "title", "rules", "cases", "review")
    for column in columns:
        table.add_column(column, overflow="fold")
    if pathway:
        for rule in library.pathways[pathway]["rules"]:
            evidence = ", ".join(rule["evidence"]) + (" (proposal)" if rule.get("basis") == "proposal" else "")
            table.add_row(f"{rule['id']}\n{rule['title']}", rule.get("tier", ""), rule["when"].strip(), evidence)
        for attribute in source_attributes(library, pathway):
            Console().print(f"[bold]{attribute.label}:[/] {escape(attribute.text)}")
    else:
        late = dict(overdue(library, datetime.now(UTC).date()))
        for key, document in library.pathways.items():
            counts = (str(len(document["rules"])), str(len(document["cases"])))
            review = f"{document['review_date']}{' overdue' if key in late else ''}"
            table.add_row(key, document["title"], *counts, review)
    Console().print(table)


def _library(site_policy: Path | None, folder: Path = ROOT) -> Library:
    try:
        return load(folder, site_policy)
    except KnowledgeError as error:
        raise click.ClickException(str(error)) from None
