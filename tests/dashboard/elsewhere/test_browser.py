"""A launch in Chromium: in a tab of its own, and in the frame of an EHR that may show us."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from flask import Flask
from playwright.sync_api import Browser, expect

from tests.dashboard.authorization_server import LAUNCH, Server
from tests.dashboard.chromium import listening
from tests.dashboard.elsewhere.launching import CHART, Clock, service_for


@pytest.fixture
def app(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The EHR shows its pages at another site than ours: by this machine's name, and we by its number."""
    ehr = server.url.replace("127.0.0.1", "localhost")
    return service_for(tmp_path, server, Clock(), monkeypatch, frame_ancestors=[ehr])


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with listening(app) as url:
        yield url


def test_from_the_ehr_to_the_page_and_back_with_an_answer(chromium: Browser, server: Server, address: str) -> None:
    server.orders.chart = CHART
    context = chromium.new_context(viewport={"width": 360, "height": 740})
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


def test_the_frame_of_the_ehr_keeps_a_session_of_its_own(chromium: Browser, server: Server, address: str) -> None:
    server.orders.chart = CHART
    context = chromium.new_context()
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
