"""The worklist, as clinicians see it."""

import re
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.knowledge.cases import NOW
from tests.dashboard.conftest import Client
from tests.dashboard.people import desk, patient, present, sign_in

SADDLE = present("saddle_numbness")
CALF = present("calf_pain", side="left")
SWOLLEN = present("leg_swelling_unilateral", side="left")


def send(app: Flask, name: str, *findings: dict[str, Any], age: int = 61, **more: Any) -> str:
    """The id of the assessment of a patient with this name."""
    who = {"id": f"id-of-{name}", "name": name, "age": age, "sex": "female"}
    return str(patient(app, *findings, patient=who, **more)["id"])


def emergency(app: Flask, name: str = "Edda Emergency") -> str:
    return send(app, name, present("leg_pain", side="right"), SADDLE)


def same_day(app: Flask, name: str = "Sam Sameday") -> str:
    return send(app, name, CALF, SWOLLEN)


def self_care(app: Flask, name: str = "Selma Selfcare", age: int = 30) -> str:
    return send(app, name, present("leg_cramp", side="right"), age=age)


def names(page: TestResponse) -> list[str]:
    """Who is listed, from the top."""
    return re.findall(r'class="is-who"><a[^>]*>([^<]*)<', page.text)


def do(browser: FlaskClient, id: str, deed: str, version: int = 1, back: str = "/dashboard/") -> TestResponse:  # noqa: A002
    """What the button of a row does."""
    form = {"csrf": csrf(browser), "deed": deed, "version": version, "back": back}
    return browser.post(f"/dashboard/worklist/{id}", data=form)


def csrf(browser: FlaskClient) -> str:
    return str(re.findall(r'name="csrf" value="([^"]+)"', browser.get("/dashboard/").text)[0])


def actions(app: Flask) -> list[str]:
    """What the audit says was done, but for signing in."""
    told = desk(app).assessor.store.audit(limit=50)
    return [each.action for each in told if each.action not in {"sign in", "user added"}]


def test_whoever_is_not_signed_in_is_sent_to_sign_in(app: Flask) -> None:
    answer = app.test_client().get("/dashboard/")

    assert answer.status_code == 303
    assert answer.location.startswith("/dashboard/sign-in")


def test_the_most_urgent_patient_stands_first_with_tier_time_and_what_it_may_be(app: Flask, client: Client) -> None:
    self_care(app)
    same_day(app)
    emergency(app)

    page = client("viewer").get("/dashboard/")

    assert names(page) == ["Edda Emergency", "Sam Sameday", "Selma Selfcare"]
    for words in (
        "Emergency",
        "Act now",
        "Due in 4 h",
        "No set time",
        "61 years, female",
        "Left leg: Deep vein",
        "Open",
    ):
        assert words in page.text, words
    assert "could be emergency" in page.text
    assert actions(app)[0] == "view: worklist"


def test_counts_are_links_that_show_one_tier(app: Flask, client: Client) -> None:
    same_day(app, "One")
    same_day(app, "Two")
    emergency(app)
    browser = client("viewer")

    page = browser.get("/dashboard/")
    counted = re.findall(r'href="([^"]*)"[^>]*><span class="tab-count nums">(\d+)</span> <span[^>]*>([^<]*)', page.text)

    assert [(name, count) for _, count, name in counted] == [
        ("All", "3"),
        ("Emergency", "1"),
        ("Same day", "2"),
        ("Urgent", "0"),
        ("Routine", "0"),
        ("Self-care", "0"),
    ]
    address = next(address for address, _, name in counted if name == "Same day")
    assert names(browser.get(address)) == ["One", "Two"]


def test_filters_and_order_stand_in_the_address(app: Flask, client: Client) -> None:
    browser = client("clinician")
    do(browser, same_day(app, "Sam"), "claim")
    self_care(app, "Selma")

    for query, listed in {
        "tier=self_care": ["Selma"],
        "side=left": ["Sam"],
        "age=18-39": ["Selma"],
        "age=40-64": ["Sam"],
        "pathway=deep-vein-thrombosis": ["Sam"],
        "assigned=nobody": ["Selma"],
        "assigned=me": ["Sam"],
        "status=acknowledged": [],
        "status=all&sort=newest": ["Selma", "Sam"],
        "sort=waiting": ["Sam", "Selma"],
        "side=left&age=18-39": [],
    }.items():
        assert names(browser.get(f"/dashboard/?{query}")) == listed, query


def test_what_no_filter_knows_is_named_and_nothing_is_hidden_for_it(app: Flask, client: Client) -> None:
    same_day(app, "Sam")

    page = client("viewer").get("/dashboard/?tier=<script>alert(1)</script>&side=left&colour=red&after=nonsense")

    assert page.status_code == 400
    assert "Urgency (tier)" in page.text
    assert "colour is not a filter" in page.text
    assert "no place of the list" in page.text
    assert "<script>alert" not in page.text
    assert names(page) == ["Sam"]


