"""The worklist in Chromium: kept up to date, by keyboard alone, without scripts, on a phone and on a wall."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect

from service.app import create_app
from service.knowledge.cases import NOW
from tests.dashboard.chromium import WAIT, listening
from tests.dashboard.people import sign_in
from tests.dashboard.test_worklist import emergency, same_day, self_care
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
WALL: ViewportSize = {"width": 3840, "height": 2160}
ENLARGED: ViewportSize = {"width": 640, "height": 450}  # 1280 pixels at 200 %


@dataclass
class Service:
    """A service that listens, and its clock."""

    now: datetime = NOW
    app: Flask = field(init=False)
    address: str = field(init=False)
    complaints: list[str] = field(default_factory=list)

    def page(self, chromium: Browser, *, role: str = "clinician", scripts: bool = True) -> Page:
        """The worklist, for somebody who is signed in. What goes wrong in its scripts fails the test."""
        context = chromium.new_context(viewport=DESK, java_script_enabled=scripts)
        context.set_default_timeout(WAIT)
        token, _ = sign_in(self.app, role)
        context.add_cookies([{"name": "legtriage", "value": token, "url": self.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{self.address}/dashboard/")
        return page


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service()
    made.app = create_app(settings(tmp_path, patient_ids="full"), LIBRARY, lambda: made.now)
    with listening(made.app) as made.address:
        yield made
    assert not made.complaints


def look_again(page: Page) -> None:
    """What happens when somebody comes back to the page, or its time is up."""
    with page.expect_response(lambda answer: answer.url.endswith("/dashboard/")):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def faults(page: Page) -> list[str]:
    """What axe has against the page, in light and in dark."""
    page.evaluate(Axe().axe_script)
    found: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += page.evaluate(
            "async () => (await axe.run()).violations.map((each) => `${each.id}: ${each.nodes[0].html}`)"
        )
    return found


def too_small(page: Page) -> list[str]:
    """What can be pressed and is smaller than 24 x 24."""
    small: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input:not([type=hidden]), summary, nav a, .chip, th a')]
        .filter((each) => each.checkVisibility())
        .filter((each) => { const box = each.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
        .map((each) => each.outerHTML.slice(0, 90))"""
    )
    return small


def test_only_a_new_emergency_is_announced_and_nothing_moves_under_the_hand(
    service: Service, chromium: Browser
) -> None:
    same_day(service.app)
    page = service.page(chromium)
    page.get_by_role("button", name="Claim").focus()

    self_care(service.app)
    look_again(page)
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.get_by_role("button", name="Claim: Sam Sameday")).to_be_focused()
    expect(page.locator("#alarm")).to_be_hidden()
    expect(page.locator("#alarm-words")).to_have_text("")

    emergency(service.app)
    before = page.get_by_role("button", name="Claim: Sam Sameday").bounding_box()
    look_again(page)
    expect(page.locator("#rows tr").first).to_contain_text("Edda Emergency")
    expect(page.locator("#alarm-words")).to_contain_text("New emergency: Edda Emergency")
    expect(page.locator("#alarm")).to_contain_text("Edda Emergency")
    expect(page.get_by_role("button", name="Claim: Sam Sameday")).to_be_focused()
    assert before is not None
    assert not faults(page)
    page.get_by_role("button", name="Seen").click()
    page.locator("#tab-2").focus()
    emergency(service.app, "Ezra Emergency")
    look_again(page)
    expect(page.locator("#tab-2")).to_contain_text("2")
    expect(page.locator("#tab-2")).to_be_focused()
    expect(page.locator("#alarm")).to_contain_text("Ezra Emergency")
    page.get_by_role("button", name="Seen").click()
    look_again(page)
    expect(page.locator("#alarm")).to_be_hidden()
    page.context.close()


