"""Clinicians see whom an assessment is about; nothing else that is kept or sent says it."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.app import create_app
from service.knowledge.cases import NOW
from service.store import WorklistItem, WorklistQuery
from tests.dashboard.conftest import Client
from tests.dashboard.people import desk, patient, present
from tests.intake.record import JSON
from tests.service.calls import LIKELY_DVT, ask
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

SWOLLEN = (present("calf_pain", side="left"), present("leg_swelling_unilateral", side="left"))


def line(app: Flask) -> WorklistItem:
    (item,) = desk(app).assessor.store.worklist_page(WorklistQuery())
    return item


def by_rest(app: Flask) -> Any:
    who = {"id": "patient-1", "name": "Marta Lindqvist", "birthDate": "1961-04-12", "sex": "female"}
    return patient(app, *SWOLLEN, patient=who)


def by_hook(app: Flask) -> Any:
    who = {**LIKELY_DVT["patient"], "name": [{"given": ["Marta"], "family": "Lindqvist"}], "birthDate": "1961-04-12"}
    answer = ask(app.test_client(), LIKELY_DVT | {"patient": who})
    assert answer.status_code == 200
    return answer.get_json()


@pytest.mark.parametrize("sent", [by_rest, by_hook])
def test_a_line_has_the_name_and_the_birth_date(app: Flask, sent: Any) -> None:
    given: JSON = sent(app)
    item = line(app)
    assert (item.patient_name, item.birth_date, item.sex) == ("Marta Lindqvist", "1961-04-12", "female")
    stored = desk(app).assessor.store.assessment(item.id)
    assert stored is not None
    for told in (given, stored.document):
        assert "Lindqvist" not in str(told)
        assert "1961-04-12" not in str(told)


def test_a_site_that_keeps_no_identifiers_keeps_no_name(tmp_path: Path) -> None:
    app = create_app(settings(tmp_path, patient_ids="pseudonym"), LIBRARY, lambda: NOW)
    by_rest(app)
    assert (line(app).patient_name, line(app).birth_date) == (None, None)
    assert line(app).sex == "female"
    desk(app).assessor.store.close()
    assert not any(b"Lindqvist" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["", "x" * 201, 7, "nul \0"])
def test_a_name_that_cannot_be_one_is_refused_where_it_stands(app: Flask, name: object) -> None:
    answer = app.test_client().post("/api/v1/assessments", json={"patient": {"name": name}, "findings": []})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/patient/name"]


def test_a_year_of_birth_alone_is_shown_as_it_is(app: Flask, client: Client) -> None:
    ask(app.test_client(), LIKELY_DVT | {"patient": {**LIKELY_DVT["patient"], "birthDate": "1961"}})
    viewer = client("viewer")
    for page in ("/dashboard/", f"/dashboard/assessments/{line(app).id}"):
        shown = viewer.get(page)
        assert shown.status_code == 200
        assert "born 1961" in shown.text


def test_patients_without_a_name_are_told_apart_by_their_whole_id_on_every_page(app: Flask, client: Client) -> None:
    made = [patient(app, *SWOLLEN, patient={"id": f"patient-{number}"}) for number in (1, 2)]
    clinician = client("clinician")
    for number, each in enumerate(made, start=1):
        own = f"/dashboard/assessments/{each['id']}"
        for page in ("/dashboard/", own, f"{own}/decide"):
            assert f">Patient patient-{number}<" in clinician.get(page).text
