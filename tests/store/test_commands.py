"""`legtriage db`: what an operator does, in one line, and what goes wrong in one line too."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.config import read_config
from service.store import Store
from service.store.tables import REVISION, assessments, audit
from tests.store.answers import answer
from tests.store.conftest import Rows


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    monkeypatch.setenv("LEGTRIAGE_DATABASE_URL", url)
    monkeypatch.setenv("LEGTRIAGE_SPOOL", str(tmp_path / "spool"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["db", *arguments])


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def filled(store: Store, now: datetime) -> Store:
    """A store with answers of today, and of 10 and 100 days ago."""
    for days in (0, 10, 100):
        store.record(answer(days, created=now - timedelta(days=days)))
    return store


def kept(rows: Rows) -> list[int]:
    return [int(each["id"].removeprefix("answer-")) for each in rows(assessments)]


def test_an_upgrade_says_where_the_database_is_then(rows: Rows) -> None:
    for _ in range(2):
        result = run("upgrade")
        assert result.exit_code == 0, result.output
        assert result.output == f"The database is at revision {REVISION}.\n"
    assert rows(assessments) == []


@pytest.mark.parametrize(("days", "left"), [("1000", [0, 10, 100]), ("50", [0, 10]), ("0", [])])
def test_a_purge_by_age(filled: Store, rows: Rows, days: str, left: list[int]) -> None:
    result = run("purge", "--older-than", days)
    assert result.output == f"Deleted: {3 - len(left)} assessments, 0 feedback, 0 sessions, 0 links.\n"
    assert kept(rows) == left
    assert len(rows(audit)) == 1


def test_a_purge_by_day(filled: Store, rows: Rows, now: datetime) -> None:
    assert run("purge", "--before", (now - timedelta(days=50)).date().isoformat()).exit_code == 0
    assert kept(rows) == [0, 10]


def test_a_purge_by_the_setting(filled: Store, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEGTRIAGE_RETENTION_DAYS", "5")
    assert run("purge").exit_code == 0
    assert kept(rows) == [0]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "--older-than"),
        (["--before", "2026-01-01", "--older-than", "3"], "not both"),
        (["--before", "yesterday"], "yesterday"),
        (["--older-than", "-1"], "-1"),
        (["--older-than", "99999999999"], "nothing can be older"),
    ],
)
def test_a_purge_of_nothing_certain_deletes_nothing(
    filled: Store, rows: Rows, arguments: list[str], reason: str
) -> None:
    result = run("purge", *arguments)
    assert result.exit_code == 2
    assert reason in result.output
    assert kept(rows) == [0, 10, 100]


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("LEGTRIAGE_DATABASE_URL", "mysql://u:hidden@h/d", "LEGTRIAGE_DATABASE_URL"),
        ("LEGTRIAGE_DATABASE_URL", "postgresql+psycopg://u:hidden@127.0.0.1:1/d", "cannot be reached"),
        ("LEGTRIAGE_SPOOL", "/dev/null/spool", "/dev/null"),
        ("LEGTRIAGE_PATIENT_IDS", "some", "LEGTRIAGE_PATIENT_IDS"),
        ("LEGTRIAGE_SECRET_KEY", "hidden", "LEGTRIAGE_SECRET_KEY"),
        ("LEGTRIAGE_RETENTION_DAYS", "-1", "LEGTRIAGE_RETENTION_DAYS"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = run("upgrade")
    assert result.exit_code == 1
    (line,) = result.output.strip().splitlines()
    assert line.startswith("Error: ")
    assert reason in line
    assert "hidden" not in line


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEGTRIAGE_SECRET_KEY", "a hidden key of some length")
    monkeypatch.setenv("LEGTRIAGE_DATABASE_URL", "postgresql+psycopg://u:hidden@h/d")
    assert "hidden" not in repr(read_config())
