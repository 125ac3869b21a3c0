"""Calls out: where this package wants to go. How it gets there, and is kept from getting elsewhere, is handed in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Protocol, Self
from urllib.parse import urlsplit

# What RFC 3986 allows in a URL, less the fragment; and a path that leads where it seems to lead.
_URL = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-_.]+)(?::\d{1,5})?")
# Written out they say something, encoded they only hide it: % . / ; and the backslash.
_HIDDEN = re.compile(r"%(?:25|2e|2f|3b|5c)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class FetchFailed(Exception):  # noqa: N818 - the failure of another, which costs one key
    """Nothing usable came back. The message names neither address nor data."""


class Get(Protocol):
    """A GET request to the outside, guarded."""

    def __call__(self, url: str, *, headers: Mapping[str, str], deadline: float, most_bytes: int) -> bytes:
        """Return the body of a 200.

        Args:
            url: An absolute address.
            headers: Sent as they are.
            deadline: When to give up, on the clock of `time.monotonic`.
            most_bytes: A longer body is no answer.

        Raises:
            FetchFailed: The address must not be called, or no such body came in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a URL that decide who is called. Two spellings of one place are equal."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL; ValueError, without quoting it, when there is any doubt about where it leads."""
        if not _URL.fullmatch(url):
            raise ValueError("not a URL")
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError("neither https nor http")
        host = _host(parts.hostname or "")
        if not host or not _AUTHORITY.fullmatch(parts.netloc):
            raise ValueError("no plain host and port")
        try:
            port = parts.port
        except ValueError:
            raise ValueError("no such port") from None
        if port == 0:
            raise ValueError("no such port")
        return cls(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], _path(parts.path))

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it names this machine outright. A name that merely resolves to it does not."""
        if self.host == "localhost":
            return True
        try:
            number = ip_address(self.host)
        except ValueError:
            return False
        return number.is_loopback and not (isinstance(number, IPv6Address) and number.ipv4_mapped)

    @property
    def is_safe(self) -> bool:
        """Whether what is said there stays private: https, or this machine."""
        return self.scheme == "https" or self.is_loopback

    def same_origin(self, other: "Address") -> bool:
        """Whether both are served by the same party."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)

    def covers(self, other: "Address") -> bool:
        """Whether the other is this place or lies below it."""
        return self.same_origin(other) and f"{other.path}/".startswith(f"{self.path}/")


def _host(name: str) -> str:
    return str(IPv6Address(name)) if ":" in name else name.rstrip(".")


def _path(path: str) -> str:
    # Some servers take `..;x` for `..`.
    segments = {segment.partition(";")[0] for segment in path.split("/")}
    if _HIDDEN.search(path) or segments & {".", ".."}:
        raise ValueError("a path that leads elsewhere")
    return path.rstrip("/")
