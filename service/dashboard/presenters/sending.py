"""What the patient page says of the record in the EHR that opened it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from service.advice import wording
from service.advice.questionnaire_response import can_answer
from service.knowledge.library import Library
from service.triage.findings import Finding

_OUTCOMES: Mapping[str, tuple[bool, str]] = MappingProxyType(
    {
        "sent": (True, "The answers are in the record."),
        "refused": (False, "The record did not take the answers. They are kept here; write them there yourself."),
        "away": (
            False,
            "The record did not answer, so the answers may or may not be in it. Look there before you send them again.",
        ),
        "closed": (False, "The permission to write to the record has run out. Launch legtriage again from the record."),
        "none": (False, "There is no answer to send."),
    }
)


@dataclass(frozen=True, slots=True)
class Sending:
    """What can go to the record.

    Attributes:
        answers: What would be sent, in words.
        left_out: Answers that the questionnaire has no place for, in words.
        is_open: Whether the record can be written to now.
        told: What came of sending them, if they were; and whether it went well.
    """

    answers: tuple[str, ...]
    left_out: tuple[str, ...]
    is_open: bool
    told: tuple[bool, str] | None


def show_sending(answers: Sequence[Finding], library: Library, *, is_open: bool, outcome: str) -> Sending:
    """The part of the page for these answers, after this outcome of sending them."""
    fits = [finding for finding in answers if can_answer(finding, library)]
    others = [finding for finding in answers if finding not in fits]
    return Sending(
        answers=tuple(wording.statement(finding, library.knowledge) for finding in fits),
        left_out=tuple(wording.statement(finding, library.knowledge) for finding in others),
        is_open=is_open,
        told=_OUTCOMES.get(outcome),
    )
