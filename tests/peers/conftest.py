"""The programs that the tests of this room talk to: one of each for all of them."""

from collections.abc import Iterator

import pytest

from tests.peers import processes
from tests.peers.processes import FhirServer, Running


@pytest.fixture(scope="session")
def fhir_server() -> Iterator[FhirServer]:
    with processes.fhir_server() as server:
        yield server


@pytest.fixture(scope="session")
def service() -> Iterator[Running]:
    """The service as `make run` starts it, with two workers."""
    with processes.gunicorn({"LEGTRIAGE_FHIR_TIMEOUT_MS": "5000"}) as running:
        yield running
