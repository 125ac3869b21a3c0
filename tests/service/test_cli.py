"""The command line, as somebody types it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.knowledge.load import load
from tests.intake.record import (
    CANCER,
    DATA,
    JSON,
    LEFT,
    answer,
    answers,
    bundle,
    condition,
    finding,
    measured,
    patient,
)
from tests.service.calls import request

NOW = datetime.now(UTC)
TODAY = NOW.isoformat()
YESTERDAY = (NOW - timedelta(days=1)).isoformat()
COMPLAINT = condition(bodySite=[LEFT], recordedDate=YESTERDAY)
RECORD = bundle(
    patient(),
    COMPLAINT,
    condition(CANCER, id="c2", recordedDate=YESTERDAY),
    measured(finding("calf_circumference_difference_cm"), 40, "mm", effectiveDateTime=TODAY, bodySite=LEFT),
)
ANSWERS = answers(
    answer("calf_pain", valueCoding={"code": "left"}),
    answer("active_cancer", valueBoolean=True),
    answer("calf_circumference_difference_cm", valueDecimal=4),
    authored=TODAY,
)
INTAKE: JSON = {
    "patient": {"age": 65, "sex": "female"},
    "findings": [
        {"key": "calf_pain", "status": "present", "side": "left"},
        {"key": "active_cancer", "status": "present"},
        {"key": "calf_circumference_difference_cm", "status": "present", "value": 40, "unit": "mm"},
        {"key": "previous_dvt", "status": "absent"},
    ],
}
REQUEST = request(prefetch={"patient": patient(), "conditions": RECORD})
ALL = {"Bundle": RECORD, "QuestionnaireResponse": ANSWERS, "intake": INTAKE, "hook request": REQUEST}


@pytest.fixture(scope="module", autouse=True)
def _load_the_knowledge_once() -> Iterator[None]:
    """Every run is a process of its own for the user; here they share what each would read anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.cli.load", cache(load))
        yield


def run(*arguments: str, given: Any = None) -> Result:
    data = given if isinstance(given, bytes | None) else json.dumps(given).encode()
    return CliRunner().invoke(main, list(arguments), input=data, env={"COLUMNS": "200"})


def assess(document: Any, *options: str) -> JSON:
    result = run("assess", "-", "--json", *options, given=document)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


@pytest.mark.parametrize("document", ALL.values(), ids=ALL)
def test_every_kind_of_document_about_the_same_patient_brings_the_same_verdict(document: JSON) -> None:
    assessment = assess(document)
    assert assessment["in_scope"] is True
    assert assessment["urgency"]["tier"] == "same_day"
    assert assessment["urgency"]["could_be"] == "emergency"
    scan = next(order for order in assessment["workup"] if order["order"] == "us_leg_veins_duplex")
    assert (scan["side"], scan["within"], scan["priority"]) == ("left", "PT4H", "asap")
    assert "d_dimer" in [avoided["order"] for avoided in assessment["avoid"]]


def test_a_single_resource_is_triaged() -> None:
    assert assess(COMPLAINT)["in_scope"] is True


def test_a_file_is_read_like_the_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "intake.json"
    file.write_text(json.dumps(INTAKE))
    result = run("assess", str(file), "--json")
    assert result.exit_code == 0
    from_file, from_input = json.loads(result.stdout), assess(INTAKE)
    assert from_file["workup"]
    assert [order["order"] for order in from_file["workup"]] == [order["order"] for order in from_input["workup"]]
    assert from_file["questions"] == from_input["questions"]


REASON = {"rule", "text", "pathway", "tier", "basis", "evidence", "findings"}
ORDER = {"order", "label", "priority", "within", "side", "because", "cautions", "evidence"}
FINDING = {"key", "label", "status", "temporality", "side", "value", "unit", "onset", "recorded", "sources"}


def test_the_json_has_every_key_that_callers_rely_on() -> None:
    assessment = assess(RECORD)
    assert assessment.keys() >= {
        "id",
        "created",
        "in_scope",
        "urgency",
        "considerations",
        "workup",
        "referrals",
        "avoid",
        "advice",
        "questions",
        "findings",
        "data_quality",
        "knowledge",
    }
    assert "trace" not in assessment
    assert assessment["urgency"].keys() >= {"tier", "target", "could_be", "because"}
    lists = {
        "considerations": {"condition", "label", "level", "scores", "because"},
        "workup": ORDER,
        "referrals": ORDER,
        "avoid": {"order", "why"},
        "advice": {"kind", "text", "evidence"},
        "questions": {"finding", "text", "could_raise_to"},
        "findings": FINDING,
    }
    for name, keys in lists.items():
        assert assessment[name], name
        for entry in assessment[name]:
            assert entry.keys() >= keys, name
    for reason in assessment["urgency"]["because"]:
        assert reason.keys() >= REASON
    assert {each["kind"] for each in assessment["advice"]} <= {"self_care", "safety_net", "prevention"}
    assert {each["level"] for each in assessment["considerations"]} <= {"likely", "possible", "unlikely"}
    assert assessment["knowledge"].keys() >= {"version", "digest"}
    assert datetime.fromisoformat(assessment["created"]).tzinfo is not None
    assert all(found["sources"] for found in assessment["findings"])


