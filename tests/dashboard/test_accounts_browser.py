"""Signing in, users, audit and account in Chromium: on a phone, in the dark, without scripts, with axe everywhere."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from service.app import create_app
from service.knowledge.cases import NOW
from service.security.accounts import first_link
from service.store import AuditEntry
from tests.dashboard.chromium import WAIT, listening, violations
from tests.dashboard.people import desk, user
from tests.dashboard.test_access import EVIL
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

PHONE: ViewportSize = {"width": 360, "height": 740}
GOOD = "correct horse battery staple"
WRONG = "a wrong password"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = Path(tmp_path_factory.mktemp("browser"))
    return create_app(settings(folder, patient_ids="full"), LIBRARY, lambda: NOW)


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with listening(app) as url:
        yield url


@pytest.fixture(scope="module")
def first(app: Flask, address: str) -> str:
    """The link of the first start."""
    link = first_link(desk(app).assessor.store, lambda: NOW, base_url=address)
    assert link
    store = desk(app).assessor.store
    user(app, "viewer", login="evil", name=EVIL)
    store.tell_audit(AuditEntry(at=NOW - timedelta(days=1), actor=EVIL, action=EVIL, subject=EVIL, role=EVIL))
    return link


def open_page(context: BrowserContext, complaints: list[str]) -> Page:
    context.set_default_timeout(WAIT)
    page = context.new_page()
    # An answer of 422 is a form that comes back, and Chromium tells of it as an error.
    page.on(
        "console",
        lambda told: (
            complaints.append(told.text) if told.type == "error" and "status of 422" not in told.text else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    return page


def faults(page: Page) -> list[str]:
    """What axe has against the page in both schemes, what is too small for a thumb, and whether it is cut."""
    found = violations(page)
    found += page.evaluate(
        """() => [...document.querySelectorAll('button, summary, input:not([type=hidden], [aria-hidden])')]
        .filter((each) => each.checkVisibility() && each.type !== "radio")
        .filter((each) => each.getBoundingClientRect().height < 24)
        .map((each) => each.outerHTML.slice(0, 80))"""
    )
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("one must scroll sideways")
    return found


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"#{name}", value)


def test_from_the_first_link_to_a_colleague_at_work(chromium: Browser, address: str, first: str) -> None:
    complaints: list[str] = []
    desk_top = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = open_page(desk_top, complaints)

    page.goto(first)
    assert not faults(page)
    fill(page, password=GOOD, again=WRONG)
    page.get_by_role("button", name="Set password").click()
    expect(page.locator("#again-fault")).to_have_text("This is not what you typed above.")
    expect(page.locator("#again")).to_be_focused()
    assert not faults(page)
    fill(page, password=GOOD, again=GOOD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/dashboard/")

    page.get_by_role("link", name="Users").click()
    assert not faults(page)
    fill(page, login="alice", name="Alice Adams")
    page.get_by_label("viewer").check()
    page.get_by_role("button", name="Add").click()
    link = page.get_by_label("One-time link").input_value()
    assert not faults(page)

    phone = chromium.new_context(viewport=PHONE, has_touch=True, java_script_enabled=False)
    hers = open_page(phone, complaints)
    hers.goto(link)
    fill(hers, password=f"{GOOD} 2", again=f"{GOOD} 2")
    hers.get_by_role("button", name="Set password").click()
    hers.locator("summary", has_text="Alice Adams").click()
    hers.get_by_role("link", name="Your account").click()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Your account")
    hers.locator("summary", has_text="Alice Adams").click()
    hers.get_by_role("button", name="Sign out").click()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Sign in")
    hers.goto(f"{address}/dashboard/account")
    fill(hers, login="alice", password=WRONG)
    hers.get_by_role("button", name="Sign in").click()
    expect(hers.get_by_role("alert")).to_contain_text("did not open an account")
    fill(hers, login="alice", password=f"{GOOD} 2")
    hers.get_by_role("button", name="Sign in").click()
    expect(hers).to_have_url(f"{address}/dashboard/account")

    page.get_by_role("button", name="End all sessions").click()
    expect(page.get_by_role("status").first).to_contain_text("sessions are over")
    hers.reload()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_role("link", name="What Alice Adams saw and did").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("alice viewer")
    assert not faults(page)
    assert not complaints
    for context in (desk_top, phone):
        context.close()


def test_every_page_of_accounts_is_fit_for_the_eyes_and_runs_nothing(
    chromium: Browser, app: Flask, address: str, first: str
) -> None:
    complaints: list[str] = []
    with chromium.new_context(viewport=PHONE) as context:
        token, _ = desk(app).sessions.open(user(app, "admin", login="eyes", name=EVIL), address=None)
        page = open_page(context, complaints)
        page.goto(f"{address}/dashboard/sign-in")
        assert not faults(page)
        context.add_cookies([{"name": "legtriage", "value": token, "url": address}])
        for path in ("users", "users/evil", "audit", "audit?since=x", "account", "account?done=password"):
            page.goto(f"{address}/dashboard/{path}")
            assert not faults(page), path
        assert EVIL in page.inner_text("body")
    assert not complaints
    assert urlsplit(page.url).path == "/dashboard/account"
