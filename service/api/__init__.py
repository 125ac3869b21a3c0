"""REST: the routes below `/api/v1`, their API document, and the page that shows it."""

from flask import Flask

from service.api import assessments, catalogue, decisions, docs_page, leaflets, worklist
from service.api import document as openapi
from service.api.document import DescribedApi
from service.api.problems import register_problems
from service.api.rest import Rest, set_up

__all__ = ["Rest", "register_api"]

_ROOMS = (assessments, leaflets, decisions, worklist, catalogue)


def register_api(app: Flask, rest: Rest) -> None:
    """Serve the REST routes, `/openapi.yaml` and `/docs`, and make the errors of the application problem details."""
    register_problems(app)
    set_up(app.extensions, rest)
    api = DescribedApi(app)
    for room in _ROOMS:
        api.register_blueprint(room.blueprint)
    app.register_blueprint(openapi.blueprint)
    app.register_blueprint(docs_page.blueprint)
