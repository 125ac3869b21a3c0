"""An Observation -> findings: a measured value, or an answer to a yes/no question."""

import re
from collections.abc import Iterator, Mapping
from math import inf, nextafter

from service.intake.notes import Note
from service.intake.resources import CodeableConcept, Component, Observation, end, start
from service.intake.statements import Circumstances, Statements
from service.intake.times import full_date
from service.intake.units import UCUM, UnitError, convert
from service.knowledge.terminology import FINDING_SYSTEM, CodeMeaning
from service.triage.findings import Finding, Method, Source, Status

_CLINICIAN = re.compile(r"(?:^|/)Practitioner(?:Role)?/")
_GONE = frozenset({"entered-in-error", "cancelled"})


def read_observation(
    reference: str, observation: Observation, statements: Statements, *, tied: bool
) -> Iterator[Finding]:
    """The findings of an observation and its components; `tied` when it belongs to the current encounter."""
    if observation.status in _GONE:
        return
    answers = [
        (part, meaning, concept)
        for part in (observation, *(observation.component or ()))
        for meaning, concept in statements.meanings((part.code,))
    ]
    if not answers and observation.value_codeable_concept is None:
        return
    about = _circumstances(reference, observation, statements, tied=tied)
    for part, meaning, concept in answers:
        yield from _answer(part, meaning, concept, about, statements)
    if not answers:
        yield from _qualifiers(observation, about, statements)


def _circumstances(reference: str, observation: Observation, statements: Statements, *, tied: bool) -> Circumstances:
    period = observation.effective_period
    effective = (
        observation.effective_date_time
        or end(period)
        or start(period)
        or observation.effective_instant
        or observation.issued
    )
    by_clinician = any(_CLINICIAN.search(p.reference or "") for p in observation.performer or ())
    site = (observation.body_site,) if observation.body_site else ()
    return Circumstances(
        source=Source(reference, "value", by_clinician=by_clinician),
        recorded=statements.moment(reference, "effective", effective),
        tied=tied,
        body_sites=(*site, *_side_components(observation)),
    )


def _side_components(observation: Observation) -> Iterator[CodeableConcept]:
    """The `side` component of the finding code system, as a body site would say it."""
    for part in observation.component or ():
        codings = (part.code.coding or ()) if part.code else ()
        if any(coding.system == FINDING_SYSTEM and coding.code == "side" for coding in codings):
            yield part.value_codeable_concept or CodeableConcept(text=part.value_string)


def _qualifiers(observation: Observation, about: Circumstances, statements: Statements) -> Iterator[Finding]:
    """Codes that are only ever answers, such as the qualifier `sudden onset`."""
    for meaning, concept in statements.meanings((observation.value_codeable_concept,)):
        if meaning.as_value and meaning.side is None:
            yield from statements.state(meaning, concept, about)


def _answer(
    part: Observation | Component,
    meaning: CodeMeaning,
    concept: CodeableConcept,
    about: Circumstances,
    statements: Statements,
) -> Iterator[Finding]:
    kind = statements.terminology.findings[meaning.key].type
    said = about.source
    method = Method.MEASURED if kind == "quantity" else Method.STATED
    about.source = Source(said.reference, said.element, method, said.by_clinician)
    if meaning.prompts_only or part.data_absent_reason is not None:
        return
    if kind == "boolean":
        status = _truth(part, meaning, statements.terminology.answers)
        if status is not None:
            about.status = status
            yield from statements.state(meaning, concept, about)
        return
    about.status = Status.PRESENT
    if kind == "quantity":
        value = _amount(part, meaning, about.source.reference, statements)
        if value is not None:
            yield from statements.state(meaning, concept, about, value)
        return
    words = statements.answer_code(part.value_codeable_concept) or part.value_string
    answer = full_date(part.value_date_time) if kind == "date" else words
    if answer:
        yield from statements.state(meaning, concept, about, answer)


def _truth(
    part: Observation | Component, meaning: CodeMeaning, answers: Mapping[tuple[str, str], str]
) -> Status | None:
    """What the value says of a yes/no finding; None when it does not say."""
    if part.value_boolean is not None:
        return Status.PRESENT if part.value_boolean else Status.ABSENT
    for coding in (part.value_codeable_concept.coding or ()) if part.value_codeable_concept else ():
        answer = meaning.answers.get(coding.code or "") or answers.get((coding.system or "", coding.code or ""))
        if answer:
            return Status(answer)
    return None


def _amount(
    part: Observation | Component, meaning: CodeMeaning, reference: str, statements: Statements
) -> float | None:
    record = statements.terminology.findings[meaning.key]
    if part.value_integer is not None:
        return float(part.value_integer)
    quantity = part.value_quantity
    if quantity is None or quantity.value is None:
        return None
    coded = quantity.code if quantity.code and quantity.system in {UCUM, None} else None
    try:
        value = convert(
            quantity.value,
            coded or quantity.unit,
            record.unit or "1",
            statements.terminology.unit_spellings,
            record.molar_mass,
        )
    except UnitError as error:
        statements.notes.append(Note(reference, "valueQuantity", f"{record.label}: {error}; not used"))
        return None
    # `< 5` is less than every threshold that 5 itself reaches, and `> 5` more.
    toward = {"<": -inf, ">": inf}.get(quantity.comparator or "")
    return value if toward is None else nextafter(value, toward)
