"""gunicorn around an application that is already made, with the limits of a service that clinicians wait for."""

import gc
import socket
import struct
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

_THREADS = 16
# A client that sends nothing for so long is not waited for any longer.
_SILENT_SECONDS = 5


def run(app: Flask, *, bind: str, workers: int) -> None:
    """Serve until stopped."""
    _Server(app, _options(app, bind, workers)).run()


def _options(app: Flask, bind: str, workers: int) -> dict[str, Any]:
    return {
        "bind": bind,
        "workers": workers,
        "worker_class": "gthread",
        "threads": _THREADS,
        "preload_app": True,
        "when_ready": _when_ready,
        "post_worker_init": lambda _worker: _start_threads(app),
        "timeout": 30,
        "logger_class": _Logger,
        "control_socket_disable": True,
        # Not every proxy keeps SCRIPT_NAME from whoever calls it, and with it a path leads past the proxy's rules.
        "forwarder_headers": "",
    }


def _when_ready(server: Any) -> None:
    # Shared pages stay shared when the collector leaves what the master loaded alone.
    gc.freeze()
    for listener in server.LISTENERS:  # connections inherit it
        limit = struct.pack("ll", _SILENT_SECONDS, 0)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)


def _start_threads(app: Flask) -> None:
    """What works in the background belongs to a worker: of the master's threads nothing is left after the fork."""
    for name in ("in_force", "webhooks"):
        if works := app.extensions.get(name):
            works.start()


class _Logger(Logger):  # type: ignore[misc]
    """gunicorn's log without what a request holds: its words about a bad request quote headers and addresses."""

    def warning(self, msg: str, *_args: object, **_options: object) -> None:
        super().warning(_without_quotes(msg))

    def error(self, msg: str, *_args: object, **_options: object) -> None:
        super().error(_without_quotes(msg))

    def exception(self, msg: str, *_args: object, **_options: object) -> None:
        super().error(_without_quotes(msg))


def _without_quotes(message: str) -> str:
    """The words up to what is filled in."""
    return message.split("%", 1)[0].split(":", 1)[0].split("'", 1)[0].split(" from ip", 1)[0].strip()


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self.app = app
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app
