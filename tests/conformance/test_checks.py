"""The checks notice a service that is wrong: what it answers here breaks every line that is listed."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.conformance import check_all
from tests.conformance.subject import JSON, Subject
from tests.conformance.tokens import Site
from tests.peers.processes import FhirServer

DISCOVERY: JSON = {
    "services": [
        {
            "hook": "patient-view",
            "id": "leg",
            "title": "",
            "hookVersion": "9.9",
            "version": "two",
            "prefetch": {
                "patient": "Patient/{context.patientId}",
                "conditions": "Condition?patient={{context.patientId}}&onset-date:missing=true&_include=x",
                "observations": "Observation?patient={{context.patient.name}}&date=ne2020-01-01&date=le2021-01-01",
            },
            "colour": "blue",
        },
        {"hook": "leg-hurt", "id": "leg", "description": "x", "version": "2.0.1"},
    ]
}
ACTIONS: list[JSON] = [
    {"type": "replace", "description": "", "resource": {"resourceType": "ServiceRequest", "id": "1"}},
    {"type": "delete"},
    {"type": "create"},
]
CARD: JSON = {
    "summary": "<b>x</b>\n" * 20,
    "detail": "<b>bold</b>",
    "indicator": "hard-stop",
    "source": {"label": "", "url": "/relative", "topic": {"code": "1"}},
    "suggestions": [{"label": "", "uuid": "1", "isRecommended": "yes", "actions": ACTIONS}],
    "overrideReasons": [{"code": "x"}],
    "links": [{"label": "", "url": "relative", "type": "other", "appContext": 1, "autolaunchable": True}],
    "extension": [],
    "uuid": "1",
    "colour": "blue",
}
ANSWER: JSON = {"cards": [CARD] * 5, "systemActions": []}
WRONG = {
    *("JSON-2", "JSON-3"),
    *(f"DISC-{line}" for line in (4, 5, 8, 9, 10, 12, 13, 16)),
    *(f"PRE-{line}" for line in (1, 3, 5, 6, 7, 8)),
    *(f"CALL-{line}" for line in (2, 5, 6, 7, 8, 9, 11)),
    *(f"DATA-{line}" for line in (1, 2, 3)),
    *(f"CARD-{line}" for line in (1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15)),
    *(f"SUG-{line}" for line in (1, 2, 3)),
    *(f"ACT-{line}" for line in (1, 2, 3, 4, 5, 6)),
    *(f"LINK-{line}" for line in (1, 2, 3, 4)),
    *("SYS-0", "EXT-1", "EXT-2"),
    *(f"FB-{line}" for line in (5, 6, 7, 8, 9)),
    *("CORS-3", "CORS-4", "ERR-1"),
}


@contextmanager
def answering(discovery: JSON, answer: JSON) -> Iterator[str]:
    """A service that answers every call alike, and every origin."""

    class Handler(BaseHTTPRequestHandler):
        def _send(self, body: Any) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Credentials", "true")
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._send(discovery)

        def do_POST(self) -> None:
            self._send(answer)

        do_PUT = do_DELETE = do_OPTIONS = do_POST  # noqa: N815 - the names are inherited

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_wrong_answer_breaks_its_line(fhir_server: FhirServer, stranger: Site) -> None:
    with answering(DISCOVERY, ANSWER) as url:
        subject = Subject(url=url, data="prefetch", fhir=fhir_server, stranger=stranger)
        # Of the hook it made up there is no request to send.
        subject.__dict__["services"] = {"patient-view": DISCOVERY["services"][0]}
        failed = {each.item.id for each in check_all.walk(subject) if each.verdict == "fail"}
    assert not WRONG - failed
