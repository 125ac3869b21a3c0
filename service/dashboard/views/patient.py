"""The page of one assessment, on the screen and on paper."""

from collections.abc import Sequence

from flask import Response, abort
from flask.typing import ResponseReturnValue

from service.advice.pdf import PdfUnavailableError, pdf_of
from service.dashboard.desk import here, within_reach
from service.dashboard.elsewhere.sending import sending
from service.dashboard.pages import Pages
from service.dashboard.presenters.earlier import MOST_EARLIER
from service.dashboard.presenters.patient import PatientPage, patient_page
from service.dashboard.render import render
from service.dashboard.views.answering import changes_of, questions_of
from service.dashboard.views.deciding import decisions_of
from service.security.roles import Permission
from service.store import Decision, StoredAssessment

pages = Pages()


@pages.get("/assessments/<id>", needs=Permission.VIEW, audit="view: assessment")
def assessment(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The page of an assessment."""
    stored = within_reach(id)
    made = here().assessor.store.decisions(stored.id)
    return render(
        "patient/page.html.j2",
        page=_page(stored, made),
        paper=False,
        deciding=decisions_of(stored, made),
        asking=questions_of(stored),
        changes=changes_of(stored),
        sending=sending(stored),
        assessment_id=stored.id,
    )


@pages.get("/assessments/<id>.pdf", needs=Permission.VIEW, audit="print: assessment")
def assessment_pdf(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The same as PDF, for a record that takes no links; 406 on a machine that cannot make one."""
    stored = within_reach(id)
    html = render("patient/paper.html.j2", page=_page(stored, here().assessor.store.decisions(stored.id)), paper=True)
    try:
        drawn = pdf_of(html, here().static.text("paper.css"))
    except PdfUnavailableError:
        abort(406)
    # The name of a file is seen by others than the page: it says nothing of the patient.
    name = f"assessment-{stored.id[:8]}.pdf"
    return Response(drawn, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def _page(stored: StoredAssessment, made: Sequence[Decision]) -> PatientPage:
    history = here().assessor.store.history(stored, MOST_EARLIER)
    return patient_page(stored, history, made, here().assessor.library, here().clock())
