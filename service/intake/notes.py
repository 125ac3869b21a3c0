"""What the reader of an assessment must know about the data behind it."""

from dataclasses import dataclass

from service.triage.findings import Finding


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """Something in the data that was not used as it stands: where, and why.

    `lost` marks a resource that could have held the complaint and could not be read at all.
    """

    reference: str
    element: str
    text: str
    lost: bool = False

    def __str__(self) -> str:
        """The note in one line."""
        place = f"{self.reference} {self.element}".strip()
        return f"{place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Intake:
    """What was read: the findings, the notes, and who the patient is, as far as that was told.

    `patient_name` and `birth_date` are for the clinician's list alone; they never enter the assessment.
    """

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...] = ()
    patient_id: str | None = None
    patient_name: str | None = None
    birth_date: str | None = None
