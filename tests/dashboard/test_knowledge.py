"""The pages of the knowledge: the catalogue, each pathway in plain words, its switch at this site, and the handbook."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.knowledge.cases import NOW
from service.knowledge.load import load
from service.store.tables import audit
from tests.dashboard.conftest import Client
from tests.dashboard.people import desk, patient, present, sign_in
from tests.service.settings import settings
from tests.store.conftest import rows_of
from tests.triage.patients import KNOWLEDGE, LIBRARY

DVT = "deep-vein-thrombosis"
CRAMPS = "leg-cramps"
XSS = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A service that no test changes."""
    return create_app(settings(tmp_path_factory.mktemp("knowledge")), LIBRARY, lambda: NOW)


def browser(app: Flask, role: str, **changes: str) -> FlaskClient:
    client = app.test_client()
    token, _ = sign_in(app, role, **changes)
    client.set_cookie("legtriage", token)
    return client


def turn(app: Flask, client: FlaskClient, pathway: str, **fields: str) -> TestResponse:
    cookie = client.get_cookie("legtriage")
    assert cookie
    found = desk(app).sessions.find(cookie.value)
    assert found
    return client.post(f"/dashboard/knowledge/{pathway}/switch", data={"csrf": found.kept.csrf, **fields})


def test_the_catalogue_names_every_pathway_with_its_review(shared: Flask) -> None:
    page = browser(shared, "viewer").get("/dashboard/knowledge")

    assert page.status_code == 200
    for pathway in KNOWLEDGE.pathways:
        assert f'href="/dashboard/knowledge/{pathway.id}"' in page.text
    assert KNOWLEDGE.version in page.text
    assert "Overdue" not in page.text
    assert "feedback.csv" not in page.text


def test_a_review_that_is_overdue_is_flagged(tmp_path: Path) -> None:
    late = create_app(settings(tmp_path), LIBRARY, lambda: NOW + timedelta(days=4 * 365))

    assert "Overdue" in browser(late, "viewer").get("/dashboard/knowledge").text


@pytest.mark.parametrize("pathway", sorted(LIBRARY.pathways))
def test_a_pathway_shows_its_rules_sources_and_thirteen_attributes(shared: Flask, pathway: str) -> None:
    page = browser(shared, "viewer").get(f"/dashboard/knowledge/{pathway}").text

    for rule in (rule for rule in KNOWLEDGE.rules if rule.pathway == pathway):
        assert f'id="{rule.id}"' in page
    assert page.count('<tr><th scope="row">') >= 13
    assert "<h2>Evidence</h2>" in page
    assert "Switch off" not in page


def test_a_search_finds_rules_by_every_word(shared: Flask) -> None:
    client = browser(shared, "viewer")

    found = client.get("/dashboard/knowledge?q=d-dimer CUT-OFF").text
    assert f'href="/dashboard/knowledge/{DVT}#dvt-d-dimer-positive"' in found
    assert "No rule holds" in client.get("/dashboard/knowledge?q=toothache").text
    assert XSS not in client.get("/dashboard/knowledge", query_string={"q": XSS}).text


@pytest.mark.parametrize("page", ["index", "tiers", "safety", "vocabulary", "sources", DVT])
def test_the_handbook_can_be_read_inside(shared: Flask, page: str) -> None:
    answer = browser(shared, "viewer").get(f"/dashboard/handbook/{page}")

    assert answer.status_code == 200
    assert 'aria-label="Breadcrumb"' in answer.text
    assert '.md"' not in answer.text


def test_the_handbook_shows_the_picture_of_a_pathway(shared: Flask) -> None:
    client = browser(shared, "viewer")

    assert f'src="{DVT}.svg"' in client.get(f"/dashboard/handbook/{DVT}").text
    assert client.get(f"/dashboard/handbook/{DVT}.svg").mimetype == "image/svg+xml"


@pytest.mark.parametrize("address", ["knowledge/no-such", "handbook/no-such", "handbook/no-such.svg"])
def test_what_is_not_there_is_not_found(shared: Flask, address: str) -> None:
    assert browser(shared, "admin").get(f"/dashboard/{address}").status_code == 404
    assert turn(shared, browser(shared, "admin"), "no-such", to="off", reason="x").status_code == 404


