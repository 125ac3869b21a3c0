"""What a clinician answers to our questions, together with what was read of the patient before.

An answer is a finding stated by a clinician, as old as the click. It stands beside what the sources said, and the
written rule for sources that disagree decides. Answered again, a question has the newer answer alone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from service.intake.structured import read_intake
from service.knowledge.terminology import Terminology
from service.triage.findings import Finding, Source, Status

_BY = "answer of "

Answers = Mapping[str, tuple[Finding, ...]]
"""By the finding that was asked for, what a clinician's newest answer states."""


def read_answer(answer: Mapping[str, Any], by: str, terminology: Terminology, now: datetime) -> tuple[Finding, ...]:
    """The findings that an answer states.

    Args:
        answer: A finding as an intake states it.
        by: The login of whoever answers.
        terminology: The vocabulary that it is held against.
        now: The moment of the answer.

    Raises:
        IntakeError: It does not fit the vocabulary; says what is wrong with it.
    """
    stated = read_intake({"findings": [answer]}, terminology, now).findings
    return tuple(
        finding._replace(sources=(Source(f"{_BY}{by}", answer["key"], source.method, by_clinician=True),))
        for finding in stated
        for source in finding.sources
    )


def answers_in(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """The answers among these findings."""
    found: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        for source in filter(is_answer, finding.sources):
            found[source.element] = (*found.get(source.element, ()), finding._replace(sources=(source,)))
    return found


def without_answers(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that others stated, or stated too."""
    own = ((finding, tuple(s for s in finding.sources if not is_answer(s))) for finding in findings)
    return tuple(f._replace(sources=sources) for f, sources in own if sources or not f.sources)


def is_answer(source: Source) -> bool:
    """Whether a clinician's answer on our pages is the source."""
    return source.by_clinician and source.reference.startswith(_BY)


def answered_by(source: Source) -> str:
    """The login of whoever gave an answer."""
    return source.reference.removeprefix(_BY)


def with_answers(read: Iterable[Finding], at: datetime, answers: Answers) -> tuple[Finding, ...]:
    """What was read of the patient at some moment, and the answers that were given since.

    What bears no date was known at that moment at the latest, so that a later denial counts against it too.
    """
    stated = tuple(chain.from_iterable(answers.values()))
    denied = {finding.key for finding in stated if finding.status is Status.ABSENT}
    dated = (f._replace(recorded=at) if f.recorded is None and f.key in denied else f for f in read)
    return (*dated, *stated)
