import pytest
from flask import Flask

from cds_hooks import HookService, create_blueprint
from cds_hooks.hooks import HOOKS
from schemas.cds_hooks import HookContextSchema
from tests.cds_hooks.toy import MAX_BODY, client_of, issue_of, service

FULL = service(
    prefetch={"patient": "Patient?_id={{context.patientId}}"},
    usage_requirements="A kettle.",
    hook_version="1.0",
)


def test_disc_1_2_discovery_of_no_services_is_an_empty_array() -> None:
    answer = client_of().get("/cds-services")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.get_json() == {"services": []}


def test_disc_3_to_10_every_member_is_published() -> None:
    assert client_of(FULL).get("/cds-services").get_json()["services"] == [
        {
            "id": "tea",
            "hook": "patient-view",
            "hookVersion": "1.0",
            "version": "2.0.1",
            "title": "Tea",
            "description": "Offers **tea**.",
            "usageRequirements": "A kettle.",
            "prefetch": {"patient": "Patient?_id={{context.patientId}}"},
        }
    ]


def test_json_2_what_a_service_does_not_have_is_left_out() -> None:
    (entry,) = client_of(service()).get("/cds-services").get_json()["services"]
    assert entry.keys() == {"id", "hook", "version", "title", "description"}


def test_disc_9_version_is_the_one_given() -> None:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint([service()], max_body_bytes=MAX_BODY, spec_version="3.0.0"))
    (entry,) = app.test_client().get("/cds-services").get_json()["services"]
    assert entry["version"] == "3.0.0"


def test_disc_14_the_answer_is_stable_and_in_the_order_given() -> None:
    client = client_of(service(id="green"), service(id="black"))
    first, second = client.get("/cds-services"), client.get("/cds-services")
    assert first.data == second.data
    assert [entry["id"] for entry in first.get_json()["services"]] == ["green", "black"]


def test_discovery_allows_reading_only() -> None:
    client = client_of(service())
    answer = client.post("/cds-services", data=b"{}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert issue_of(answer)["code"] == "not-supported"
    head = client.head("/cds-services")
    assert (head.status_code, head.data) == (200, b"")


def test_call_14_accept_is_ignored() -> None:
    headers = {"Accept": "application/fhir+json, */*; q=0.1"}
    assert client_of(service()).get("/cds-services", headers=headers).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/r4"])
def test_a_base_path_may_come_before(prefix: str) -> None:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint([service()], max_body_bytes=MAX_BODY), url_prefix=prefix or None)
    assert app.test_client().get(f"{prefix}/cds-services").status_code == 200


@pytest.mark.parametrize(
    ("services", "fault"),
    [
        pytest.param([service(), service(hook="order-sign")], "same id", id="DISC-16-id-twice"),
        pytest.param([service(hook="tea-time")], "unknown hook 'tea-time'", id="DISC-3-unknown-hook"),
        pytest.param([service(description="  ")], "empty description", id="DISC-5-no-description"),
        pytest.param([service(title="")], "empty title", id="DISC-4-no-title"),
        pytest.param([service(id="tea/two")], "segment", id="DISC-6-id-with-slash"),
        pytest.param([service(id="")], "segment", id="DISC-6-no-id"),
        pytest.param([service(hook_version="1.1")], "published as version 1.0", id="DISC-10-hook-version"),
        pytest.param([service(prefetch={" ": "Patient?_id=1"})], "empty key", id="DISC-7-empty-key"),
        pytest.param(
            [service(prefetch={"pot": "Device?type={{today()}}"})],
            r"'pot' \(Device\?",
            id="PRE-template-named",
        ),
    ],
)
def test_a_service_that_cannot_be_published_stops_the_start(services: list[HookService], fault: str) -> None:
    with pytest.raises(ValueError, match=rf"^CDS service '.*': .*{fault}"):
        create_blueprint(services, max_body_bytes=MAX_BODY)


def test_every_context_member_of_every_hook_has_a_type() -> None:
    declared = {field.data_key or name for name, field in HookContextSchema().fields.items()}
    assert declared == set().union(*(definition.members for definition in HOOKS.values()))
