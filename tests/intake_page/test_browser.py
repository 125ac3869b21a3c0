"""The intake page in Chromium: on a phone, by keyboard alone, without scripts, for people who see little."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from service.triage.rules import Tier
from tests.triage.patients import LIBRARY

PHONE: ViewportSize = {"width": 360, "height": 740}
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
WORDS = LIBRARY.patient_words.leaflet
STORED = "legtriage-intake"
MOST_SCREENS = 25


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """The form. Whatever the browser complains of, or fetches from elsewhere, fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda each: None if each.url.startswith(address) else complaints.append(each.url))
    page.goto(f"{address}/intake/")
    yield page
    assert not complaints


def do(page: Page, what: str) -> None:
    page.locator(f'[data-do="{what}"]').click()


def now(page: Page) -> str:
    """The group on the screen."""
    return page.locator(".group.now").get_attribute("data-group") or ""


def choose(page: Page, key: str, value: str) -> None:
    page.locator(f'input[name="{key}"][value="{value}"]').check()


def heading(page: Page) -> None:
    """A new screen has come, and its heading has the focus."""
    expect(page.locator(".group.now h2")).to_be_focused()


def begin(page: Page, age: str = "54", place: str = "calf_pain.left") -> None:
    """Up to the first question that is chosen for the patient."""
    do(page, "on")
    expect(page.locator("#i-age_years")).to_be_visible()
    page.fill("#i-age_years", age)
    choose(page, "sex_at_birth", "male")
    do(page, "on")
    expect(page.locator("[data-map]")).to_be_visible()
    page.locator(f'[data-map] path[data-value="{place}"]').first.click()
    do(page, "on")
    expect(page.locator("[data-map]")).to_be_hidden()


def deny(page: Page) -> None:
    """No to everything on the screen."""
    before = page.locator("[data-status]").inner_text()
    if page.locator('[data-do="none"]').is_visible():
        do(page, "none")
    else:
        for question in page.locator('.group.now [data-type="yes-no"]:visible').all():
            question.locator('input[value="absent"]').check()
        do(page, "on")
    wait_for_another(page, before)


def wait_for_another(page: Page, before: str) -> None:
    """Until the next screen, or the result, is there."""
    page.wait_for_function(
        "before => document.querySelector('[data-result]') "
        "|| document.querySelector('[data-status]').innerText !== before",
        arg=before,
    )


_LOOK = """async (options) => {
    const shown = { exclude: [[".group:not(.now)"]] };
    const { violations } = await axe.run(shown, { resultTypes: ["violations"], ...options });
    return violations.map((each) => `${each.id}: ${each.nodes[0].html}`);
}"""


def faults(page: Page) -> list[str]:
    """What axe has against the page, in light and for its colours in dark."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(Axe().axe_script)
    page.emulate_media(color_scheme="light")
    found: list[str] = page.evaluate(_LOOK, {})
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(_LOOK, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    return found


def too_small(page: Page) -> list[str]:
    """What can be tapped and is smaller than 44 x 44, but for links in text and the map, which the boxes stand for."""
    small: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('button, label.option, label.tick, summary, input.short, textarea')]
        .filter((each) => each.checkVisibility())
        .filter((each) => { const box = each.getBoundingClientRect(); return box.width < 44 || box.height < 44; })
        .map((each) => each.outerHTML.slice(0, 80))"""
    )
    return small