def test_out_of_scope_has_the_same_shape_with_nothing_to_do() -> None:
    assessment = assess(bundle(patient()))
    assert assessment["in_scope"] is False
    assert assessment["urgency"].keys() >= {"tier", "target", "could_be", "because"}
    assert assessment["urgency"]["tier"] is None
    assert assessment["urgency"]["because"] == []
    assert assessment["workup"] == assessment["referrals"] == assessment["questions"] == []
    assert assessment["findings"]


def test_explain_adds_how_each_rule_was_evaluated() -> None:
    trace = assess(RECORD, "--explain")["trace"]
    likely = next(entry for entry in trace if entry["rule"] == "dvt-likely")
    assert likely["tree"]["truth"] == "true"
    assert likely["tree"]["of"]
    shown = run("assess", "-", "--explain", given=RECORD)
    assert "dvt-likely" in shown.output
    assert "Condition/c2" in shown.output


def test_what_could_not_be_used_is_in_the_data_quality() -> None:
    broken = bundle(*[entry["resource"] for entry in RECORD["entry"]], condition(id="odd", recordedDate=5))
    notes = assess(broken)["data_quality"]
    assert {"reference": "Condition/odd", "element": "recordedDate"}.items() <= notes[0].items()
    assert "Condition/odd" in run("assess", "-", given=broken).output


def test_the_tables_show_urgency_orders_questions_and_advice() -> None:
    shown = run("assess", "-", given=RECORD)
    assert shown.exit_code == 0
    for words in (
        "Same day",
        "Could be: Emergency",
        "Proximal leg-vein duplex ultrasound, left side, within 4 h",
        "D-dimer",
        "Avoid",
        "Is the leg or foot cold",
        "Two-level Wells DVT score",
        "Do not massage",
    ):
        assert words in shown.output, words
    assert "No current leg complaint" in run("assess", "-", given=bundle(patient())).output


def test_words_from_the_record_are_not_taken_for_markup() -> None:
    odd = bundle(COMPLAINT | {"id": "[bold red]x[/]"}, condition(id="[/nope]", recordedDate=5))
    shown = run("assess", "-", "--explain", given=odd)
    assert shown.exit_code == 0
    assert "[bold red]x[/]" in shown.output
    assert "[/nope]" in shown.output


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"left calf pain", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([], "a JSON object is needed"),
        ("x", "a JSON object is needed"),
        ({}, "not an intake"),
        ({"findings": "calf_pain"}, "not an intake"),
        ({"findings": [{"key": "calf_pain"}]}, "not an intake"),
        ({"findings": [{"key": "calf_pain", "status": "maybe"}]}, "not an intake"),
        ({"findings": [], "patient": {"age": 200}}, "not an intake"),
        ({"findings": [], "patient": {"age": 5, "birthDate": "2020-01-01"}}, "not both"),
        ({"findings": [], "surprise": 1}, "surprise"),
        ({"findings": [{"key": "calf_pane", "status": "present"}]}, "did you mean calf_pain"),
        ({"findings": [{"key": "spo2", "status": "present", "value": "low"}]}, "a number is needed"),
        (b'{"findings": [{"key": "spo2", "status": "present", "value": NaN}]}', "not JSON"),
        ({"hook": "patient-view"}, ""),
        (request(prefetch=None), "data"),
        (request(prefetch={}), "data"),
        (request() | {"context": {}, "prefetch": {"conditions": RECORD}}, "context"),
        (request(hook="no-such-hook", prefetch={"conditions": RECORD}), "hook"),
        (request(prefetch="x"), "prefetch"),
    ],
)
def test_a_document_that_cannot_be_used_costs_one_clear_line_and_exit_code_1(document: Any, reason: str) -> None:
    result = run("assess", "-", given=document)
    assert result.exit_code == 1, result.exception
    (line,) = result.output.strip().splitlines()
    assert line.startswith("Error: ")
    assert reason in line


