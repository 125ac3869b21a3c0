"""patient-view, encounter-start, problem-list-item-create: triage of whoever is on the screen."""

from collections.abc import Sequence
from datetime import datetime

from cds_hooks import HookRequest
from service.advice.card_maker import Advised
from service.advice.cards import Cards
from service.hooks.triage import Answered, Triage, card_maker, incomplete, triage
from service.intake.fhir import read
from service.knowledge.library import Library

_CONDITIONS = "context.conditions"


def on_chart(request: HookRequest, library: Library, now: datetime) -> Answered:
    """The triage of a chart that was opened, or of a visit that starts."""
    result = triage(request, library, now)
    return result, triage_cards(request, result, library, now)


def on_problem(request: HookRequest, library: Library, now: datetime) -> Answered:
    """The triage of a problem just added, with the rest of the record; silent when the problem bears on nothing."""
    problem = {_CONDITIONS: request.context["conditions"]}
    result = triage(request, library, now, more=problem)
    added = read(problem, library.terminology, now, patient_id=request.context["patient_id"])
    keys = {finding.key for finding in added.findings}
    says_something = any(finding.key in keys for reason in result.assessment.fired for finding in reason.findings)
    if not says_something and not any(note.lost for note in added.notes):
        return result, []
    return result, triage_cards(request, result, library, now)


def triage_cards(request: HookRequest, result: Triage, library: Library, now: datetime) -> Sequence[Advised]:
    """The cards of a triage; for a patient without a complaint only one that names what may hide it, if anything."""
    if not result.assessment.in_scope:
        return incomplete(request, result)
    return Cards(
        result.assessment,
        card_maker(request, library),
        notes=[str(note) for note in result.intake.notes],
        not_received=result.not_received,
        now=now,
    ).make()
