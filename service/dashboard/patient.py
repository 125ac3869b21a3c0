"""The page of one assessment, on the screen and on paper."""

from flask import Response, abort
from flask.typing import ResponseReturnValue

from service.advice.pdf import PdfUnavailableError, pdf_of
from service.dashboard.desk import here, session
from service.dashboard.pages import Pages
from service.dashboard.presenters.patient import PatientPage, patient_page
from service.dashboard.render import render
from service.security.roles import Permission
from service.store import StoredAssessment

pages = Pages()


@pages.get("/assessments/<id>", needs=Permission.VIEW, audit="view: assessment")
def assessment(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The page of an assessment."""
    return render("patient/page.html.j2", page=_page(found(id)), paper=False, tier_names=_tier_names())


@pages.get("/assessments/<id>.pdf", needs=Permission.VIEW, audit="print: assessment")
def assessment_pdf(id: str) -> ResponseReturnValue:  # noqa: A002 - its name everywhere
    """The same as PDF, for a record that takes no links; 406 on a machine that cannot make one."""
    stored = found(id)
    html = render("patient/paper.html.j2", page=_page(stored), paper=True, tier_names=_tier_names())
    try:
        drawn = pdf_of(html, here().static.text("paper.css"))
    except PdfUnavailableError:
        abort(406)
    # The name of a file is seen by others than the page: it says nothing of the patient.
    name = f"assessment-{stored.id[:8]}.pdf"
    return Response(drawn, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def found(id: str) -> StoredAssessment:  # noqa: A002 - its name everywhere
    """The assessment with this id; 404 when there is none that whoever is signed in may see."""
    stored = here().assessor.store.assessment(id, client=session().client, patient=session().patient)
    if stored is None:
        abort(404)
    return stored


def _page(stored: StoredAssessment) -> PatientPage:
    store, library = here().assessor.store, here().assessor.library
    return patient_page(stored, store.history(stored), store.decisions(stored.id), library, here().clock())


def _tier_names() -> dict[str, str]:
    return {tier.value: each.name for tier, each in here().assessor.library.knowledge.tiers.items()}
