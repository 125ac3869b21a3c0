"""The call itself: what must be answered, what must be refused, and what must be borne."""

import json
import re
from typing import Any

from tests.conformance.checklist import shows
from tests.conformance.records import Record, bundle, filled, likely_clot, nothing_wrong, request
from tests.conformance.subject import DISCOVERY, JSON, Reply, Subject
from tests.intake.record import FILES
from tests.service.calls import empties

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")


def timeless(cards: list[JSON]) -> str:
    """The cards as text, less the moments in them, which pass between two calls."""
    return _MOMENT.sub("a moment", json.dumps(cards, sort_keys=True))


def good(subject: Subject) -> JSON:
    return subject.request("patient-view", likely_clot("calls"))


def refused(reply: Reply, *names: str) -> None:
    """A 4xx with an OperationOutcome that names the member at fault."""
    assert 400 <= reply.status < 500, f"{reply.status} for {names}"
    outcome = reply.json()
    assert outcome["resourceType"] == "OperationOutcome", outcome
    for name in names:
        assert name in json.dumps(outcome), f"{name} is not named"


@shows("JSON-1")
def strict_json(subject: Subject) -> None:
    replies = [
        subject.send("GET", DISCOVERY),
        subject.call(good(subject)),
        subject.call(b"no"),
        subject.send("GET", f"{DISCOVERY}/unknown"),
    ]
    for reply in replies:
        assert re.match(r"application/([\w.]+\+)?json\b", reply.headers["Content-Type"]), reply.headers["Content-Type"]
        reply.json()
    text = json.dumps(good(subject))
    nan, quoted = text.replace('"hook"', '"x": NaN, "hook"', 1), text.replace('"hook"', "'hook'", 1)
    for wrong in (nan, quoted, text + "// comment"):
        assert subject.call(wrong.encode()).status == 400, f"accepted: {wrong[:30]}"


@shows("JSON-2")
def nothing_empty(subject: Subject) -> None:
    assert subject.cards, "no cards"
    for reply in subject.kept:
        if reply.body and "json" in reply.headers.get("Content-Type", ""):
            found = [path for path in empties(reply.json()) if path not in {".cards", ".services"}]
            assert not found, found[:5]


@shows("CALL-14")
def any_accept(subject: Subject) -> None:
    for accept in ("application/fhir+json, */*; q=0.1", "text/html", "image/png", "application/json+fhir", "nonsense"):
        reply = subject.call(good(subject), headers={"Accept": accept})
        assert reply.status == 200, f"{accept}: {reply.status}"
        assert reply.headers["Content-Type"].startswith("application/json"), accept


@shows("CALL-1")
def cards_of_every_hook(subject: Subject) -> None:
    for told in subject.told:
        assert told.reply.status == 200, f"{told.name}: {told.reply.status}"
        assert isinstance(told.reply.json()["cards"], list), told.name


@shows("CALL-2")
def silence(subject: Subject) -> None:
    loud = [told.name for told in subject.told if told.record.title == "nothing wrong" and told.reply.cards()]
    assert not loud, loud


@shows("CALL-3")
def unknown_members(subject: Subject) -> None:
    for hook in subject.services:
        record = likely_clot(f"more-{hook}")
        sent = subject.request(hook, record)
        plain = subject.call(sent, hook).cards()
        more = sent | {"extension": {"org.example.x": {"y": [1]}}, "futureMember": {"a": None}}
        more["context"] = sent["context"] | {"futureField": [{"b": ""}]}
        assert timeless(subject.call(more, hook).cards()) == timeless(plain), hook


@shows("CALL-4")
def same_cards(subject: Subject) -> None:
    sent = good(subject)
    assert len({timeless(subject.call(sent).cards()) for _ in range(6)}) == 1, "the cards differ"


@shows("CALL-5")
def missing_members(subject: Subject) -> None:
    for name in ("hook", "hookInstance", "context"):
        sent = good(subject)
        del sent[name]
        refused(subject.call(sent), name)
    for hook in subject.services:
        for name in request(hook, likely_clot("x"))["context"]:
            if name == "encounterId" and hook not in {"encounter-start", "encounter-discharge"}:
                continue
            sent = subject.request(hook, likely_clot("missing"))
            del sent["context"][name]
            refused(subject.call(sent, hook), name)


@shows("CALL-6")
def wrong_types(subject: Subject) -> None:
    wrong: list[tuple[str, Any]] = [("hook", 1), ("hookInstance", {}), ("context", []), ("prefetch", [1])]
    for name, value in wrong:
        refused(subject.call(good(subject) | {name: value}), name)
    ids: list[Any] = [1, {}, ["p"], "a b", "../x", "Patient/1/2"]
    for each in ids:
        sent = good(subject)
        refused(subject.call(sent | {"context": sent["context"] | {"patientId": each}}), "patientId")


