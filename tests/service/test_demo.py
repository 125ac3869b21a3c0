"""`legtriage demo` fills an empty service, once, and leaves others alone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.demo.people import read_people
from service.store import Store, WorklistItem, WorklistQuery
from tests.store.answers import answer


def settings_in(folder: Path) -> dict[str, str]:
    return {
        "LEGTRIAGE_DATABASE_URL": f"sqlite:///{folder / 'legtriage.db'}",
        "LEGTRIAGE_SPOOL": str(folder / "spool"),
        "LEGTRIAGE_SECRET_KEY": "a secret for tests",
    }


def demo(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["demo", *options], env=settings_in(folder))


def opened(folder: Path) -> Store:
    env: Mapping[str, str] = settings_in(folder)
    store = Store(
        env["LEGTRIAGE_DATABASE_URL"],
        spool=folder / "spool",
        patients="pseudonym",
        secret=env["LEGTRIAGE_SECRET_KEY"],
        clock=lambda: datetime.now(UTC),
    )
    store.start()
    return store


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, demo(folder)


@pytest.fixture(scope="module")
def store(filled: tuple[Path, Result]) -> Iterator[Store]:
    store = opened(filled[0])
    yield store
    store.close()


@pytest.fixture(scope="module")
def lines(store: Store) -> list[WorklistItem]:
    return store.worklist_page(WorklistQuery(status=None), limit=500)


def test_it_says_what_it_did_and_how_to_get_in(filled: tuple[Path, Result]) -> None:
    _, told = filled
    assert told.exit_code == 0, told.output
    assert "60 made-up patients" in told.output
    assert told.output.count("/dashboard/welcome/") == 1


def test_all_tiers_states_and_roads_are_there(lines: list[WorklistItem]) -> None:
    assert set(Counter(each.tier for each in lines)) == {"emergency", "same_day", "urgent", "routine", "self_care"}
    assert min(Counter(each.tier for each in lines).values()) >= 5
    assert set(Counter(each.status for each in lines)) == {"open", "acknowledged", "accepted", "overridden"}
    assert {"rest", "dashboard", "intake-page", "leg-pain-patient-view"} <= {each.service for each in lines}
    assert {each.assignee for each in lines} >= {None, "n.okafor", "s.lind", "l.haddad"}


def test_some_are_late_and_some_have_time(lines: list[WorklistItem]) -> None:
    now = datetime.now(UTC)
    waiting = [each.due - now for each in lines if each.due and each.status == "open"]
    assert any(wait < timedelta(0) for wait in waiting)
    assert any(timedelta(0) < wait < timedelta(hours=4) for wait in waiting)
    assert any(wait > timedelta(days=5) for wait in waiting)


def test_nothing_lies_ahead_and_every_patient_is_told_apart(lines: list[WorklistItem], store: Store) -> None:
    every = store.assessments(limit=500)
    assert max(each.created for each in every) <= datetime.now(UTC)
    people = read_people()
    assert len(every) == sum(len(patient.visits) for patient in people.patients)
    assert len({patient.id for patient in people.patients}) == len(people.patients) == len(lines)
    assert [each.sequence for each in every] == sorted((each.sequence for each in every), reverse=True)
    assert [each.created for each in every] == sorted((each.created for each in every), reverse=True)


def test_a_patient_has_a_history_and_more_answers_were_given(lines: list[WorklistItem], store: Store) -> None:
    lengths = {}
    for line in lines:
        stored = store.assessment(line.id)
        assert stored is not None
        lengths[line.patient_name] = len(store.history(stored))
    assert lengths["Agnes Moqueur"] == lengths["Samir Casestudy"] == 3
    ida = next(line for line in lines if line.patient_name == "Ida Mockford")
    assert (ida.tier, ida.assignee, ida.service) == ("emergency", "n.okafor", "dashboard")


def test_what_was_decided_and_told_of_cards_is_counted(store: Store) -> None:
    now = datetime.now(UTC)
    told = store.statistics(now - timedelta(days=100), now)
    assert told["by_status"]["overridden"] >= 5
    assert told["median_seconds_to_acknowledge"] > 0
    assert any(rate["overridden"] for rate in told["override_rates"])


def test_asked_again_it_adds_nothing(filled: tuple[Path, Result], store: Store) -> None:
    folder, _ = filled
    before = [each.id for each in store.assessments(limit=500)]
    again = demo(folder)
    assert again.exit_code == 0
    assert "there already" in again.output
    assert "/welcome/" not in again.output
    assert [each.id for each in store.assessments(limit=500)] == before


def test_beside_other_patients_it_refuses(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.record(answer(1))
    store.close()
    refused = demo(tmp_path)
    assert refused.exit_code == 1
    assert "--anyway" in refused.output
    store = opened(tmp_path)
    assert [each.id for each in store.assessments()] == ["answer-00001"]
    assert store.users() == []
    store.close()


def test_a_database_that_is_away_is_said_in_a_line(tmp_path: Path) -> None:
    env = settings_in(tmp_path) | {"LEGTRIAGE_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"}
    told = CliRunner().invoke(main, ["demo"], env=env)
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert len(told.output.splitlines()) == 1
