"""The tables, their migrations, what readiness says, tokens and the purge."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from service.store import DatabaseAwayError, Store, database
from service.store.database import Database
from service.store.tables import REVISION, assessments, audit, cards, feedback, metadata, suggestions, token_ids
from tests.store.answers import NOW, answer, overridden
from tests.store.conftest import Clock, MakeStore, Rows
from tests.store.postgresql import Server

IN_A_MINUTE = NOW + timedelta(minutes=1)


def test_the_migrations_make_the_tables_that_the_code_knows(store: Store, url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        of_sqlite = {"ix_assessments_lines"} if "sqlite" not in url else set()
        known = {"compare_type": True, "include_object": lambda _, name, *_more: name not in of_sqlite}
        context = MigrationContext.configure(connection, opts=known)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISION


def test_the_code_knows_the_newest_migration() -> None:
    scripts = ScriptDirectory(str(Path(database.__file__).with_name("migrations")))
    assert scripts.get_heads() == [REVISION]
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert numbers == sorted(numbers, reverse=True)


def test_many_may_upgrade_at_once(server: Server, tmp_path: Path) -> None:
    server.execute("CREATE DATABASE race")
    for url in (server.url("race"), f"sqlite:///{tmp_path / 'race.db'}"):
        code = f"from service.store.database import Database; print(Database({url!r}).upgrade())"
        racers = [
            subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)  # noqa: S603
            for _ in range(2)
        ]
        assert [racer.communicate()[0].strip() for racer in racers] == [REVISION] * 2


def test_sqlite_is_upgraded_at_the_start_and_postgresql_is_not(
    make_store: MakeStore, server: Server, tmp_path: Path
) -> None:
    here = make_store(f"sqlite:///{tmp_path / 'new.db'}")
    here.start()
    assert here.ready() == (True, f"database at {REVISION}")
    server.execute("CREATE DATABASE bare")
    there = make_store(server.url("bare"))
    there.start()
    assert there.ready() == (False, "database behind, run: legtriage db upgrade")
    there.record(answer())  # waits in the spool
    limit = time.monotonic() + 10
    while there.ready().ready and time.monotonic() < limit:
        time.sleep(0.01)
    assert there.ready() == (False, "database behind, run: legtriage db upgrade")
    there.upgrade()
    there.start()
    assert there.ready() == (True, f"database at {REVISION}")


def test_a_database_newer_than_the_code_is_no_reason_to_stop(store: Store, url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert store.ready().ready


def test_a_database_that_is_away_leaves_the_service_ready(make_store: MakeStore, tmp_path: Path) -> None:
    store = make_store("postgresql+psycopg://owner:hidden@127.0.0.1:1/none")
    store.start()
    ready, reason = store.ready()
    assert ready
    assert reason == "database away, records go to the spool"
    store.record(answer())
    assert store.quiet("pat-77310", "f" * 64, NOW, client="northfield") == frozenset()
    with pytest.raises(DatabaseAwayError):
        store.purge(NOW, "tester")
    with pytest.raises(DatabaseAwayError):
        store.upgrade()


def test_a_file_that_is_no_database_does_not_stop_the_start(make_store: MakeStore, tmp_path: Path) -> None:
    file = tmp_path / "odd.db"
    file.write_bytes(b"not a database" * 1000)
    store = make_store(f"sqlite:///{file}")
    store.start()
    store.record(answer())
    assert b"answer-00001" in (tmp_path / "spool" / "waiting.jsonl").read_bytes()
    assert "away" in store.ready().reason


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///:memory:", "mysql://u:hidden@h/d", "postgresql://u:hidden@h/d", "hidden", "://hidden"],
)
def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(make_store: MakeStore, url: str) -> None:
    with pytest.raises(ValueError, match="database") as refusal:
        make_store(url)
    assert "hidden" not in str(refusal.value)


def test_sqlite_commits_durably_and_keeps_its_promises(tmp_path: Path) -> None:
    found = Database(f"sqlite:///{tmp_path / 'x.db'}").run(
        lambda connection: {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    )
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1000}


def test_nobody_changes_the_audit(store: Store, url: str, rows: Rows) -> None:
    store.purge(NOW, "tester")
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append only"):
            connection.execute(text(statement))
    assert [each["actor"] for each in rows(audit)] == ["tester"]


def test_alembic_stays_off_the_way_of_a_request(tmp_path: Path, postgresql_url: str) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from service.store import Store\n"
        "from tests.store.answers import NOW, answer\n"
        f"store = Store({postgresql_url!r}, spool=Path({str(tmp_path)!r}), patients='none', secret=None, "
        "clock=lambda: NOW)\n"
        "store.start(); store.record(answer()); print(store.ready().ready, 'alembic' in sys.modules)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603
    assert shown.stdout.split() == ["True", "False"]


# Purge


def test_a_purge_takes_what_is_old_with_all_that_hangs_on_it(store: Store, rows: Rows, clock: Clock) -> None:
    for number in range(1, 603):
        store.record(answer(number, cards=answer().cards if number in {1, 602} else ()))
    store.feedback([overridden()])
    clock.now = NOW + timedelta(seconds=602)
    store.feedback([overridden(comment="later")])
    assert store.purge(NOW + timedelta(seconds=602), "tester") == {
        "assessments": 601,
        "feedback": 1,
        "sessions": 0,
        "links": 0,
    }
    assert [each["id"] for each in rows(assessments)] == ["answer-00602"]
    assert {each["assessment"] for each in (*rows(cards), *rows(suggestions))} == {"answer-00602"}
    assert [each["comment"] for each in rows(feedback)] == ["later"]
    (told,) = rows(audit)
    assert (told["action"], told["at"]) == ("purge", clock.now)
    assert "601 assessments" in told["subject"]


def test_a_purge_reaches_what_waits_and_what_was_kept_aside(
    make_store: MakeStore, url: str, rows: Rows, tmp_path: Path
) -> None:
    away = make_store("postgresql+psycopg://owner@127.0.0.1:1/none")
    away.record(answer(1))
    away.close()
    aside = tmp_path / "spool" / "aside.jsonl"
    aside.write_bytes(b"odd\n")
    store = make_store(url)
    store.upgrade()
    assert store.purge(NOW + timedelta(days=10_000), "tester")["assessments"] == 1
    assert rows(assessments) == []
    assert not aside.exists()


# Tokens


def test_a_token_is_used_once(store: Store) -> None:
    assert store.first_use("https://a.example.org", "1", IN_A_MINUTE)
    assert not store.first_use("https://a.example.org", "1", IN_A_MINUTE)
    assert not store.first_use("https://a.example.org", "1", IN_A_MINUTE + timedelta(days=1))
    assert store.first_use("https://a.example.org", "2", IN_A_MINUTE)
    assert store.first_use("https://b.example.org", "1", IN_A_MINUTE)
    assert store.first_use("https://b.example.org", "x" * 100_000, IN_A_MINUTE)
    assert not store.first_use("https://b.example.org", "x" * 100_000, IN_A_MINUTE)


def another_machine(tmp_path: Path, url: str, clock: Clock) -> Store:
    return Store(url, spool=tmp_path / "other", patients="none", secret=None, clock=clock)


def test_a_token_that_another_machine_saw_is_used(store: Store, url: str, tmp_path: Path, clock: Clock) -> None:
    other = another_machine(tmp_path, url, clock)
    assert other.first_use("issuer", "1", IN_A_MINUTE)
    other.close()
    assert not store.first_use("issuer", "1", IN_A_MINUTE)


@pytest.mark.parametrize("width", [2, 8])
def test_of_many_at_once_one_is_first(store: Store, url: str, tmp_path: Path, clock: Clock, width: int) -> None:
    other = another_machine(tmp_path, url, clock)
    with ThreadPoolExecutor(width) as pool:
        for number in range(10):
            machines = [store, other] * (width // 2)
            answers = pool.map(lambda m, n=number: m.first_use("issuer", str(n), IN_A_MINUTE), machines)
            assert sum(answers) == 1
    other.close()


def test_expired_tokens_are_forgotten_in_time(store: Store, rows: Rows, clock: Clock) -> None:
    assert store.first_use("issuer", "1", IN_A_MINUTE)
    clock.now = IN_A_MINUTE + timedelta(minutes=30)
    assert not store.first_use("issuer", "1", IN_A_MINUTE)
    clock.now = IN_A_MINUTE + timedelta(hours=2)
    assert store.first_use("issuer", "2", clock.now + timedelta(minutes=1))
    assert [each["jti"] for each in rows(token_ids)] == ["2"]


def test_while_the_database_is_away_a_token_is_used_once_on_a_machine(
    make_store: MakeStore, url: str, rows: Rows, clock: Clock, tmp_path: Path
) -> None:
    away = "postgresql+psycopg://owner@127.0.0.1:1/none"
    stores = [make_store(away), make_store(away)]
    for number in range(3):
        assert [store.first_use("issuer", str(number), IN_A_MINUTE) for store in stores] == [True, False]
    for store in stores:
        store.close()
    back = make_store(url)
    back.upgrade()
    back.start()
    assert len(rows(token_ids)) == 3
    elsewhere = another_machine(tmp_path, url, clock)
    assert not elsewhere.first_use("issuer", "1", IN_A_MINUTE)
    elsewhere.close()


def test_a_replay_of_a_token_from_before_the_outage_is_refused(postgresql_url: str, make_store: MakeStore) -> None:
    before = make_store(postgresql_url)
    assert before.first_use("issuer", "1", IN_A_MINUTE)
    during = make_store("postgresql+psycopg://owner@127.0.0.1:1/none")
    assert not during.first_use("issuer", "1", IN_A_MINUTE)


def test_when_nothing_can_tell_a_token_is_taken_for_used(make_store: MakeStore, tmp_path: Path) -> None:
    store = make_store("postgresql+psycopg://owner@127.0.0.1:1/none")
    store.close()
    for file in tmp_path.glob("spool/token_ids.db*"):
        file.write_bytes(b"not a database" * 1000)
    assert not store.first_use("issuer", "1", IN_A_MINUTE)
