"""encounter-discharge: what must not be forgotten before the patient leaves."""

from datetime import datetime

from cds_hooks import HookRequest
from service.advice.discharge_cards import discharge_cards
from service.hooks.triage import Answered, card_maker, incomplete, triage
from service.knowledge.library import Library
from service.triage.conflicts import settle
from service.triage.suggestions import pending_results


def on_discharge(request: HookRequest, library: Library, now: datetime) -> Answered:
    """One card for a patient with a leg complaint: red flags, tests left out, results not back, words for home."""
    result = triage(request, library, now)
    if not result.assessment.in_scope:
        return result, incomplete(request, result)
    facts, _ = settle(result.intake.findings, library.knowledge.red_flags, now)
    pending = pending_results(facts, library.knowledge)
    return result, discharge_cards(result.assessment, pending, card_maker(request, library), now)
