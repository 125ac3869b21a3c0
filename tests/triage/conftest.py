import pytest

from service.knowledge.library import Library
from tests.triage.patients import LIBRARY


@pytest.fixture(scope="session")
def library() -> Library:
    """The real knowledge, read once."""
    return LIBRARY
