"""What was acknowledged is kept, whoever dies meanwhile."""

import random
from pathlib import Path

import pytest

from tests.peers.feedback_storm import feedback_storm, outage_storm
from tests.peers.processes import gunicorn, has_postgres, postgres

NO_POSTGRES = pytest.mark.skipif(not has_postgres(), reason="no PostgreSQL on this machine")


def database_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'storm.sqlite3'}"


@pytest.mark.slow
def test_no_acknowledged_feedback_is_lost_or_doubled_when_workers_are_killed(tmp_path: Path) -> None:
    database = database_in(tmp_path)
    with gunicorn({"LEGTRIAGE_DATABASE_URL": database, "LEGTRIAGE_LOG_LEVEL": "warning"}) as service:
        outcome = feedback_storm(service, database, posts=1000, chance=random.Random(7))  # noqa: S311 - no secret
    assert outcome.disturbances >= 3, outcome
    assert not outcome.failed, outcome.failed[:3]
    assert len(outcome.acknowledged) == 1000, outcome
    assert not outcome.lost, outcome
    assert not outcome.doubled, outcome


@pytest.mark.slow
@NO_POSTGRES
def test_no_card_fails_and_no_record_is_lost_while_the_database_is_away() -> None:
    with postgres() as server:
        settings = {"LEGTRIAGE_DATABASE_URL": server.url, "LEGTRIAGE_LOG_LEVEL": "warning"}
        with gunicorn(settings) as service:
            outcome = outage_storm(service, server.url, seconds=5, stop=server.stop, start=server.start)
    assert len(outcome.acknowledged) > 50, outcome
    assert not outcome.failed, outcome.failed[:3]
    assert not outcome.lost, outcome
    assert not outcome.doubled, outcome


@NO_POSTGRES
def test_the_database_of_these_tests_comes_back_after_a_stop() -> None:
    # Of the tools, not of the service: an outage that never ended would look like a success.
    with postgres() as server:
        server.stop()
        server.start()
        server.stop()
