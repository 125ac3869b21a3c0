"""What the service remembers of its answers, and what that does to later ones."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select

from service.app import create_app
from service.knowledge.library import Library
from service.store import tables
from tests.intake.record import JSON, NOW, bundle, finding, observation, patient
from tests.service.calls import ACTIVE_CANCER, LEFT_CALF_PAIN, LIKELY_DVT, SWOLLEN_CALF, ask, cards
from tests.service.settings import settings

WITHOUT_CANCER = LIKELY_DVT | {"conditions": bundle(LEFT_CALF_PAIN)}


def of(patient_id: str) -> JSON:
    """The record of the likely DVT, of another patient."""
    record = json.dumps(LIKELY_DVT).replace('"Patient/p1"', f'"Patient/{patient_id}"')
    return dict(json.loads(record.replace('"id": "p1"', f'"id": "{patient_id}"')))


class Service:
    """A service with a memory and a clock of its own."""

    def __init__(self, library: Library, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.now = NOW
        self.client: FlaskClient = create_app(settings(folder, **changes), library, self._clock).test_client()

    def _clock(self) -> datetime:
        return self.now

    def summaries(self, record: JSON = LIKELY_DVT, **context: Any) -> list[str]:
        return [card["summary"] for card in cards(self.client, record, **context)]

    def override(self, record: JSON = LIKELY_DVT, *, which: int = 0, outcome: str = "overridden") -> JSON:
        card = cards(self.client, record)[which]
        entry: JSON = {"card": card["uuid"], "outcome": outcome, "outcomeTimestamp": self.now.isoformat()}
        if outcome == "accepted":
            entry["acceptedSuggestions"] = [{"id": card["suggestions"][0]["uuid"]}]
        self.tell(entry)
        return card

    def tell(self, *entries: JSON) -> None:
        answer = self.client.post("/cds-services/leg-pain-patient-view/feedback", json={"feedback": list(entries)})
        assert answer.status_code == 200
        assert answer.get_data() == b""

    def rows(self, table: Any) -> list[Any]:
        engine = create_engine(f"sqlite:///{self.folder / 'legtriage.db'}")
        with engine.connect() as connection:
            return list(connection.execute(select(table)).mappings())


@pytest.fixture
def service(library: Library, tmp_path: Path) -> Service:
    return Service(library, tmp_path)


def test_an_answer_is_kept_with_its_cards_rules_and_knowledge(service: Service, library: Library) -> None:
    given = cards(service.client, LIKELY_DVT)
    (answer,) = service.rows(tables.assessments)
    assert (answer["tier"], answer["could_be"], answer["hook"]) == ("same_day", "emergency", "patient-view")
    assert answer["knowledge_digest"] == library.knowledge.digest
    kept = service.rows(tables.cards)
    assert [card["uuid"] for card in kept] == [card["uuid"] for card in given]
    assert "dvt-likely" in str([card["rules"] for card in kept])
    offered = [suggestion["uuid"] for card in given for suggestion in card.get("suggestions", [])]
    assert [suggestion["uuid"] for suggestion in service.rows(tables.suggestions)] == offered


def test_nothing_is_kept_of_a_patient_without_a_leg_complaint(service: Service) -> None:
    assert service.summaries({"patient": patient(), "conditions": bundle(ACTIVE_CANCER)}) == []
    assert service.rows(tables.assessments) == []


def test_feedback_is_joined_to_its_card_and_kept_once_however_often_it_is_sent(service: Service) -> None:
    card = service.override()
    entry = {
        "card": card["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": NOW.isoformat(),
        "overrideReason": {"reason": {"code": "not-indicated", "system": "x"}, "userComment": "Seen."},
    }
    service.tell(entry, entry)
    service.tell(entry)
    kept = service.rows(tables.feedback)
    assert [(row["card"], row["outcome"]) for row in kept] == [(card["uuid"], "overridden")] * 2
    assert {row["card"] for row in kept} < {row["uuid"] for row in service.rows(tables.cards)}


def test_what_was_overridden_stays_away_for_a_day(service: Service) -> None:
    before = service.summaries()
    overridden = service.override(which=1)["summary"]
    assert service.summaries() == [summary for summary in before if summary != overridden]
    service.now += timedelta(hours=25)
    assert overridden in service.summaries()


def test_what_was_accepted_does_not_stay_away(service: Service) -> None:
    before = service.summaries()
    service.override(which=1, outcome="accepted")
    assert service.summaries() == before


def test_an_overridden_card_comes_back_when_the_facts_change_or_the_urgency_rises(service: Service) -> None:
    service.override()
    assert "Same day" not in str(service.summaries())
    breathless = observation(finding("dyspnoea"), id="new", valueBoolean=True)
    worse = LIKELY_DVT | {"observations": bundle(SWOLLEN_CALF, breathless)}
    assert service.summaries(worse)[0].startswith("Emergency")
    assert service.summaries(WITHOUT_CANCER)[0].startswith("Same day")


def test_that_it_is_an_emergency_is_shown_to_whoever_comes_next(service: Service) -> None:
    breathless = observation(finding("dyspnoea"), id="new", valueBoolean=True)
    worse = LIKELY_DVT | {"observations": bundle(SWOLLEN_CALF, breathless)}
    for which in range(3):
        service.override(worse, which=min(which, len(service.summaries(worse)) - 1))
    assert service.summaries(worse)[0].startswith("Emergency")


def test_another_patient_is_told_all_the_same(service: Service) -> None:
    service.override()
    assert service.summaries(of("p2"), patientId="p2")


def test_a_site_may_have_every_card_come_back_at_once(library: Library, tmp_path: Path) -> None:
    service = Service(library, tmp_path, quiet_hours=0.0)
    before = service.summaries()
    service.override()
    assert service.summaries() == before


@pytest.mark.parametrize("policy", ["pseudonym", "none"])
def test_the_patients_id_is_not_in_what_is_stored(library: Library, tmp_path: Path, policy: str) -> None:
    service = Service(library, tmp_path, patient_ids=policy)
    assert service.summaries(of("secret-4711"), patientId="secret-4711")
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"dvt-likely" in stored
    assert b"secret-4711" not in stored


def test_cards_are_served_while_the_database_is_away_and_readiness_says_so(library: Library, tmp_path: Path) -> None:
    away = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    service = Service(library, tmp_path, database_url=away)
    assert service.summaries()
    ready = service.client.get("/readyz")
    assert (ready.status_code, ready.text) == (200, "database away, records go to the spool\n")
    waiting = b"".join(path.read_bytes() for path in (tmp_path / "spool").glob("*.jsonl"))
    assert b"dvt-likely" in waiting


def test_a_database_file_that_was_removed_takes_no_more_records(service: Service) -> None:
    assert service.summaries()
    for path in service.folder.glob("legtriage.db*"):
        path.unlink()
    assert service.summaries()
    waiting = b"".join(path.read_bytes() for path in (service.folder / "spool").glob("*.jsonl"))
    assert b"dvt-likely" in waiting
    until = time.monotonic() + 10
    while service.client.get("/readyz").status_code != 503:  # a thread looks at what is left of the database
        assert time.monotonic() < until
        time.sleep(0.01)


def test_an_answer_that_nothing_can_keep_is_given_and_feedback_is_not_taken(library: Library, tmp_path: Path) -> None:
    service = Service(library, tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    for path in (tmp_path / "spool").glob("waiting*"):
        path.unlink()
    (tmp_path / "spool" / "waiting.jsonl").mkdir()
    assert ask(service.client, LIKELY_DVT).status_code == 200
    entry = {"card": "x", "outcome": "overridden", "outcomeTimestamp": NOW.isoformat()}
    answer = service.client.post("/cds-services/leg-pain-patient-view/feedback", json={"feedback": [entry]})
    assert service.client.get("/readyz").status_code == 503
    assert answer.status_code == 503
    assert answer.get_json()["resourceType"] == "OperationOutcome"
