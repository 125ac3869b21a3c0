"""The only place that wires the rooms together."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from flask import Flask, Response

from cds_hooks import create_blueprint
from service.config import Config, read_config
from service.hooks import hook_services
from service.knowledge.library import Library
from service.knowledge.load import load
from service.telemetry import configure_logging, log_requests


def create_app(
    config: Config | None = None,
    library: Library | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    """The Flask application. KnowledgeError when the knowledge is not fit for use: then nothing starts."""
    config = config or read_config()
    configure_logging(config.log_level)
    library = library or load()
    app = Flask("service", static_folder=None)
    log_requests(app)
    services = hook_services(library, clock)
    app.register_blueprint(create_blueprint(services, max_body_bytes=config.max_body_bytes))

    @app.get("/livez")
    def livez() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    structlog.get_logger().info("knowledge loaded", version=library.knowledge.version, digest=library.knowledge.digest)
    return app
