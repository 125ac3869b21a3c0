"""An assessment in brief, for a line of a list: who, which side, and what it may be."""

from dataclasses import dataclass
from typing import Self

from service.triage.assessment import Assessment, Consideration
from service.triage.findings import Status, Temporality

_AGE, _SEX = "age_years", "sex_at_birth"
_LEVELS = ("likely", "possible")
_MOST_NAMED = 2
_MOST_PATHWAYS = 8


@dataclass(frozen=True, slots=True)
class Brief:
    """What a line of a list says.

    Attributes:
        age_years: How old the patient is, if that is known.
        sex: At birth.
        side: Of the symptoms.
        pathways: Of what is likely or possible, the likeliest first.
        headline: The same in words, such as `Deep vein thrombosis likely`, those first that make it this urgent;
            without any, why it is this urgent.
    """

    age_years: float | None
    sex: str | None
    side: str | None
    pathways: tuple[str, ...]
    headline: str

    @classmethod
    def of(cls, assessment: Assessment) -> Self:
        """That of an assessment."""
        known = {
            finding.key: finding.value
            for finding in assessment.findings
            if finding.status is Status.PRESENT and finding.temporality is Temporality.CURRENT
        }
        age, sex = known.get(_AGE), known.get(_SEX)
        considered = [(level, c) for level in _LEVELS for c in assessment.considerations if c.level == level]
        return cls(
            age_years=float(age) if isinstance(age, int | float) else None,
            sex=sex if isinstance(sex, str) else None,
            side=assessment.side.value if assessment.side else None,
            pathways=tuple(dict.fromkeys(c.condition for _, c in considered))[:_MOST_PATHWAYS],
            headline=_headline(assessment, [c for _, c in considered]),
        )


def _headline(assessment: Assessment, considered: list[Consideration]) -> str:
    if not considered:
        return next((reason.title for reason in assessment.urgency.because), "")
    # An emergency that is possible must not stand behind a strain that is likely.
    pressing = {reason.pathway for reason in assessment.urgency.because}
    named = sorted(considered, key=lambda c: c.condition not in pressing)[:_MOST_NAMED]
    more = len(considered) - len(named)
    return "; ".join([*(f"{c.label} {c.level}" for c in named), *([f"{more} more"] if more else [])])
