"""The page of one assessment, on the screen and on paper."""

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
from service.store import StoredAssessment

pages = Pages()


@pages.get("/assessments/<id>", needs=Permission.VIEW, audit="view: assessment")
def assessment(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The page of an assessment."""
    stored = within_reach(id)
    return render(
        "patient/page.html.j2",
        page=_page(stored),
        paper=False,
        deciding=decisions_of(stored),
        asking=questions_of(stored),
        changes=changes_of(stored),
        sending=sending(stored),
        assessment_id=stored.id,
    )


@pages.get("/assessments/<id>.pdf", needs=Permission.VIEW, audit="print: assessment")
def assessment_pdf(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The same as PDF, for a record that takes no links; 406 on a machine that cannot make one."""
    stored = within_reach(id)
    html = render("patient/paper.html.j2", page=_page(stored), paper=True)
    try:
        drawn = pdf_of(html, here().static.text("paper.css"))
    except PdfUnavailableError:
        abort(406)
    # The name of a file is seen by others than the page: it says nothing of the patient.
    name = f"assessment-{stored.id[:8]}.pdf"
    return Response(drawn, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def _page(stored: StoredAssessment) -> PatientPage:
    store, library = here().assessor.store, here().assessor.library
    return patient_page(
        stored, store.history(stored, MOST_EARLIER), store.decisions(stored.id), library, here().clock()
    )