def test_a_page_asks_by_itself_and_says_when_it_is_out_of_date(service: Service, chromium: Browser) -> None:
    context = chromium.new_context()
    token, _ = sign_in(service.app, "clinician")
    context.add_cookies([{"name": "legtriage", "value": token, "url": service.address}])
    page = context.new_page()
    page.clock.install(time=NOW)
    page.goto(f"{service.address}/dashboard/")
    expect(page.locator(".empty")).to_contain_text("Nobody waits")

    same_day(service.app)
    page.clock.fast_forward(16_000)
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator(".clock").last).to_have_text("Due in 3 h 59 min")

    context.route("**/dashboard/**", lambda route: route.abort())
    page.clock.fast_forward(16_000)
    expect(page.locator("#stale")).to_contain_text("Not up to date since")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#stale")).to_contain_text("Perhaps this was not done")
    page.clock.fast_forward(3 * 3_600_000)
    expect(page.locator(".clock").last).to_have_text("Breaches in 59 min")
    expect(page.locator(".clock-soon")).to_have_count(1)
    page.clock.fast_forward(2 * 3_600_000)
    expect(page.locator("#rows .clock")).to_have_text("Breached 1 h ago")

    context.unroute("**/dashboard/**")
    page.clock.fast_forward(61_000)
    expect(page.locator("#stale")).to_be_hidden()
    context.close()


def test_the_keyboard_alone_is_enough(service: Service, chromium: Browser) -> None:
    edda = emergency(service.app)
    same_day(service.app)
    self_care(service.app)
    page = service.page(chromium)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next patient")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Sam Sameday")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#told")).to_contain_text("You look after Sam Sameday now.")
    expect(page.get_by_role("link", name="Sam Sameday")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#told")).to_contain_text("Acknowledged: Sam Sameday.")
    expect(page.get_by_role("link", name="Selma Selfcare")).to_be_focused()
    look_again(page)
    expect(page.get_by_role("button", name="Undo")).to_be_in_viewport()
    page.keyboard.press("u")
    expect(page.locator("#rows tr")).to_have_count(3)

    page.keyboard.press("/")
    page.keyboard.type("selma ja")
    expect(page.locator("#search")).to_have_value("selma ja")
    page.fill("#search", "selma")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tr")).to_have_count(1)
    assert "selma" not in page.url
    page.get_by_role("link", name="Remove the filter").press("Enter")
    expect(page.locator("#rows tr")).to_have_count(3)

    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"**/dashboard/assessments/{edda}/decide")
    page.context.close()


def test_two_clinicians_claim_one_patient(service: Service, chromium: Browser) -> None:
    same_day(service.app)
    first, second = service.page(chromium), service.page(chromium, role="admin")

    first.get_by_role("button", name="Claim").click()
    expect(first.locator("#told")).to_contain_text("You look after Sam Sameday now.")
    second.get_by_role("button", name="Claim").click()

    expect(second.locator("#told")).to_contain_text("Somebody else was faster")
    expect(second.locator("#rows")).to_contain_text("with Clinician")
    first.context.close()
    second.context.close()


def test_without_scripts_everything_but_the_live_list_works(service: Service, chromium: Browser) -> None:
    same_day(service.app)
    self_care(service.app)
    page = service.page(chromium, scripts=False)

    page.get_by_role("button", name="Acknowledge: Sam Sameday").click()
    expect(page.locator("#told")).to_contain_text("Acknowledged: Sam Sameday.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#rows tr")).to_have_count(2)
    page.locator(".filters summary").click()
    page.locator("#f-side").select_option("left")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("link", name="Self-care").click()
    expect(page.locator(".empty")).to_contain_text("Nobody matches")
    page.get_by_role("link", name="Show all who wait").click()
    page.get_by_role("link", name="Keys").click()
    expect(page.locator("h1")).to_have_text("Keys")
    page.context.close()


def test_it_fits_a_phone_an_enlarged_page_and_a_wall(service: Service, chromium: Browser) -> None:
    emergency(service.app, "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh")
    same_day(service.app)
    service.now += timedelta(hours=5)
    self_care(service.app)
    page = service.page(chromium)
    for size in (PHONE, ENLARGED, DESK, WALL):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        assert not faults(page), size
        assert not too_small(page), size
    page.set_viewport_size(PHONE)
    page.locator(".filters summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not faults(page)
    page.context.close()
