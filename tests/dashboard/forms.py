"""What the tests of pages do with forms."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def csrf(page: TestResponse) -> str:
    """What a form of this page brings back."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    return found[1]


def send(browser: FlaskClient, address: str, **fields: Any) -> TestResponse:
    """Send a form as a page of the dashboard would."""
    return browser.post(address, data={"csrf": csrf(browser.get("/dashboard/account")), **fields})
