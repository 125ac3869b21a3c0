"""What the tests of this room share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.knowledge.library import Library
from service.knowledge.load import load
from tests.intake.record import NOW
from tests.service.settings import settings

JSON = dict[str, Any]


@pytest.fixture(scope="session")
def library() -> Library:
    return load()


@pytest.fixture(scope="session")
def client(library: Library, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return create_app(settings(tmp_path_factory.mktemp("memory")), library, lambda: NOW).test_client()


@pytest.fixture
def small(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], FlaskClient]:
    """A service that takes bodies of so many bytes only."""

    def serve(most: int) -> FlaskClient:
        config = replace(settings(tmp_path_factory.mktemp("memory")), max_body_bytes=most)
        return create_app(config, library, lambda: NOW).test_client()

    return serve
