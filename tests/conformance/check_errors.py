"""Browsers from elsewhere, what errors give away, and how long answers take."""

import re
import statistics

from tests.conformance.check_data import admits, fetching
from tests.conformance.check_discovery import require
from tests.conformance.checklist import shows
from tests.conformance.records import PRIVATE, likely_clot, nothing_wrong, request
from tests.conformance.subject import DISCOVERY, Reply, Subject
from tests.peers.processes import TOKEN

ALLOWED = "Access-Control-Allow-Origin"
STRANGE = "https://stranger.example.org"
# The best of them counts: what else the machine does at the time is not the service's fault.
ROUNDS = 3
_INSIDES = re.compile(
    r"Traceback|File \"|\.py\b|/(usr|home|opt|var|tmp|etc)/|line \d+, in|werkzeug|flask", re.IGNORECASE
)


def errors(subject: Subject, **headers: str) -> list[Reply]:
    """One answer for each way to go wrong, all but the last with private data in the request."""
    sent = subject.request("patient-view", likely_clot("error"), "prefetch")
    path = subject.path("patient-view")
    replies = [
        subject.call(sent | {"hook": PRIVATE[0]}, headers=headers),
        subject.call(sent | {"context": {"userId": "D", "patientId": f"{PRIVATE[1]}/x"}}, headers=headers),
        subject.call(sent | {"hookInstance": [PRIVATE[2]]}, headers=headers),
        subject.call(str(sent).encode(), headers=headers),
        subject.call(request("patient-view", likely_clot("error")), headers=headers),
        subject.send("POST", f"{DISCOVERY}/{PRIVATE[1]}", sent, headers=headers),
        subject.send("PUT", path, sent, headers=headers),
        subject.send("POST", f"{path}/feedback", {"feedback": [{"card": [PRIVATE[0]]}]}, headers=headers),
    ]
    if subject.callers:
        replies.append(subject.call(sent, token="x.y.z", headers=headers))  # noqa: S106 - none at all
    assert {reply.status for reply in replies} >= {400, 404, 405, 412}, [reply.status for reply in replies]
    return replies


@shows("CORS-1")
def preflight(subject: Subject) -> None:
    require(subject.origin, "no origin is let in, as by default")
    path = subject.path("patient-view")
    for method, where in (("GET", DISCOVERY), ("POST", path), ("POST", f"{path}/feedback")):
        asked = {
            "Origin": str(subject.origin),
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        reply = subject.send("OPTIONS", where, token="", headers=asked)
        assert reply.status in {200, 204}, f"{where}: {reply.status}"
        assert reply.headers.get(ALLOWED) == subject.origin, f"{where}: {reply.headers.get(ALLOWED)}"
        assert method in reply.headers["Access-Control-Allow-Methods"], where
        named = reply.headers["Access-Control-Allow-Headers"].lower()
        assert {"authorization", "content-type"} <= set(re.split(r"\s*,\s*", named)), named


@shows("CORS-2")
def the_origin_on_every_answer(subject: Subject) -> None:
    require(subject.origin, "no origin is let in, as by default")
    origin = {"Origin": str(subject.origin)}
    good = [
        subject.send("GET", DISCOVERY, headers=origin),
        subject.call(subject.request("patient-view", likely_clot("origin")), headers=origin),
    ]
    for reply in [*good, *errors(subject, **origin)]:
        assert reply.headers.get(ALLOWED) == subject.origin, f"{reply.status}: {reply.headers.get(ALLOWED)}"
        assert "origin" in reply.headers.get("Vary", "").lower(), f"{reply.status}: no Vary"


@shows("CORS-3")
def no_wildcard_with_credentials(subject: Subject) -> None:
    for origin in (STRANGE, subject.origin or "https://ehr.example.org"):
        reply = subject.send("GET", DISCOVERY, headers={"Origin": origin})
        assert "Access-Control-Allow-Credentials" not in reply.headers
        assert reply.headers.get(ALLOWED) != "*"


@shows("CORS-4")
def listed_origins_only(subject: Subject) -> None:
    listed = subject.origin or "https://ehr.example.org"
    for origin in (STRANGE, "null", f"{listed}.evil.example", listed.replace("https", "http"), f"{listed}:444"):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for method in ("GET", "OPTIONS"):
            reply = subject.send(method, DISCOVERY, headers=headers)
            assert ALLOWED not in reply.headers, f"{origin}: {reply.headers.get(ALLOWED)}"
    if not subject.origin:
        assert ALLOWED not in subject.send("GET", DISCOVERY, headers={"Origin": listed}).headers


@shows("ERR-1")
def outcomes(subject: Subject) -> None:
    for reply in errors(subject):
        if reply.status != 401:
            outcome = reply.json()
            assert outcome.get("resourceType") == "OperationOutcome", f"{reply.status}: {outcome}"
            assert outcome["issue"][0]["severity"] in {"error", "fatal"}, outcome
            assert outcome["issue"][0]["code"], outcome


@shows("ERR-2")
def no_insides(subject: Subject) -> None:
    for reply in errors(subject):
        found = _INSIDES.search(reply.body.decode())
        assert not found, f"{reply.status}: {found}"
        assert "python" not in reply.headers.get("Server", "").lower(), reply.headers["Server"]


@shows("ERR-3")
def nothing_private(subject: Subject) -> None:
    for reply in errors(subject):
        found = [each for each in (*PRIVATE, TOKEN, "eyJ") if each in reply.body.decode()]
        assert not found, f"{reply.status}: {found}"
    if subject.log:
        found = [each for each in (*PRIVATE, TOKEN, "eyJ") if each in subject.log()]
        assert not found, f"logged: {found}"


def timed(subject: Subject, calls: int) -> list[float]:
    """The durations of good calls, sorted."""
    records = [likely_clot("time"), nothing_wrong("time")]
    sent = [subject.request("patient-view", record) for record in records]
    subject.fhir.hold([resource for record in records for resource in record.resources])
    return sorted(subject.call(sent[each % 2]).seconds for each in range(calls))


@shows("PERF-1")
def usually_fast(subject: Subject) -> None:
    middle = min(statistics.median(timed(subject, 12)) for _ in range(ROUNDS))
    assert middle < 0.5, f"{middle:.2f} s"


@shows("PERF-2")
def hardly_ever_slow(subject: Subject) -> None:
    late = min(timed(subject, 20)[-2] for _ in range(ROUNDS))
    assert late < 1.0, f"{late:.2f} s"


@shows("PERF-3")
def a_slow_server(subject: Subject) -> None:
    sent = fetching(subject, "slow")
    with subject.fhir.behaving(delayMs=int(1000 * subject.fhir_seconds) + 2000):
        reply = subject.call(sent)
        asked = subject.fhir.seen()
    assert asked, "nothing was fetched"
    assert reply.seconds < subject.soon, f"{reply.seconds:.2f} s"
    admits(reply, "conditions")
