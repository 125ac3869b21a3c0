"""Who answers for a pathway: its thirteen source attributes, and whether its review is overdue.

The attributes are those that a certified EHR must be able to show for evidence-based decision support (45 CFR
170.315(b)(11), ONC HTI-1 final rule). What a pathway uses of a patient is read off its rules, not claimed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from service.knowledge.library import Library


@dataclass(frozen=True, slots=True)
class SourceAttribute:
    """One source attribute, as a clinician reads it."""

    id: str
    label: str
    text: str


def source_attributes(library: Library, pathway: str) -> tuple[SourceAttribute, ...]:
    """The thirteen source attributes of the pathway."""
    document = library.pathways[pathway]
    governance = library.governance
    sources = [library.evidence_for(reference) for reference in document["evidence"]]
    citation = "; ".join(f"{source.title} [{source.id}]" for source in sources if source)
    dates = f"released {document['released']}"
    if "revised" in document:
        dates += f", revised {document['revised']}"
    used = frozenset[str]().union(
        *(rule.condition.keys() for rule in library.knowledge.rules if rule.pathway == pathway)
    )
    return (
        SourceAttribute("citation", "Bibliographic citation", citation),
        SourceAttribute("developer", "Developer", governance["developer"]),
        SourceAttribute("funding", "Funding source", governance["funding"]),
        SourceAttribute("dates", "Release and revision dates", dates),
        *(
            SourceAttribute(name, entry["label"], _used(sorted(used.intersection(entry["keys"])), library))
            for name, entry in governance["attributes"].items()
        ),
    )


def _used(keys: list[str], library: Library) -> str:
    return ", ".join(library.knowledge.findings[key].label for key in keys) or "Not used"


def overdue(library: Library, today: date) -> Iterator[tuple[str, date]]:
    """The pathways past their review date, with that date."""
    for name, document in library.pathways.items():
        if document["review_date"] < today:
            yield name, document["review_date"]