@pytest.mark.parametrize(
    "odd",
    [
        b'{"x": "\\ud800"}',
        b'{"x": ' + b"9" * 40 + b"}",
        b'{"x": 1e999}',
        b'{"x": ' + b"[" * 400 + b"]" * 400 + b"}",
    ],
    ids=["surrogate", "large number", "infinite number", "deep"],
)
def test_an_odd_value_in_a_hook_request_is_borne_or_refused_in_one_line(odd: bytes) -> None:
    body = json.dumps(request(prefetch={"conditions": RECORD, "devices": "ODD"})).encode()
    result = run("assess", "-", "--json", given=body.replace(b'"ODD"', odd))
    assert result.exit_code in {0, 1}
    assert result.exit_code == 0 or result.output.startswith("Error: ")
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"findings": [{"key": "body_region", "status": "present", "value": "\ud800"}]}),
        pytest.param(
            {"findings": [{"key": "calf_circumference_difference_cm", "status": "present", "value": 10**400}]},
        ),
        {"findings": [{"key": "spo2", "status": "present", "value": 97, "unit": "\x00"}]},
        {"findings": [{"key": "\ud800", "status": "present"}]},
    ],
    ids=["surrogate", "large number", "control character", "surrogate key"],
)
def test_an_odd_value_in_an_intake_is_borne_or_refused_in_one_line(odd: JSON) -> None:
    result = run("assess", "-", "--json", given=odd)
    assert result.exit_code in {0, 1}
    assert result.exit_code == 0 or result.output.startswith("Error: ")
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_record_in_another_encoding_is_read_or_refused_but_never_called_harmless(encoding: str) -> None:
    result = run("assess", "-", given=json.dumps(RECORD).encode(encoding))
    assert result.exit_code == 1 or "Same day" in result.output


def test_a_missing_file_is_an_error() -> None:
    result = run("assess", "no-such-file.json")
    assert result.exit_code != 0
    assert "no-such-file.json" in result.output


def test_an_example_record_is_assessed() -> None:
    for path in sorted(DATA.glob("synthea/*.json"))[:2]:
        result = run("assess", str(path), "--json")
        assert result.exit_code == 0
        assert json.loads(result.stdout)["in_scope"] is False


def test_the_knowledge_is_checked() -> None:
    result = run("knowledge", "check")
    assert result.exit_code == 0
    assert "all good" in result.output


def test_bad_knowledge_is_named_with_file_and_line(tmp_path: Path) -> None:
    result = run("knowledge", "check", str(tmp_path))
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert ".yaml" in result.output


def test_the_pathways_and_the_rules_of_one_are_shown() -> None:
    listed = run("knowledge", "show")
    assert listed.exit_code == 0
    assert "deep-vein-thrombosis" in listed.output
    rules = run("knowledge", "show", "deep-vein-thrombosis")
    assert rules.exit_code == 0
    assert "dvt-likely" in rules.output
    assert "NG158" in rules.output


def test_a_pathway_that_is_not_there_is_an_error_that_lists_those_that_are() -> None:
    result = run("knowledge", "show", "toothache")
    assert result.exit_code == 1
    assert "no pathway toothache" in result.output
    assert "deep-vein-thrombosis" in result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.org", "", "127.0.0.1.example.org"])  # noqa: S104
def test_without_authentication_only_loopback_is_served(host: str) -> None:
    result = run("serve", "--host", host, "--port", "0")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "loopback" in result.output


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LEGTRIAGE_AUTH", "none"),
        ("LEGTRIAGE_LOG_LEVEL", "loud"),
        ("LEGTRIAGE_MAX_BODY_MB", "-1"),
        ("LEGTRIAGE_CORS_ORIGINS", "*"),
        ("LEGTRIAGE_CORS_ORIGINS", "https://ehr.example.org/page"),
        ("LEGTRIAGE_FHIR_TIMEOUT_MS", "0"),
        ("LEGTRIAGE_PUBLIC_URLS", "http://legtriage.example.org"),
        ("LEGTRIAGE_PUBLIC_URLS", "legtriage"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = run("serve")
    assert result.exit_code == 1
    assert variable in result.output


def test_authentication_without_what_it_needs_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEGTRIAGE_AUTH", "required")
    result = run("serve")
    assert result.exit_code == 1
    assert "LEGTRIAGE_PUBLIC_URLS" in result.output
    assert "LEGTRIAGE_TRUSTED_CLIENTS" in result.output


def test_a_file_of_clients_that_cannot_be_used_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "clients.yaml"
    file.write_text("clients: [{name: ehr, issuer: x, jku: [http://ehr.example.org/jwks.json]}]", encoding="utf-8")
    monkeypatch.setenv("LEGTRIAGE_AUTH", "required")
    monkeypatch.setenv("LEGTRIAGE_PUBLIC_URLS", "https://legtriage.example.org")
    monkeypatch.setenv("LEGTRIAGE_TRUSTED_CLIENTS", str(file))
    result = run("serve", "--host", "0.0.0.0")  # noqa: S104 - refused for another reason
    assert result.exit_code == 1
    assert "clients[0].jku[0]" in result.output


def test_the_command_is_installed() -> None:
    command = Path(sys.executable).with_name("legtriage")
    shown = subprocess.run([command, "--help"], capture_output=True, check=True, text=True)  # noqa: S603
    assert "assess" in shown.stdout
    assert "knowledge" in shown.stdout


def test_a_file_that_holds_nothing_readable_is_not_called_harmless() -> None:
    result = run("assess", "-", given={"resourceType": "Foo"})
    assert result.exit_code == 1
    assert "nothing that can be read" in result.output
