"""The page of one assessment, on the screen and on paper."""

from flask import abort
from flask.typing import ResponseReturnValue

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
    return render("patient/page.html.j2", page=_page(found(id)), tier_names=_tier_names())


def found(id: str) -> StoredAssessment:  # noqa: A002 - its name everywhere
    """The assessment with this id; 404 when there is none that whoever is signed in may see."""
    stored = here().assessor.store.assessment(id, client=session().client)
    if stored is None or session().patient not in {None, stored.patient}:
        abort(404)
    return stored


def _page(stored: StoredAssessment) -> PatientPage:
    assessor = here().assessor
    decisions = assessor.store.decisions(stored.id)
    return patient_page(stored, [stored], decisions, assessor.library, here().clock())


def _tier_names() -> dict[str, str]:
    return {tier.value: each.name for tier, each in here().assessor.library.knowledge.tiers.items()}
