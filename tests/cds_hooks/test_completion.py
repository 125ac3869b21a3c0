"""DATA-0 to 12: what the prefetch lacks is fetched from the client's FHIR server; what cannot be had is not hidden."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from cds_hooks import Card, Completion, HookRequest, HookService
from service.security.outbound import Outbound
from tests.cds_hooks.toy import JSON, MAX_BODY, call, card, client_of, post, service
from tests.security.servers import Reply, Server, serving

TOKEN = "s3cret"  # noqa: S105 - it opens nothing
PATIENT: JSON = {"resourceType": "Patient", "id": "p1"}
TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "cups": "Condition?patient={{context.patientId}}&_count=5",
}
CUPS = "/Condition?patient=p1&_count=5"


def bundle(*ids: str, next_page: str | None = None) -> JSON:
    entries = [{"resource": {"resourceType": "Condition", "id": each}} for each in ids]
    links = [{"relation": "self", "url": "x"}, *([{"relation": "next", "url": next_page}] if next_page else [])]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}


def replies(documents: Mapping[str, Any]) -> Callable[[str], Reply]:
    def reply(path: str) -> Reply:
        document = documents.get(path)
        if isinstance(document, Reply):
            return document
        return Reply(status=404) if document is None else Reply(json.dumps(document).encode())

    return reply


class Tea:
    """A service that remembers the request its handler saw."""

    def __init__(self, templates: Mapping[str, str] = TEMPLATES, seconds: float = 2) -> None:
        self.requests: list[HookRequest] = []
        get = Outbound(may_be_loopback=lambda _address: True).get
        completion = Completion(get, seconds, MAX_BODY)
        self.service: HookService = service(prefetch=templates, handler=self._handle)
        self.client = client_of(self.service, completion=completion)

    def _handle(self, request: HookRequest) -> Sequence[Card]:
        self.requests.append(request)
        return [card()]

    def prefetch(self, server: str, **members: Any) -> dict[str, Any]:
        """The prefetch that the handler sees when this server is named."""
        authorization = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "y"}
        body = call(self.service.hook, **{"fhirServer": server, "fhirAuthorization": authorization, **members})
        answer = post(self.client, body)
        assert answer.status_code == 200, answer.data
        return {key: json.loads(value) for key, value in self.requests[-1].prefetch.items()}


@pytest.fixture
def fhir() -> Iterator[Server]:
    with serving(replies({"/r4/Patient/p1": PATIENT, "/r4" + CUPS: bundle("a")})) as running:
        running.url += "/r4"
        yield running


def ids(value: JSON) -> list[str]:
    return [entry["resource"]["id"] for entry in value["entry"] if "id" in entry["resource"]]


def failed(value: JSON) -> bool:
    return value["resourceType"] == "OperationOutcome" and bool(value["issue"][0]["severity"] == "error")


def cut_short(value: JSON) -> bool:
    return value["resourceType"] == "Bundle" and failed(value["entry"][-1]["resource"])


def test_data_2_3_4_what_is_missing_is_fetched_with_the_token(fhir: Server) -> None:
    assert Tea().prefetch(fhir.url) == {"patient": PATIENT, "cups": bundle("a")}
    assert {asked.path for asked in fhir.asked} == {"/r4/Patient/p1", "/r4" + CUPS}
    assert {asked.headers["Authorization"] for asked in fhir.asked} == {f"Bearer {TOKEN}"}
    assert {asked.headers["Accept"] for asked in fhir.asked} == {"application/fhir+json"}


def test_a_slash_after_the_base_address_changes_nothing(fhir: Server) -> None:
    assert Tea().prefetch(fhir.url + "/")["patient"] == PATIENT


def test_data_9_null_is_asked_for_again_and_what_came_is_not(fhir: Server) -> None:
    given = {"patient": None, "cups": bundle("b")}
    assert Tea().prefetch(fhir.url, prefetch=given) == {"patient": PATIENT, "cups": bundle("b")}
    assert [asked.path for asked in fhir.asked] == ["/r4/Patient/p1"]


def test_data_6_what_the_client_asked_for_in_vain_is_not_asked_for_again(fhir: Server) -> None:
    outcome = {"resourceType": "OperationOutcome"}
    given = {"patient": outcome, "cups": outcome, "more": {"resourceType": "Patient"}}
    assert Tea().prefetch(fhir.url, prefetch=given) == given
    assert fhir.asked == []


@pytest.mark.parametrize(
    "members",
    [
        {"fhirAuthorization": ...},
        {"fhirAuthorization": None},
        {"fhirAuthorization": "odd"},
        {"fhirAuthorization": []},
        {"fhirAuthorization": {}},
        {"fhirAuthorization": {"access_token": 7}},
        {"fhirAuthorization": {"access_token": ""}},
        {"fhirAuthorization": {"access_token": "a\r\nX: y"}},
        {"fhirAuthorization": {"access_token": "a b"}},
        {"fhirAuthorization": {"access_token": TOKEN, "token_type": "MAC"}},
        {"fhirServer": ...},
        {"fhirServer": "odd"},
    ],
)
def test_data_0_call_15_without_server_and_token_nothing_is_fetched_and_the_request_stands(
    fhir: Server, members: JSON
) -> None:
    assert Tea().prefetch(fhir.url, prefetch={"patient": None}, **members) == {"patient": None}
    assert fhir.asked == []


@pytest.mark.parametrize("scope", ["user/Patient.read", "user/Patient.rs", "", None, 7])
def test_the_scope_is_taken_in_any_style(fhir: Server, scope: Any) -> None:
    authorization = {"access_token": TOKEN, "scope": scope}
    assert Tea().prefetch(fhir.url, fhirAuthorization=authorization)["patient"] == PATIENT


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Reply(status=401),
        Reply(status=410),
        Reply(b""),
        Reply(b"<html>"),
        Reply(b"null"),
        Reply(b"[]"),
        Reply(b'{"resourceType":"Patient","id":"\xff"}'),
        Reply(b"[" * 100_000),
        {"resourceType": "OperationOutcome"},
        {"resourceType": "Group"},
        {"id": "p1"},
    ],
    ids=["404", "401", "410", "empty", "html", "null", "array", "encoding", "deep", "outcome", "type", "no type"],
)
def test_data_7_what_cannot_be_had_is_an_operation_outcome(answer: Any) -> None:
    with serving(replies({"/Patient/p1": answer, CUPS: bundle("a")})) as server:
        prefetch = Tea().prefetch(server.url)
    assert failed(prefetch["patient"])
    assert ids(prefetch["cups"]) == ["a"]
    assert server.url not in json.dumps(prefetch["patient"])


def test_perf_3_what_comes_late_is_an_operation_outcome_and_nobody_waits_for_it() -> None:
    late = Reply(json.dumps(PATIENT).encode(), delay=1)
    with serving(replies({"/Patient/p1": late, CUPS: bundle("a")})) as server:
        began = time.monotonic()
        prefetch = Tea(seconds=0.3).prefetch(server.url)
        assert time.monotonic() - began < 0.6
    assert failed(prefetch["patient"])
    assert ids(prefetch["cups"]) == ["a"]


def test_perf_3_keys_are_fetched_side_by_side() -> None:
    templates = {str(number): f"Condition?patient={{{{context.patientId}}}}&code={number}" for number in range(12)}
    with serving(Reply(json.dumps(bundle("a")).encode(), delay=0.2)) as server:
        began = time.monotonic()
        prefetch = Tea(templates).prefetch(server.url)
        assert time.monotonic() - began < 1
    assert not any(failed(value) for value in prefetch.values())


# Templates


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("Patient/{{context.patientId}}", "/Patient/p1"),
        ("{{context.userId}}", "/Practitioner/u1"),
        ("Practitioner/{{userPractitionerId}}", "/Practitioner/u1"),
        (
            "Condition?patient={{context.patientId}}&asserter={{context.userId}}",
            "/Condition?patient=p1&asserter=Practitioner%2Fu1",
        ),
        ("Encounter/{{context.encounterId}}", None),
        ("Patient/{{userPatientId}}", None),
    ],
)
def test_a_template_is_filled_from_the_context_or_not_fetched(template: str, path: str | None) -> None:
    with serving(Reply(b"{}")) as server:
        prefetch = Tea({"it": template}).prefetch(server.url)
    assert [asked.path for asked in server.asked] == ([] if path is None else [path])
    assert ("it" in prefetch) is (path is not None)


@pytest.mark.parametrize(
    "user", ["u1", "Practitioner/", "Practitioner/../admin", "Practitioner/..", "a b", "Practitioner/u 1"]
)
def test_a_user_in_an_odd_form_is_not_asked_for(user: str) -> None:
    with serving(Reply(b"{}")) as server:
        prefetch = Tea({"user": "{{context.userId}}", "id": "Practitioner/{{userPractitionerId}}"}).prefetch(
            server.url, context={"userId": user}
        )
    assert server.asked == []
    assert prefetch == {}


# Pages


def test_pages_are_put_together() -> None:
    pages = {CUPS: bundle("a", next_page="/page2"), "/page2": bundle("b", next_page="page3"), "/page3": bundle("c")}
    with serving(replies({"/Patient/p1": PATIENT, **pages})) as server:
        cups = Tea().prefetch(server.url)["cups"]
        assert server.asked[-1].headers["Authorization"] == f"Bearer {TOKEN}"
    assert cups["resourceType"] == "Bundle"
    assert cups["type"] == "searchset"
    assert ids(cups) == ["a", "b", "c"]
    assert not cut_short(cups)


def test_of_a_bundle_that_the_client_sent_the_following_pages_are_fetched() -> None:
    with serving(replies({"/page2": bundle("b", next_page="page3"), "/page3": bundle("c")})) as server:
        sent = {"patient": PATIENT, "cups": bundle("a", next_page=f"{server.url}/page2")}
        cups = Tea().prefetch(server.url, prefetch=sent)["cups"]
        assert [asked.path for asked in server.asked] == ["/page2", "/page3"]
    assert ids(cups) == ["a", "b", "c"]
    assert not cut_short(cups)


@pytest.mark.parametrize("next_page", ["https://elsewhere.example.org/page2", "/page2"], ids=["elsewhere", "gone"])
def test_a_bundle_whose_following_pages_cannot_be_had_counts_and_is_known_not_to_be_all(next_page: str) -> None:
    with serving(replies({})) as server:
        sent = {"patient": PATIENT, "cups": bundle("a", next_page=next_page)}
        cups = Tea().prefetch(server.url, prefetch=sent)["cups"]
    assert ids(cups) == ["a"]
    assert cut_short(cups)


def test_a_bundle_with_a_slow_following_page_counts_as_far_as_it_goes() -> None:
    with serving(replies({"/page2": Reply(b"{}", delay=1)})) as server:
        sent = {"patient": PATIENT, "cups": bundle("a", next_page="/page2")}
        cups = Tea(seconds=0.2).prefetch(server.url, prefetch=sent)["cups"]
    assert ids(cups) == ["a"]
    assert cut_short(cups)


def test_no_more_pages_are_fetched_than_the_template_asks_for() -> None:
    pages = {CUPS: bundle("a", "b", "c", next_page="/page2"), "/page2": bundle("d", "e", next_page="/page3")}
    with serving(replies({"/Patient/p1": PATIENT, **pages, "/page3": bundle("f")})) as server:
        cups = Tea().prefetch(server.url)["cups"]
    assert ids(cups) == ["a", "b", "c", "d", "e"]
    assert not cut_short(cups)


@pytest.mark.parametrize(
    "second",
    [None, Reply(b"<html>"), Reply(status=500), {"resourceType": "OperationOutcome"}, Reply(b"{}", delay=1)],
    ids=["404", "html", "500", "outcome", "late"],
)
def test_when_a_later_page_cannot_be_had_the_earlier_count_and_are_known_not_to_be_all(second: Any) -> None:
    pages = {CUPS: bundle("a", next_page="/page2"), "/page2": second}
    with serving(replies({"/Patient/p1": PATIENT, **pages})) as server:
        cups = Tea(seconds=0.5).prefetch(server.url)["cups"]
    assert ids(cups) == ["a"]
    assert cut_short(cups)


def test_pages_that_lead_in_a_circle_come_to_an_end() -> None:
    templates = {"cups": "Condition?patient={{context.patientId}}"}
    with serving(Reply(json.dumps(bundle("a", next_page="/again")).encode())) as server:
        cups = Tea(templates).prefetch(server.url)["cups"]
    assert len(server.asked) == 10
    assert cut_short(cups)


# The token


def test_data_10_the_token_is_seen_by_no_handler_and_written_nowhere(
    fhir: Server, caplog: pytest.LogCaptureFixture
) -> None:
    tea = Tea()
    with caplog.at_level(logging.DEBUG):
        tea.prefetch(fhir.url)
        tea.prefetch("https://ehr.example.org")
    assert [request.access_token for request in tea.requests] == [None, None]
    assert TOKEN not in repr(tea.requests) + caplog.text
    assert "Patient/p1" not in caplog.text


def test_without_completion_the_token_is_dropped() -> None:
    seen: list[HookRequest] = []

    def remember(request: HookRequest) -> Sequence[Card]:
        seen.append(request)
        return []

    body = call(fhirServer="https://ehr.example.org", fhirAuthorization={"access_token": TOKEN})
    assert post(client_of(service(handler=remember)), body).status_code == 200
    assert seen[0].access_token is None
    assert seen[0].fhir_server == "https://ehr.example.org"
