"""The endpoints: discovery, and one address per service.

Routes take every method and refuse the wrong ones themselves, because what Flask refuses while routing never
reaches a blueprint's error handlers and would come out as HTML.
"""

from collections.abc import Callable, Sequence
from functools import wraps

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge

from cds_hooks.cards import response
from cds_hooks.errors import register_error_handlers
from cds_hooks.request import parse
from cds_hooks.service import HookService, check_services

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def create_blueprint(services: Sequence[HookService], *, max_body_bytes: int, spec_version: str = "2.0.1") -> Blueprint:
    """Return the blueprint that publishes and runs the services.

    Args:
        services: In the order discovery lists them.
        max_body_bytes: A longer body is refused with 413, however it is sent.
        spec_version: The CDS Hooks version that discovery claims.

    Raises:
        ValueError: A service cannot be published; the message names it and the prefetch template at fault.
    """
    check_services(services)
    by_id = {service.id: service for service in services}
    catalogue = orjson.dumps({"services": [service.to_json(spec_version) for service in services]})
    blueprint = Blueprint("cds_hooks", __name__)
    register_error_handlers(blueprint)
    blueprint.after_request(_keep_out_of_caches)

    def discover() -> Response:
        return _json(catalogue)

    def call(service_id: str) -> Response:
        service = by_id.get(service_id)
        if service is None:
            raise NotFound
        hook_request = parse(_body(max_body_bytes), service.hook)
        return _json(orjson.dumps(response(service.handler(hook_request))))

    _add_route(blueprint, "/cds-services", _only(("GET", "HEAD"), discover))
    _add_route(blueprint, "/cds-services/<service_id>", _only(("POST",), call))
    _add_route(blueprint, "/cds-services/<path:elsewhere>", _not_found)
    return blueprint


def _body(limit: int) -> bytes:
    # One byte to spare, because a chunked body is cut at Werkzeug's limit without an error.
    request.max_content_length = limit + 1
    body = request.get_data(cache=False)
    if len(body) > limit:
        raise RequestEntityTooLarge
    return body


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
