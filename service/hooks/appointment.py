"""appointment-book: the slot against the urgency of the complaint, in words for whoever books it."""

from datetime import datetime

from cds_hooks import HookRequest
from service.advice.appointment_cards import clinician_cards, not_checked_card, patient_cards
from service.advice.card_maker import incomplete_card
from service.hooks.triage import Answered, card_maker, triage
from service.intake.decode import decode
from service.intake.resources import Appointment
from service.intake.times import instant
from service.knowledge.library import Library

_NO_VISIT = frozenset({"cancelled", "noshow", "entered-in-error", "fulfilled"})
_PATIENT_USERS = ("Patient/", "RelatedPerson/")


def on_appointment(request: HookRequest, library: Library, now: datetime) -> Answered:
    """A card when the earliest slot is later than the triage allows, or than what is not settled yet would."""
    slots = request.context["appointments"]
    result = triage(request, library, now, more={"context.appointments": slots})
    by_patient = request.context["user_id"].startswith(_PATIENT_USERS)
    maker = card_maker(request, library)
    if not result.assessment.in_scope:
        unknown = not_checked_card(maker) if by_patient else incomplete_card(maker.patient_id, result.hidden)
        return result, [unknown] if result.hidden else []
    starts = [
        moment
        for item in decode(slots, "appointments")[0]
        if isinstance(item.resource, Appointment) and item.resource.status not in _NO_VISIT
        if (moment := instant(item.resource.start))
    ]
    make = patient_cards if by_patient else clinician_cards
    return result, make(result.assessment, min(starts, default=None), maker, now)
