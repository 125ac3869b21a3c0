"""The service keeps the CDS Hooks checklist in every way it can run."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance import check_all
from tests.conformance.checklist import checklist
from tests.conformance.records import CONTEXTS
from tests.conformance.subject import Data, Subject
from tests.conformance.tokens import Callers, Site
from tests.peers.processes import FhirServer, Postgres, free_port, gunicorn

ORIGIN = "https://ehr.example.org"
# Right answers are looked for here, on machines that do much else at the time.
# A card that a check overrides would stay away from the next one.
PATIENT = {"LEGTRIAGE_FHIR_TIMEOUT_MS": "3000", "LEGTRIAGE_QUIET_HOURS": "0"}


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the service, whichever way it runs."""

    fhir: FhirServer
    stranger: Site
    callers: Callers
    folder: Path


@pytest.fixture
def around(fhir_server: FhirServer, stranger: Site, callers: Callers, tmp_path: Path) -> Around:
    return Around(fhir_server, stranger, callers, tmp_path)


def failures(subject: Subject, *not_here: str) -> dict[str, str]:
    """What fails, and why. Nothing but `not_here` may be passed over."""
    results = list(check_all.walk(subject))
    passed_over = {each.item.id for each in results if each.verdict == "not here"}
    assert passed_over == set(not_here)
    return {each.item.id: each.reason for each in results if each.verdict == "fail"}


def failures_when_open(data: Data, around: Around, **settings: str) -> dict[str, str]:
    with gunicorn(settings | PATIENT) as running:
        subject = Subject(
            url=running.url, data=data, fhir=around.fhir, stranger=around.stranger, log=running.log, fhir_seconds=3
        )
        return failures(subject, *(f"JWT-{number}" for number in range(19)), "CORS-1", "CORS-2")


def failures_with_authentication(data: Data, around: Around, database: str) -> dict[str, str]:
    port = free_port()
    clients = around.folder / "clients.yaml"
    around.callers.write(clients, around.fhir.base)
    settings = {
        "LEGTRIAGE_AUTH": "required",
        "LEGTRIAGE_PUBLIC_URLS": f"http://127.0.0.1:{port}",
        "LEGTRIAGE_TRUSTED_CLIENTS": str(clients),
        "LEGTRIAGE_CORS_ORIGINS": ORIGIN,
        "LEGTRIAGE_DATABASE_URL": database,
        "LEGTRIAGE_SECRET_KEY": "c" * 64,
        **PATIENT,
    }
    with gunicorn(settings, workers=2, port=port) as running:
        return failures(
            Subject(
                url=running.url,
                data=data,
                fhir=around.fhir,
                stranger=around.stranger,
                callers=around.callers,
                origin=ORIGIN,
                log=running.log,
                fhir_seconds=3,
            )
        )


def test_it_keeps_the_checklist_by_prefetch_as_it_is_started_by_default(around: Around) -> None:
    found = failures_when_open("prefetch", around)
    assert found == {}


def test_it_keeps_the_checklist_open_with_data_from_the_fhir_server(around: Around) -> None:
    database = f"sqlite:///{around.folder / 'legtriage.sqlite3'}"
    assert not failures_when_open("fhir-server", around, LEGTRIAGE_DATABASE_URL=database)


def test_it_keeps_the_checklist_by_prefetch_when_clients_prove_who_they_are(around: Around) -> None:
    database = f"sqlite:///{around.folder / 'legtriage.sqlite3'}"
    assert not failures_with_authentication("prefetch", around, database)


def test_it_keeps_the_checklist_with_authentication_fetching_and_postgresql(around: Around, postgres: Postgres) -> None:
    assert not failures_with_authentication("fhir-server", around, postgres.url)


def test_every_line_of_the_checklist_is_shown_by_a_function_or_by_hand() -> None:
    lines = checklist()
    assert not [each for each, times in Counter(line.id for line in lines).items() if times > 1]
    by_hand = {line.id for line in lines if line.by_hand}
    assert not by_hand & check_all.CHECKS.keys()
    assert by_hand | check_all.CHECKS.keys() == {line.id for line in lines}
    assert {line.level for line in lines} == {"MUST", "SHOULD", "MAY", "OURS"}


def test_there_is_a_request_for_every_hook_that_can_be_served() -> None:
    assert set(CONTEXTS) == {
        "patient-view",
        "encounter-start",
        "problem-list-item-create",
        "order-select",
        "order-sign",
        "appointment-book",
        "encounter-discharge",
    }
