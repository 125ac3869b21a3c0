"""An answer to an open question triages anew at once; what was answered can be corrected, and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.knowledge.cases import NOW
from service.store import StoredAssessment
from tests.dashboard.conftest import Client
from tests.dashboard.people import desk, patient, present, sign_in, user
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

SADDLE = "saddle_numbness"
READ_AS = {
    "body_temperature_c": (39.4, "Cel"),
    "abi": (0.4, "{ratio}"),
    "symptom_onset_date": ("2026-11-20", None),
    "symptom_side": ("left", None),
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One service for all of them: each has a patient of its own."""
    return create_app(settings(tmp_path_factory.mktemp("desk"), patient_ids="full"), LIBRARY, lambda: NOW)


@pytest.fixture
def sore(app: Flask) -> dict[str, Any]:
    """A patient with a sore back and leg."""
    return sent(app, present("low_back_pain"), present("radicular_pain", side="left"))


def sent(app: Flask, *findings: dict[str, Any]) -> dict[str, Any]:
    """The assessment of somebody nobody saw before."""
    return patient(app, *findings, patient={"id": str(uuid4()), "age": 61, "sex": "female"})


def answer(browser: FlaskClient, on: str, finding: str, choice: str = "", **fields: str) -> TestResponse:
    page = browser.get(f"/dashboard/assessments/{on}").text
    token = page.split('name="csrf" value="', 1)[1].split('"', 1)[0]
    data = {"csrf": token, "finding": finding, **({"answer": choice} if choice else {}), **fields}
    return browser.post(f"/dashboard/assessments/{on}/answers", data=data)


def answered(browser: FlaskClient, on: str, finding: str, choice: str = "", **fields: str) -> str:
    """The id of the assessment that an answer led to."""
    told = answer(browser, on, finding, choice, **fields)
    assert told.status_code == 303, told.text
    return told.location.split("/assessments/")[1].split("?")[0]


def kept(app: Flask, id: str) -> StoredAssessment:  # noqa: A002 - its name everywhere
    stored = desk(app).assessor.store.assessment(id)
    assert stored
    return stored


def finding(stored: StoredAssessment, key: str) -> list[dict[str, Any]]:
    return [each for each in stored.document["findings"] if each["key"] == key]


def everything(app: Flask, sore: dict[str, Any]) -> list[StoredAssessment]:
    """All assessments of the patient, the newest first."""
    return desk(app).assessor.store.history(kept(app, sore["id"]))


def waits(app: Flask, sore: dict[str, Any]) -> list[str]:
    """Those of the patient that are on the worklist."""
    own = {each.id for each in everything(app, sore)}
    return [each.id for each in desk(app).assessor.store.worklist(limit=200) if each.id in own]


