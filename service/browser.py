"""What every page for a browser needs: headers, static files under lasting addresses, no form of another site."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from importlib.resources import files
from mimetypes import guess_type
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        # Not `no-referrer`: with that a browser hides from us that its form is our own.
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
)
"""Of a page that loads its own files alone, is shown in no frame and kept in no cache."""


class StaticFiles:
    """The files in the folder `static` of a package, each under an address that names its content."""

    def __init__(self, package: str, prefix: str) -> None:
        """Read them once; `prefix` is the address of the blueprint that serves them."""
        folder = files(package).joinpath("static")
        self._files = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
        self._digests = {name: sha256(body).hexdigest()[:16] for name, body in self._files.items()}
        self._prefix = prefix

    def url(self, name: str) -> str:
        """The address of a file; KeyError when there is none of this name."""
        return f"{self._prefix}/static/{self._digests[name]}/{name}"

    def text(self, name: str) -> str:
        """What is in a file; KeyError when there is none of this name."""
        return self._files[name].decode()

    def serve(self, blueprint: Blueprint) -> None:
        """Add the route."""

        @blueprint.get("/static/<string:digest>/<string:name>")
        def static_file(digest: str, name: str) -> Response:
            if self._digests.get(name) != digest:
                abort(404)
            response = Response(self._files[name], mimetype=guess_type(name)[0])
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            return response


def add_headers(response: Response) -> Response:
    """The response with the headers of a page, but for those it brings itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def refuse_other_pages(own_hosts: Collection[str]) -> None:
    """403 for a form that comes from the page of another site.

    Args:
        own_hosts: The names that browsers know this service by, besides the one it is called at.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site not in {"same-origin", "none"} or (origin and urlsplit(origin).netloc not in {request.host, *own_hosts}):
        abort(403)