def test_no_address_says_what_was_searched_for(app: Flask, client: Client) -> None:
    same_day(app, "Rosalind Rarename")
    self_care(app, "Selma")
    browser = client("viewer")

    answer = browser.post(
        "/dashboard/search", data={"csrf": csrf(browser), "text": "rarename", "back": "/dashboard/?side=left"}
    )
    page = browser.get(answer.location)

    assert answer.location == "/dashboard/?side=left&text=1"
    assert "rarename" not in answer.headers["Set-Cookie"].lower()
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert names(page) == ["Rosalind Rarename"]
    assert "Search: “rarename”" in page.text

    token, _ = sign_in(app, "viewer")
    browser.set_cookie("legtriage", token)
    again = browser.get("/dashboard/?text=1")
    assert "rarename" not in again.text
    assert again.status_code == 400
    assert "Search (text)" in again.text


def test_a_search_for_nothing_ends_the_search(app: Flask, client: Client) -> None:
    same_day(app)
    browser = client("viewer")

    answer = browser.post("/dashboard/search", data={"csrf": csrf(browser), "text": " ", "back": "/dashboard/?text=1"})

    assert answer.location == "/dashboard/"


def test_a_name_is_text_and_never_markup(app: Flask, client: Client) -> None:
    same_day(app, "<img src=x onerror=alert(1)>")

    page = client("viewer").get("/dashboard/")

    assert "<img src=x" not in page.text
    assert "&lt;img src=x" in page.text


def test_a_patient_is_claimed_and_released(app: Flask, client: Client) -> None:
    browser = client("clinician")
    id_ = same_day(app)

    claimed = browser.get(do(browser, id_, "claim", back="/dashboard/?side=left").location)

    assert "You look after Sam Sameday now." in claimed.text
    assert "with you" in claimed.text
    released = browser.get(do(browser, id_, "release", version=2).location)
    assert "Nobody looks after Sam Sameday now." in released.text
    assert [each for each in actions(app) if each != "view: worklist"] == ["decision: release", "decision: claim"]


def test_an_acknowledgement_leaves_the_list_and_can_be_undone(app: Flask, client: Client) -> None:
    browser = client("clinician")
    id_ = same_day(app)

    done = browser.get(do(browser, id_, "acknowledge").location)

    assert done.status_code == 200
    assert "is not a filter" not in done.text
    assert names(done) == []
    assert "Acknowledged: Sam Sameday." in done.text
    version = int(re.findall(r'name="version" value="(\d+)"', done.text)[0])
    undone = browser.get(do(browser, id_, "undo", version=version).location)
    assert names(undone) == ["Sam Sameday"]


def test_who_comes_second_is_told_kindly_and_changes_nothing(app: Flask, client: Client) -> None:
    id_ = same_day(app)
    do(client("admin"), id_, "claim")
    browser = client("clinician")

    page = browser.get(do(browser, id_, "claim").location)

    assert "Somebody else was faster with Sam Sameday, who is now open, with admin. Nothing was changed." in page.text
    assert "with Admin" in page.text


def test_an_address_alone_makes_the_list_say_nothing_that_is_not_so(app: Flask, client: Client) -> None:
    id_ = same_day(app)
    browser = client("clinician")

    for told, words in (("acknowledge", "Acknowledged:"), ("claim", "You look after")):
        assert words not in browser.get(f"/dashboard/?told={told}&id={id_}&version=1").text
    do(browser, id_, "claim")
    assert "Nobody looks after" not in browser.get(f"/dashboard/?told=release&id={id_}").text


def test_a_search_that_a_browser_garbled_is_forgotten(client: Client) -> None:
    browser = client("clinician")
    browser.set_cookie("legtriage-search", "caf\u00e9", path="/dashboard/")

    answer = browser.get("/dashboard/?text=1")

    assert answer.status_code == 400
    assert "Search again" in answer.text


def test_only_what_belongs_to_the_list_is_gone_back_to(app: Flask, client: Client) -> None:
    answer = do(client("clinician"), same_day(app), "claim", back="https://elsewhere.example/?side=left&x=1")

    assert answer.location.startswith("/dashboard/?side=left&told=claim")


def test_a_form_that_is_not_ours_is_refused(app: Flask, client: Client) -> None:
    browser = client("clinician")
    id_ = same_day(app)
    good = {"csrf": csrf(browser), "deed": "claim", "version": "1"}

    for wrong in ({"deed": "delete"}, {"version": "many"}, {"version": ""}):
        assert browser.post(f"/dashboard/worklist/{id_}", data=good | wrong).status_code == 400
    assert browser.post("/dashboard/worklist/nobody", data=good).status_code == 404


