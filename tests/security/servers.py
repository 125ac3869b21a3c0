"""Real servers on loopback that answer as they are told, and remember what they were asked."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from typing import Any


@dataclass(slots=True)
class Reply:
    """What a server sends; `drip` is the pause after each byte of the body, `head_drip` within the head."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0
    head_drip: float = 0.0
    delay: float = 0.0


@dataclass(slots=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(slots=True)
class Server:
    url: str
    asked: list[Asked]


class _Handler(BaseHTTPRequestHandler):
    server: "_Quiet"

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, body: bytes) -> None:
        self.server.asked.append(Asked(self.path, dict(self.headers), body))
        reply = self.server.reply
        answer = reply if isinstance(reply, Reply) else reply(self.path)
        time.sleep(answer.delay)
        try:
            self._answer(answer)
        except OSError:
            self.close_connection = True  # the caller had enough

    def _answer(self, answer: Reply) -> None:
        if answer.head_drip:
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000, answer.head_drip)
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self._drip(answer.body, answer.drip)

    def _drip(self, data: bytes, pause: float) -> None:
        for position in range(0, len(data), 1 if pause else len(data) or 1):
            self.wfile.write(data[position : position + 1] if pause else data)
            time.sleep(pause)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name it has in the base
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, host: str, reply: Callable[[str], Reply] | Reply) -> None:
        self.reply = reply
        self.asked: list[Asked] = []
        super().__init__((host, 0), _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer would look up the name of the host, which can take seconds

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a handshake that the caller refused


@contextmanager
def serving(
    reply: Callable[[str], Reply] | Reply, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    server = _Quiet(host, reply)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Server(f"{'https' if tls else 'http'}://{host}:{server.server_address[1]}", server.asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
