"""A service with the dashboard on a clock that stands still, browsers that are signed in, and patients to see."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from service.app import create_app
from service.knowledge.cases import NOW
from tests.dashboard.chromium import launched
from tests.dashboard.people import sign_in
from tests.service.settings import settings
from tests.triage.patients import LIBRARY

Client = Callable[[str], FlaskClient]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(settings(tmp_path, patient_ids="full"), LIBRARY, lambda: NOW)


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser of somebody with this role, signed in."""

    def signed_in(role: str) -> FlaskClient:
        browser = app.test_client()
        token, _ = sign_in(app, role)
        browser.set_cookie("legtriage", token)
        return browser

    return signed_in


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for all tests of a module; for more the loop of Playwright would stand in the way of others."""
    with launched() as browser:
        yield browser