def is_cut(page: Page) -> bool:
    """Whether one must scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_from_the_first_screen_to_the_advice_on_a_phone(page: Page) -> None:
    assert not faults(page)
    assert not too_small(page)
    begin(page)
    for _ in range(MOST_SCREENS):
        assert not faults(page), now(page)
        assert not too_small(page), now(page)
        assert not is_cut(page), now(page)
        deny(page)
        if page.locator("[data-result]").count():
            break
    assert not faults(page)
    assert not is_cut(page)
    expect(page.locator("h1")).to_have_text(WORDS.tiers[Tier.SELF_CARE].headline)
    expect(page.locator(".code strong")).to_be_visible()
    expect(page.locator('[data-do="print"]')).to_be_visible()
    assert page.evaluate(f"localStorage.getItem('{STORED}')") is None


def test_an_emergency_ends_the_questions_at_once(page: Page) -> None:
    begin(page)
    assert now(page) == "danger_leg"
    for key in ("leg_cold", "leg_pale", "numbness", "leg_weakness"):
        choose(page, key, "present")
    choose(page, "leg_cyanosis", "present")
    do(page, "none")  # no to the rest
    for _ in range(MOST_SCREENS):
        page.wait_for_timeout(150)
        if page.locator("[data-result]").count():
            break
        assert now(page) != "patterns"
        deny(page)
    expect(page.locator("h1")).to_have_text(next(iter(WORDS.tiers.values())).headline)
    assert not faults(page)
    assert "look after your leg" not in page.locator("main").inner_text()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"no way to {selector}")


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    tab_to(page, ".skip")
    tab_to(page, "textarea")
    tab_to(page, '[data-do="on"]')
    page.keyboard.press("Enter")
    heading(page)
    tab_to(page, "#i-age_years")
    page.keyboard.type("40")
    tab_to(page, '[name="sex_at_birth"]')
    page.keyboard.press("ArrowDown")
    tab_to(page, '[data-do="on"]')
    page.keyboard.press("Enter")
    expect(page.locator("[data-map]")).to_be_visible()
    heading(page)
    tab_to(page, '[value="calf_pain.right"]')
    page.keyboard.press("Space")
    assert page.locator('path.chosen[data-value="calf_pain.right"]').count() == 1
    expect(page.locator('[name="symptom_side"][value="right"]')).to_be_checked()
    tab_to(page, '[data-do="on"]')
    page.keyboard.press("Enter")
    expect(page.locator("[data-map]")).to_be_hidden()
    for _ in range(MOST_SCREENS):
        heading(page)
        for question in page.locator('.group.now [data-type="yes-no"]:visible').all():
            tab_to(page, f'[name="{question.get_attribute("data-key")}"]')
            page.keyboard.press("ArrowRight")
        tab_to(page, '[data-do="on"]')
        before = page.locator("[data-status]").inner_text()
        page.keyboard.press("Enter")
        wait_for_another(page, before)
        if page.locator("[data-result]").count():
            break
    expect(page.locator("h1")).to_be_visible()


def test_without_scripts_all_questions_stand_there_at_once(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/intake/")
    for item in LIBRARY.form.items:
        expect(page.locator(f"#q-{item.key}")).to_be_visible()
    page.fill('[name="age_years"]', "forty")
    page.locator('[name="body_region"][value="calf_pain.left"]').check()
    page.locator('[name="leg_cold"][value="present"]').check()
    expect(page.locator('[name="leg_cold.side"]').first).to_be_visible()
    page.get_by_role("button", name="See what to do next").click()
    expect(page.get_by_role("alert").first).to_contain_text("Please check your answers")
    expect(page.locator('[name="leg_cold"][value="present"]')).to_be_checked()
    page.fill('[name="age_years"]', "40")
    page.get_by_role("button", name="See what to do next").click()
    expect(page.locator("[data-result] h1")).to_be_visible()
    context.close()


def test_a_question_without_an_answer_is_pointed_out(page: Page) -> None:
    begin(page)
    choose(page, "leg_cold", "unknown")
    do(page, "on")
    expect(page.locator("#e-leg_pale")).to_be_visible()
    expect(page.locator("#e-leg_cold")).to_be_hidden()
    expect(page.locator('[name="leg_pale"]').first).to_be_focused()
    assert not faults(page)


def test_what_was_answered_is_there_after_a_reload_for_a_day_and_can_be_deleted(page: Page) -> None:
    begin(page)
    choose(page, "leg_cold", "absent")
    before = now(page)
    page.reload()
    assert now(page) == before
    expect(page.locator('[name="leg_cold"][value="absent"]')).to_be_checked()
    do(page, "back")
    expect(page.locator("[data-map]")).to_be_visible()
    expect(page.locator('[value="calf_pain.left"]')).to_be_checked()

    kept = json.loads(page.evaluate(f"localStorage.getItem('{STORED}')"))
    kept["saved"] -= 24 * 60 * 60 * 1000
    page.evaluate("([name, value]) => localStorage.setItem(name, value)", [STORED, json.dumps(kept)])
    page.reload()
    assert now(page) == "welcome"
    assert page.evaluate(f"localStorage.getItem('{STORED}')") is None

    begin(page)
    do(page, "forget")
    expect(page.locator("#g-welcome")).to_be_visible()
    assert now(page) == "welcome"
    assert page.evaluate(f"localStorage.getItem('{STORED}')") is None
    expect(page.locator('[value="calf_pain.left"]')).not_to_be_checked()


def test_going_back_and_answering_otherwise_leads_elsewhere(page: Page) -> None:
    do(page, "on")
    expect(page.locator("#i-age_years")).to_be_visible()
    page.fill("#i-age_years", "4")
    do(page, "on")
    expect(page.locator("[data-map]")).to_be_visible()
    page.go_back()
    heading(page)
    expect(page.locator("#i-age_years")).to_have_value("4")
    page.fill("#i-age_years", "44")
    do(page, "on")
    expect(page.locator("[data-map]")).to_be_visible()
    page.locator('[value="knee_pain.left"]').check()
    do(page, "on")
    seen = []
    for _ in range(MOST_SCREENS):
        page.wait_for_timeout(100)
        if page.locator("[data-result]").count():
            break
        seen.append(now(page))
        deny(page)
    assert "child" not in seen


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_cut_off_when_the_page_is_enlarged(browser: Browser, address: str, width: int) -> None:
    # 1280 pixels at 400 % are 320; 1280 at 200 % are 640, half the size that a wide window has.
    context = browser.new_context(viewport={"width": width // (2 if width > 640 else 1), "height": 500})
    page = context.new_page()
    page.goto(f"{address}/intake/")
    assert not is_cut(page)
    begin(page)
    assert not is_cut(page)
    context.close()


def test_when_the_service_is_away_the_answers_stay(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto(f"{address}/intake/")
    begin(page)
    context.route("**/intake/next", lambda route: route.fulfill(status=503))
    do(page, "none")
    expect(page.locator("[data-problem]")).to_contain_text("cannot be reached")
    expect(page.locator('[name="leg_cold"][value="absent"]')).to_be_checked()
    context.unroute("**/intake/next")
    do(page, "on")
    expect(page.locator("#g-danger_leg")).to_be_hidden()
