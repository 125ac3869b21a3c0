"""Where records wait while the database is away: a file of JSON lines that all processes of a machine share.

A line is on the disk before its writer is told so. A line that was cut off in the middle, by a kill or a full disk,
was promised to nobody; it is kept aside for a human, like all that cannot be used.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

_BLOCK = 256 * 1024
_PROBE = 4096
_OPEN = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Spool:
    """The waiting lines of one folder."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; OSError when it cannot be made."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._waiting = folder / "waiting.jsonl"
        self._aside = folder / "aside.jsonl"
        self._turn = folder / "replay.lock"

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        try:
            return self._waiting.stat().st_size == 0
        except OSError:
            return True

    def find(self, text: bytes) -> bytes | None:
        """The first waiting line that holds this text; OSError when that cannot be told."""
        with _file(self._waiting) as file, os.fdopen(os.dup(file), "rb") as lines:
            return next((line for line in lines if text in line), None)

    def append(self, line: bytes) -> None:
        """Add a line at the end, durably; OSError when it is not there."""
        _append(self._waiting, line, self._set_torn_line_aside)

    def set_aside(self, line: bytes) -> None:
        """Keep a line that nobody can use, durably, out of the way of the others."""
        _append(self._aside, line, lambda _file: None)

    def is_writable(self) -> bool:
        """Whether a line could be added."""
        try:
            with _locked(self._waiting), TemporaryFile(dir=self._waiting.parent) as block:
                block.write(bytes(_PROBE))
                block.flush()
                os.fsync(block.fileno())
                return True
        except OSError:
            return False

    def forget_aside(self, before: float) -> bool:
        """Remove what is kept aside if nothing came to it since then, and tell whether there was something."""
        try:
            if self._aside.stat().st_mtime >= before:
                return False
            self._aside.unlink()
        except FileNotFoundError:
            return False
        return True

    def drain(self, use: Callable[[Sequence[bytes]], None], *, wait: bool = False) -> bool:
        """Hand all lines to `use` in order, some at a time, then forget them.

        When `use` raises, or this process is killed, all lines stay, and `use` will see some of them again.

        Args:
            use: What to do with lines.
            wait: For our turn: only one process of the machine does this at a time.

        Returns:
            Whether it was our turn.
        """
        with _file(self._turn) as turn:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                return False
            with _file(self._waiting) as file:
                self._drain(file, use)
        return True

    def _drain(self, file: int, use: Callable[[Sequence[bytes]], None]) -> None:
        position, size, more = 0, _BLOCK, True
        while more:
            block = os.pread(file, size, position)
            more = len(block) == size
            if whole := block.rfind(b"\n") + 1:
                use(block[:whole].splitlines())
                position += whole
            else:
                size *= 2  # a long line
        # Only for what came in the meantime are the writers kept waiting, so that none of it is forgotten unseen.
        with _locked(self._waiting) as last:
            self._set_torn_line_aside(last)
            rest = os.pread(last, os.fstat(last).st_size - position, position)
            if rest:
                use(rest.splitlines())
            os.ftruncate(last, 0)

    def _set_torn_line_aside(self, file: int) -> None:
        end = os.fstat(file).st_size
        if not end or os.pread(file, 1, end - 1) == b"\n":
            return
        size = _BLOCK
        while (newline := (tail := os.pread(file, size, max(0, end - size))).rfind(b"\n")) < 0 and size < end:
            size *= 2
        self.set_aside(tail[newline + 1 :])
        os.ftruncate(file, end - len(tail) + newline + 1)


def _append(path: Path, line: bytes, repair: Callable[[int], None]) -> None:
    with _locked(path) as file:
        repair(file)
        end = os.fstat(file).st_size
        try:
            rest = memoryview(line + b"\n")
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError:
            os.ftruncate(file, end)
            raise
        if not end:
            _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A new file is safe when its name is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _file(path: Path) -> Iterator[int]:
    """The file opened anew: locks belong to the opening, so threads keep each other out as processes do."""
    descriptor = os.open(path, _OPEN, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    with _file(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
