"""The page of one assessment in Chromium: in both schemes, small and large, by keyboard, without scripts, on paper."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from service.app import create_app
from service.knowledge.cases import NOW
from tests.dashboard.chromium import WAIT, listening, violations
from tests.dashboard.people import patient, present, sign_in
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

OPEN_ALL = "document.querySelectorAll('main details').forEach((each) => { each.open = true; })"
TOO_SMALL = """() => [...document.querySelectorAll("main a, main button, main summary, main select, main input")]
    .filter((each) => each.checkVisibility() && each.type !== "hidden")
    .filter((each) => { const box = each.getBoundingClientRect(); return box.height < 24 || box.width < 24; })
    .filter((each) => !(each.tagName === "A" && each.closest("p, li, dd")))  // within a sentence
    .map((each) => each.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(settings(tmp_path_factory.mktemp("browser"), patient_ids="full"), LIBRARY, lambda: NOW)


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    """The page of a patient with most that a page can show, after one that is less."""
    who = {"id": "patient-ann", "age": 61, "sex": "female", "name": "Ann Sample"}
    rate = {"key": "heart_rate", "status": "present"}
    patient(app, present("calf_pain", side="left"), rate | {"value": 88}, patient=who)
    made = patient(
        app,
        present("calf_pain", side="left"),
        present("low_back_pain"),
        present("active_cancer"),
        present("on_anticoagulant"),
        rate | {"value": 104},
        text="Left calf swollen since Tuesday. Takes naproxen.",
        patient=who,
    )
    with listening(app) as url:
        yield f"{url}/dashboard/assessments/{made['id']}"


def opened(chromium: Browser, app: Flask, address: str, *, scripts: bool = True, width: int = 1280) -> Page:
    context = chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
    context.set_default_timeout(WAIT)
    context.add_cookies([{"name": "legtriage", "value": sign_in(app, "clinician")[0], "url": address}])
    page = context.new_page()
    page.goto(address)
    return page


def test_axe_finds_nothing_with_every_fold_open(chromium: Browser, app: Flask, address: str) -> None:
    page = opened(chromium, app, address)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.reload()
    page.evaluate(OPEN_ALL)
    assert violations(page) == []
    assert page.evaluate(TOO_SMALL) == []
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("width", [360, 640, 3840])
def test_nothing_is_cut_on_a_phone_at_twice_the_size_or_on_a_wall(
    chromium: Browser, app: Flask, address: str, width: int
) -> None:
    page = opened(chromium, app, address, width=width)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_the_reason_is_one_key_away_and_works_without_scripts(chromium: Browser, app: Flask, address: str) -> None:
    page = opened(chromium, app, address, scripts=False)
    why = page.locator("#order-us_leg_veins_duplex summary").first
    clause = page.locator("#order-us_leg_veins_duplex").get_by_text("It applies because all of this is so").first
    expect(clause).to_be_hidden()
    why.focus()
    page.keyboard.press("Enter")
    expect(clause).to_be_visible()
    page.context.close()


def test_on_paper_every_fold_is_open_and_no_button_is_left(chromium: Browser, app: Flask, address: str) -> None:
    page = opened(chromium, app, address)
    clause = page.locator("#order-us_leg_veins_duplex").get_by_text("It applies because all of this is so").first
    expect(clause).to_be_hidden()
    page.emulate_media(media="print")
    expect(clause).to_be_visible()
    expect(page.locator("#order-us_leg_veins_duplex .citations").first).to_be_visible()
    expect(page.locator(".bar")).to_be_hidden()
    assert page.locator("button:visible").count() == 0
    page.context.close()
