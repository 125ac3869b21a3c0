"""appointment-book: the slot against the urgency of the complaint, in words for whoever books it."""

from datetime import datetime

from cds_hooks import HookRequest
from service.advice.appointment_cards import clinician_cards, patient_cards
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
    if not result.assessment.in_scope:
        return result, []
    starts = [
        moment
        for item in decode(slots, "appointments")[0]
        if isinstance(item.resource, Appointment) and item.resource.status not in _NO_VISIT
        if (moment := instant(item.resource.start))
    ]
    make = patient_cards if request.context["user_id"].startswith(_PATIENT_USERS) else clinician_cards
    return result, make(result.assessment, min(starts, default=None), card_maker(request, library), now)
