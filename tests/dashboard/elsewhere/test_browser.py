"""A launch in Chromium: in a tab of its own, and in the frame of an EHR that may show us."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright
from werkzeug.serving import make_server

from tests.dashboard.authorization_server import LAUNCH, Server
from tests.dashboard.elsewhere.launching import CHART, Clock, service_for

expect.set_options(timeout=30_000)  # a busy machine is no fault
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def app(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The EHR shows its pages at another site than ours: by this machine's name, and we by its number."""
    ehr = server.url.replace("127.0.0.1", "localhost")
    return service_for(tmp_path, server, Clock(), monkeypatch, frame_ancestors=[ehr])


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()


def test_from_the_ehr_to_the_assessment_and_back_with_an_answer(browser: Browser, server: Server, address: str) -> None:
    server.orders.chart = CHART
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()

    page.goto(f"{address}/smart/launch?iss={server.fhir}&launch={LAUNCH}")

    expect(page.get_by_role("heading", level=1)).to_have_text("No assessment of this patient yet")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert not found, found
    page.get_by_role("button", name="Read the record and assess").click()
    page.wait_for_url(f"{address}/dashboard/assessments/*", timeout=30_000)

    page.locator("#questions li").first.get_by_role("button", name="No", exact=True).click()
    expect(page.locator("#changed")).to_be_visible()
    page.get_by_role("button", name="Send answers to the record").click()
    expect(page.locator("#record").get_by_role("status")).to_contain_text("Sent to the record on")
    ((resource, _),) = server.written
    assert [answer for group in resource["item"] for item in group["item"] for answer in item["answer"]]
    context.close()


def test_the_frame_of_the_ehr_keeps_a_session_of_its_own(browser: Browser, server: Server, address: str) -> None:
    server.orders.chart = CHART
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url.replace('127.0.0.1', 'localhost')}/ehr?open={address}/smart/launch")

    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("No assessment of this patient yet")
    server.orders.away = ("Condition",)
    server.orders.chart = {}
    frame.get_by_role("button", name="Read the record and assess").click()
    expect(frame.get_by_role("alert")).to_contain_text("Whether there is a leg complaint is unknown")

    page.goto(f"{address}/smart/patient")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    context.close()