def test_nothing_is_sent_or_audited_while_nothing_changes(app: Flask, client: Client) -> None:
    same_day(app)
    browser = client("viewer")
    first = browser.get("/dashboard/")

    same = browser.get("/dashboard/", headers={"If-None-Match": first.headers["ETag"]})
    before = actions(app)
    emergency(app)
    changed = browser.get("/dashboard/", headers={"If-None-Match": first.headers["ETag"]})

    assert (same.status_code, same.data) == (304, b"")
    assert before == ["view: worklist"]
    assert changed.status_code == 200
    assert actions(app) == ["view: worklist", "view: worklist"]


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(app: Flask, client: Client) -> None:
    token, _ = sign_in(app, "viewer")
    sessions = desk(app).sessions
    later = NOW + timedelta(minutes=10)
    sessions._clock = lambda: later
    browser = app.test_client()
    browser.set_cookie("legtriage", token)

    browser.get("/dashboard/", headers={"X-Activity": "idle"})
    idle = sessions.find(token, touch=False)
    browser.get("/dashboard/", headers={"X-Activity": "active"})
    active = sessions.find(token, touch=False)

    assert idle is not None
    assert active is not None
    assert (idle.kept.seen, active.kept.seen) == (NOW, later)


def test_emergencies_that_filters_hide_are_counted_in_plain_sight(app: Flask, client: Client) -> None:
    emergency(app)
    browser = client("viewer")

    assert "hidden by your filters" not in browser.get("/dashboard/").text
    assert "hidden by your filters" not in browser.get("/dashboard/?side=right").text
    assert "hidden by your filters" not in browser.get("/dashboard/?status=all").text
    for query in ("side=left", "age=80-", "status=accepted", "assigned=me", "tier=urgent&side=left"):
        assert "1 open emergency is hidden by your filters" in browser.get(f"/dashboard/?{query}").text, query


def test_one_that_is_acknowledged_makes_up_for_no_hidden_one(app: Flask, client: Client) -> None:
    emergency(app)
    browser = client("clinician")
    do(browser, send(app, "Other Emergency", present("leg_pain", side="left"), SADDLE), "acknowledge")

    page = browser.get("/dashboard/?status=all&side=left")

    assert names(page) == ["Other Emergency"]
    assert "1 open emergency is hidden by your filters" in page.text


def test_the_list_is_read_page_by_page(app: Flask, client: Client) -> None:
    for n in range(53):
        self_care(app, f"Patient {n:02d}")
    browser = client("viewer")

    first = browser.get("/dashboard/?sort=newest")
    address = re.findall(r'rel="next" href="([^"]+)"', first.text)[0].replace("&amp;", "&")
    second = browser.get(address)
    back = re.findall(r'rel="prev" href="([^"]+)"', second.text)[0].replace("&amp;", "&")

    assert len(names(first)) == 50
    assert names(second) == ["Patient 02", "Patient 01", "Patient 00"]
    assert 'rel="next"' not in second.text
    assert names(browser.get(back)) == names(first)


def test_an_empty_list_says_so_and_a_filtered_one_shows_the_way_out(app: Flask, client: Client) -> None:
    browser = client("viewer")
    assert "Nobody waits" in browser.get("/dashboard/").text

    same_day(app)
    page = browser.get("/dashboard/?side=right")
    assert "Nobody matches" in page.text
    assert '<a href="/dashboard/">Show all who wait</a>' in page.text


def test_the_keys_have_a_page_of_their_own(client: Client) -> None:
    assert "Next patient" in client("viewer").get("/dashboard/keys").text


def test_a_viewer_has_no_buttons(app: Flask, client: Client) -> None:
    same_day(app)

    assert "Acknowledge: Sam" not in client("viewer").get("/dashboard/").text
    assert "Acknowledge: Sam" in client("clinician").get("/dashboard/").text


def test_others_patients_are_nowhere_on_the_list(app: Flask) -> None:
    id_ = emergency(app)
    browser = app.test_client()
    token, _ = sign_in(app, "clinician", login="bounded", client="another-client")
    browser.set_cookie("legtriage", token)

    page = browser.get("/dashboard/")

    assert "Nobody waits" in page.text
    assert "Edda" not in page.text
    assert "Edda" not in browser.get(f"/dashboard/?told=claim&id={id_}").text
    assert do(browser, id_, "claim").status_code == 404


def test_an_address_that_leads_nowhere_is_told_as_a_page(client: Client) -> None:
    for address in ("/dashboard/nowhere", "/dashboard/assessments/", "/dashboard/theme"):
        answer = client("viewer").get(address)
        assert answer.status_code == 404
        assert "There is no such page" in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
