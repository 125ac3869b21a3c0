"""The step that all hooks share: what was received -> findings -> assessment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cds_hooks import HookRequest, PreconditionFailed
from service.advice.card_maker import Advised, CardMaker, incomplete_card
from service.intake.decode import is_failure, tells_something
from service.intake.fhir import read
from service.intake.notes import Intake
from service.knowledge.library import Library
from service.triage.assess import assess
from service.triage.assessment import Assessment
from service.triage.findings import Finding

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


Answered = tuple[Triage | None, Sequence[Advised]]
"""What a hook answers: the triage it rests on, None when there was nothing to triage, and the cards."""


def triage(
    request: HookRequest,
    library: Library,
    now: datetime,
    *,
    more: Mapping[str, bytes] | None = None,
    findings: tuple[Finding, ...] = (),
) -> Triage:
    """Intake and triage of one request, with `more` FHIR and findings from its context.

    PreconditionFailed when nothing was received to judge by, and the context alone tells of no complaint.
    """
    received = frozenset(key for key, value in request.prefetch.items() if tells_something(value))
    context = {key: value for key, value in (more or {}).items() if tells_something(value)}
    intake = read(
        {**request.prefetch, **context},
        library.terminology,
        now,
        patient_id=request.context["patient_id"],
        encounter_id=request.context.get("encounter_id"),
    )
    known = (*intake.findings, *findings)
    assessment = assess(known, library.knowledge, now)
    if not received and not assessment.in_scope:
        raise PreconditionFailed(
            "No clinical data were received. Fill the prefetch templates of this service: " + ", ".join(PREFETCH)
        )
    return Triage(
        replace(intake, findings=known),
        assessment,
        not_received=[key for key in PREFETCH if key not in received],
        hidden=[
            *_hidden_complaint(request.prefetch, received),
            *(note.reference for note in intake.notes if note.lost),
        ],
    )


def card_maker(request: HookRequest, library: Library) -> CardMaker:
    """What makes cards about the patient of this request."""
    return CardMaker(
        library, patient_id=request.context["patient_id"], encounter_id=request.context.get("encounter_id")
    )


def incomplete(request: HookRequest, result: Triage) -> list[Advised]:
    """The card that names what may hide a complaint, if anything may."""
    return [incomplete_card(request.context["patient_id"], result.hidden)] if result.hidden else []


def _hidden_complaint(prefetch: Mapping[str, bytes], received: frozenset[str]) -> list[str]:
    """The data that may hide a complaint: those that failed, or all of them when none was received."""
    failed = [key for key in COMPLAINTS if is_failure(prefetch.get(key, b""))]
    if failed or not received <= _WITHOUT_COMPLAINT:
        return failed
    return list(COMPLAINTS)
