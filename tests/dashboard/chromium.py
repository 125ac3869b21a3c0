"""A browser for the tests, and a service that it reaches."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_COLOURS = ["color-contrast", "link-in-text-block"]
_LOOK = """async (options) => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"], ...options });
    return violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`);
}"""
WAIT = 60_000  # milliseconds; a busy machine is no fault
expect.set_options(timeout=WAIT)


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, as long as it is wanted."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """Where the service listens, as long as it is wanted."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def violations(page: Page) -> list[str]:
    """What axe has against the page in light and in dark, between which colours alone differ."""
    page.evaluate(Axe().axe_script)
    page.emulate_media(color_scheme="light")
    light: list[str] = page.evaluate(_LOOK, {})
    page.emulate_media(color_scheme="dark")
    dark: list[str] = page.evaluate(_LOOK, {"runOnly": _COLOURS})
    return light + [f"in the dark {each}" for each in dark]
