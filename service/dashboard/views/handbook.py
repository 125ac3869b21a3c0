"""The clinical handbook inside the dashboard: the knowledge as it was loaded, page by page."""

from flask import Response, abort
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from service.dashboard.desk import here
from service.dashboard.pages import Pages
from service.dashboard.render import render
from service.handbook.pages import html_body, markdown_pages, title_of
from service.security.roles import Permission

pages = Pages()
_TABLE = '<div class="table-responsive" tabindex="0" role="group" aria-label="Table"><table class="table">'


@pages.get("/handbook/<page>", needs=Permission.VIEW, audit=None)
def handbook(page: str) -> ResponseReturnValue:
    """A page of the handbook, or the picture of a pathway."""
    files = markdown_pages(here().assessor.whole)
    if page.endswith(".svg") and page in files:
        return Response(files[page], mimetype="image/svg+xml")
    if page.endswith(".svg") or f"{page}.md" not in files:
        abort(404)
    text = files[f"{page}.md"]
    body = html_body(text, lambda name: f"/dashboard/handbook/{name}")
    body = body.replace("<table>", _TABLE).replace("</table>", "</table></div>")
    return render(
        "handbook.html.j2",
        title=title_of(text),
        body=Markup(body),  # noqa: S704 - what it is made of is Markdown of our own, in which HTML is text
        page=page,
    )
