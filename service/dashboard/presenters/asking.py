"""Questions for clinicians: what is open, what they answered here, and how each is answered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from service.advice import wording
from service.dashboard.times import moment
from service.intake.answered import answered_by, is_answer
from service.knowledge.library import Library
from service.triage.findings import SYMPTOM_SIDE, Finding, Side, Status, Temporality
from service.triage.quantities import readable_unit
from service.triage.stated import stated_findings

Kind = Literal["choices", "number", "date"]
WITHDRAWN: Final = "withdrawn"
"""The answer that takes an answer back."""
_SIDES = ((Side.LEFT.value, "Left"), (Side.RIGHT.value, "Right"), (Side.BILATERAL.value, "Both"))
_ABSENT = Status.ABSENT.value
_PRESENT = Status.PRESENT.value


@dataclass(frozen=True, slots=True)
class Question:
    """One finding that can be asked for.

    Attributes:
        finding: Its key.
        text: The question.
        label: The finding in a few words.
        kind: How it is answered.
        choices: Code and words of each answer, where there are choices; the codes are those of `read_choice`.
        unit: Of a number, in words.
        sides: A number or a date belongs to one leg.
        raises_to: How far an answer could raise the urgency; empty when it could not.
        lest: The conditions by which it could.
        known: What is known of it now, in words; empty when nothing is.
        withdrawable: A clinician answered it here, and that can be taken back.
        given: The answer that was sent and does not do; empty otherwise.
        side: The side that was sent with it.
        wrong: What is wrong with it.
    """

    finding: str
    text: str
    label: str
    kind: Kind
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    sides: tuple[tuple[str, str], ...] = ()
    raises_to: str = ""
    lest: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    withdrawable: bool = False
    given: str = ""
    side: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """The questions of one assessment.

    Attributes:
        id: Of the assessment.
        open: What is worth asking, in the order of worth.
        answered: What clinicians answered on these pages.
        known: Key and words of what is on record, for correcting.
        others: Key and words of every other finding.
    """

    id: str
    open: tuple[Question, ...]
    answered: tuple[Question, ...]
    known: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]


def asking(id: str, document: Mapping[str, Any], library: Library) -> Asking:  # noqa: A002 - its name everywhere
    """The questions that this assessment leaves open, and those that were answered."""
    findings = stated_findings(document)
    open_ = tuple(
        replace(
            question(each["finding"], findings, library),
            text=each["text"] or wording.label(each["finding"], library.knowledge),
            raises_to=each["could_raise_to"] or "",
            lest=_lest(each, library),
        )
        for each in document["questions"]
        if _can_be_asked(each["finding"], library)
    )
    answered = dict.fromkeys(source.element for finding in findings for source in finding.sources if is_answer(source))
    known = {finding.key for finding in findings}
    labels = sorted(
        (each.label, key) for key, each in library.knowledge.findings.items() if _can_be_asked(key, library)
    )
    return Asking(
        id=id,
        open=open_,
        answered=tuple(question(key, findings, library) for key in answered if _can_be_asked(key, library)),
        known=tuple((key, label) for label, key in labels if key in known),
        others=tuple((key, label) for label, key in labels if key not in known),
    )


def _lest(asked: Mapping[str, Any], library: Library) -> tuple[str, ...]:
    """The pathways whose rules an answer may settle at the tier that it could raise the urgency to."""
    raised, settles = asked["could_raise_to"], set(asked["settles"])
    rules = (rule for rule in library.knowledge.rules if rule.id in settles and rule.tier == raised)
    return tuple(dict.fromkeys(str(library.pathways[rule.pathway]["title"]) for rule in rules))


def question(key: str, findings: Iterable[Finding], library: Library) -> Question:
    """The question for one finding of the vocabulary, with what is known of it."""
    definition = library.knowledge.findings[key]
    sides = _SIDES if definition.lateral else ()
    about = [finding for finding in findings if _is_about(finding, key)]
    plain = Question(
        finding=key,
        text=definition.question or definition.label,
        label=definition.label,
        kind="choices",
        known=tuple(_known(about, library)),
        withdrawable=any(is_answer(source) for finding in about for source in finding.sources),
    )
    match definition.type:
        case "quantity":
            return replace(plain, kind="number", unit=readable_unit(definition.unit), sides=sides)
        case "date":
            return replace(plain, kind="date", sides=sides)
        case "code":
            return replace(plain, choices=_codes(key, library))
        case _:
            return replace(plain, choices=_yes_or_no(bool(sides)))


def read_choice(question: Question, choice: str) -> dict[str, Any] | None:
    """The finding, as an intake states it, that a choice stands for; None when it is none of the choices."""
    if choice not in dict(question.choices):
        return None
    status, _, rest = choice.partition(".")
    if status not in {_PRESENT, _ABSENT}:  # the code of a place, say
        return {"key": question.finding, "status": _PRESENT, "value": choice}
    return {"key": question.finding, "status": status} | ({"side": rest} if rest else {})


def _can_be_asked(key: str, library: Library) -> bool:
    """Whether there is a way to answer: where it hurts, say, is told by findings of their own."""
    definition = library.knowledge.findings.get(key)
    return definition is not None and (definition.type != "code" or bool(_codes(key, library)))


def _is_about(finding: Finding, key: str) -> bool:
    answers = any(is_answer(source) and source.element == key for source in finding.sources)
    return answers or (finding.key == key and finding.temporality is Temporality.CURRENT)


def _known(findings: Sequence[Finding], library: Library) -> Iterator[str]:
    for finding in findings:
        words = wording.value(finding) or {_PRESENT: "present", _ABSENT: "not present"}[finding.status]
        side = {Side.BILATERAL: ", both sides", None: ""}.get(finding.side, f", {finding.side}")
        label = "" if finding.value is not None else f"{wording.label(finding.key, library.knowledge)}: "
        who = [answered_by(source) for source in finding.sources if is_answer(source)]
        source = who[0] if who else ", ".join(dict.fromkeys(source.reference for source in finding.sources))
        told = ", ".join(filter(None, (source, moment(finding.recorded) if finding.recorded else "")))
        yield f"{label}{words}{side}" + (f" ({told})" if told else "")


def _yes_or_no(lateral: bool) -> tuple[tuple[str, str], ...]:  # noqa: FBT001 - of one finding
    yes = tuple((f"{_PRESENT}.{side}", words) for side, words in _SIDES) if lateral else ((_PRESENT, "Yes"),)
    return (*yes, (_ABSENT, "No"))


def _codes(key: str, library: Library) -> tuple[tuple[str, str], ...]:
    """The answers that the form for patients offers, which names them."""
    if key == SYMPTOM_SIDE:
        return _SIDES
    offered = next((item.options for item in library.form.items if item.key == key), ())
    return tuple((code, words) for code, words in offered if code not in library.knowledge.findings)
