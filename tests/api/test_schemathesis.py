"""schemathesis calls everything that the API document describes, rightly and wrongly, and checks every answer.

`LEGTRIAGE_HYPOTHESIS_PROFILE=thorough` has it try thousands of cases.
"""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import EngineEvent, FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import CheckNode

from service.app import create_app
from service.knowledge.library import Library
from tests.service.settings import settings

THOROUGH = os.environ.get("LEGTRIAGE_HYPOTHESIS_PROFILE") == "thorough"
CASES = 200 if THOROUGH else 5  # of each operation, beside those that are tried systematically

# In CI the hooks that take the same members as these are left out.
USUAL_HOOKS = r"/cds-services/leg-pain-(?!patient-view|order-select)"


def also(*statuses: str) -> dict[str, Any]:
    """What may come of a request that the schema allows."""
    usual = ("2xx", "3xx", "401", "403", "404", "409", "429", "5xx")
    return {"checks": {"positive_data_acceptance": {"expected-statuses": [*usual, *statuses]}}}


def _without_data() -> dict[str, Any]:
    """A hook that was sent no data says 412, whatever else is odd about the request."""
    refused = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422"]
    checks = also("412")["checks"]
    return {"checks": {**checks, "negative_data_rejection": {"expected-statuses": refused}}}


_BORNE = re.compile("/prefetch/|/fhirAuthorization")

CONFIG: dict[str, Any] = {
    "seed": 7,
    "workers": 1,
    "continue-on-failure": True,
    "warnings": False,
    "generation": {"mode": "all", "max-examples": CASES, "no-shrink": True, "deterministic": not THOROUGH},
    "operations": [
        # Keys, units and what fits together are in the vocabulary, which a schema cannot repeat.
        {"include-operation-id": "assess", **also("422")},
        # A cursor is one of ours, and a period does not end before it begins.
        {"include-operation-id": ["listAssessments", "worklist", "statistics"], **also("422")},
        # An order is one of this assessment's, an undo needs something to undo, and a tag may be out of date.
        {"include-operation-id": "decide", **also("412", "422")},
        # Without any data there is nothing to judge by.
        {"include-path-regex": "^/cds-services/[^/]+$", **_without_data()},
        # Not every FHIR resource holds answers to our questionnaire.
        {"include-operation-id": "fhirAssess", **also("400", "422")},
    ],
}


def events(library: Library, folder: Path) -> Iterator[EngineEvent]:
    """All that happens while a service of its own is tried."""
    app = create_app(settings(folder), library, lambda: datetime.now(UTC))

    def from_here(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return app(environ | {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost"}, start_response)

    config = SchemathesisConfig.from_dict(CONFIG)
    described = schemathesis.openapi.from_wsgi("/openapi.yaml", from_here, config=config)
    yield from engine.from_schema(described if THOROUGH else described.exclude(path_regex=USUAL_HOOKS)).execute()


def is_borne(check: CheckNode) -> bool:
    """Whether the check asks us to refuse a request for what a prefetch value or `fhirAuthorization` holds.

    A single odd resource must cost nobody the whole answer, and with odd credentials nothing is fetched.
    """
    words = str(check.failure_info and check.failure_info.failure)
    places = re.findall(r"violates `\w+` at (\S+)", words)
    return check.name == "negative_data_rejection" and bool(places) and all(map(_BORNE.search, places))


@pytest.mark.slow
def test_every_answer_is_as_described(library: Library, tmp_path: Path) -> None:
    calls: Counter[int] = Counter()
    faults: dict[str, str] = {}
    for event in events(library, tmp_path):
        if isinstance(event, FatalError | NonFatalError):
            faults[str(event)] = "the run itself failed"
        if not isinstance(event, ScenarioFinished):
            continue
        recorder = event.recorder
        for interaction in recorder.interactions.values():
            if interaction.response:
                calls[interaction.response.status_code] += 1
        for checks in recorder.checks.values():
            for check in checks:
                if check.failure_info and not is_borne(check):
                    failure = check.failure_info.failure
                    faults[f"{recorder.label}: {check.name}"] = f"{failure}\n{check.failure_info.code_sample}"
    logging.getLogger(__name__).info("%s calls: %s", calls.total(), dict(sorted(calls.items())))
    assert not faults, "\n\n".join(f"{place}\n{words}" for place, words in faults.items())
    assert not any(status >= 500 for status in calls)
