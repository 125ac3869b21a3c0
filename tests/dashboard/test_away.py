"""The dashboard while its database is away: every page says so at once, and promises nothing that is not so."""

from pathlib import Path

import pytest
from flask import Flask

from service.store import NotStoredError, Store
from tests.dashboard.conftest import Client
from tests.dashboard.forms import csrf
from tests.dashboard.people import patient, present
from tests.dashboard.test_access import FORMS, _routes


def test_every_page_says_so_kindly(app: Flask, client: Client, tmp_path: Path) -> None:
    id_ = patient(app, present("calf_pain", side="left"))["id"]
    browser = client("admin")
    for file in tmp_path.glob("legtriage.db*"):
        file.unlink()
    (tmp_path / "legtriage.db").mkdir()

    for route in _routes(app, id_, id_):
        if "static" in route.rule:
            continue
        answer = browser.open(route.address, method=route.method, data=FORMS.get(route.place))
        assert answer.status_code == 503, route
        assert "The database cannot be reached" in answer.text, route
        assert ("may not have been kept" in answer.text) == (route.method == "POST"), route
        assert int(answer.headers["Retry-After"]) > 0


def test_an_answer_that_nothing_could_keep_is_no_mystery(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = patient(app, present("calf_pain", side="left"))["id"]
    browser = client("clinician")
    form = {"csrf": csrf(browser.get(f"/dashboard/assessments/{id_}")), "finding": "fever", "answer": "present"}

    def full(_self: Store, _answer: object) -> None:
        raise NotStoredError

    monkeypatch.setattr(Store, "record", full)
    answer = browser.post(f"/dashboard/assessments/{id_}/answers", data=form)

    assert answer.status_code == 503
    assert "may not have been kept" in answer.text
