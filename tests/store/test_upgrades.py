"""What was kept by an earlier version stays, and takes its place among what is kept now."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine, text

from service.store import Decision, Store, WorklistQuery, database
from service.store.tables import NEVER
from tests.store.answers import NOW, answer
from tests.store.conftest import MakeStore
from tests.store.postgresql import Server

TIERS = ("routine", "urgent", None, "emergency", "same_day")
USUAL = {
    "service": "rest",
    "hook": "",
    "hook_instance": "",
    "client": "northfield",
    "knowledge_version": "1",
    "knowledge_digest": "d",
    "in_scope": True,
    "could_be": None,
    "facts": "f",
    "inputs": "[]",
    "inputs_digest": "e",
    "findings": "[]",
    "result": orjson.dumps({"in_scope": True}).decode(),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'before.db'}"
        return
    server: Server = request.getfixturevalue("server")
    server.execute("CREATE DATABASE before")
    yield server.url("before")
    server.execute("DROP DATABASE before WITH (FORCE)")


def at_revision(url: str, revision: str, **rows: list[dict[str, Any]]) -> None:
    """Make the tables as that revision had them, with these rows by table."""
    engine = create_engine(url, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    with engine.begin() as connection:
        for table, each in rows.items():
            for row in each:
                insert(connection, table, row)


def insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    """By hand: the code knows only the tables of today."""
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    is_sqlite = connection.dialect.name == "sqlite"
    given = {
        name: f"{value:%Y-%m-%d %H:%M:%S.%f}" if is_sqlite and hasattr(value, "tzinfo") else value
        for name, value in row.items()
    }
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), given)  # noqa: S608


def before(number: int, tier: str | None, **more: Any) -> dict[str, Any]:
    return {**USUAL, "id": f"answer-{number:05}", "created": NOW, "tier": tier, "patient": f"patient-{number}", **more}


def numbers(listed: list[Any]) -> list[int]:
    return [int(each.id.removeprefix("answer-")) for each in listed]


def test_rows_of_the_first_revision_take_their_place(make_store: MakeStore, empty: str) -> None:
    at_revision(empty, "0001", assessments=[before(number, tier) for number, tier in enumerate(TIERS, start=1)])
    store = make_store(empty)
    store.upgrade()
    listed = store.worklist()
    assert numbers(listed) == [4, 5, 2, 1, 3]
    waits = [each.due - each.created if each.due else None for each in listed]
    assert waits == [timedelta(0), timedelta(hours=4), timedelta(days=14), None, None]


def test_rows_of_the_second_revision_stay_with_what_was_decided_about_them(make_store: MakeStore, empty: str) -> None:
    at_revision(empty, "0002", **of_the_second())
    store = make_store(empty, "full")
    store.upgrade()
    assert numbers(store.worklist_page(WorklistQuery())) == [3, 1, 4]
    assert store.worklist_counts(WorklistQuery()).total == 3
    read = store.assessment("answer-00005")
    assert read is not None
    assert (read.status, read.version, read.patient_name, read.headline, read.pathways) == ("accepted", 2, None, "", ())
    made = Decision(assessment="answer-00005", action="accept", actor="dr-adams", at=NOW)
    assert store.decisions("answer-00005") == [made]
    assert [(each.actor, each.action, each.outcome, each.role) for each in store.audit()] == [
        ("dr-adams", "decision: accept", "success", None)
    ]
    assert [each.name for each in store.api_keys()] == ["ward"]


def of_the_second() -> dict[str, list[dict[str, Any]]]:
    """Two assessments of one patient with the same tier, one that was more urgent, one decided, and a key."""
    new = {"due": NEVER, "version": 1, "status": "open"}
    decided = {"id": "d", "assessment": "answer-00005", "action": "accept", "actor": "dr-adams", "at": NOW}
    told = {"at": NOW, "actor": "dr-adams", "action": "decision: accept", "subject": "answer-00005"}
    return {
        "assessments": [
            before(1, "same_day", tier_order=-3, **new | {"due": NOW}, patient="p"),
            before(2, "routine", tier_order=-1, **new, patient="p"),
            before(3, "emergency", tier_order=-4, **new),
            before(4, "routine", tier_order=-1, **new, patient="p"),
            before(5, "routine", tier_order=-1, **new | {"status": "accepted", "version": 2}),
        ],
        "decisions": [decided | {"version": 2}],
        "audit": [told],
        "api_keys": [{"id": "k", "name": "ward", "role": "intake", "digest": "d", "created": NOW}],
    }


def test_what_an_upgraded_store_keeps_next_joins_what_was_there(make_store: MakeStore, empty: str) -> None:
    at_revision(empty, "0002", **of_the_second())
    store: Store = make_store(empty, "full")
    store.upgrade()
    store.record(answer(6, patient_id="p", tier="same_day", tier_rank=3))
    assert numbers(store.worklist()) == [3, 6]
    (latest,) = store.worklist_page(WorklistQuery(patient="p"))
    stored = store.assessment(latest.id)
    assert stored is not None
    assert numbers(store.history(stored)) == [6, 4, 2, 1]
