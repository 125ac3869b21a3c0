"""The free text of FHIR resources: the words beside codes we do not know, and notes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from service.intake.notes import Note
from service.intake.resources import CodeableConcept, Observation
from service.intake.statements import Circumstances, Statements
from service.intake.text import TextReading, notes_on, read_text
from service.knowledge.phrases import Lexicon
from service.triage.findings import Finding, Source

_MOST_NOTES = 20  # of one resource


class Texts:
    """Reads the words of resources, and gathers what a reader must know of that."""

    def __init__(self, statements: Statements) -> None:
        """Read for these statements."""
        self.statements = statements
        self._reading = TextReading()

    def read(
        self,
        concepts: Iterable[CodeableConcept | None],
        about: Circumstances,
        element: str,
        coded: Sequence[Finding],
        written: Iterable[object] = (),
    ) -> Iterator[Finding]:
        """What the words of one resource say beyond its codes.

        Args:
            concepts: Their words are read where none of their codes is known to us.
            about: The circumstances of the resource; its text is as old, as past or as refuted as it is.
            element: Where the words of the concepts stand.
            coded: What the codes have said already: the words neither repeat nor contradict it.
            written: Notes and other plain words.
        """
        texts = [(concept.text, element) for concept in concepts if concept and concept.text and self._is_new(concept)]
        texts += [
            (text, "note" if element else "valueString")
            for text in list(written)[:_MOST_NOTES]
            if isinstance(text, str)
        ]
        if not texts:
            return
        keys = {finding.key for finding in coded}
        for text, place in texts:
            source = Source(about.source.reference, place)
            reading = read_text(text, self.statements, replace(about, source=source))
            found = tuple(finding for finding in reading.findings if finding.key not in keys)
            self._reading = TextReading(
                (*self._reading.findings, *found), (*self._reading.not_counted, *reading.not_counted)
            )
            yield from found

    def notes(self) -> Iterator[Note]:
        """What was read from text, and which denials were not counted."""
        return notes_on(self._reading, self.statements.terminology, "text")

    def _is_new(self, concept: CodeableConcept) -> bool:
        return next(self.statements.meanings((concept,)), None) is None


def is_chief_complaint(observation: Observation, lexicon: Lexicon) -> bool:
    """Whether the observation is the complaint in words."""
    codings = (observation.code.coding or ()) if observation.code else ()
    return any((coding.system, coding.code) in lexicon.chief_complaints for coding in codings)
