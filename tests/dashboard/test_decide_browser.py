"""Deciding and answering in Chromium: two browsers at once, by keyboard, without scripts, on a phone, in the dark."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.app import create_app
from service.knowledge.cases import NOW
from tests.dashboard.chromium import WAIT, listening, violations
from tests.dashboard.people import desk, patient, present, sign_in
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(settings(tmp_path_factory.mktemp("decide"), patient_ids="full"), LIBRARY, lambda: NOW)


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with listening(app) as url:
        yield url


@pytest.fixture
def seen(app: Flask) -> str:
    """A patient who may have a clot, and who has not been asked about the saddle."""
    about = {"id": str(uuid4()), "age": 61, "sex": "female"}
    swollen = present("leg_swelling_unilateral", side="left")
    sent = patient(app, present("calf_pain", side="left"), swollen, present("active_cancer"), patient=about)
    assert sent["urgency"]["tier"] != "emergency"
    return str(sent["id"])


@pytest.fixture
def open_page(app: Flask, address: str, chromium: Browser) -> Iterator[Open]:
    """A browser of somebody who is signed in. Whatever it complains of, or fetches from elsewhere, fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def opened(login: str, path: str, **options: Any) -> Page:
        context = chromium.new_context(**({"viewport": DESK} | options))
        context.set_default_timeout(WAIT)
        contexts.append(context)
        token, _ = sign_in(app, "clinician", login=login)
        context.add_cookies([{"name": "legtriage", "value": token, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _matters(message) else None)
        page.on("request", lambda each: None if each.url.startswith(address) else complaints.append(each.url))
        page.goto(f"{address}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


def _matters(message: Any) -> bool:
    # A refused form or a lost connection is no fault of the page; the browser says so all the same.
    return (
        message.type == "error"
        and "status of 4" not in message.text
        and "ERR_INTERNET" not in message.text
        and not message.text.startswith(("htmx:", "Response Status Error"))
    )


def at(seen: str) -> str:
    return f"/dashboard/assessments/{seen}"


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def question(page: Page, words: str) -> Any:
    return page.locator("form.answering", has_text=words)


def status(app: Flask, seen: str) -> str:
    stored = desk(app).assessor.store.assessment(seen)
    assert stored
    return stored.status


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_decision_takes_two_clicks(app: Flask, seen: str, open_page: Open, *, scripts: bool) -> None:
    page = open_page("ann", at(seen), java_script_enabled=scripts)

    button(page, "Acknowledge").click()
    expect(page.locator(".status")).to_have_text("Acknowledged")
    assert status(app, seen) == "acknowledged"

    page.locator("summary", has_text="Override the assessment").click()
    button(page, "Another diagnosis explains the picture").click()
    expect(page.locator(".status")).to_have_text("Overridden")
    assert status(app, seen) == "overridden"


def test_of_two_browsers_on_one_patient_the_slower_loses_nothing(app: Flask, seen: str, open_page: Open) -> None:
    fast, slow = open_page("fast", at(seen)), open_page("slow", at(seen))
    slow.locator("summary", has_text="Override the assessment").click()
    slow.locator("#override-all").fill("Seen in clinic, this is old.")

    fast.get_by_role("button", name="Accept", exact=False).first.click()
    expect(fast.locator(".status")).to_have_text("Accepted")
    button(slow, "The recorded data are wrong or out of date").click()

    expect(slow.get_by_role("heading", level=1)).to_have_text("Somebody else was faster")
    expect(slow.get_by_role("alert")).to_contain_text("Accepted by Fast")
    expect(slow.locator("textarea")).to_have_value("Seen in clinic, this is old.")
    assert status(app, seen) == "accepted"
    button(slow, "The recorded data are wrong or out of date").click()
    expect(slow.locator(".status")).to_have_text("Overridden")
    expect(slow.locator("#decide")).to_contain_text("Seen in clinic, this is old.")


def test_an_answer_changes_the_page_in_place(seen: str, open_page: Open) -> None:
    page = open_page("bea", at(seen))
    page.evaluate("window.stayed = true")

    button(question(page, "between the legs"), "Yes").click()

    expect(page.locator("#changed")).to_be_focused()
    expect(page.locator("#changed")).to_contain_text("Emergency")
    assert page.evaluate("window.stayed")
    assert "since=" in page.url
    assert seen not in page.url.split("?")[0]
    page.reload()
    expect(page.locator("#changed")).to_contain_text("Emergency")


def test_an_answer_without_scripts_loads_the_new_page(seen: str, open_page: Open) -> None:
    page = open_page("cat", at(seen), java_script_enabled=False)

    button(question(page, "between the legs"), "Yes").click()

    expect(page.locator("#changed")).to_contain_text("Emergency")
    page.locator(".answered a").click()
    button(page, "No").click()
    expect(page.locator("#changed")).to_contain_text("stays on the worklist")


def test_two_browsers_that_answer_are_both_heard(app: Flask, seen: str, open_page: Open) -> None:
    one, two = open_page("one", at(seen)), open_page("two", at(seen))

    button(question(one, "between the legs"), "Yes").click()
    expect(one.locator("#changed")).to_contain_text("Emergency")
    button(question(two, "between the legs"), "No").click()

    expect(two.get_by_role("alert")).to_contain_text("Somebody else answered this in the meantime")
    newest = max(desk(app).assessor.store.assessments(limit=200), key=lambda each: each.sequence)
    assert newest.tier == "emergency"


def test_an_answer_that_was_not_recorded_says_so(seen: str, open_page: Open) -> None:
    page = open_page("dan", at(seen))
    page.context.set_offline(True)

    button(question(page, "between the legs"), "Yes").click()

    expect(page.get_by_role("alert")).to_contain_text("Not recorded")
    page.context.set_offline(False)
    button(question(page, "between the legs"), "Yes").click()
    expect(page.locator("#changed")).to_contain_text("Emergency")


def test_the_accepted_orders_are_copied(seen: str, open_page: Open) -> None:
    page = open_page("eve", at(seen), permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Accept", exact=False).first.click()

    page.locator("[data-copy]").click()

    expect(page.locator("[data-copy]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#copy-text").input_value()


def test_by_keyboard_alone(app: Flask, seen: str, open_page: Open) -> None:
    page = open_page("kim", f"{at(seen)}/decide")
    page.locator("#override-all").focus()

    page.keyboard.type("By keyboard.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator(".status")).to_have_text("Overridden")
    assert status(app, seen) == "overridden"


def test_everybody_can_use_it(seen: str, open_page: Open) -> None:
    other = open_page("other", at(seen))
    page = open_page("axe", at(seen), viewport=PHONE)
    other.get_by_role("button", name="Accept", exact=False).first.click()
    expect(other.locator(".status")).to_have_text("Accepted")

    _check(page, "the page")
    page.locator("summary", has_text="Override the assessment").click()
    page.locator("summary", has_text="Hand over").click()
    _check(page, "what unfolds")
    button(page, "Not indicated for this patient").click()
    expect(page.get_by_role("alert")).to_be_visible()
    _check(page, "a conflict")
    page.goto(f"{other.url.split('/dashboard')[0]}{at(seen)}/answers?finding=abi")
    _check(page, "one question")
    page.goto(f"{other.url.split('/dashboard')[0]}{at(seen)}")
    button(question(page, "between the legs"), "Yes").click()
    expect(page.locator("#changed")).to_be_focused()
    _check(page, "what changed")


def _check(page: Page, where: str) -> None:
    """Nothing for axe to say, nothing wider than the screen, and every target large enough to hit."""
    assert not violations(page), where
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
    small = page.evaluate(
        """[...document.querySelectorAll("#decide :is(button, summary, select, a), #questions :is(button, a, select)")]
        .map((each) => each.getBoundingClientRect()).filter((box) => box.height && (box.height < 24 || box.width < 24))
        .length"""
    )
    assert small == 0, where
