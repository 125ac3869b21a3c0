"""The guard of calls out: every call this service makes to an address that somebody else had a word in.

The name is resolved once, all its addresses are checked, and the connection is made to what was checked, so a name
that answers differently the second time gains nothing. No redirect is followed, no proxy of the environment is
asked, and one deadline holds for all of it, however slowly the bytes drip.
"""

import io
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from cds_hooks.outbound import Address, FetchFailed

Resolver = Callable[[str, int], Sequence[str]]
"""From host name and port to the numeric addresses behind it."""

_CHUNK = 64 * 1024
_RESOLVERS = 16
_OK = 200

# Global by the registries' word, and still nobody's FHIR server: relays, and what belongs to a cloud's own machinery.
_REFUSED_V4 = tuple(IPv4Network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))
_UNICAST = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(IPv6Network(net) for net in ("2001::/23", "2002::/16", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(number: IPv4Address | IPv6Address) -> bool:
    """Whether an address lies on the public internet, whatever it is wrapped in."""
    if isinstance(number, IPv6Address):
        inner = number.ipv4_mapped or (IPv4Address(int(number) & 0xFFFFFFFF) if number in _NAT64 else None)
        if inner is not None:
            return is_public(inner)
        return number in _UNICAST and number.is_global and not any(number in net for net in _REFUSED_V6)
    reserved = number.is_multicast or number.is_reserved or any(number in net for net in _REFUSED_V4)
    return number.is_global and not reserved


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses that the operating system knows for the name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came back of a call, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Outbound:
    """Calls that reach the public internet over https, and this machine where allowed."""

    def __init__(
        self,
        *,
        may_be_loopback: Callable[[Address], bool],
        resolve: Resolver = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Guard with these rules.

        Args:
            may_be_loopback: Which addresses that name this machine may be called, over http too.
            resolve: Asked once for each call.
            tls: Which certificates are believed; by default those the system believes.
        """
        self._may_be_loopback = may_be_loopback
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()

    def get(self, url: str, *, headers: Mapping[str, str], deadline: float, most_bytes: int) -> bytes:
        """Return the body of a 200. FetchFailed for all else; see `cds_hooks.outbound.Get`."""
        with self._answer("GET", url, headers, None, deadline) as response:
            return _body(response, most_bytes)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str], deadline: float) -> int:
        """Send a body and return the status of the answer, whose own body is not read.

        Args:
            url: An absolute address.
            body: Sent as it is.
            headers: Likewise.
            deadline: When to give up, on the clock of `time.monotonic`.

        Raises:
            FetchFailed: The address must not be called, or no answer came in time. The body may have arrived.
        """
        with self._answer("POST", url, headers, body, deadline) as response:
            return response.status

    def exchange(
        self,
        method: str,
        url: str,
        body: bytes | None,
        *,
        headers: Mapping[str, str],
        deadline: float,
        most_bytes: int,
    ) -> Exchanged:
        """Send a body, or none, and return the whole answer, whatever its status. FetchFailed when none came."""
        with self._answer(method, url, headers, body, deadline) as response:
            return Exchanged(response.status, dict(response.headers), _whole(response, most_bytes))

    @contextmanager
    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Iterator[HTTPResponse]:
        try:
            address = Address.parse(url)
            parts = urlsplit(url)
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            with self._connect(address, deadline) as connected:
                connection = HTTPConnection(address.host)
                connection.sock = cast("Any", _TimedSocket(connected, deadline))
                fixed = {"Host": address.authority, "Accept-Encoding": "identity", "Connection": "close"}
                connection.request(method, target, body, headers={**headers, **fixed})
                yield connection.getresponse()
        except FetchFailed:
            raise
        except (OSError, HTTPException, ValueError) as fault:
            # The message may quote address, header or data; the kind of fault says enough.
            raise FetchFailed(type(fault).__name__) from None

    def _connect(self, address: Address, deadline: float) -> socket.socket:
        connected = _reach(self._checked(address, deadline), address.port, deadline)
        if address.scheme == "http":
            return connected
        try:
            connected.settimeout(_left(deadline))
            return self._tls.wrap_socket(connected, server_hostname=address.host)
        except BaseException:
            connected.close()
            raise

    def _checked(self, address: Address, deadline: float) -> list[IPv4Address | IPv6Address]:
        """The numeric addresses to connect to. One that must not be called spoils them all."""
        numbers = [ip_address(text) for text in self._numeric(address, deadline)]
        if address.is_loopback:
            allowed = self._may_be_loopback(address) and all(number.is_loopback for number in numbers)
        else:
            allowed = address.scheme == "https" and all(is_public(number) for number in numbers)
        if not numbers or not allowed:
            raise FetchFailed("address refused")
        return numbers

    def _numeric(self, address: Address, deadline: float) -> Sequence[str]:
        try:
            return [str(ip_address(address.host))]
        except ValueError:
            # The system's resolver knows no deadline, so it is left behind when it takes too long.
            asked = _resolvers(os.getpid()).submit(self._resolve, address.host, address.port)
            return asked.result(_left(deadline))


def _reach(numbers: Sequence[IPv4Address | IPv6Address], port: int, deadline: float) -> socket.socket:
    # An address that does not answer leaves time for the next.
    patience = _left(deadline) / len(numbers)
    for number in numbers[:-1]:
        try:
            return socket.create_connection((str(number), port), timeout=patience)
        except OSError:
            continue
    return socket.create_connection((str(numbers[-1]), port), timeout=_left(deadline))


@cache
def _resolvers(_process: int) -> ThreadPoolExecutor:
    # One pool a process: the threads of the process that we were forked from are not here.
    return ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _TimedSocket:
    """The part of a socket that http.client uses, with one deadline for all of it."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._connected = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._connected.settimeout(_left(self._deadline))
        self._connected.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._connected, self._deadline))

    def close(self) -> None:
        """Leave it open: http.client closes as soon as it has read the head of the answer."""


class _TimedReader(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._connected = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connected.settimeout(_left(self._deadline))
        return self._connected.recv_into(buffer)


def _body(response: HTTPResponse, most_bytes: int) -> bytes:
    if response.status != _OK:
        raise FetchFailed(f"HTTP {response.status}")
    return _whole(response, most_bytes)


def _whole(response: HTTPResponse, most_bytes: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise FetchFailed("compressed")
    body = b"".join(_chunks(response, most_bytes))
    if response.length:
        raise FetchFailed("cut short")
    return body


def _chunks(response: HTTPResponse, most_bytes: int) -> Iterator[bytes]:
    left = most_bytes
    while chunk := response.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise FetchFailed("too long")
        yield chunk
