"""What is asked of a FHIR server about a patient, and what it means when an answer is missing."""

from collections.abc import Collection, Mapping

from service.intake.decode import is_failure, tells_something

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
"""The queries by the name that their answers have here."""
COMPLAINTS = ("conditions", "observations", "encounters", "questionnaireResponses")
"""The answers that can hold a complaint."""
_WITHOUT_COMPLAINT = frozenset(PREFETCH) - frozenset(COMPLAINTS)


def received(answers: Mapping[str, bytes]) -> frozenset[str]:
    """The names of the answers that hold data."""
    return frozenset(key for key, value in answers.items() if tells_something(value))


def hidden_complaint(answers: Mapping[str, bytes], came: Collection[str]) -> list[str]:
    """The data that may hide a complaint: those that failed, or all of them when none was received."""
    failed = [key for key in COMPLAINTS if is_failure(answers.get(key, b""))]
    if failed or not _WITHOUT_COMPLAINT.issuperset(came):
        return failed
    return list(COMPLAINTS)
