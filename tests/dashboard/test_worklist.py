"""The worklist, as clinicians see it."""

from flask import Flask

from tests.dashboard.conftest import Client
from tests.dashboard.people import patient, present


def test_whoever_is_not_signed_in_is_sent_to_sign_in(app: Flask) -> None:
    answer = app.test_client().get("/dashboard/")

    assert answer.status_code == 303
    assert answer.location.startswith("/dashboard/sign-in")


def test_the_worklist_shows_who_waits(app: Flask, client: Client) -> None:
    patient(app, present("calf_pain", side="left"), present("leg_swelling_unilateral", side="left"))

    page = client("viewer").get("/dashboard/")

    assert page.status_code == 200
    assert "Same day" in page.text
