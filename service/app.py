"""The only place that wires the rooms together."""

import os
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from random import SystemRandom
from urllib.parse import urlsplit

import orjson
import structlog
from flask import Blueprint, Flask, Response, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix

from cds_hooks import Completion, KeySets, Trust, create_blueprint, parse
from cds_hooks.cards import response
from service.api import Rest, register_api
from service.assessing import Assessor
from service.config import Config, read_config
from service.dashboard import create_dashboard, create_smart
from service.dashboard.elsewhere.servers import SignOn, open_launches, open_sign_on
from service.fhir_api import Fhir, create_fhir_blueprint
from service.hooks import Memory, hook_services
from service.hooks.chart import on_chart
from service.in_force import InForce
from service.intake_page import create_intake_page
from service.knowledge.governance import overdue
from service.knowledge.library import Library
from service.knowledge.load import load
from service.security.clients import loopback_of, read_clients
from service.security.keys import ANYBODY, ApiKeys, Caller
from service.security.launches import Ehr, check_clients, read_ehrs
from service.security.outbound import Outbound
from service.security.single_sign_on import read_single_sign_on
from service.store import Store
from service.telemetry import configure_logging, log_requests
from service.webhooks import Webhooks, read_webhooks
from service.webhooks import loopback_of as loopback_of_webhooks

_EXAMPLE = {
    "hook": "patient-view",
    "hookInstance": "00000000-0000-4000-8000-000000000000",
    "context": {"userId": "Practitioner/example", "patientId": "example"},
    "prefetch": {
        "patient": {"resourceType": "Patient", "id": "example", "birthDate": "1960-01-01"},
        "questionnaireResponses": {
            "resourceType": "QuestionnaireResponse",
            "status": "completed",
            "item": [
                {"linkId": "calf_pain", "answer": [{"valueCoding": {"code": "left"}}]},
                {
                    "linkId": "calf_circumference_difference_cm",
                    "answer": [{"valueQuantity": {"value": 40, "unit": "mm", "code": "mm"}}],
                },
                {"linkId": "active_cancer", "answer": [{"valueBoolean": True}]},
            ],
        },
    },
}


def warm_up(library: Library) -> None:
    """Triage one made-up patient, so that schemas, FHIR models and units are loaded before the first real one."""
    request = parse(orjson.dumps(_EXAMPLE), "patient-view")
    _, advised = on_chart(request, library, datetime.now(UTC))
    orjson.dumps(response([made.card for made in advised]))


