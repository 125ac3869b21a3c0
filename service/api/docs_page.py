"""`/docs`: the API document for people, shown by files of our own and none from elsewhere."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

_FILES = Path(__file__).with_name("static")
_SERVED = frozenset({"docs.js", "swagger-ui.css", "swagger-ui-bundle.js"})
# Pictures of the style sheet stand in it as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("docs", __name__)


@blueprint.get("/docs")
def docs() -> Response:
    """The page."""
    answer = send_from_directory(_FILES, "docs.html", mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@blueprint.get("/docs/<name>")
def part(name: str) -> Response:
    """A file that the page needs."""
    if name not in _SERVED:
        raise NotFound
    return send_from_directory(_FILES, name, max_age=3600)
