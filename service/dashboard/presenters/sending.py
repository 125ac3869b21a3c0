"""What the patient page says of the record in the EHR that opened it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from service.advice import wording
from service.advice.questionnaire_response import can_answer
from service.knowledge.library import Library
from service.triage.findings import Finding

_TROUBLES: Mapping[str, str] = MappingProxyType(
    {
        "refused": "The record did not take the answers. They are kept here; write them there yourself.",
        "away": (
            "The record did not answer, so the answers may or may not be in it. Look there before you send them again."
        ),
        "closed": "The permission to write to the record has run out. Launch legtriage again from the record.",
        "none": "There is no answer to send.",
    }
)


@dataclass(frozen=True, slots=True)
class Sending:
    """What can go to the record.

    Attributes:
        answers: What would be sent, in words.
        left_out: Answers that the questionnaire has no place for, in words.
        is_open: Whether the record can be written to now.
        sent: Since when they are in the record, if they were sent.
        trouble: Why they could not be sent just now.
    """

    answers: tuple[str, ...]
    left_out: tuple[str, ...]
    is_open: bool
    sent: datetime | None
    trouble: str | None


def show_sending(
    answers: Sequence[Finding], library: Library, *, is_open: bool, sent: datetime | None, outcome: str
) -> Sending:
    """The part of the page for these answers, after this outcome of sending them."""
    fits = [finding for finding in answers if can_answer(finding, library)]
    others = [finding for finding in answers if finding not in fits]
    return Sending(
        answers=tuple(wording.statement(finding, library.knowledge) for finding in fits),
        left_out=tuple(wording.statement(finding, library.knowledge) for finding in others),
        is_open=is_open,
        sent=sent,
        trouble=_TROUBLES.get(outcome),
    )
