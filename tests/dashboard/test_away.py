"""The dashboard while its database is away: every page says so at once, and promises nothing that is not so."""

from pathlib import Path

from flask import Flask

from tests.dashboard.conftest import Client
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
