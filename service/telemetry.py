"""Logs as JSON lines, holding only what is on a short list: never patient data, names or values from requests."""

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request

_ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "method",
        "route",
        "status",
        "milliseconds",
        "incident",
        "exc_type",
        "frames",
        "version",
        "digest",
        "entries",
        "pathway",
        "review_date",
        "webhook",
        "attempts",
        "why",
    }
)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def _only_allowed(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if key in _ALLOWED}


class _StandardError:
    """Writes to what standard error is at that moment: a logger lives as long as the process, a stream may not."""

    def __init__(self, *_: object) -> None:
        """Take what structlog hands to any logger, and need none of it."""

    def msg(self, message: str) -> None:
        """Write one line."""
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()

    debug = info = warning = error = msg


def configure_logging(level: str) -> None:
    """Write our own events as JSON to standard error; whatever is not on the list is dropped."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=_StandardError,
        cache_logger_on_first_use=True,
    )


def log_requests(app: Flask) -> None:
    """Log each request by its route, never by its address or body."""
    log = structlog.get_logger()

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        elapsed = (time.perf_counter() - g.started) * 1000 if "started" in g else 0.0
        route = request.url_rule.rule if request.url_rule else "none"
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            milliseconds=round(elapsed, 2),
        )
        return response
