"""What the tests of this room share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from service.app import create_app
from service.knowledge.library import Library
from service.knowledge.load import load
from tests.intake.record import JSON, NOW
from tests.service.settings import settings


@pytest.fixture(scope="session")
def library() -> Library:
    return load()


@pytest.fixture
def serving(library: Library, tmp_path: Path) -> Callable[..., FlaskClient]:
    """A client of a service of its own, with these settings."""

    def serve(**changes: Any) -> FlaskClient:
        return create_app(settings(tmp_path, **changes), library, lambda: NOW).test_client()

    return serve


@pytest.fixture
def client(serving: Callable[..., FlaskClient]) -> FlaskClient:
    return serving()


@pytest.fixture(scope="session")
def document() -> JSON:
    """The committed API document."""
    return dict(yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8")))
