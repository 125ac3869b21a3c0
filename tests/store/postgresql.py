"""A throw-away PostgreSQL server of our own, to be stopped, killed and frozen."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

SKIP = "LEGTRIAGE_TESTS_SKIP_POSTGRESQL"
_OPTIONS = "-c listen_addresses='' -c fsync=off -c max_connections=40 -c shared_buffers=16MB"


def find_programs() -> Path:
    """Where initdb and pg_ctl are."""
    for folder in (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), shutil.which("initdb")):
        if folder and (place := Path(folder)).exists():
            return place if place.is_dir() else place.resolve().parent
    if os.environ.get(SKIP):
        pytest.skip("PostgreSQL is not installed")
    pytest.fail(f"These tests need PostgreSQL: apt-get install postgresql, or set {SKIP}=1 to leave them out.")


class Server:
    """One cluster on a Unix socket in a folder of its own; as root it runs under another account."""

    def __init__(self) -> None:
        self._programs = find_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="legtriage-pg-"))
        self._data = self._folder / "data"
        self._as: list[str] = []
        if os.getuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            account = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self._folder, account)
            self._as = ["runuser", "-u", account, "--"]
        self._run("initdb", "-U", "owner", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale", "-D", self._data)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://owner@/{database}?host={self._folder}"

    def start(self) -> None:
        options = f"-k {self._folder} {_OPTIONS}"
        self._run("pg_ctl", "-w", "-D", self._data, "-l", self._folder / "log", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-w", "-D", self._data, "-m", mode, "stop")

    def remove(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))

    def signal_backends(self, number: signal.Signals) -> None:
        """Send a signal to the processes that serve connections."""
        postmaster = (self._data / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for child in children:
            words = Path(f"/proc/{child}/cmdline").read_text()
            if "owner" in words:
                os.kill(int(child), number)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [*self._as, str(self._programs / program), *map(str, arguments)]
        # Not a pipe: the server would hold it open for as long as it runs.
        subprocess.run(  # noqa: S603
            command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60
        )
