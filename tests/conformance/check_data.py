"""Where the data come from: prefetch, the client's FHIR server, both or neither."""

import json

from tests.conformance.check_calls import timeless
from tests.conformance.checklist import shows
from tests.conformance.records import MAKERS, filled, likely_clot, nothing_wrong, request
from tests.conformance.subject import JSON, Reply, Subject
from tests.peers.processes import TOKEN, free_port

# What their context holds can itself be a complaint, and so something to judge by.
OWN_COMPLAINT = {"problem-list-item-create", "appointment-book"}
FAILED = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "timeout", "diagnostics": "The search took too long"}],
}


def admits(reply: Reply, *names: str) -> None:
    """412, or a card that names what is missing: never silence."""
    if reply.status == 412:
        assert reply.json()["resourceType"] == "OperationOutcome"
        return
    cards = reply.cards()
    assert cards, "silence, which a clinician takes for an all-clear"
    for name in names:
        assert name in json.dumps(cards), f"{name} is not named"


def fetching(subject: Subject, record_number: str, base: str | None = None) -> JSON:
    """A request without any prefetch, about a patient whom the FHIR server has."""
    record = likely_clot(record_number)
    subject.fhir.hold(list(record.resources))
    return request("patient-view", record, **subject.authorization(base))


def types_asked(subject: Subject) -> set[str]:
    """The types of resource that the FHIR server has been asked for."""
    return {each["path"].removeprefix("/fhir/").split("?")[0].split("/")[0] for each in subject.fhir.seen()}


@shows("DATA-0")
def either_way(subject: Subject) -> None:
    for data in ("prefetch", "fhir-server"):
        assert subject.ask(likely_clot("either"), data=data).cards(), data


@shows("DATA-1")
def nothing_to_judge_by(subject: Subject) -> None:
    for hook in subject.services:
        record = likely_clot(f"none-{hook}")
        reply = subject.call(request(hook, record), hook)
        if hook not in OWN_COMPLAINT:
            assert reply.status == 412, f"{hook}: {reply.status} without any data"
        admits(reply)
        only_patient = request(hook, record, prefetch={"patient": record.resources[0]})
        admits(subject.call(only_patient, hook), *([] if hook in OWN_COMPLAINT else ["conditions"]))
    first = subject.call(request("patient-view", likely_clot("none")))
    assert "conditions" in json.dumps(first.json()), "what to send is not named"


@shows("DATA-2")
def fetches_what_is_missing(subject: Subject) -> None:
    sent = fetching(subject, "fetch")
    with subject.fhir.behaving():
        cards = subject.call(sent).cards()
        asked = types_asked(subject)
    assert any(card["indicator"] != "info" for card in cards), "the complaint was not found"
    wanted = {template.split("?")[0].split("/")[0] for template in subject.first["prefetch"].values()}
    assert asked == wanted, asked ^ wanted


@shows("DATA-3")
def the_token_on_each_request(subject: Subject) -> None:
    sent = fetching(subject, "bearer")
    with subject.fhir.behaving(pageSize=1):
        subject.call(sent)
        seen = subject.fhir.seen()
    assert seen, "nothing was fetched"
    bare = [each["path"] for each in seen if not each["authorized"]]
    assert not bare, bare
    assert {each["method"] for each in seen} == {"GET"}


@shows("DATA-4")
def the_same_cards_either_way(subject: Subject) -> None:
    for hook in subject.services:
        for make in MAKERS:
            record = make(f"same-{make.__name__.replace('_', '-')}-{hook}")
            one = subject.ask(record, hook, "prefetch").cards()
            other = subject.ask(record, hook, "fhir-server").cards()
            assert timeless(one) == timeless(other), f"{hook}, {record.title}"


@shows("DATA-5")
def null_is_unknown(subject: Subject) -> None:
    templates = subject.first["prefetch"]
    everything = dict.fromkeys(templates)
    reply = subject.call(request("patient-view", likely_clot("null"), prefetch=everything))
    assert reply.status in {200, 412}, reply.status
    admits(reply)
    record = nothing_wrong("null")
    complaints = everything | {"patient": record.resources[0]}
    admits(subject.call(request("patient-view", record, prefetch=complaints)), "conditions")


