"""The pages of the knowledge in Chromium: both colour schemes, phone and desk, without scripts, by keyboard."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.app import create_app
from service.knowledge.cases import NOW
from tests.dashboard.chromium import WAIT, listening, violations
from tests.dashboard.people import desk, sign_in
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

CRAMPS = "/dashboard/knowledge/leg-cramps"
DVT = "/dashboard/knowledge/deep-vein-thrombosis"
PAGES = (
    "/dashboard/knowledge?q=d-dimer",
    "/dashboard/knowledge/necrotising-infection",  # few rules, of today, and a score
    "/dashboard/handbook/necrotising-infection",
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(settings(tmp_path_factory.mktemp("knowledge")), LIBRARY, lambda: NOW)


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with listening(app) as url:
        yield url


def context(chromium: Browser, app: Flask, address: str, **options: object) -> BrowserContext:
    """A browser of somebody who looks after the knowledge."""
    made: BrowserContext = chromium.new_context(**options)  # type: ignore[arg-type]  # whatever the test is about
    made.set_default_timeout(WAIT)
    token, _ = sign_in(app, "knowledge-owner")
    made.add_cookies([{"name": "legtriage", "value": token, "url": address}])
    return made


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complains of, or fetches from elsewhere; there must be nothing."""
    told: list[str] = []
    yield told
    assert not told


def listened(page: Page, address: str, complaints: list[str]) -> Page:
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda each: None if each.url.startswith(address) else complaints.append(each.url))
    return page


def test_everybody_can_read_the_pages(chromium: Browser, app: Flask, address: str, complaints: list[str]) -> None:
    made = context(chromium, app, address)
    page = listened(made.new_page(), address, complaints)
    for path in PAGES:
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
        assert not violations(page), path
        for width in (320, 640, 1280, 3840):  # 320 is 1280 at 400 %, 640 the same at 200 %
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} at {width}"
    made.close()


def test_targets_are_large_enough_for_a_thumb(chromium: Browser, app: Flask, address: str) -> None:
    made = context(chromium, app, address, viewport={"width": 360, "height": 740})
    page = made.new_page()
    for path in PAGES[:2]:
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
        small = page.evaluate(
            "[...document.querySelectorAll('main button, main input:not([type=hidden]), main textarea, main summary')]"
            ".map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])"
            ".filter(([_, box]) => box.height < 24 || box.width < 24).map(([html]) => html)"
        )
        assert not small
    made.close()


def test_a_pathway_is_switched_by_keyboard_and_without_scripts(
    chromium: Browser, app: Flask, address: str, complaints: list[str]
) -> None:
    made = context(chromium, app, address, java_script_enabled=False)
    page = listened(made.new_page(), address, complaints)
    page.goto(address + CRAMPS)

    page.get_by_text("Switch off …").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Why").fill("The falls clinic has its own.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("complementary")).to_contain_text("Switched off at this site: Leg cramps.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Switched off")
    assert "leg-cramps" not in desk(app).assessor.library.pathways

    page.get_by_text("Switch on …").click()
    page.get_by_label("Why").fill("It closed.")
    page.get_by_role("button", name="Switch on for this site").click()
    expect(page.get_by_role("complementary")).to_have_count(0)
    assert "leg-cramps" in desk(app).assessor.library.pathways
    made.close()


def test_what_finds_emergencies_is_switched_off_by_whoever_types_its_name(
    chromium: Browser, app: Flask, address: str
) -> None:
    made = context(chromium, app, address)
    page = made.new_page()
    page.goto(address + DVT)
    page.get_by_text("Switch off …").click()
    page.get_by_label("Why").fill("x")
    page.get_by_label("to confirm").fill("DVT")
    page.get_by_role("button", name="Switch off for this site").click()

    expect(page.get_by_role("alert")).to_contain_text("Type deep-vein-thrombosis to confirm.")
    expect(page.get_by_label("Why")).to_have_value("x")
    assert "deep-vein-thrombosis" in desk(app).assessor.library.pathways
    made.close()


def test_the_feedback_is_saved_as_a_file(chromium: Browser, app: Flask, address: str) -> None:
    made = context(chromium, app, address)
    page = made.new_page()
    page.goto(f"{address}/dashboard/knowledge")
    for button, ending in (("CSV for a spreadsheet", ".csv"), ("NDJSON for a program", ".ndjson")):
        with page.expect_download() as saved:
            page.get_by_role("button", name=button).click()
        assert saved.value.suggested_filename.endswith(ending)
    made.close()
