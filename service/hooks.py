"""Our CDS Hooks services: one function from request to cards, and what discovery says of each hook."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from cds_hooks import Card, HookRequest, HookService, PreconditionFailed
from service.advice.cards import Cards, incomplete_card
from service.intake.decode import is_failure, tells_something
from service.intake.fhir import read
from service.intake.notes import Intake
from service.knowledge.library import Library
from service.triage.assess import assess
from service.triage.assessment import Assessment

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
COMPLAINTS = ("conditions", "observations", "encounters", "questionnaireResponses")
"""The prefetch keys that can hold a complaint."""
_WITHOUT_COMPLAINT = frozenset(PREFETCH) - frozenset(COMPLAINTS)
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


@dataclass(frozen=True, slots=True)
class Triage:
    """What came of one request: what was read, the verdict, and which data stayed unknown.

    `not_received` are the prefetch keys without data; `hidden` are those, and the unreadable resources, in
    which a complaint may be hidden from us.
    """

    intake: Intake
    assessment: Assessment
    not_received: list[str]
    hidden: list[str]


def triage(request: HookRequest, library: Library, now: datetime) -> Triage:
    """Intake and triage of one request. PreconditionFailed when nothing was received to judge by."""
    received = frozenset(key for key, value in request.prefetch.items() if tells_something(value))
    if not received:
        raise PreconditionFailed(
            "No clinical data were received. Fill the prefetch templates of this service: " + ", ".join(PREFETCH)
        )
    intake = read(
        request.prefetch,
        library.terminology,
        now,
        patient_id=request.context["patient_id"],
        encounter_id=request.context.get("encounter_id"),
    )
    return Triage(
        intake,
        assess(intake.findings, library.knowledge, now),
        not_received=[key for key in PREFETCH if key not in received],
        hidden=[
            *_hidden_complaint(request.prefetch, received),
            *(note.reference for note in intake.notes if note.lost),
        ],
    )


def triage_cards(request: HookRequest, *, library: Library, clock: Clock) -> Sequence[Card]:
    """Intake, triage, cards. PreconditionFailed when nothing was received to judge by."""
    now = clock()
    result = triage(request, library, now)
    patient_id = request.context["patient_id"]
    if not result.assessment.in_scope:
        return [incomplete_card(patient_id, result.hidden)] if result.hidden else []
    return Cards(
        result.assessment,
        library,
        patient_id=patient_id,
        encounter_id=request.context.get("encounter_id"),
        notes=[str(note) for note in result.intake.notes],
        not_received=result.not_received,
        now=now,
    ).make()


def _hidden_complaint(prefetch: Mapping[str, bytes], received: frozenset[str]) -> list[str]:
    """The data that may hide a complaint: those that failed, or all of them when none was received."""
    failed = [key for key in COMPLAINTS if is_failure(prefetch.get(key, b""))]
    if failed or not received <= _WITHOUT_COMPLAINT:
        return failed
    return list(COMPLAINTS)
