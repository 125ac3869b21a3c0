"""The programs around the service that is checked: one of each for all modes."""

from collections.abc import Iterator

import pytest

from tests.conformance.tokens import Callers, Site, site
from tests.peers import processes
from tests.peers.processes import FhirServer, Postgres


@pytest.fixture(scope="session")
def fhir_server() -> Iterator[FhirServer]:
    with processes.fhir_server() as server:
        yield server


@pytest.fixture(scope="session")
def stranger() -> Iterator[Site]:
    with site() as served:
        yield served


@pytest.fixture
def callers() -> Iterator[Callers]:
    with site() as served:
        yield Callers.on(served)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if not processes.has_postgres():
        pytest.skip("no PostgreSQL on this machine")
    with processes.postgres() as server:
        yield server
