"""What the tests of this room share."""

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.knowledge.library import Library
from service.knowledge.load import load
from tests.intake.record import NOW
from tests.service.settings import settings


@pytest.fixture(scope="session")
def library() -> Library:
    return load()


@pytest.fixture(scope="session")
def client(library: Library, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return create_app(settings(tmp_path_factory.mktemp("memory")), library, lambda: NOW).test_client()
