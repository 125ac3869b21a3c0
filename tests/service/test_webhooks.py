"""Who is told of what: an assessment that cannot wait reaches the webhooks that the file names, and no other does."""

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from click.testing import CliRunner
from flask import Flask

from cds_hooks import Address
from service.app import create_app, open_store
from service.assessing import Assessor
from service.cli import main
from service.intake.notes import Intake
from service.knowledge.library import Library
from service.security.files import SettingsFileError
from service.store import Notice, NotStoredError
from service.triage.findings import Finding, Status
from service.webhooks import loopback_of, read_webhooks
from tests.intake.record import NOW
from tests.security.servers import Reply, Server, serving
from tests.service.settings import settings
from tests.store.answers import answer

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
ENVIRONMENT = {
    "WARD": SECRET,
    "DESK": "a raw secret of the front desk",
    "SHORT": "short",
    "EMPTY": "",
    "BAD": "whsec_?",
}
WARD = {"name": "ward", "url": "https://ward.example.org/hook", "secret_env": "WARD"}
DESK = {"name": "desk", "url": "http://127.0.0.1:9/hook", "secret_env": "DESK"}


def written(folder: Path, *webhooks: Any) -> Path:
    file = folder / "webhooks.yaml"
    file.write_text(yaml.safe_dump({"webhooks": list(webhooks)}), encoding="utf-8")
    return file


