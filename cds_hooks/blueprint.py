"""The endpoints: discovery, and for each service an address to call and one for feedback.

Routes take every method and refuse the wrong ones themselves, because what Flask refuses while routing never
reaches a blueprint's error handlers and would come out as HTML.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps

import orjson
from flask import Blueprint, Response, request
from flask_cors import CORS
from werkzeug.exceptions import MethodNotAllowed, NotFound

from cds_hooks.body import read_body
from cds_hooks.cards import response
from cds_hooks.completion import Completion
from cds_hooks.errors import register_error_handlers
from cds_hooks.feedback import Feedback, parse_feedback
from cds_hooks.request import parse
from cds_hooks.service import HookService, check_services
from cds_hooks.trust import ANONYMOUS, Trust, TrustedClient

TakeFeedback = Callable[[Sequence[Feedback]], None]

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def create_blueprint(
    services: Sequence[HookService],
    *,
    max_body_bytes: int,
    spec_version: str = "2.0.1",
    trust: Trust | None = None,
    completion: Completion | None = None,
    feedback: TakeFeedback | None = None,
    cors_origins: Sequence[str] = (),
) -> Blueprint:
    """Return the blueprint that publishes and runs the services.

    Args:
        services: In the order discovery lists them.
        max_body_bytes: A longer body is refused with 413, however it is sent.
        spec_version: The CDS Hooks version that discovery claims.
        trust: Tells who calls. Without it nobody is asked, and every client is `ANONYMOUS`.
        completion: Fetches what the prefetch lacks. Without it nothing is fetched.
        feedback: Keeps what clinicians did with cards. Without it there are no addresses for feedback.
        cors_origins: Origins whose pages may call from a browser, each as scheme, host and port.

    Raises:
        ValueError: A service cannot be published; the message names it and the prefetch template at fault.
    """
    check_services(services)
    by_id = {service.id: service for service in services}
    endpoints = _Endpoints(by_id, max_body_bytes, trust, completion, feedback)
    catalogue = orjson.dumps({"services": [service.to_json(spec_version) for service in services]})
    blueprint = Blueprint("cds_hooks", __name__)
    register_error_handlers(blueprint)
    blueprint.after_request(_keep_out_of_caches)
    if cors_origins:
        _allow_origins(blueprint, cors_origins)

    def discover() -> Response:
        return _json(catalogue)

    _add_route(blueprint, "/cds-services", _only(("GET", "HEAD"), discover))
    _add_route(blueprint, "/cds-services/<service_id>", _only(("POST",), endpoints.call))
    if feedback:
        _add_route(blueprint, "/cds-services/<service_id>/feedback", _only(("POST",), endpoints.take_feedback))
    _add_route(blueprint, "/cds-services/<path:elsewhere>", _not_found)
    return blueprint


@dataclass(frozen=True, slots=True)
class _Endpoints:
    """What the addresses of a service do."""

    services: Mapping[str, HookService]
    max_body_bytes: int
    trust: Trust | None
    completion: Completion | None
    feedback: TakeFeedback | None

    def call(self, service_id: str) -> Response:
        service, client = self._service(service_id), self._caller()
        hook_request = parse(read_body(self.max_body_bytes), service.hook, client.name)
        if self.completion:
            hook_request = self.completion.complete(hook_request, service.prefetch, client)
        return _json(orjson.dumps(response(service.handler(replace(hook_request, access_token=None)))))

    def take_feedback(self, service_id: str) -> Response:
        service, client = self._service(service_id), self._caller()
        entries = parse_feedback(read_body(self.max_body_bytes), service.id, client.name)
        if self.feedback:
            self.feedback(entries)
        return Response(status=200)

    def _service(self, service_id: str) -> HookService:
        if service_id not in self.services:
            raise NotFound
        return self.services[service_id]

    def _caller(self) -> TrustedClient:
        if self.trust is None:
            return ANONYMOUS
        return self.trust.authenticate(request.headers.get("Authorization"), request.path)


def _allow_origins(blueprint: Blueprint, origins: Sequence[str]) -> None:
    """Let pages of these origins call. They send a token and no cookies, so credentials are not allowed."""
    CORS(
        blueprint,
        origins=list(origins),
        methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        supports_credentials=False,
        always_send=False,
        max_age=600,
    )

    @blueprint.after_request
    def depends_on_origin(answer: Response) -> Response:
        """With a single origin the library leaves it out, and a cache would hand one origin's answer to another."""
        answer.vary.add("Origin")
        return answer


def _json(body: bytes) -> Response:
    return Response(body, mimetype="application/json")


def _not_found(**_where: str) -> Response:
    raise NotFound


def _add_route(blueprint: Blueprint, rule: str, view: Callable[..., Response]) -> None:
    blueprint.add_url_rule(
        rule, view_func=view, methods=_METHODS, provide_automatic_options=False, strict_slashes=False
    )


def _only(methods: tuple[str, ...], view: Callable[..., Response]) -> Callable[..., Response]:
    """Guard the view: other methods get a 405, and OPTIONS tells which there are."""
    allowed = (*methods, "OPTIONS")

    @wraps(view)
    def guarded(**arguments: str) -> Response:
        if request.method == "OPTIONS":
            return Response(headers={"Allow": ", ".join(allowed)})
        if request.method not in methods:
            raise MethodNotAllowed(allowed)
        return view(**arguments)

    return guarded


def _keep_out_of_caches(answer: Response) -> Response:
    if request.method == "POST":
        answer.headers["Cache-Control"] = "no-store"
    return answer
