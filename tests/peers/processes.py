"""The programs that stand around the service in these tests, each started for real and always stopped again."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

JSON = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TOKEN = "a-token-of-the-peers"  # noqa: S105 - of a server that lives as long as a test
HTTP = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(30))

_LEGTRIAGE = (sys.executable, "-c", "from service.cli import main; main(prog_name='legtriage')")
_STARTING = 60.0
_STOPPING = 15.0


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Come back when it holds; AssertionError when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not in {seconds:.0f} s: {what}"
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether the address answers 200."""
    try:
        return HTTP.request("GET", url, timeout=5.0).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def node() -> list[str]:
    """The command for Node. Until 22 it has WebSocket, which Medplum's modules look for, behind a flag."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    found = shutil.which("node", path=beside)
    assert found, "no node: run `make peers`"
    assert (HERE / "node_modules").is_dir(), "no packages: run `make peers`"
    return [found, "--experimental-websocket"]


def _stop(process: subprocess.Popen[Any]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class FhirServer:
    """Medplum's FHIR server: its base address, and the address that makes it misbehave (see fhir_server.mjs)."""

    base: str
    control: str

    def fill(self, bundle: JSON) -> list[str]:
        """Post a transaction; the references of what was written, in order."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/fhir+json"}
        reply = HTTP.request("POST", self.base, body=json.dumps(bundle), headers=headers)
        assert reply.status == 200, reply.data[:400]
        written = [entry["response"] for entry in reply.json()["entry"]]
        refused = [each for each in written if not str(each["status"]).startswith("2")]
        assert not refused, refused[:3]
        return [str(each["location"]).split("/fhir/R4/")[-1] for each in written]

    def put(self, resources: list[JSON]) -> None:
        """Write resources under their own ids."""
        entries = [
            {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
            for each in resources
        ]
        self.fill({"resourceType": "Bundle", "type": "transaction", "entry": entries})

    def hold(self, resources: list[JSON]) -> None:
        """Forget everything and write these. Its searches look at all that it has, so it is fast with little."""
        self._tell({"clear": True})
        self.put(resources)

    @contextmanager
    def behaving(self, **faults: Any) -> Iterator[None]:
        """Make it misbehave inside the block. What it has seen is forgotten at both ends."""
        self._tell(faults)
        try:
            yield
        finally:
            self._tell({})

    def seen(self) -> list[JSON]:
        """The requests since its behaviour was last set: method, path and whether the token was right."""
        return list(HTTP.request("GET", self.control).json()["seen"])

    def _tell(self, wish: JSON) -> None:
        assert HTTP.request("POST", self.control, json=wish).status == 200


@contextmanager
def fhir_server() -> Iterator[FhirServer]:
    """Medplum's FHIR server, empty."""
    command = [*node(), "fhir_server.mjs", TOKEN]
    with subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the FHIR server did not start"
            yield FhirServer(**json.loads(line))
        finally:
            _stop(process)


def cds_client(
    cds: str, fhir: FhirServer, service: str, context: JSON, templates: Mapping[str, str] | None = None
) -> JSON:
    """What Medplum's CDS client makes of a service: `services`, the `request` it built, the `response` it got.

    `templates` stand in for the service's own of the same keys.
    """
    user = {"resourceType": "Practitioner", "id": "d1"}
    wish = {"cds": cds, "fhir": fhir.base, "token": TOKEN, "service": service, "user": user, "context": context}
    wish |= {"templates": templates or {}}
    command = [*node(), "cds_client.mjs", json.dumps(wish)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, timeout=60, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return dict(json.loads(done.stdout))


def validated(resources: list[JSON]) -> list[list[str]]:
    """What Medplum's validator finds wrong with resources, by FHIR 4.0.1: type, id, severity, what and where."""
    lines = "\n".join(map(json.dumps, resources)).encode()
    command = [*node(), "validator.mjs"]
    done = subprocess.run(command, cwd=HERE, input=lines, capture_output=True, timeout=120, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return list(json.loads(done.stdout))


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs: its address, its master process, the folder it works in."""

    url: str
    pid: int
    folder: Path

    def log(self) -> str:
        """All it has written so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def workers(self) -> list[int]:
        """The process ids of the workers that live."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="utf-8").split()
        return [int(child) for child in children]

    def kill_worker(self, number: int) -> None:
        """Kill one worker as the kernel does when memory runs out; gunicorn starts another."""
        workers = self.workers()
        if workers:
            os.kill(workers[number % len(workers)], signal.SIGKILL)


@contextmanager
def gunicorn(environment: Mapping[str, str], *, workers: int = 2, port: int | None = None) -> Iterator[Running]:
    """`legtriage serve` with these settings and no others, in a folder of its own, ready for requests."""
    port = port or free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEGTRIAGE_")}
    clean |= {"PYTHONPATH": str(ROOT), **environment}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "LEGTRIAGE_DATABASE_URL" in environment:
            subprocess.run([*_LEGTRIAGE, "db", "upgrade"], cwd=folder, env=clean, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
        command = [*_LEGTRIAGE, "serve", "--port", str(port), "--workers", str(workers)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, env=clean, stdout=log, stderr=log)  # noqa: S603
        running = Running(f"http://127.0.0.1:{port}", process.pid, folder)
        try:
            wait_until(lambda: process.poll() is not None or answers(f"{running.url}/readyz"), _STARTING, "the service")
            assert process.poll() is None, running.log()[-2000:]
            yield running
        finally:
            _stop(process)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL server of our own that can be stopped and started."""

    url: str
    folder: Path
    port: int

    def start(self) -> None:
        """Start it, and come back when it takes connections."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._pg_ctl("-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        """Cut off every connection and stop it."""
        self._pg_ctl("-m", "immediate", "stop")

    def _pg_ctl(self, *arguments: str) -> None:
        _as_postgres([_postgres("pg_ctl"), "-D", str(self.folder / "data"), "-w", "-s", *arguments])


def has_postgres() -> bool:
    """Whether PostgreSQL's programs are on this machine."""
    return bool(_postgres("initdb")) and bool(_postgres("pg_ctl"))


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, running, with an empty database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres")
        options = ("-U", "legtriage", "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
        _as_postgres([_postgres("initdb"), "-D", str(folder / "data"), *options])
        port = free_port()
        server = Postgres(f"postgresql+psycopg://legtriage@127.0.0.1:{port}/postgres", folder, port)
        server.start()
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()


def _postgres(program: str) -> str:
    homes = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    return shutil.which(program, path=os.pathsep.join([*homes, os.environ.get("PATH", "")])) or ""


def _as_postgres(command: list[str]) -> None:
    user = "postgres" if os.geteuid() == 0 else None
    # Not through a pipe: the server inherits it and would hold it open.
    done = subprocess.run(command, user=user, cwd="/", stdout=subprocess.DEVNULL, timeout=60, check=False)  # noqa: S603
    assert done.returncode == 0, f"{command[0]} failed"
