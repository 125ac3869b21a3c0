"""The README keeps its word: its commands exist, its example gives what it shows, its lists are complete."""

import json
import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import click
import pytest
import yaml
from click.testing import CliRunner
from flask import Flask
from werkzeug.exceptions import HTTPException

from service.app import create_app
from service.cli import main
from service.config import read_config
from service.knowledge.library import Library
from service.knowledge.load import load
from service.security.clients import read_clients
from service.security.launches import read_ehrs
from service.security.single_sign_on import read_single_sign_on
from service.webhooks.endpoints import read_webhooks

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "docs" / "data-flow.svg"
EXAMPLE = ROOT / "docs" / "examples" / "calf-pain.json"
ADDRESS = "/cds-services/leg-pain-patient-view"
NOW = datetime.now(UTC)
LATER = {"today": NOW, "in a year": NOW + timedelta(days=366)}
COMMAND = ".venv/bin/legtriage"


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def shell_lines() -> Iterator[list[str]]:
    for block in blocks("sh"):
        for line in block.splitlines():
            yield shlex.split(line, comments=True)


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def app_at(moment: datetime, library: Library) -> Flask:
    return create_app(replace(read_config(), log_level="error"), library, lambda: moment)


# Commands


def commands(group: click.Group, names: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command below the group with its full name."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))
        else:
            yield " ".join(("legtriage", *names, name)), command


COMMANDS = dict(commands(main))


def named_command(text: str) -> click.Command | None:
    """The command that a line begins with."""
    return next((command for name, command in COMMANDS.items() if f"{text} ".startswith(f"{name} ")), None)


def options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def test_the_shell_blocks_hold_commands() -> None:
    programs = {words[0] for words in shell_lines()}
    assert programs == {"make", "curl", COMMAND, "docker"}


@pytest.mark.parametrize("words", [*shell_lines()], ids=" ".join)
def test_what_a_shell_line_names_exists(words: list[str], library: Library) -> None:
    program, *arguments = words
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert [target for target in arguments if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
    if program == COMMAND:
        command = named_command(" ".join(["legtriage", *arguments]))
        assert command is not None
        assert {argument for argument in arguments if argument.startswith("--")} <= options(command)
    if program == "curl":
        addresses = [urlsplit(argument).path for argument in arguments if argument.startswith("http")]
        assert addresses
        assert [address for address in addresses if not is_served(address, library)] == []
    if program == "docker" and "build" in arguments:
        assert (ROOT / "Dockerfile").exists()
    files = [word.lstrip("@") for word in arguments if word.lstrip("@").startswith(("docs/", "service/", "tests/"))]
    assert [file for file in files if not (ROOT / file).exists()] == []


def is_served(address: str, library: Library) -> bool:
    adapter = app_at(NOW, library).url_map.bind("127.0.0.1")
    try:
        endpoint, _ = adapter.match(address, method="POST")
    except HTTPException:
        return False
    return str(endpoint) == "cds_hooks.call"


def test_every_command_and_every_option_is_in_the_table() -> None:
    rows = [row for row in re.findall(r"^\| `(legtriage [^`]*)`", README, re.MULTILINE) if named_command(row)]
    assert len(rows) == len(COMMANDS)
    for row in rows:
        command = named_command(row)
        assert command is not None
        assert set(re.findall(r"--[a-z][a-z-]*", row)) == options(command), row


def test_every_command_the_readme_names_exists() -> None:
    named = re.findall(r"`(?:\.venv/bin/)?(legtriage [a-z][^`]*)`", README)
    assert [text for text in named if named_command(text) is None] == []


def test_every_make_target_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"`make ([a-z]+)`", README))
    assert targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_the_smallest_intake_is_one(tmp_path: Path) -> None:
    (intake,) = re.findall(r'`(\{"patient".*?\]\})`', README)
    file = tmp_path / "intake.json"
    file.write_text(intake, encoding="utf-8")
    answer = CliRunner().invoke(main, ["assess", str(file), "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["in_scope"] is True


# The example


def shows(part: object, whole: object) -> bool:
    """Whether a shortened document agrees with the whole one: members may be left out, list items not."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and shows(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(shows, part, whole))
    return part == whole


@pytest.mark.parametrize("moment", LATER.values(), ids=LATER)
def test_the_example_gives_the_cards_that_are_shown(library: Library, moment: datetime) -> None:
    answer = app_at(moment, library).test_client().post(ADDRESS, data=EXAMPLE.read_bytes())
    assert answer.status_code == 200
    (shown,) = map(json.loads, blocks("json"))
    cards = answer.get_json()["cards"]
    assert [card["summary"] for card in shown["cards"]] == [card["summary"] for card in cards]
    assert shows(shown, {"cards": cards})
    assert "no date given, taken as current" in cards[0]["detail"]


def test_the_comparison_of_shortened_documents_sees_differences() -> None:
    whole = {"cards": [{"summary": "a", "links": [1, 2]}]}
    assert shows({"cards": [{"summary": "a"}]}, whole)
    assert not shows({"cards": [{"summary": "b"}]}, whole)
    assert not shows({"cards": [{"links": [1]}]}, whole)
    assert not shows({"cards": [{"uuid": "a"}]}, whole)


def test_the_example_carries_no_date_that_could_go_out_of_date() -> None:
    dates = re.findall(r"\b\d{4}-\d{2}(?:-\d{2})?\b", EXAMPLE.read_text(encoding="utf-8"))
    born = json.loads(EXAMPLE.read_bytes())["prefetch"]["patient"]["birthDate"]
    assert [date for date in dates if date != born and date not in born] == []


def test_the_command_line_prints_what_is_shown() -> None:
    (shown,) = blocks("text")
    printed = CliRunner().invoke(main, ["assess", str(EXAMPLE), "--explain"], env={"COLUMNS": "80"})
    assert printed.exit_code == 0, printed.output
    lines = iter([line.rstrip() for line in printed.stdout.splitlines()])
    wanted = [line for line in shown.splitlines() if line.strip() != "..."]
    # In this order, with others between them.
    assert [line for line in wanted if line not in lines] == []


# Lists and pictures


def test_the_rule_that_is_shown_stands_in_the_knowledge() -> None:
    (rule,) = blocks("yaml")
    (file,) = set(re.findall(r"\((service/knowledge/pathways/[a-z-]+\.yaml)\)", README))
    pathway = (ROOT / file).read_text(encoding="utf-8")
    assert textwrap.indent(rule, "  ") in pathway


def test_the_site_policy_that_is_shown_can_be_used(tmp_path: Path) -> None:
    *_, policy = blocks("yml")
    file = tmp_path / "site.yaml"
    file.write_text(policy, encoding="utf-8")
    knowledge = load(site_policy=file).knowledge
    assert knowledge.version.endswith("+northfield.uk")
    assert knowledge.orders["ref_vascular"].contact == "bleep 123"


def test_the_trusted_clients_that_are_shown_can_be_used(tmp_path: Path) -> None:
    shown, *_ = blocks("yml")
    file = tmp_path / "clients.yaml"
    file.write_text(shown, encoding="utf-8")
    (client,) = read_clients(file)
    assert client.may_name("https://fhir.example.org/r4/Patient/1")


def test_the_webhooks_that_are_shown_can_be_used(tmp_path: Path) -> None:
    *_, shown, _ = blocks("yml")
    file = tmp_path / "webhooks.yaml"
    file.write_text(shown, encoding="utf-8")
    (webhook,) = read_webhooks(file, {"TRIAGE_DESK_SECRET": "a secret of twenty-four bytes"})
    assert webhook.name == "triage-desk"


def test_the_single_sign_on_that_is_shown_can_be_used(tmp_path: Path) -> None:
    _, shown, *_ = blocks("yml")
    file = tmp_path / "sign-on.yaml"
    file.write_text(shown, encoding="utf-8")
    assert read_single_sign_on(file, {"SSO_SECRET": "a secret"}).name == "Sign in with the hospital account"


def test_the_ehrs_that_are_shown_can_be_used(tmp_path: Path) -> None:
    clients, _, shown, *_ = blocks("yml")
    file = tmp_path / "ehrs.yaml"
    file.write_text(shown, encoding="utf-8")
    (ehr,) = read_ehrs(file, {"EHR_SECRET": "a secret"})
    assert f"name: {ehr.client} " in clients


def test_the_settings_are_exactly_those_that_are_read() -> None:
    source = (ROOT / "service" / "config.py").read_text(encoding="utf-8")
    read = {f"LEGTRIAGE_{name}" for name in re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', source)}
    assert read
    assert set(re.findall(r"LEGTRIAGE_[A-Z_]*[A-Z]", README)) == read
    assert set(re.findall(r"^\| `(LEGTRIAGE_\w+)`", README, re.MULTILINE)) == read


def test_the_endpoints_are_exactly_those_of_openapi() -> None:
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    described = {(method.upper(), path) for path, said in paths.items() for method in said if method != "parameters"}
    listed = set(re.findall(r"`(GET|POST) (/[^`]+)`", README))
    for_people = {("GET", path) for path in ("/docs", "/intake/", "/dashboard/", "/smart/launch")}
    assert listed - described == for_people
    assert described - listed == set()


def test_the_picture_is_plain_svg_with_words_for_those_who_cannot_see_it() -> None:
    root = ET.fromstring(PICTURE.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"title", "desc"} <= tags
    assert tags.isdisjoint({"script", "foreignObject", "image", "a"})
    assert "prefers-color-scheme: dark" in PICTURE.read_text(encoding="utf-8")


def test_the_container_serves_where_it_may_and_takes_what_the_build_needs() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert '"--host", "127.0.0.1"' in dockerfile
    assert "--network host" in dockerfile
    assert "--network host" in README
    (copied,) = re.findall(r"^COPY (pyproject.*) \./$", dockerfile, re.MULTILINE)
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "README.md" in copied.split()
    assert [file for file in copied.split() if f"!{file}" not in sent] == []
