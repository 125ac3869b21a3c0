"""Every page of the dashboard, from the URL map: fit for all eyes and hands, in both schemes, on a phone and on a wall.

No page can be forgotten: a new route is walked as soon as it is served.
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from service.app import create_app
from service.knowledge.cases import NOW
from tests.dashboard.chromium import WAIT, launched, listening, violations
from tests.dashboard.people import desk, patient, present, sign_in, user
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

WIDTHS = (320, 640, 3840)  # 1280 px enlarged to 400 % and to 200 %, and a wall
LONG = "Maximiliana-Konstantinopolitanska von und zu Aehrenfeld-Sonnenschein the Younger"
SMALL = """() => [...document.querySelectorAll("main a, main button, main input, main select, main summary")]
    .filter((each) => each.checkVisibility() && !each.closest(".visually-hidden, .skip"))
    .filter((each) => getComputedStyle(each).display !== "inline")
    .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.height < 23.5 || box.width < 23.5))
    .map(([html, box]) => `${html} is ${box.width} x ${box.height}`)"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(settings(tmp_path_factory.mktemp("pages"), patient_ids="full"), LIBRARY, lambda: NOW)


@pytest.fixture(scope="module")
def addresses(app: Flask) -> list[str]:
    """Of every route that shows a page."""
    made = patient(
        app,
        present("calf_pain", side="left"),
        present("calf_circumference_difference_cm", value=4, unit="cm", side="left"),
        present("active_cancer"),
        present("pregnant", status="absent"),
        present("d_dimer_feu", value=900, unit="ng/mL"),
        patient={"id": "p", "name": LONG, "age": 61, "sex": "female"},
    )
    somebody = user(app, "viewer", login="somebody-with-a-long-login")
    known = {"pathway": "deep-vein-thrombosis", "page": "tiers", "token": "spent"}
    adapter = app.url_map.bind("127.0.0.1")
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(("/dashboard", "/smart")) or "GET" not in (rule.methods or ()):
            continue
        about = somebody.login if rule.rule.startswith("/dashboard/users") else made["id"]
        given = {name: about if name == "id" else known.get(name, "x") for name in rule.arguments}
        query = "?finding=calf_pain" if rule.rule.endswith("/answers") else ""
        found.append(adapter.build(rule.endpoint, given) + query)
    return found


@pytest.fixture(scope="module")
def pages(app: Flask, addresses: list[str]) -> list[str]:
    """Those of them that answer an administrator with HTML."""
    token, _ = sign_in(app, "admin")
    browser = app.test_client()
    browser.set_cookie(desk(app).cookie, token)
    return [each for each in addresses if browser.get(each).mimetype == "text/html"]


@pytest.fixture(scope="module")
def page(app: Flask) -> Iterator[Page]:
    token, _ = sign_in(app, "admin")
    with launched() as browser, listening(app) as url:
        yield opened(browser, url, token)


def opened(browser: Browser, url: str, token: str) -> Page:
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT)
    context.add_cookies([{"name": "legtriage", "value": token, "url": url}])
    return context.new_page()


def test_every_page_is_fit_for_all_eyes_and_hands(pages: list[str], page: Page) -> None:
    assert len(pages) > 15
    wrong: list[str] = []
    page.on("console", lambda told: wrong.append(f"{page.url}: {told.text}") if "Policy" in told.text else None)
    for address in pages:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        wrong += [f"{address}: {each}" for each in violations(page)]
        wrong += [f"{address}: {each}" for each in page.evaluate(SMALL)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{address}: scrolls sideways at {width}")
    assert not wrong, "\n".join(wrong)
