"""Free text -> findings, by the words of the lexicon: what a note says is there, was there, or is not.

Text is trusted least. What it denies of a danger sign is read, told and not counted; a diagnosis it names is never a
confirmed one; a number it gives is reported, not measured. No word of the text leaves this room: a finding names the
characters it was read from, a note the labels of the vocabulary.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache

from service.intake.durations import Span, spans
from service.intake.measures import Amount, amounts, in_unit
from service.intake.mentions import Mention, Places, mentions
from service.intake.notes import Note
from service.intake.people import Person, person
from service.intake.scopes import Assertion, Scopes, heading
from service.intake.sentences import Sentence, sentences
from service.intake.statements import Circumstances, Statements
from service.knowledge.phrases import Lexicon, Means
from service.knowledge.terminology import CodeMeaning, FindingRecord, Terminology
from service.triage.findings import SYMPTOM_ONSET, Finding, Method, Side, Source, Status, Temporality

LONGEST_TEXT = 20_000
_REMEMBERED = 5_000
_LONGEST_REMEMBERED = 300
_NOT_ABOUT_NOW = frozenset(
    {Means.HYPOTHETICAL, Means.HISTORY, Means.FAMILY, Means.RELATIVE, Means.OTHER_PERSON}
)


@dataclass(frozen=True, slots=True)
class TextReading:
    """What was read of one text.

    `findings` count. `not_counted` are the denials of danger signs: an open question stays open until somebody who
    can be asked answers it.
    """

    findings: tuple[Finding, ...] = ()
    not_counted: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """A mention with what it says, and the span of time that belongs to it."""

    key: str
    assertion: Assertion
    side: Side | None
    start: int
    end: int
    span: Span | None


@dataclass(frozen=True, slots=True)
class _Analysis:
    """All that a text says, whenever it is read."""

    said: tuple[_Said, ...]
    amounts: tuple[tuple[Amount, int, int], ...]
    person: Person | None
    person_at: tuple[int, int]


def read_text(text: str, statements: Statements, about: Circumstances) -> TextReading:
    """The findings of a text in the circumstances of what holds it: a refuted condition's text says nothing is there.

    The source of each finding has the reference of `about`, and as element the span of characters it was read from.
    """
    reference = f"{about.source.reference} {about.source.element}".strip()
    if len(text) > LONGEST_TEXT:
        statements.notes.append(Note(reference, "", f"only the first {LONGEST_TEXT:,} characters were read"))
        text = text[:LONGEST_TEXT]
    analysis = _analysis(text, statements.terminology)
    reading = _Reading(statements, about, reference)
    found = list(reading.findings(analysis))
    counted = tuple(finding for finding in found if not _is_uncounted(finding, statements.terminology))
    uncounted = tuple(finding for finding in found if _is_uncounted(finding, statements.terminology))
    return TextReading(tuple(dict.fromkeys(counted)), tuple(dict.fromkeys(uncounted)))


def notes_on(reading: TextReading, terminology: Terminology, reference: str) -> Iterator[Note]:
    """What a reader must know of findings that were read from text: to confirm them, and what was not counted."""
    for findings, words in (
        (reading.findings, "read from text, please confirm"),
        (reading.not_counted, "denied in the text, not counted until somebody confirms it"),
    ):
        labels = dict.fromkeys(_label(finding, terminology) for finding in findings)
        if labels:
            yield Note(reference, "", f"{words}: {'; '.join(labels)}")


def _label(finding: Finding, terminology: Terminology) -> str:
    label = terminology.findings[finding.key].label
    parts = [label, finding.side.value if finding.side else ""]
    if finding.temporality is not Temporality.CURRENT:
        parts.append({Temporality.PAST: "in the past", Temporality.FAMILY: "in the family"}[finding.temporality])
    return ", ".join(filter(None, parts)) + (": no" if finding.status is Status.ABSENT else "")


def _is_uncounted(finding: Finding, terminology: Terminology) -> bool:
    current = finding.temporality is Temporality.CURRENT
    return finding.status is Status.ABSENT and current and finding.key in terminology.red_flags


class _Reading:
    """Turns what a text says into findings, in the circumstances of what holds it."""

    def __init__(self, statements: Statements, about: Circumstances, reference: str) -> None:
        self.statements = statements
        self.records = statements.terminology.findings
        self.about = about
        self.reference = reference

    def findings(self, analysis: _Analysis) -> Iterator[Finding]:
        for said in analysis.said:
            yield from self._stated(said)
        if self.about.status is not Status.PRESENT or self.about.temporality is not Temporality.CURRENT:
            return
        yield from self._onset(analysis.said)
        for amount, start, end in analysis.amounts:
            yield from self._measured(amount, start, end)
        if analysis.person:
            yield from self._person(analysis.person, analysis.person_at)

    def _source(self, start: int, end: int) -> Source:
        return Source(self.reference, f"{start}-{end}", Method.TEXT)

    def _stated(self, said: _Said) -> Iterator[Finding]:
        record = self.records[said.key]
        meant = self._meant(said, record)
        if meant is None:
            return
        key, status, temporality = meant
        if self.about.status is Status.ABSENT:  # the text of a refuted condition
            if status is Status.ABSENT or temporality is not Temporality.CURRENT:
                return
            status = Status.ABSENT
        if self.about.temporality is not Temporality.CURRENT and temporality is Temporality.CURRENT:
            temporality = self.about.temporality
        is_over = temporality is not Temporality.CURRENT
        about = replace(
            self.about,
            source=self._source(said.start, said.end),
            status=status,
            temporality=temporality,
            onset=self._began(said.span) or self.about.onset,
            side=said.side or self.about.side,
            # A diagnosis in words is no confirmed one; that it was there once may be told.
            confirmed=status is Status.ABSENT or is_over,
            body_sites=(),
        )
        yield from self.statements.state(CodeMeaning(key), None, about)

    def _meant(self, said: _Said, record: FindingRecord) -> tuple[str, Status, Temporality] | None:
        """The key, status and time of a statement; history that is denied denies the finding that history sets."""
        current = Temporality.CURRENT
        match said.assertion:
            case Assertion.PRESENT:
                return record.key, Status.PRESENT, current
            case Assertion.ABSENT:
                return record.key, Status.ABSENT, current
            case Assertion.PAST:
                return record.key, Status.PRESENT, Temporality.PAST
            case Assertion.NEVER:
                return record.past_sets or record.key, Status.ABSENT, current
            case Assertion.FAMILY:
                return record.key, Status.PRESENT, Temporality.FAMILY
            case Assertion.NOT_IN_FAMILY:
                return (record.family_sets, Status.ABSENT, current) if record.family_sets else None
        return None

    def _began(self, span: Span | None) -> datetime | None:
        day = span.began(self._today()) if span else None
        return datetime.combine(day, time.max, UTC) if day else None

    def _today(self) -> date:
        return (self.about.recorded or self.statements.now).date()

    def _onset(self, said: Sequence[_Said]) -> Iterator[Finding]:
        """When the symptoms began: the first span that belongs to a complaint of today."""
        for each in said:
            is_complaint = each.key in self.statements.terminology.complaints
            day = each.span.began(self._today()) if each.span and not each.span.year else None
            if day and is_complaint and each.assertion is Assertion.PRESENT:
                source = self._source(each.start, each.end)
                recorded = self.about.recorded
                yield Finding(SYMPTOM_ONSET, Status.PRESENT, value=day, recorded=recorded, sources=(source,))
                return

    def _measured(self, amount: Amount, start: int, end: int) -> Iterator[Finding]:
        record = self.records[amount.key]
        spellings = self.statements.terminology.unit_spellings
        value = in_unit(amount, record.unit or "1", spellings, record.molar_mass)
        if value is not None:
            about = replace(self.about, source=self._source(start, end), side=amount.side, body_sites=())
            yield from self.statements.state(CodeMeaning(amount.key), None, about, value)

    def _person(self, found: Person, place: tuple[int, int]) -> Iterator[Finding]:
        source = self._source(*place)
        yield Finding("age_years", Status.PRESENT, value=found.years, unit="a", sources=(source,))
        if found.sex:
            yield Finding("sex_at_birth", Status.PRESENT, value=found.sex, sources=(source,))


def _analysis(text: str, terminology: Terminology) -> _Analysis:
    if len(text) <= _LONGEST_REMEMBERED:  # the names of conditions come again and again; notes do not
        return _remembered(text, terminology)
    return _analyse(text, terminology)


def _analyse(text: str, terminology: Terminology) -> _Analysis:
    lexicon = terminology.lexicon
    places, above = Places(), None
    said: list[_Said] = []
    numbers: list[tuple[Amount, int, int]] = []
    somebody: Person | None = None
    somewhere = (0, 0)
    for sentence in sentences(text, lexicon):
        found = mentions(sentence, lexicon, places)
        scopes = Scopes(sentence, found, lexicon, above)
        told = list(spans(sentence, lexicon.times)) if found else []
        meant = [(m, scopes.assertion(m, diagnosis=_is_diagnosis(terminology.findings[m.key]))) for m in found]
        said.extend(_said(mention, assertion, _span_of(mention, found, told, sentence)) for mention, assertion in meant)
        for amount in amounts(sentence, lexicon):
            if not _is_elsewhere(scopes, amount):
                numbers.append((amount, *_place(sentence, amount.start, amount.end)))
        if somebody is None and (somebody := person(sentence, lexicon)):
            somewhere = _place(sentence, somebody.start, somebody.end)
        above = heading(sentence, above)
    return _Analysis(tuple(_with_the_one_side(said)), tuple(numbers), somebody, somewhere)


_remembered = lru_cache(maxsize=_REMEMBERED)(_analyse)


def _said(mention: Mention, assertion: Assertion, span: Span | None) -> _Said:
    if span is not None and span.over and span.year and assertion is Assertion.PRESENT:
        assertion = Assertion.PAST
    return _Said(mention.key, assertion, mention.side, mention.start, mention.end, span)


def _is_diagnosis(record: FindingRecord) -> bool:
    return record.key.endswith("_dx") or bool(record.past_sets or record.family_sets)


def _span_of(mention: Mention, found: Iterable[Mention], told: Sequence[Span], sentence: Sentence) -> Span | None:
    """The span of time that belongs to a mention: in its own part of the sentence, or alone in the next."""
    breaks = [i for i, word in enumerate(sentence.words) if word.text == ","]
    breaks += [i.start for i in sentence.items if getattr(i.meaning, "means", None) is Means.ENDS]

    def part(position: int) -> int:
        return sum(1 for b in breaks if b <= position)

    own = part(mention.item.start)
    inside = [span for span in told if part(span.start) == own]
    if inside:
        return min(inside, key=lambda span: abs(span.start - mention.item.start))
    occupied = {part(other.item.start) for other in found}
    following = [span for span in told if part(span.start) > own and part(span.start) not in occupied]
    between = following and not any(own < other <= part(following[0].start) for other in occupied)
    return following[0] if between else None


def _is_elsewhere(scopes: Scopes, amount: Amount) -> bool:
    """Whether a number is not the patient's of today: "return if T > 38"."""
    here = next((i for i in scopes.sentence.items if amount.start <= i.start < amount.end), None)
    return here is not None and bool(scopes.of(here, diagnosis=False) & _NOT_ABOUT_NOW)


def _place(sentence: Sentence, start: int, end: int) -> tuple[int, int]:
    return sentence.words[start].start, sentence.words[end - 1].end


def _with_the_one_side(said: Iterable[_Said]) -> Iterator[_Said]:
    """A complaint without a side has the one side that all complaints of the text are on."""
    every = list(said)
    sides = {each.side for each in every if each.side and each.assertion is Assertion.PRESENT}
    only = sides.pop() if len(sides) == 1 else None
    for each in every:
        yield replace(each, side=only) if not each.side and each.assertion is Assertion.PRESENT else each
