import logging
from collections.abc import Sequence

import pytest
from werkzeug.exceptions import ServiceUnavailable

from cds_hooks import Card, HookRequest, RequestProblem
from tests.cds_hooks.toy import (
    SECRET,
    break_down,
    call,
    card,
    client_of,
    issue_of,
    lack_everything,
    post,
    service,
)


def test_data_1_a_handler_with_nothing_to_judge_by_is_a_412() -> None:
    answer = post(client_of(service(handler=lack_everything)), call())
    assert answer.status_code == 412
    issue = issue_of(answer)
    assert issue["code"] == "incomplete"
    assert issue["diagnostics"] == "No tea without water: prefetch 'kettle' is needed."


def test_err_2_3_an_exception_is_a_500_that_tells_nothing_but_the_incident(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = post(client_of(service(handler=break_down)), call())
    assert answer.status_code == 500
    issue = issue_of(answer)
    assert issue["code"] == "exception"
    incident = issue["diagnostics"].removeprefix("The service failed. Incident ").rstrip(".")
    assert issue["diagnostics"] == f"The service failed. Incident {incident}."
    assert SECRET not in answer.text
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is None
    message = record.getMessage()
    assert incident in message
    assert "KeyError" in message
    assert f"toy.py:{break_down.__code__.co_firstlineno + 1}" in message
    assert SECRET not in caplog.text


def test_incidents_differ() -> None:
    client = client_of(service(handler=break_down))
    assert post(client, call()).data != post(client, call()).data


def test_an_http_error_from_a_handler_keeps_its_status_and_loses_its_words() -> None:
    def close(request: HookRequest) -> Sequence[Card]:
        raise ServiceUnavailable(SECRET)

    answer = post(client_of(service(handler=close)), call())
    assert answer.status_code == 503
    assert issue_of(answer)["diagnostics"] == "Service Unavailable"


def test_a_handler_may_find_fault_with_the_request() -> None:
    def object_(request: HookRequest) -> Sequence[Card]:
        raise RequestProblem(422, "Two kettles.", ["prefetch.kettle"])

    answer = post(client_of(service(handler=object_)), call())
    assert answer.status_code == 422
    assert issue_of(answer) == {
        "severity": "error",
        "code": "processing",
        "diagnostics": "Two kettles.",
        "expression": ["prefetch.kettle"],
    }


def test_sug_2_cards_that_feedback_could_not_tell_apart_are_not_sent() -> None:
    def repeat(request: HookRequest) -> Sequence[Card]:
        return [card(), card()]

    assert post(client_of(service(handler=repeat)), call()).status_code == 500


def test_errors_elsewhere_in_the_application_are_left_alone() -> None:
    answer = client_of(service()).get("/elsewhere")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
