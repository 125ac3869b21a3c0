"""The page of one assessment."""

from flask.typing import ResponseReturnValue

from service.dashboard.answering import changes_of, questions_of
from service.dashboard.deciding import decisions_of
from service.dashboard.desk import here, within_reach
from service.dashboard.pages import Pages
from service.dashboard.presenters.asking import tier_names
from service.dashboard.render import render
from service.security.roles import Permission

pages = Pages()


@pages.get("/assessments/<id>", needs=Permission.VIEW, audit="view: assessment")
def assessment(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The page of an assessment."""
    stored = within_reach(id)
    return render(
        "patient/page.html.j2",
        stored=stored,
        deciding=decisions_of(stored),
        asking=questions_of(stored),
        changes=changes_of(stored),
        tier_names=tier_names(here().assessor.library),
    )
