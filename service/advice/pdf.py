"""A page as PDF."""

from hashlib import sha256


class PdfUnavailableError(RuntimeError):
    """The system libraries that draw a PDF (Pango) are not on this machine."""


def pdf_of(html: str, *styles: str) -> bytes:
    """A page as tagged PDF (PDF/UA-1); the same page always gives the same bytes.

    Args:
        html: The page, which loads nothing.
        styles: Style sheets besides those in the page.

    Raises:
        PdfUnavailableError: A system library is missing.
    """
    try:
        # Half a second, and system libraries that may be missing.
        from weasyprint import CSS, HTML  # type: ignore[import-untyped] # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # type: ignore[import-untyped] # noqa: PLC0415
    except OSError as error:
        raise PdfUnavailableError("WeasyPrint finds no Pango on this machine.") from error
    fetcher = URLFetcher(allowed_protocols=())
    page = HTML(string=html, url_fetcher=fetcher)
    sheets = [CSS(string=style, url_fetcher=fetcher) for style in styles]
    identifier = sha256(html.encode()).digest()[:16]
    return bytes(page.write_pdf(stylesheets=sheets, pdf_variant="pdf/ua-1", pdf_identifier=identifier))
