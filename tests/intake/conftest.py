"""What the tests of this room share."""

import pytest

from service.knowledge.library import Library
from service.knowledge.load import load
from tests.intake.record import Reader


@pytest.fixture(scope="session")
def library() -> Library:
    return load()


@pytest.fixture(scope="session")
def record(library: Library) -> Reader:
    return Reader(library)
