"""A leaflet as a web page and as a part of one."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.advice.leaflet_parts import Leaflet

_ENVIRONMENT = Environment(
    loader=PackageLoader("service.advice"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def leaflet_html(leaflet: Leaflet, stylesheet: str | None = None) -> str:
    """The leaflet as a complete page that needs nothing from elsewhere.

    Args:
        leaflet: What it says.
        stylesheet: The address of `leaflet_style()`, to link it. Without it the style stands in the page: then a
            Content-Security-Policy must allow `leaflet_style_source()`.
    """
    return _ENVIRONMENT.get_template("leaflet.html.j2").render(
        leaflet=leaflet, stylesheet=stylesheet, style=leaflet_style()
    )


def leaflet_body(leaflet: Leaflet) -> Markup:
    """The leaflet as an `<article>` with an `<h1>`, for a page that has `leaflet_style()`."""
    return Markup(_ENVIRONMENT.get_template("leaflet_body.html.j2").render(leaflet=leaflet))  # noqa: S704 - autoescaped


@cache
def leaflet_style() -> str:
    """The style sheet; every rule in it begins with `.leaflet`."""
    return files("service.advice").joinpath("static/leaflet.css").read_text(encoding="utf-8")


@cache
def leaflet_style_source() -> str:
    """What `style-src` must list for the style in the page of `leaflet_html`, such as `'sha256-…'`."""
    return f"'sha256-{b64encode(sha256(leaflet_style().encode()).digest()).decode()}'"