def test_an_answer_raises_the_urgency_and_the_page_says_so(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    browser = client("clinician")
    assert sore["urgency"]["tier"] != "emergency"

    told = answer(browser, sore["id"], SADDLE, "present")
    page = unescape(browser.get(told.location).text)

    after = kept(app, told.location.split("/assessments/")[1].split("?")[0])
    (said,) = finding(after, SADDLE)
    assert (after.tier, after.follows, after.service, after.client) == (
        "emergency",
        sore["id"],
        "dashboard",
        kept(app, sore["id"]).client,
    )
    assert said["sources"] == [
        {"reference": "answer of clinician", "element": SADDLE, "method": "stated", "by_clinician": True}
    ]
    changed = page.split('id="changed"', 1)[1].split("</section>", 1)[0]
    assert "More urgent:" in changed
    assert "Now suggested:" in changed
    assert "answered by clinician" in changed
    assert waits(app, sore) == [after.id]


def test_the_same_verdict_comes_by_an_answer_as_by_an_intake(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    at_once = sent(app, present("low_back_pain"), present("radicular_pain", side="left"), present(SADDLE))

    after = kept(app, answered(client("clinician"), sore["id"], SADDLE, "present"))

    for part in ("tier", "could_be"):
        assert after.document["urgency"][part] == at_once["urgency"][part]
    for part in ("workup", "referrals"):
        assert [o["order"] for o in after.document[part]] == [o["order"] for o in at_once[part]]
    assert [q["finding"] for q in after.document["questions"]] == [q["finding"] for q in at_once["questions"]]


def test_whom_it_is_about_is_taken_over(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    before = kept(app, sore["id"])

    after = kept(app, answered(client("clinician"), sore["id"], SADDLE, "absent"))

    assert (after.patient, after.age_years, after.sex) == (before.patient, before.age_years, before.sex)


def test_sent_twice_it_counts_once(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    browser = client("clinician")

    first = answered(browser, sore["id"], SADDLE, "present")
    second = answered(browser, sore["id"], SADDLE, "present")
    on_the_new_page = answered(browser, first, SADDLE, "present")

    assert first == second == on_the_new_page
    assert len(everything(app, sore)) == 2


def test_a_double_click_counts_once(app: Flask, sore: dict[str, Any]) -> None:
    token, session = sign_in(app, "clinician")

    def click(_: int) -> str:
        browser = app.test_client()
        browser.set_cookie("legtriage", token)
        data = {"csrf": session.kept.csrf, "finding": SADDLE, "answer": "present"}
        return browser.post(f"/dashboard/assessments/{sore['id']}/answers", data=data).location

    with ThreadPoolExecutor(4) as pool:
        led_to = set(pool.map(click, range(4)))

    assert len(led_to) == 1
    assert len(everything(app, sore)) == 2


def test_two_clinicians_who_answer_at_once_are_both_heard(app: Flask, sore: dict[str, Any]) -> None:
    asked = {"one": SADDLE, "two": "fever", "three": "weight_loss_unexplained"}
    tokens = {login: sign_in(app, "clinician", login=login) for login in asked}

    def click(login: str) -> TestResponse:
        browser = app.test_client()
        browser.set_cookie("legtriage", tokens[login][0])
        data = {"csrf": tokens[login][1].kept.csrf, "finding": asked[login], "answer": "present"}
        return browser.post(f"/dashboard/assessments/{sore['id']}/answers", data=data)

    with ThreadPoolExecutor(3) as pool:
        assert {each.status_code for each in pool.map(click, asked)} == {303}

    newest = max(everything(app, sore), key=lambda each: each.sequence)
    assert {f["key"] for f in newest.document["findings"]} >= {*asked.values()}
    assert newest.tier == "emergency"


def test_answers_on_a_page_that_is_out_of_date_add_up(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    answered(client("admin"), sore["id"], SADDLE, "present")

    after = kept(app, answered(client("clinician"), sore["id"], "fever", "absent"))

    assert after.tier == "emergency"
    assert finding(after, SADDLE)[0]["sources"][0]["reference"] == "answer of admin"


def test_two_different_answers_to_one_question_are_not_hidden(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    first = answered(client("admin"), sore["id"], SADDLE, "present")

    told = answer(client("clinician"), sore["id"], SADDLE, "absent")

    assert told.status_code == 409
    assert "Somebody else answered this in the meantime." in told.text
    assert "present (admin" in told.text
    assert f"/assessments/{first}/answers" in told.text
    after = kept(app, answered(client("clinician"), first, SADDLE, "absent"))
    assert after.tier != "emergency"


def test_a_wrong_answer_is_corrected_and_taken_back(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    browser = client("clinician")
    wrong = answered(browser, sore["id"], SADDLE, "present")

    corrected = answered(browser, wrong, SADDLE, "absent")
    back = answered(browser, corrected, SADDLE, "withdrawn")

    assert [f["status"] for f in finding(kept(app, corrected), SADDLE)] == ["absent"]
    assert kept(app, corrected).tier == kept(app, sore["id"]).tier
    assert finding(kept(app, back), SADDLE) == []
    page = unescape(browser.get(f"/dashboard/assessments/{back}?since={corrected}").text)
    assert "answer taken back" in page


def test_less_urgent_by_an_answer_the_earlier_one_stays_on_the_list(
    app: Flask, client: Client, sore: dict[str, Any]
) -> None:
    browser = client("clinician")
    wrong = answered(browser, sore["id"], SADDLE, "present")

    led_to = answer(browser, wrong, SADDLE, "absent").location
    page = unescape(browser.get(led_to).text)

    assert "stays on the worklist" in page
    assert f'href="/dashboard/assessments/{wrong}/decide"' in page
    assert wrong in waits(app, sore)


def test_a_red_flag_of_a_source_stands_until_a_clinician_denies_it(app: Flask, client: Client) -> None:
    flagged = sent(app, present("low_back_pain"), present("radicular_pain", side="left"), present(SADDLE))
    browser = client("clinician")
    assert flagged["urgency"]["tier"] == "emergency"

    other = answered(browser, flagged["id"], "fever", "absent")
    denied = answered(browser, other, SADDLE, "absent")
    later = answered(browser, denied, "weight_loss_unexplained", "absent")
    back = answered(browser, later, SADDLE, "withdrawn")

    assert kept(app, other).tier == "emergency"
    assert kept(app, denied).tier != "emergency"
    for each in (denied, later):
        notes = " ".join(note["text"] for note in kept(app, each).document["data_quality"])
        assert "sources disagree" in notes
    assert kept(app, back).tier == "emergency"


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("body_temperature_c", {"value": "39,4"}),
        ("abi", {"value": "0.4", "side": "left"}),
        ("symptom_onset_date", {"value": "2026-11-20"}),
        ("symptom_side", {"answer": "left"}),
    ],
)
def test_numbers_days_and_sides_are_answered_too(
    app: Flask, client: Client, sore: dict[str, Any], key: str, fields: dict[str, str]
) -> None:
    value = READ_AS[key]
    after = kept(app, answered(client("clinician"), sore["id"], key, **fields))

    (said,) = [f for f in finding(after, key) if f["sources"][0]["by_clinician"]]
    assert (said["value"], said["unit"], said["side"]) == (*value, fields.get("side"))


@pytest.mark.parametrize(
    "wrong",
    [
        ("body_temperature_c", {"value": "hot"}, "write a number in"),
        ("body_temperature_c", {"value": ""}, "write a number in"),
        ("body_temperature_c", {"value": "nan"}, "not a finite number"),
        ("body_temperature_c", {"value": "-3"}, "below zero"),
        ("body_temperature_c", {"value": "1,039"}, "write it without the comma"),
        ("abi", {"value": "0.4", "side": "upper"}, "choose left, right or both"),
        ("symptom_onset_date", {"value": "2026-12-24"}, "lies in the future"),
        ("symptom_onset_date", {"value": "yesterday"}, "a date such as"),
        (SADDLE, {"answer": "maybe"}, "choose one of the answers"),
        (SADDLE, {"answer": "present.left"}, "choose one of the answers"),
        (SADDLE, {}, "choose one of the answers"),
    ],
)
def test_what_cannot_be_used_is_named_and_triages_nothing(
    app: Flask, client: Client, sore: dict[str, Any], wrong: tuple[str, dict[str, str], str]
) -> None:
    key, fields, says = wrong
    told = answer(client("clinician"), sore["id"], key, **fields)

    assert told.status_code == 422
    assert says in unescape(told.text)
    assert len(everything(app, sore)) == 1


def test_no_finding_of_ours_is_no_question(client: Client, sore: dict[str, Any]) -> None:
    browser = client("clinician")

    assert answer(browser, sore["id"], "shoe_size", "present").status_code == 400
    assert browser.get(f"/dashboard/assessments/{sore['id']}/answers?finding=shoe_size").status_code == 400
    assert browser.get(f"/dashboard/assessments/{sore['id']}/answers").status_code == 400


def test_every_finding_that_is_offered_can_be_answered(client: Client, sore: dict[str, Any]) -> None:
    browser = client("clinician")
    page = browser.get(f"/dashboard/assessments/{sore['id']}").text
    select = page.split('id="another"', 1)[1].split("</select>", 1)[0]
    keys = [part.split('"', 1)[0] for part in select.split('<option value="')[1:]]

    assert {"abi", SADDLE, "symptom_side", "injury_date"} <= {*keys}
    for key in (*keys[::40], "abi", "symptom_side", "injury_date"):
        asked = browser.get(f"/dashboard/assessments/{sore['id']}/answers?finding={key}")
        assert asked.status_code == 200
        assert 'name="answer"' in asked.text or 'name="value"' in asked.text, key


def test_a_viewer_reads_the_questions_and_answers_none(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    viewer = client("viewer")
    page = unescape(viewer.get(f"/dashboard/assessments/{sore['id']}").text)

    assert all(question["text"] in page for question in sore["questions"])
    assert answer(viewer, sore["id"], SADDLE, "present").status_code == 403
    assert len(everything(app, sore)) == 1


def test_what_changed_is_told_of_the_same_patient_alone(app: Flask, client: Client, sore: dict[str, Any]) -> None:
    other = sent(app, present("calf_pain", side="left"))
    browser = client("clinician")
    user(app, "viewer")

    for since in (other["id"], "no-such", sore["id"]):
        page = browser.get(f"/dashboard/assessments/{sore['id']}?since={since}")
        assert page.status_code == 200
        assert 'id="changed"' not in page.text


@pytest.mark.parametrize("policy", ["pseudonym", "none"])
def test_answers_add_up_where_no_name_is_kept(tmp_path: Path, policy: str) -> None:
    app = create_app(settings(tmp_path, patient_ids=policy), LIBRARY, lambda: NOW)
    sore = sent(app, present("low_back_pain"), present("radicular_pain", side="left"))
    browser = app.test_client()
    browser.set_cookie("legtriage", sign_in(app, "clinician")[0])

    first = answered(browser, sore["id"], SADDLE, "present")
    second = kept(app, answered(browser, first, "fever", "absent"))

    assert second.patient == kept(app, sore["id"]).patient
    assert second.tier == "emergency"
    assert [each.id for each in everything(app, sore)] == [second.id, first, sore["id"]]
    assert {f["key"] for f in second.document["findings"]} >= {SADDLE, "fever", "low_back_pain"}
