"""`/api/v1/assessments/{id}/leaflet`: one page for the patient, to read or to print."""

from hashlib import sha256
from http import HTTPStatus

from flask import Response
from werkzeug.exceptions import NotAcceptable

from service.advice.leaflet import leaflet
from service.advice.leaflet_page import leaflet_html, leaflet_style_source
from service.advice.pdf import PdfUnavailableError, pdf_of
from service.api import media
from service.api.assessments import found
from service.api.described import ETAG, FILE, IF_NONE_MATCH, PAGE, Gives, operation, part
from service.api.problems import ProblemError
from service.api.rest import here

_POLICY = (
    f"default-src 'none'; style-src {leaflet_style_source()}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = part("Leaflets", "What the patient takes home.")


@operation(
    blueprint,
    "GET",
    "/assessments/<id>/leaflet",
    id="leaflet",
    gives=Gives("The leaflet.", PAGE, headers=ETAG, kind=media.HTML, also={media.PDF: FILE}),
    errors=(304, 404, 406, 503),
    parameters=[IF_NONE_MATCH],
)
def page(id: str) -> Response:  # noqa: A002 - its name in the address
    """Write a leaflet for the patient, from the assessment as it was given.

    Self-care stands there only where the tier allows it; else what to do and how soon.
    """
    return _leaflet(id, media.wanted(media.HTML, media.PDF))


@operation(
    blueprint,
    "GET",
    "/assessments/<id>/leaflet.pdf",
    id="leafletPdf",
    gives=Gives("The leaflet.", FILE, headers=ETAG, kind=media.PDF),
    errors=(304, 404, 406, 503),
    parameters=[IF_NONE_MATCH],
)
def pdf(id: str) -> Response:  # noqa: A002 - its name in the address
    """Write the same leaflet as a PDF."""
    return _leaflet(id, media.wanted(media.PDF))


def _leaflet(id: str, kind: str) -> Response:  # noqa: A002 - its name in the address
    html = leaflet_html(leaflet(found(id).document, here().assessor.library))
    answer = Response(html, mimetype=kind)
    media.tagged(answer, f"{sha256(html.encode()).hexdigest()[:32]}-{kind.rpartition('/')[2]}")
    if kind == media.HTML:
        answer.headers["Content-Security-Policy"] = _POLICY
    elif answer.status_code != HTTPStatus.NOT_MODIFIED:  # laying out takes long, and is not done for nothing
        try:
            answer.set_data(pdf_of(html))
        except PdfUnavailableError:
            raise ProblemError(NotAcceptable.code, "No PDF can be made on this machine; take text/html.") from None
    return answer