def open_store(config: Config, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Store:
    """The memory that the settings name, ready for use. ValueError or OSError when it cannot be."""
    store = Store(
        config.database_url,
        spool=config.spool,
        patients=config.patient_ids,
        secret=config.secret_key,
        clock=clock,
    )
    store.start()
    return store


def open_webhooks(config: Config, store: Store, clock: Callable[[], datetime]) -> Webhooks | None:
    """Whom the settings want told, if anybody. SettingsFileError when the file that names them is not fit for use."""
    if config.webhooks is None:
        return None
    told = read_webhooks(config.webhooks, os.environ)
    post = Outbound(may_be_loopback=loopback_of_webhooks(told)).post
    base_url = config.public_urls[0].rstrip("/") if config.public_urls else ""
    return Webhooks(told, store, post, clock=clock, dice=SystemRandom(), base_url=base_url)


def create_app(
    config: Config | None = None,
    library: Library | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    """The Flask application.

    Raises:
        KnowledgeError, SettingsFileError: A file is not fit for use; then nothing starts.
    """
    config = config or read_config()
    configure_logging(config.log_level)
    library = library or load(site_policy=config.site_policy)
    store = open_store(config, clock)
    app = Flask("service", static_folder=None)
    if config.proxies:
        # The client's address alone: nobody is to choose the host, the scheme or the path that we believe in.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=0)  # type: ignore[method-assign]
    log_requests(app)
    in_force = InForce(library, store)
    in_force.refresh()
    app.before_request(in_force.start)
    app.extensions["in_force"] = in_force
    ehrs = read_ehrs(config.smart, os.environ) if config.smart else ()
    app.register_blueprint(_hooks_blueprint(config, in_force, store, clock, ehrs))
    webhooks = open_webhooks(config, store, clock)
    if webhooks:
        # For servers that start nothing in their workers: whatever was kept before is delivered too.
        app.before_request(webhooks.start)
        app.extensions["webhooks"] = webhooks
    assessor = Assessor(in_force, store, webhooks)

    if config.intake_page:
        app.register_blueprint(create_intake_page(assessor, clock, config.public_urls))
    if config.auth == "open":
        app.before_request(partial(_only_this_machine, config.cors_origins))

    app.register_blueprint(
        create_dashboard(
            app,
            assessor,
            clock,
            config.public_urls,
            sign_on=_sign_on(config, clock),
            launches=open_launches(ehrs, clock) if ehrs else None,
        )
    )
    app.register_blueprint(create_smart())
    callers = ApiKeys(store).caller if config.auth == "required" else _anybody
    register_api(app, Rest(assessor, clock, callers, config.max_body_bytes))
    app.register_blueprint(create_fhir_blueprint(Fhir(assessor, clock, callers, config.max_body_bytes)))

    @app.get("/livez")
    def livez() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        told = store.ready()
        return Response(f"{told.reason}\n", status=200 if told.ready else 503, mimetype="text/plain")

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    log = structlog.get_logger()
    for pathway, review_date in overdue(library, clock().date()):
        log.warning("review overdue", pathway=pathway, review_date=review_date.isoformat())
    knowledge = in_force.library.knowledge
    log.info("knowledge loaded", version=knowledge.version, digest=knowledge.digest)
    return app


def _anybody(_authorization: str | None) -> Caller:
    return ANYBODY


def _only_this_machine(origins: Collection[str]) -> None:
    """Where nobody proves who they are, serve this machine alone, and no web page that only passes through a browser.

    A name that resolves here (DNS rebinding) is not this machine, and a page of another origin may send plain text
    without asking first.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    if not (is_loopback(host) and is_loopback(request.remote_addr or "")):
        abort(403, "Without client authentication only this machine is served.")
    own = request.host_url.rstrip("/")
    if request.origin and request.origin not in {own, *origins} and not request.is_json:
        abort(415, "A call from a web page must be JSON.")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine by itself, without asking a resolver."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _sign_on(config: Config, clock: Callable[[], datetime]) -> SignOn | None:
    if config.single_sign_on is None:
        return None
    return open_sign_on(read_single_sign_on(config.single_sign_on, os.environ), clock)


def _hooks_blueprint(
    config: Config, in_force: InForce, store: Store, clock: Callable[[], datetime], ehrs: Sequence[Ehr]
) -> Blueprint:
    """The CDS Hooks services, guarded as the settings say."""
    if config.trusted_clients and config.auth == "required":
        clients = read_clients(config.trusted_clients)
        if config.smart:
            check_clients(config.smart, ehrs, {client.name for client in clients})
        get = Outbound(may_be_loopback=loopback_of(clients)).get
        trust = Trust(clients, config.public_urls, keys=KeySets(get), first_use=store.first_use, clock=clock)
    else:
        get = Outbound(may_be_loopback=lambda _address: True).get
        trust = None
    memory = Memory(store, timedelta(hours=config.quiet_hours))
    base = config.public_urls[0].rstrip("/") if config.public_urls else None
    launches = {ehr.client: f"{base}/smart/launch" for ehr in ehrs} if base else {}
    return create_blueprint(
        hook_services(in_force, memory, clock, launches),
        max_body_bytes=config.max_body_bytes,
        trust=trust,
        completion=Completion(get, config.fhir_seconds, config.max_body_bytes),
        feedback=memory.take_feedback,
        cors_origins=config.cors_origins,
    )
