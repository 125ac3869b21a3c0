"""appointment-book: the slot against the urgency of the complaint, in words for whoever books it."""

from datetime import datetime

from cds_hooks import HookRequest
from service.advice.appointment_cards import clinician_cards, not_checked_card, patient_cards
from service.hooks.triage import Answered, asked_by_patient, card_maker, incomplete, triage
from service.intake.decode import decode
from service.intake.resources import Appointment
from service.intake.times import instant
from service.knowledge.library import Library

_NO_VISIT = frozenset({"cancelled", "noshow", "entered-in-error", "fulfilled"})


def on_appointment(request: HookRequest, library: Library, now: datetime) -> Answered:
    """A card when the earliest slot is later than the triage allows, or than what is not settled yet would."""
    slots = request.context["appointments"]
    result = triage(request, library, now, more={"context.appointments": slots})
    by_patient = asked_by_patient(request)
    maker = card_maker(request, library)
    if not result.assessment.in_scope:
        unknown = incomplete(request, result)
        return result, [not_checked_card(maker)] if unknown and by_patient else unknown
    resources = [item.resource for item in decode(slots, "appointments")[0]]
    booked = [one for one in resources if isinstance(one, Appointment) and one.status not in _NO_VISIT]
    if not booked:
        return result, []
    # What is over helps nobody, and what cannot be read may be any time.
    starts = [moment for one in booked if (moment := instant(one.start)) and moment >= now]
    make = patient_cards if by_patient else clinician_cards
    return result, make(result.assessment, min(starts, default=None), maker, now)
