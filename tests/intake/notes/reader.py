"""Our own reader, as the notes are scored."""

from service.intake.statements import Circumstances, Statements
from service.intake.text import TextReading, read_text
from service.knowledge.library import Library
from service.triage.findings import Finding, Method, Source, Status, Temporality
from tests.intake.notes.scoring import Said
from tests.intake.record import NOW

REFERENCE = "intake text"


def reading(text: str, library: Library) -> TextReading:
    """What is read of a note that was written today."""
    about = Circumstances(Source(REFERENCE, "", Method.TEXT), recorded=NOW, tied=True)
    return read_text(text, Statements(library.terminology, NOW), about)


def said(text: str, library: Library) -> list[Said]:
    """Everything that is read of a note, with the denials that are not counted."""
    read = reading(text, library)
    denied = [finding for finding in read.not_counted if finding.status is Status.ABSENT]
    return [_said(finding) for finding in (*read.findings, *denied)]


def _said(finding: Finding) -> Said:
    if finding.value is not None:
        return Said("value", finding.key, finding.side, finding.value)
    past = finding.temporality is not Temporality.CURRENT
    return Said(str(finding.temporality if past else finding.status), finding.key, finding.side)


def implied(library: Library) -> dict[tuple[str, str], str]:
    """What a mention of the past or the family sets besides itself, by class and key."""
    records = library.terminology.findings.values()
    return {("past", r.key): r.past_sets for r in records if r.past_sets} | {
        ("family", r.key): r.family_sets for r in records if r.family_sets
    }
