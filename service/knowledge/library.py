"""The knowledge as the rest of the house uses it: for the engine, for intake and for what is shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.knowledge.documents import Located
from service.knowledge.form import Form
from service.knowledge.patients import PatientWords
from service.knowledge.site import SitePolicy
from service.knowledge.terminology import Terminology
from service.triage.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Coding:
    """A code with its system URL and display."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class OrderCoding:
    """How an order is coded: its category, and its codes by the side they are for (None: any side)."""

    category: Coding
    codes: tuple[tuple[str | None, Coding], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One source: title, grade (A guideline, B paper or faithful summary, C teaching page) and address."""

    id: str
    title: str
    grade: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that was read from the knowledge files."""

    knowledge: Knowledge
    terminology: Terminology
    orders: Mapping[str, OrderCoding]
    evidence: Mapping[str, Evidence]
    patient_words: PatientWords
    pathways: Mapping[str, Located]
    shared: Located
    governance: Located
    site: SitePolicy
    form: Form

    def evidence_for(self, reference: str) -> Evidence | None:
        """The source that a reference such as `NG158 1.1.3` cites: its first word is the id."""
        return self.evidence.get(reference.split(" ", 1)[0])