@shows("DATA-6")
def failed_searches(subject: Subject) -> None:
    record = nothing_wrong("failed")
    prefetch = filled(subject.first["prefetch"], record) | {"conditions": FAILED}
    admits(subject.call(request("patient-view", record, prefetch=prefetch)), "conditions")
    subject.fhir.hold(list(record.resources))
    sent = request("patient-view", record, prefetch=prefetch, **subject.authorization())
    with subject.fhir.behaving():
        admits(subject.call(sent), "conditions")
        assert "Condition" not in types_asked(subject), "asked again for what had failed"


@shows("DATA-7")
def the_server_fails(subject: Subject) -> None:
    record = nothing_wrong("fails")
    subject.fhir.hold(list(record.resources))
    sent = request("patient-view", record, **subject.authorization())
    with subject.fhir.behaving(failTypes=["Condition"]):
        admits(subject.call(sent), "conditions")
    granted = sent["fhirAuthorization"]
    admits(subject.call(sent | {"fhirAuthorization": granted | {"access_token": "another"}}))
    admits(subject.call(sent | {"fhirServer": f"http://127.0.0.1:{free_port()}/fhir"}))


@shows("DATA-8")
def the_token_stays_at_home(subject: Subject) -> None:
    before = len(subject.stranger.asked)
    for fault in (
        {"pageSize": 1, "foreignNext": subject.stranger.origin},
        {"redirectTo": subject.stranger.origin},
    ):
        sent = fetching(subject, "home")
        with subject.fhir.behaving(**fault):
            admits(subject.call(sent))
            assert subject.fhir.seen(), "nothing was fetched"
    assert len(subject.stranger.asked) == before, subject.stranger.asked[before:]


@shows("DATA-9")
def completes_what_is_missing(subject: Subject) -> None:
    record = likely_clot("partial")
    subject.fhir.hold(list(record.resources))
    whole = filled(subject.first["prefetch"], record)
    expected = timeless(subject.call(request("patient-view", record, prefetch=whole)).cards())
    some = {key: value for key, value in whole.items() if key in {"patient", "conditions"}}
    for prefetch in (some, some | {"observations": None}, {}):
        sent = request("patient-view", record, prefetch=prefetch or None, **subject.authorization())
        with subject.fhir.behaving(pageSize=1):
            assert timeless(subject.call(sent).cards()) == expected, f"with {sorted(prefetch)}"
            asked = types_asked(subject)
        assert not prefetch or not asked & {"Patient", "Condition"}, "asked for what was there"


@shows("DATA-10")
def the_token_is_nowhere(subject: Subject) -> None:
    subject.call(fetching(subject, "transient"))
    assert not [reply for reply in subject.kept if TOKEN.encode() in reply.body], "answered"
    assert not (subject.log and TOKEN in subject.log()), "logged"


@shows("DATA-11")
def leads_nowhere_else(subject: Subject) -> None:
    before = len(subject.stranger.asked)
    elsewhere = [
        "http://169.254.169.254/latest/meta-data",
        "https://192.0.2.1/fhir",
        "https://localtest.invalid/fhir",
        "file:///etc/passwd",
        "ftp://127.0.0.1/fhir",
        "gopher://127.0.0.1:1/_x",
        "https://[::ffff:169.254.169.254]/",
        "http://2130706433/",
        "not a url",
        f"http://user:pass@{subject.host}/",
    ]
    if subject.callers:
        elsewhere += [subject.stranger.origin, f"{subject.fhir.base}@{subject.stranger.origin[7:]}/"]
    for base in elsewhere:
        reply = subject.call(fetching(subject, "away", base))
        assert reply.status in {200, 400, 412}, f"{base}: {reply.status}"
        assert reply.seconds < subject.soon, f"{base}: {reply.seconds:.1f} s"
        if reply.status != 400:
            admits(reply)
    assert len(subject.stranger.asked) == before, subject.stranger.asked[before:]
    if subject.callers:
        # A path that only begins like the one on the list.
        sent = fetching(subject, "away", f"{subject.fhir.base}-other")
        with subject.fhir.behaving():
            admits(subject.call(sent))
            assert not subject.fhir.seen(), "a neighbour of the listed address was called"
