"""The feedback of clinicians as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from flask import Flask

from service.dashboard.csv_file import cell
from service.knowledge.cases import NOW
from service.store import Decision, FeedbackEntry
from service.store.tables import audit
from tests.dashboard.conftest import Client
from tests.dashboard.people import desk, patient, present
from tests.store.conftest import rows_of

FORMULA = '=HYPERLINK("http://elsewhere.example","see")'


@pytest.fixture
def decided(app: Flask) -> str:
    """An assessment whose advice was overridden in words that a spreadsheet would run, and a card that nobody knows."""
    assessed = patient(app, present("calf_pain", side="left"), present("leg_swelling_unilateral", side="left"))
    store = desk(app).assessor.store
    identity: str = assessed["id"]
    store.decide(
        Decision(assessment=identity, action="override", actor="ann", at=NOW, reason_code="data-wrong", comment=FORMULA)
    )
    card = "3b6e5f0e-0000-4000-8000-000000000000"
    store.feedback([FeedbackEntry(service="x", client="northfield", card=card, outcome="accepted", timestamp=NOW)])
    return identity


def test_a_spreadsheet_gets_every_reaction_and_runs_none(client: Client, decided: str) -> None:
    answer = client("knowledge-owner").get("/dashboard/feedback.csv")

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="legtriage-feedback-')
    rows = {row["kind"]: row for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))}
    assert rows.keys() == {"card", "decision"}
    own = rows["decision"]
    assert (own["assessment"], own["outcome"], own["reason_code"]) == (decided, "overridden", "data-wrong")
    assert own["reason"] == "The recorded data are wrong or out of date"
    assert "dvt-suspected" in own["rules"].split()
    assert own["comment"] == f"'{FORMULA}"
    assert own["knowledge_version"]


@pytest.mark.parametrize("start", "=+-@\t\r\uff1d\uff20")
def test_no_cell_begins_like_a_formula(start: str) -> None:
    assert cell(f"{start}1") == f"'{start}1"


def test_a_program_gets_an_object_on_each_line(client: Client, decided: str) -> None:
    answer = client("admin").get("/dashboard/feedback.ndjson")

    assert answer.mimetype == "application/x-ndjson"
    told = [orjson.loads(line) for line in answer.text.splitlines()]
    (own,) = (each for each in told if each["assessment"] == decided)
    assert own["comment"] == FORMULA
    assert own["rules"]
    assert datetime.fromisoformat(own["time"]) == NOW.astimezone(UTC)


def test_the_file_is_of_the_days_that_are_asked_for(client: Client, decided: str) -> None:
    owner = client("knowledge-owner")
    day = (NOW - timedelta(days=5)).date()

    assert owner.get(f"/dashboard/feedback.ndjson?from={day}&to={day}").text == ""
    assert decided in owner.get(f"/dashboard/feedback.ndjson?from={day}").text
    wrong = owner.get("/dashboard/feedback.csv?from=yesterday")
    assert wrong.status_code == 400
    assert wrong.text.startswith("from:")


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
@pytest.mark.parametrize("role", ["viewer", "clinician"])
def test_only_owners_of_the_knowledge_get_it(client: Client, role: str, kind: str) -> None:
    assert client(role).get(f"/dashboard/feedback.{kind}").status_code == 403


def test_who_takes_it_is_written_down(client: Client, tmp_path: Path) -> None:
    client("knowledge-owner").get("/dashboard/feedback.csv")

    told = rows_of(f"sqlite:///{tmp_path / 'legtriage.db'}", audit)
    assert [row["actor"] for row in told if row["action"] == "export: feedback"] == ["knowledge-owner"]