def test_a_switch_holds_at_once_is_told_everywhere_and_is_audited(app: Flask, client: Client, tmp_path: Path) -> None:
    owner = client("knowledge-owner")
    answer = turn(app, owner, CRAMPS, to="off", reason=f"The falls clinic has its own. {XSS}")
    assert (answer.status_code, answer.location) == (303, f"/dashboard/knowledge/{CRAMPS}")

    assessed = patient(app, present("leg_cramp"))
    assert CRAMPS not in {each["condition"] for each in assessed["considerations"]}
    assert assessed["knowledge"]["version"] == f"{KNOWLEDGE.version}+1-off"
    for address in ("", "knowledge", f"knowledge/{CRAMPS}"):
        page = client("viewer").get(f"/dashboard/{address}").text
        assert "Switched off at this site:</strong> Leg cramps." in page
        assert XSS not in page
    assert "The falls clinic has its own." in client("viewer").get(f"/dashboard/knowledge/{CRAMPS}").text

    turn(app, owner, CRAMPS, to="on", reason="it closed")
    assert "Switched off at this site" not in client("viewer").get("/dashboard/").text
    page = client("viewer").get(f"/dashboard/knowledge/{CRAMPS}").text
    assert "it closed" in page
    assert "The falls clinic has its own." in page

    told = rows_of(f"sqlite:///{tmp_path / 'legtriage.db'}", audit)
    assert [(row["action"], row["subject"], row["actor"]) for row in told if row["action"].startswith("pathway")] == [
        ("pathway off", CRAMPS, "knowledge-owner"),
        ("pathway on", CRAMPS, "knowledge-owner"),
    ]


def test_what_finds_emergencies_is_not_switched_off_by_a_slip(app: Flask, client: Client) -> None:
    owner = client("knowledge-owner")

    refused = turn(app, owner, DVT, to="off", reason="a <b>reason", confirm="yes")
    assert refused.status_code == 422
    assert f"Type {DVT} to confirm." in refused.text
    assert "a &lt;b&gt;reason" in refused.text
    assert DVT in desk(app).assessor.library.pathways

    assert turn(app, owner, DVT, to="off", reason="a reason", confirm=DVT).status_code == 303
    assert DVT not in desk(app).assessor.library.pathways


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to": "off"}, "Say why"),
        ({"to": "off", "reason": "   "}, "Say why"),
        ({"to": "off", "reason": "x" * 501}, "No more than 500 characters"),
        ({"to": "sideways", "reason": "x"}, "Choose whether to switch it off or on"),
        ({"reason": "x"}, "Choose whether to switch it off or on"),
    ],
)
def test_a_switch_that_is_not_understood_says_which_field(shared: Flask, fields: dict[str, str], words: str) -> None:
    answer = turn(shared, browser(shared, "knowledge-owner"), CRAMPS, **fields)

    assert answer.status_code == 422
    assert words in answer.text


def test_the_last_pathway_stays_on(app: Flask, client: Client) -> None:
    owner = client("knowledge-owner")
    for pathway in LIBRARY.pathways.keys() - {CRAMPS}:
        assert turn(app, owner, pathway, to="off", reason="x", confirm=pathway).status_code == 303

    answer = turn(app, owner, CRAMPS, to="off", reason="x")

    assert answer.status_code == 422
    assert "nothing would ever be said" in answer.text


@pytest.mark.parametrize("role", ["viewer", "clinician"])
def test_only_owners_of_the_knowledge_switch(shared: Flask, role: str) -> None:
    assert turn(shared, browser(shared, role), CRAMPS, to="off", reason="x").status_code == 403


def test_who_sees_some_patients_alone_does_not_switch_for_all(shared: Flask) -> None:
    bounded = browser(shared, "knowledge-owner", login="bounded", client="northfield")

    assert "Switch off" not in bounded.get(f"/dashboard/knowledge/{CRAMPS}").text
    assert turn(shared, bounded, CRAMPS, to="off", reason="x").status_code == 403


def test_what_the_settings_switch_off_is_told_and_cannot_be_changed_here(tmp_path: Path) -> None:
    policy = tmp_path / "site.yaml"
    policy.write_text("site: northfield\npathways_off: {leg-cramps: The falls clinic has its own.}\n")
    app = create_app(settings(tmp_path), load(site_policy=policy), lambda: NOW)
    client = browser(app, "knowledge-owner")

    page = client.get("/dashboard/knowledge").text
    assert "Switched off at this site:</strong> Leg cramps." in page
    assert "Switched off in the settings" in page
    assert "The falls clinic has its own." in page
    assert client.get(f"/dashboard/knowledge/{CRAMPS}").status_code == 404
    assert turn(app, client, CRAMPS, to="on", reason="x").status_code == 404


def test_the_leaflet_of_an_older_assessment_keeps_its_words(app: Flask, client: Client) -> None:
    """Its time limit may come from a rule that is switched off since; without it the leaflet would say a later one."""
    own = patient(app, present("foot_drop"), present("leg_pain"), patient={"id": "p", "age": 61, "sex": "female"})
    rules = {reason["rule"] for reason in own["urgency"]["because"]}
    before = app.test_client().get(f"/api/v1/assessments/{own['id']}/leaflet").text
    for pathway in {rule.pathway for rule in KNOWLEDGE.rules if rule.id in rules}:
        turn(app, client("admin"), pathway, to="off", reason="x", confirm=pathway)

    assert app.test_client().get(f"/api/v1/assessments/{own['id']}/leaflet").text == before
