"""Our CDS Hooks services: one function from request to cards, and what discovery says of each hook."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from cds_hooks import Card, HookRequest, HookService, PreconditionFailed
from service.advice.cards import Cards, incomplete_card
from service.intake.fhir import read
from service.knowledge.library import Library
from service.triage.assess import assess

Clock = Callable[[], datetime]

_PATIENT = "patient"
_ABOUT = "patient={{context.patientId}}"
PREFETCH: Mapping[str, str] = {
    _PATIENT: "Patient/{{context.patientId}}",
    "conditions": f"Condition?{_ABOUT}&_count=200",
    "observations": f"Observation?{_ABOUT}&_sort=-date&_count=200",
    "encounters": f"Encounter?{_ABOUT}&_sort=-date&_count=10",
    "medicationRequests": f"MedicationRequest?{_ABOUT}&_count=100",
    "procedures": f"Procedure?{_ABOUT}&_sort=-date&_count=50",
    "allergies": f"AllergyIntolerance?{_ABOUT}&_count=50",
    "devices": f"Device?{_ABOUT}&_count=50",
    "familyHistory": f"FamilyMemberHistory?{_ABOUT}&_count=50",
    "serviceRequests": f"ServiceRequest?{_ABOUT}&_sort=-authored&_count=50",
    "diagnosticReports": f"DiagnosticReport?{_ABOUT}&_sort=-date&_count=50",
    "questionnaireResponses": f"QuestionnaireResponse?{_ABOUT}&_sort=-authored&_count=10",
}
_USAGE = (
    "Every prefetch value may be missing, null, a Bundle, a resource or an OperationOutcome. What is missing counts "
    "as unknown, never as absent. Without any clinical data there is nothing to judge by, and the answer is 412."
)
_DESCRIPTION = (
    "Triage of pain in the back of the leg and the lower leg: urgency, tests, referrals and what to ask. "
    "Silent unless the record holds a current leg complaint. Advises clinicians; it does not diagnose."
)


def hook_services(library: Library, clock: Clock = lambda: datetime.now(UTC)) -> list[HookService]:
    """The services that discovery lists, working with this library and clock."""
    handler = partial(triage_cards, library=library, clock=clock)
    return [
        HookService(
            id=f"leg-pain-{hook}",
            hook=hook,
            title=title,
            description=_DESCRIPTION,
            handler=handler,
            prefetch=PREFETCH,
            usage_requirements=_USAGE,
            hook_version="1.0",
        )
        for hook, title in (
            ("patient-view", "Leg pain triage when a chart is opened"),
            ("encounter-start", "Leg pain triage when a visit starts"),
        )
    ]


def triage_cards(request: HookRequest, *, library: Library, clock: Clock) -> Sequence[Card]:
    """Intake, triage, cards. PreconditionFailed when nothing was received to judge by."""
    now = clock()
    patient_id = request.context["patient_id"]
    encounter_id = request.context.get("encounter_id")
    unknown = [key for key in PREFETCH if _is_unknown(request.prefetch.get(key))]
    received = [key for key, value in request.prefetch.items() if not _is_unknown(value)]
    if not received:
        raise PreconditionFailed(
            "No clinical data were received. Fill the prefetch templates of this service: " + ", ".join(PREFETCH)
        )
    if received == [_PATIENT]:
        return [incomplete_card(patient_id, [key for key in unknown if key != _PATIENT])]
    intake = read(request.prefetch, library.terminology, now, patient_id=patient_id, encounter_id=encounter_id)
    assessment = assess(intake.findings, library.knowledge, now)
    return Cards(
        assessment,
        library,
        patient_id=patient_id,
        encounter_id=encounter_id,
        notes=[str(note) for note in intake.notes],
        not_received=unknown,
        now=now,
    ).make()


def _is_unknown(value: bytes | None) -> bool:
    """Whether a prefetch value tells nothing: missing, null, no object, or an OperationOutcome in its place."""
    if value is None:
        return True
    start = value.lstrip()[:1]
    return start != b"{" or b'"OperationOutcome"' in value[:200]
