"""The worklist: whom to see next."""

from flask.typing import ResponseReturnValue

from service.dashboard.desk import here, session
from service.dashboard.pages import Pages
from service.dashboard.render import render
from service.security.roles import Permission
from service.store import WorklistQuery

pages = Pages()


@pages.get("/", needs=Permission.VIEW, audit="view: worklist")
def worklist() -> ResponseReturnValue:
    """The most urgent first."""
    query = WorklistQuery(client=session().client, patient=session().patient)
    return render("worklist.html.j2", items=here().assessor.store.worklist_page(query))
