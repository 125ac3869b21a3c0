"""The knowledge as the rest of the house uses it: for the engine, for intake and for what is shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

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

    def without(self, names: Collection[str]) -> "Library":
        """The library where these pathways are switched off. Version and digest tell that it is another one.

        What pathways say of each other is known already, so the others keep their meaning.
        """
        off = sorted(self.pathways.keys() & names)
        if not off:
            return self
        whole = self.knowledge
        knowledge = Knowledge(
            version=f"{whole.version}{'.' if '+' in whole.version else '+'}{len(off)}-off",
            digest=sha256(f"{whole.digest} without {' '.join(off)}".encode()).hexdigest(),
            findings=whole.findings,
            orders=whole.orders,
            tiers=whole.tiers,
            pathways=[pathway for pathway in whole.pathways if pathway.id not in off],
            cautions=whole.cautions,
            withholds=whole.withholds,
            questions_at_once=whole.questions_at_once,
        )
        kept = {name: document for name, document in self.pathways.items() if name not in off}
        return replace(self, knowledge=knowledge, pathways=kept)
