"""`/docs` shows the API in a browser, without anything from elsewhere and under a strict policy."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from service.app import create_app
from service.knowledge.library import Library
from tests.api.calls import problem_of
from tests.intake.record import NOW
from tests.service.settings import settings

CHROMIUM = Path("/usr/bin/chromium")
# fmt: off
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
# fmt: on


@pytest.fixture
def address(library: Library, tmp_path: Path) -> Iterator[str]:
    """Where a service answers to a real browser."""
    server = make_server("127.0.0.1", 0, create_app(settings(tmp_path), library, lambda: NOW), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")
def test_a_browser_shows_every_operation_and_asks_nobody_else(address: str) -> None:
    said: list[str] = []
    asked: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.add(request.url))
        page.goto(f"{address}/docs")
        page.get_by_text("Triage a patient").first.wait_for()
        page.get_by_text("Triage a patient").first.click()
        page.get_by_text("Idempotency-Key").first.wait_for()
        shown = page.inner_text("main")
        browser.close()
    assert said == []
    assert {url for url in asked if not url.startswith((address, "data:"))} == set()
    for words in ("/api/v1/worklist", "/cds-services/leg-pain-order-sign", "/readyz"):
        assert words in shown


def test_the_policy_allows_no_script_or_style_in_the_page(client: FlaskClient) -> None:
    with client.get("/docs") as page:
        policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["ORIGIN.md", "docs.html", "..%2fdocument.py", "nothing.js"])
def test_only_what_the_page_needs_is_served(client: FlaskClient, name: str) -> None:
    problem_of(client.get(f"/docs/{name}"), 404)
