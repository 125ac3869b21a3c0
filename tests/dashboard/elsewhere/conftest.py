"""A server that says who people are, and a service that believes it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.knowledge.cases import NOW
from tests.dashboard.authorization_server import Orders, Server, authorization_server
from tests.dashboard.elsewhere.launching import Clock, empty, service_for


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with authorization_server() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.orders = Orders()
    for kept in (running.asked, running.redeemed, running.searched, running.written):
        kept.clear()
    return running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, running: Server) -> Iterator[tuple[Flask, Clock]]:
    """One service for all tests that need no settings of their own."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as environment:
        yield service_for(tmp_path_factory.mktemp("ehr"), running, clock, environment), clock


@pytest.fixture
def app(shared: tuple[Flask, Clock], clock: Clock) -> Flask:
    """The service, with nobody and nothing in it, which never saw its EHR before."""
    empty(shared[0])
    return shared[0]


@pytest.fixture
def clock(shared: tuple[Flask, Clock]) -> Clock:
    shared[1].now = NOW
    return shared[1]


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()
