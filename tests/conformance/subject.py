"""The service under test, seen from outside: requests go in over HTTP, and every answer is kept."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

import urllib3

from tests.conformance.records import MAKERS, Record, filled, request
from tests.conformance.tokens import Caller, Callers, Site
from tests.peers.processes import TOKEN, FhirServer

JSON = dict[str, Any]
Data = Literal["prefetch", "fhir-server"]

DISCOVERY = "/cds-services"


def strict(body: bytes) -> Any:
    """Read JSON as it is defined: no NaN, no name twice. AssertionError when it is something else."""

    def no_constant(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    def once(members: list[tuple[str, Any]]) -> JSON:
        names = [name for name, _ in members]
        assert len(names) == len(set(names)), "a member occurs twice"
        return dict(members)

    try:
        return json.loads(body.decode(), parse_constant=no_constant, object_pairs_hook=once)
    except ValueError as fault:
        raise AssertionError(f"not JSON: {fault}") from None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the service."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> JSON:
        """The body, which must be one strict JSON object."""
        read = strict(self.body)
        assert isinstance(read, dict), f"{self.status}: not an object"
        return read

    def cards(self) -> list[JSON]:
        """The cards of a good answer."""
        assert self.status == 200, f"{self.status}: {self.body[:300]!r}"
        return list(self.json()["cards"])


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered about one patient at one hook, in one of the two ways to get at data."""

    hook: str
    record: Record
    sent: JSON
    reply: Reply

    @property
    def name(self) -> str:
        """How a message calls it."""
        return f"{self.hook}, {self.record.title}"


@dataclass(kw_only=True)
class Subject:
    """A running service, and what stands around it.

    `data` says how it gets at a patient's data. `fhir` is the FHIR server that has them, `stranger` a site that it has
    no business with. `callers` sign the requests if it asks for that; `origin` is a web origin it lets in, if any;
    `log` reads what it has written; `fhir_seconds` is what it was told to spend on the FHIR server at most.
    """

    url: str
    data: Data
    fhir: FhirServer
    stranger: Site
    callers: Callers | None = None
    origin: str | None = None
    log: Callable[[], str] | None = None
    fhir_seconds: float = 0.35
    kept: list[Reply] = field(default_factory=list)

    def send(
        self,
        method: str,
        path: str,
        body: JSON | bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        caller: Caller | None = None,
    ) -> Reply:
        """Send a request on a connection of its own, signed if the service asks for that.

        `token` is sent in place of a good one; an empty one stands for no Authorization at all.
        """
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        if token is None and self.callers:
            token = (caller or self.callers.by_address).token(self.address(path))
        sent = {"Connection": "close"}
        sent |= {"Authorization": f"Bearer {token}"} if token else {}
        sent |= {"Content-Type": "application/json"} if content is not None else {}
        begun = time.perf_counter()
        with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(30)) as pool:
            got = pool.request(method, self.address(path), body=content, headers=sent | dict(headers or {}))
        reply = Reply(got.status, got.headers, got.data, time.perf_counter() - begun)
        self.kept.append(reply)
        return reply

    def address(self, path: str) -> str:
        """The full address of a path, which is also the audience of a token for it."""
        return f"{self.url}{path}"

    @cached_property
    def services(self) -> dict[str, JSON]:
        """The services that discovery lists, by hook."""
        return {each["hook"]: each for each in self.send("GET", DISCOVERY).json()["services"]}

    @property
    def first(self) -> JSON:
        """The service of patient-view, the hook that every client has."""
        return self.services["patient-view"]

    def path(self, hook: str) -> str:
        """The path of a hook's service."""
        return f"{DISCOVERY}/{self.services[hook]['id']}"

    def call(self, body: JSON | bytes, hook: str = "patient-view", **how: Any) -> Reply:
        """Post a request to a hook's service."""
        return self.send("POST", self.path(hook), body, **how)

    def request(self, hook: str, record: Record, data: Data | None = None, **members: Any) -> JSON:
        """A good request about this patient, its data by prefetch or by the FHIR server."""
        if (data or self.data) == "prefetch":
            members = {"prefetch": filled(self.services[hook]["prefetch"], record)} | members
        else:
            self.fhir.hold(list(record.resources))
            members = self.authorization() | members
        return request(hook, record, **members)

    def authorization(self, base: str | None = None) -> JSON:
        """The two members by which the service may fetch."""
        granted = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "subject": "legtriage"}
        return {
            "fhirServer": base or self.fhir.base,
            "fhirAuthorization": granted | {"scope": "user/Patient.read user/*.rs"},
        }

    def ask(self, record: Record, hook: str = "patient-view", data: Data | None = None, **members: Any) -> Reply:
        """Post a good request about this patient."""
        return self.call(self.request(hook, record, data, **members), hook)

    @cached_property
    def told(self) -> list[Told]:
        """What was answered about every patient at every hook."""
        answers = []
        for hook in self.services:
            for make in MAKERS:
                record = make(f"{make.__name__.replace('_', '-')}-{hook}")
                sent = self.request(hook, record)
                answers.append(Told(hook, record, sent, self.call(sent, hook)))
        return answers

    @cached_property
    def cards(self) -> list[tuple[Told, JSON]]:
        """Every card of these answers."""
        return [(told, card) for told in self.told for card in told.reply.cards()]

    @property
    def soon(self) -> float:
        """Within how many seconds it must answer whatever happens: a second, as it is set by default."""
        return self.fhir_seconds + 0.65

    @property
    def host(self) -> str:
        """Where it listens."""
        return urlsplit(self.url).netloc