@shows("CALL-7")
def hook_of_another_service(subject: Subject) -> None:
    refused(subject.call(good(subject) | {"hook": "encounter-start"}), "hook")
    refused(subject.call(good(subject) | {"hook": "no-such-hook"}), "hook")


@shows("CALL-8")
def unknown_service(subject: Subject) -> None:
    for path in ("nobody", "nobody/else", f"{subject.first['id']}x"):
        reply = subject.send("POST", f"{DISCOVERY}/{path}", good(subject))
        assert reply.status == 404, f"{path}: {reply.status}"


@shows("CALL-9")
def other_methods(subject: Subject) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = subject.send(method, subject.path("patient-view"))
        assert reply.status in {404, 405}, f"{method}: {reply.status}"


@shows("CALL-10")
def never_our_fault(subject: Subject) -> None:
    odd: list[Any] = [None, 1, "x", [], [None], {}, {"a": {}}, True, -0.0, 10**400, "\u0000", "\ud83e\uddb5" * 50]
    record = likely_clot("odd")
    sent = request("patient-view", record, prefetch=filled(subject.first["prefetch"], record))
    bodies = [sent | {name: value} for name in (*sent, "fhirServer", "fhirAuthorization", "extension") for value in odd]
    keys = [("conditions", odd), *((key, odd[5:7]) for key in sent["prefetch"])]
    bodies += [sent | {"prefetch": sent["prefetch"] | {key: value}} for key, values in keys for value in values]
    bodies += [sent | {"context": sent["context"] | {name: value}} for name in sent["context"] for value in odd]
    raw = [json.dumps(each).encode() for each in bodies]
    raw += [b"", b"\xff\xfe", b"[" * 20_000, b'{"a":' * 20_000, b"{}" * 3, b'{"hook":"\\ud800"}', b"\xef\xbb\xbf{}"]
    for body in raw:
        reply = subject.call(body)
        assert reply.status < 500, f"{reply.status} for {body[:200]!r}"
    for file in FILES:
        resource = json.loads(file.read_text(encoding="utf-8"))
        given = {"patient": resource, "conditions": bundle(resource), "observations": bundle(resource)}
        reply = subject.call(sent | {"prefetch": given})
        assert reply.status < 500, f"{reply.status} for {file.name}"


@shows("CALL-11")
def no_json(subject: Subject) -> None:
    for body in (b"", b"no", b"[]", b'"x"', b"null", b"<Bundle/>", b"hook=patient-view", b'{"hook":'):
        refused(subject.call(body))


@shows("CALL-12")
def what_the_record_calls_for(subject: Subject) -> None:
    for told in subject.told:
        indicators = {card["indicator"] for card in told.reply.cards()}
        if told.record.title == "likely clot":
            assert indicators & {"critical", "warning"}, f"{told.name}: {indicators}"
        # Where an order is judged, a right one is met with silence.
        if told.record.title == "dying leg" and not told.hook.startswith("order-"):
            assert "critical" in indicators, f"{told.name}: {indicators}"
    orders = [
        action["resource"]["code"]["text"]
        for told, card in subject.cards
        if told.hook == "patient-view" and told.record.title == "likely clot"
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
    ]
    assert any("ltraso" in each or "uplex" in each for each in orders), orders


@shows("CALL-13")
def loose_resources(subject: Subject) -> None:
    for hook in subject.services:
        sent = subject.request(hook, likely_clot(f"loose-{hook}"), "prefetch")
        loose = {"resourceType": "MedicationRequest", "id": "x", "medicationCodeableConcept": {"coding": [{}]}}
        sent["prefetch"]["medicationRequests"] = {
            "resourceType": "Bundle",
            "entry": [{"resource": loose | {"status": "draft", "dosageInstruction": [], "note": None}}, {}],
        }
        for bag in ("draftOrders", "appointments", "conditions"):
            if bag in sent["context"]:
                sent["context"][bag]["entry"] += [{"resource": loose}, {}]
        assert subject.call(sent, hook).cards(), hook


@shows("CALL-15")
def authorization_without_a_server(subject: Subject) -> None:
    sent = subject.request("patient-view", likely_clot("cut"), "prefetch")
    sent["fhirAuthorization"] = subject.authorization()["fhirAuthorization"]
    assert subject.call(sent).status in {200, 400}


@shows("CALL-16")
def an_instance_may_repeat(subject: Subject) -> None:
    instance = good(subject)["hookInstance"]
    for _ in range(2):
        for hook in subject.services:
            record: Record = nothing_wrong(f"again-{hook}")
            reply = subject.ask(record, hook, hookInstance=instance)
            assert reply.status == 200, f"{hook}: {reply.status}"