def test_the_file_names_who_is_told_and_the_environment_the_secret(tmp_path: Path) -> None:
    ward, desk = read_webhooks(written(tmp_path, WARD, DESK), ENVIRONMENT)
    assert (ward.name, ward.url, ward.secret) == ("ward", "https://ward.example.org/hook", b"k" * 32)
    assert desk.secret == b"a raw secret of the front desk"
    assert "raw secret" not in repr(desk)
    allowed = loopback_of([ward, desk])
    assert allowed(Address.parse("http://127.0.0.1:9/other"))
    assert not allowed(Address.parse("http://127.0.0.1:10/hook"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ...}, "webhooks[1].name"),
        ({"name": "two words"}, "webhooks[1].name"),
        ({"name": "ward"}, "webhooks[1].name"),
        ({"url": ...}, "webhooks[1].url"),
        ({"url": "http://ward.example.org/"}, "webhooks[1].url"),
        ({"url": "https://user:hidden@ward.example.org/"}, "webhooks[1].url"),
        ({"url": "https://ward.example.org/../x"}, "webhooks[1].url"),
        ({"secret_env": ...}, "webhooks[1].secret_env"),
        ({"secret_env": "NOT SET"}, "webhooks[1].secret_env"),
        ({"secret_env": "UNSET"}, "webhooks[1].secret_env"),
        ({"secret_env": "SHORT"}, "webhooks[1].secret_env"),
        ({"secret_env": "BAD"}, "webhooks[1].secret_env"),
        ({"secret": "hidden"}, "webhooks[1].secret"),
    ],
)
def test_a_mistake_is_named_with_file_and_field(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    wrong = {name: value for name, value in {**DESK, **changes}.items() if value is not ...}
    file = written(tmp_path, WARD, wrong)
    with pytest.raises(SettingsFileError) as error:
        read_webhooks(file, ENVIRONMENT)
    assert f"{file}: {field}: " in str(error.value)
    assert "hidden" not in str(error.value)
    assert "whsec_?" not in str(error.value)


def test_with_a_file_that_is_not_right_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEGTRIAGE_DATABASE_URL", "LEGTRIAGE_SPOOL"):
        monkeypatch.setenv(name, f"sqlite:///{tmp_path / 'x.db'}" if "URL" in name else str(tmp_path / "spool"))
    file = written(tmp_path, {**WARD, "secret_env": "LEGTRIAGE_NO_SUCH_SECRET"})
    monkeypatch.setenv("LEGTRIAGE_WEBHOOKS", str(file))
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 1
    assert f"{file}: webhooks[0].secret_env: " in result.output


# An application with a receiver


@pytest.fixture
def receiver() -> Iterator[Server]:
    with serving(Reply()) as running:
        yield running


@pytest.fixture
def app(library: Library, tmp_path: Path, receiver: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setenv("LEGTRIAGE_TEST_WARD", SECRET)
    file = written(tmp_path, {"name": "ward", "url": f"{receiver.url}/told", "secret_env": "LEGTRIAGE_TEST_WARD"})
    given = create_app(settings(tmp_path, webhooks=file, public_urls=("https://triage.example.org/",)), library)
    yield given
    given.extensions["webhooks"].stop()


def present(*keys: str) -> Intake:
    return Intake(tuple(Finding(key, Status.PRESENT) for key in keys), (), "pat-77310")


URGENT = {"emergency": ("leg_pain", "pain_out_of_proportion", "pain_passive_stretch"), "routine": ("calf_pain",)}


def assessed(app: Flask, *keys: str) -> dict[str, Any]:
    assessor: Assessor = app.extensions["legtriage.rest"].assessor
    return assessor.assess(present(*keys), NOW, road="rest", client="front-desk", inputs_digest="d")


def wait_for(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not condition() and time.monotonic() < limit:
        time.sleep(0.01)
    assert condition()


def test_an_emergency_is_told_at_once_without_a_word_about_the_patient(app: Flask, receiver: Server) -> None:
    document = assessed(app, *URGENT["emergency"])
    assert document["urgency"]["tier"] == "emergency"
    wait_for(lambda: bool(receiver.asked))
    (told,) = receiver.asked
    assert told.path == "/told"
    assert orjson.loads(told.body) == {
        "type": "assessment.created",
        "timestamp": document["created"],
        "data": {
            "id": document["id"],
            "tier": "emergency",
            "could_be": "emergency",
            "created": document["created"],
            "location": f"https://triage.example.org/api/v1/assessments/{document['id']}",
        },
    }
    kept = app.extensions["legtriage.rest"].assessor.store.assessment(document["id"])
    assert kept.due == kept.created
    assert kept.document == orjson.loads(orjson.dumps(document)) | {"findings": kept.document["findings"]}


def test_what_can_wait_is_told_to_nobody(app: Flask, receiver: Server) -> None:
    document = assessed(app, *URGENT["routine"])
    assert document["urgency"]["tier"] not in {"emergency", "same_day"}
    assert app.extensions["legtriage.rest"].assessor.store.notice_counts() == []
    assert receiver.asked == []


@pytest.mark.parametrize("id_", [None, "0aef0f4c-5a5e-5b0a-8a55-111111111111"])
def test_of_the_same_request_nobody_is_told_twice(app: Flask, receiver: Server, id_: str | None) -> None:
    assessor: Assessor = app.extensions["legtriage.rest"].assessor
    for _ in range(2):
        assessor.assess(
            present(*URGENT["emergency"]),
            NOW,
            road="rest",
            client="front-desk",
            inputs_digest="d",
            idempotency_key="k",
            request_digest="r",
            id=id_,
        )
    wait_for(lambda: assessor.store.notice_counts() == [("ward", "delivered", 1)])
    assert len(receiver.asked) == 1


def test_where_nothing_can_be_kept_nobody_is_told(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Flask, receiver: Server
) -> None:
    assessor: Assessor = app.extensions["legtriage.rest"].assessor

    def full(_answer: object) -> None:
        raise NotStoredError

    monkeypatch.setattr(assessor.store, "record", full)
    with pytest.raises(NotStoredError):
        assessed(app, *URGENT["emergency"])
    assert receiver.asked == []


def test_what_was_kept_before_a_restart_is_delivered_by_a_worker(tmp_path: Path, receiver: Server) -> None:
    """Through gunicorn, whose workers are forked: no request but for a look whether it lives."""
    config = settings(tmp_path)
    with_notice = replace(answer(1), notices=(Notice("msg_1", "ward", "{}"),), created=NOW)
    store = open_store(config)
    store.record(with_notice)
    store.close()
    file = written(tmp_path, {"name": "ward", "url": receiver.url, "secret_env": "LEGTRIAGE_TEST_WARD"})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {
        **os.environ,
        "LEGTRIAGE_DATABASE_URL": config.database_url,
        "LEGTRIAGE_SPOOL": str(config.spool),
        "LEGTRIAGE_WEBHOOKS": str(file),
        "LEGTRIAGE_TEST_WARD": SECRET,
    }
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve", "--port", port, "--workers", "2"]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        limit = time.monotonic() + 120
        while not receiver.asked and time.monotonic() < limit:
            time.sleep(0.05)
        assert {each.headers["webhook-id"] for each in receiver.asked} == {"msg_1"}
    finally:
        server.terminate()
        server.wait(60)


def test_an_operator_sees_what_waits_and_has_it_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = settings(tmp_path)
    store = open_store(config)
    store.record(replace(answer(1), notices=(Notice("msg_1", "ward", "{}"),)))
    claimed = store.claim_notice("ward", NOW.replace(year=2030), NOW.replace(year=2030))
    assert claimed
    store.notice_given_up(claimed)
    store.close()
    monkeypatch.setenv("LEGTRIAGE_DATABASE_URL", config.database_url)
    monkeypatch.setenv("LEGTRIAGE_SPOOL", str(config.spool))
    runner = CliRunner()
    assert runner.invoke(main, ["webhooks", "list"]).output == "ward: 1 given up\n"
    assert runner.invoke(main, ["webhooks", "retry", "ward"]).output == "1 notices are tried again now.\n"
    assert runner.invoke(main, ["webhooks", "list"]).output == "ward: 1 waiting\n"
