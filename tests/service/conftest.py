"""What the tests of this room share."""

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.config import Config
from service.knowledge.library import Library
from service.knowledge.load import load
from tests.intake.record import NOW


@pytest.fixture(scope="session")
def library() -> Library:
    return load()


@pytest.fixture(scope="session")
def client(library: Library) -> FlaskClient:
    config = Config(auth="open", log_level="error", max_body_bytes=8 * 1024 * 1024)
    return create_app(config, library, lambda: NOW).test_client()
