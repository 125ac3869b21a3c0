"""A pathway that is switched off at this site, on every road and in every process."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask

from service import in_force
from service.app import create_app
from service.in_force import InForce
from service.intake.asking import START
from service.knowledge.cases import NOW
from service.store import AuditEntry, DatabaseAwayError, Store, Switch
from service.triage.assess import assess
from tests.service.calls import LIKELY_DVT, cards
from tests.service.settings import settings
from tests.triage.patients import CASES, KNOWLEDGE, LIBRARY

DVT = "deep-vein-thrombosis"
SWOLLEN_CALF = {
    "patient": {"age": 61},
    "findings": [
        {"key": "calf_pain", "status": "present", "side": "left"},
        {"key": "leg_swelling_unilateral", "status": "present", "side": "left"},
        {"key": "active_cancer", "status": "present"},
    ],
}
ROADS = ("rest", "hook", "pathways", "fhir")
LONGEST = 60.0  # seconds; a busy machine is no fault


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(settings(tmp_path, intake_page=True), LIBRARY, lambda: NOW)


def following(app: Flask) -> InForce:
    return cast("InForce", app.extensions["in_force"])


def store_of(app: Flask) -> Store:
    return cast("Store", app.extensions["dashboard"].assessor.store)


def switch(app: Flask, pathway: str, *, off: bool) -> None:
    """As another process does it."""
    entry = AuditEntry(at=NOW, actor="ann", action="switch", subject=pathway)
    assert store_of(app).switch(Switch(pathway, off, "a reason", "ann", NOW), entry)


def said(app: Flask) -> dict[str, Any]:
    """What each road says of a likely clot."""
    client = app.test_client()
    rest = client.post("/api/v1/assessments", json=SWOLLEN_CALF)
    assert rest.status_code == 201
    document = rest.json or {}
    plans = client.get("/fhir/PlanDefinition").json or {}
    return {
        "rest": DVT in {each["condition"] for each in document["considerations"]},
        "hook": any("clot" in str(card) or "thrombosis" in str(card) for card in cards(client, LIKELY_DVT)),
        "pathways": DVT in {each["id"] for each in (client.get("/api/v1/pathways").json or {})["items"]},
        "fhir": DVT in {each["resource"]["id"] for each in plans["entry"]},
        "knowledge": (document["knowledge"]["version"], document["knowledge"]["digest"]),
    }


def test_all_roads_leave_out_what_is_switched_off_and_say_which_knowledge_it_was(app: Flask) -> None:
    before = said(app)
    assert [before[road] for road in ROADS] == [True] * len(ROADS)

    switch(app, DVT, off=True)
    following(app).refresh()
    off = said(app)
    assert [off[road] for road in ROADS] == [False] * len(ROADS)
    version, digest = off["knowledge"]
    assert version == f"{KNOWLEDGE.version}+1-off"
    assert digest != KNOWLEDGE.digest

    switch(app, DVT, off=False)
    following(app).refresh()
    assert said(app) == before


def test_the_page_for_patients_asks_by_what_is_in_force(app: Flask) -> None:
    about = {"age_years": "61", "sex_at_birth": "male", "body_region": "calf_pain.left"}
    started = about | {"asked": [*START]}

    def asked() -> Any:
        answer = app.test_client().post("/intake/next", data=started)
        assert answer.status_code == 200, answer.text
        return answer.json

    before = asked()
    for pathway in LIBRARY.pathways.keys() - {"muscle-soreness"}:
        switch(app, pathway, off=True)
    following(app).refresh()

    assert asked() != before


def wait_for(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + LONGEST
    while not holds() and time.monotonic() < limit:
        time.sleep(0.02)
    assert holds()


def test_other_processes_follow_by_themselves(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "EVERY", 0.02)
    other = create_app(settings(tmp_path), LIBRARY, lambda: NOW)
    assert other.test_client().get("/livez").status_code == 200

    switch(app, DVT, off=True)
    wait_for(lambda: DVT in following(other).off)
    assert DVT not in following(other).library.pathways

    switch(app, DVT, off=False)
    wait_for(lambda: DVT not in following(other).off)
    assert following(other).library is LIBRARY


def test_a_new_process_begins_with_what_is_switched(app: Flask, tmp_path: Path) -> None:
    switch(app, DVT, off=True)

    assert DVT not in following(create_app(settings(tmp_path), LIBRARY, lambda: NOW)).library.pathways


class Elsewhere:
    """A store that may be away; it counts how often it was asked."""

    def __init__(self) -> None:
        self.away = False
        self.asked = 0

    def switches(self) -> dict[str, Switch]:
        self.asked += 1
        if self.away:
            raise DatabaseAwayError
        return {DVT: Switch(DVT, True, "a reason", "ann", NOW)}  # noqa: FBT003


def test_the_last_known_holds_while_the_database_is_away_and_no_answer_asks_for_it() -> None:
    store = Elsewhere()
    kept = InForce(LIBRARY, cast("Store", store))
    kept.refresh()
    store.away = True
    kept.refresh()

    for _ in range(5):
        assert DVT not in kept.library.pathways
    assert kept.off[DVT].reason == "a reason"
    assert store.asked == 2

    unknown = InForce(LIBRARY, cast("Store", store))
    unknown.refresh()
    assert unknown.library is LIBRARY


def test_a_pathway_that_the_knowledge_no_longer_has_is_no_trouble(app: Flask) -> None:
    switch(app, "gone-with-the-last-release", off=True)
    following(app).refresh()

    assert following(app).library is LIBRARY


@pytest.mark.parametrize("pathway", sorted(LIBRARY.pathways))
def test_the_other_pathways_say_what_they_said(pathway: str) -> None:
    without = LIBRARY.without({pathway}).knowledge
    own = {rule.id for rule in KNOWLEDGE.rules if rule.pathway == pathway}
    for case in [case for case in CASES if case.pathway == pathway][:20]:
        before = {reason.rule for reason in assess(case.findings, KNOWLEDGE, NOW).fired}
        after = {reason.rule for reason in assess(case.findings, without, NOW).fired}
        assert after == before - own
