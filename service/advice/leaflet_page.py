"""A leaflet as a web page, as a part of one, and as PDF."""

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


class PdfUnavailableError(RuntimeError):
    """The system libraries that draw a PDF (Pango) are not on this machine."""


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


def leaflet_pdf(html: str) -> bytes:
    """The page of `leaflet_html` as tagged PDF (PDF/UA-1); the same page always gives the same bytes.

    Raises:
        PdfUnavailableError: A system library is missing.
    """
    try:
        # Half a second, and system libraries that may be missing.
        from weasyprint import HTML  # type: ignore[import-untyped] # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # type: ignore[import-untyped] # noqa: PLC0415
    except OSError as error:
        raise PdfUnavailableError("WeasyPrint finds no Pango on this machine.") from error
    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=()))
    return bytes(page.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=sha256(html.encode()).digest()[:16]))
