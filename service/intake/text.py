"""Free text -> findings, by the words of the lexicon: what a note says is there, was there, or is not.

Text is trusted least. What it denies of a danger sign or a diagnosis is read, told and not counted; a diagnosis it
names is never a confirmed one; a number it gives is reported, not measured. No word of the text leaves this room: a
finding names the characters it was read from, a note the labels of the vocabulary.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache

from service.intake.durations import Span, spans
from service.intake.measures import Amount, amounts, in_unit
from service.intake.mentions import Mention, Places, mentions
from service.intake.notes import Note
from service.intake.people import Person, is_of_child, person
from service.intake.scopes import Assertion, Scopes, heading
from service.intake.sentences import Sentence, sentences
from service.intake.statements import Circumstances, Statements
from service.knowledge.phrases import Means, Site, Trigger
from service.knowledge.terminology import CodeMeaning, FindingRecord, Terminology
from service.triage.findings import SYMPTOM_ONSET, Finding, Method, Side, Source, Status, Temporality

LONGEST_TEXT = 20_000
_DIAGNOSIS = "_dx"
_REMEMBERED = 5_000
_LONGEST_REMEMBERED = 300
_YEAR_WITHIN = 3
_TREATED = "on_anticoagulant"
_BEGINNINGS = frozenset({"onset", "started", "began", "begun", "starting"})
_IT = frozenset({"it", "this", "symptoms", "problem", "all", "they", "pain"})
_NOT_ABOUT_NOW = frozenset({Means.HYPOTHETICAL, Means.HISTORY, Means.FAMILY, Means.RELATIVE, Means.OTHER_PERSON})


@dataclass(frozen=True, slots=True)
class TextReading:
    """What was read of one text.

    `findings` count. `not_counted` are the denials of danger signs and diagnoses, and diagnoses that count only when
    confirmed: an open question stays open until somebody who can be asked answers it.
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
    needs_date: bool = False
    of_leg: bool = False


@dataclass(frozen=True, slots=True)
class _Analysis:
    """All that a text says, whenever it is read."""

    said: tuple[_Said, ...]
    amounts: tuple[tuple[Amount, int, int], ...]
    onset: tuple[Span, int, int] | None
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
    found = _without_denied_twice(list(reading.findings(analysis)))
    counted = tuple(finding for finding in found if not _is_uncounted(finding, statements.terminology))
    uncounted = tuple(finding for finding in found if _is_uncounted(finding, statements.terminology))
    return TextReading(tuple(dict.fromkeys(counted)), tuple(dict.fromkeys(uncounted)))


def _without_denied_twice(found: Sequence[Finding]) -> list[Finding]:
    """Without denials of what the same text also says is there: "no SOB at rest, breathless on stairs"."""
    there: dict[str, set[Side | None]] = {}
    for finding in found:
        if finding.status is Status.PRESENT and finding.temporality is Temporality.CURRENT:
            there.setdefault(finding.key, set()).add(finding.side)

    def is_contested(finding: Finding) -> bool:
        sides = there.get(finding.key, set())
        return finding.status is Status.ABSENT and bool(
            sides and (None in sides or finding.side is None or finding.side in sides)
        )

    return [finding for finding in found if not is_contested(finding)]


def notes_on(reading: TextReading, terminology: Terminology, reference: str) -> Iterator[Note]:
    """What a reader must know of findings that were read from text: to confirm them, and what was not counted."""
    for findings, words in (
        (reading.findings, "read from text, please confirm"),
        (reading.not_counted, "read from text, not counted until somebody confirms it"),
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
    if finding.status is Status.PRESENT:
        return current and terminology.findings[finding.key].confirmed_only
    return current and (finding.key in terminology.red_flags or finding.key.endswith(_DIAGNOSIS))


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
        yield from self._onset(analysis.onset)
        for amount, start, end in analysis.amounts:
            yield from self._measured(amount, start, end)
        if analysis.person:
            yield from self._person(analysis.person, analysis.person_at)

    def _source(self, start: int, end: int) -> Source:
        return Source(self.reference, f"{start}-{end}", Method.TEXT)

    def _stated(self, said: _Said) -> Iterator[Finding]:
        record = self.records[said.key]
        meant = self._meant(said, record)
        if meant is None or (said.needs_date and said.span is None):
            return
        key, status, temporality = meant
        began = self._began(said.span)
        recorded = self.about.recorded
        if began and said.needs_date:
            temporality, recorded = Temporality.CURRENT, began  # its date says whether it still counts
        if self.about.status is Status.ABSENT:  # the text of a refuted condition
            if status is Status.ABSENT or temporality is not Temporality.CURRENT:
                return
            status = Status.ABSENT
        if self.about.temporality is not Temporality.CURRENT and temporality is Temporality.CURRENT:
            temporality = self.about.temporality
        about = replace(
            self.about,
            source=self._source(said.start, said.end),
            status=status,
            temporality=temporality,
            onset=began or self.about.onset,
            recorded=recorded,
            tied=self.about.tied and recorded is self.about.recorded,
            side=said.side or self.about.side,
        )
        yield from self.statements.state(CodeMeaning(key), None, about)
        if record.named_sets and said.of_leg and said.assertion is Assertion.PRESENT and status is Status.PRESENT:
            yield from self.statements.state(CodeMeaning(record.named_sets), None, about)

    def _meant(self, said: _Said, record: FindingRecord) -> tuple[str, Status, Temporality] | None:
        """The key, status and time of a statement; history that is denied denies the finding that history sets."""
        current = Temporality.CURRENT
        return {
            Assertion.PRESENT: (record.key, Status.PRESENT, current),
            Assertion.ABSENT: (record.key, Status.ABSENT, current),
            Assertion.PAST: (record.key, Status.PRESENT, Temporality.PAST),
            Assertion.NEVER: (record.past_sets or record.key, Status.ABSENT, current),
            Assertion.FAMILY: (record.key, Status.PRESENT, Temporality.FAMILY),
            Assertion.NOT_IN_FAMILY: (record.family_sets, Status.ABSENT, current) if record.family_sets else None,
        }.get(said.assertion)

    def _began(self, span: Span | None) -> datetime | None:
        day = span.began(self._today()) if span else None
        return datetime.combine(day, time.max, UTC) if day else None

    def _today(self) -> date:
        return (self.about.recorded or self.statements.now).date()

    def _onset(self, onset: tuple[Span, int, int] | None) -> Iterator[Finding]:
        """When the symptoms began."""
        day = onset[0].began(self._today()) if onset else None
        if onset and day:
            source = self._source(*onset[1:])
            recorded = self.about.recorded
            yield Finding(SYMPTOM_ONSET, Status.PRESENT, value=day, recorded=recorded, sources=(source,))

    def _measured(self, amount: Amount, start: int, end: int) -> Iterator[Finding]:
        record = self.records[amount.key]
        spellings = self.statements.terminology.unit_spellings
        value = in_unit(amount, record.unit or "1", spellings, record.molar_mass)
        if value is not None:
            about = replace(self.about, source=self._source(start, end), side=amount.side)
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


class _Analyser:
    """Goes through a text sentence by sentence, and gathers what it says."""

    def __init__(self, terminology: Terminology) -> None:
        self.terminology = terminology
        self.lexicon = terminology.lexicon
        self.said: list[_Said] = []
        self.amounts: list[tuple[Amount, int, int]] = []
        self.onset: tuple[Span, int, int] | None = None
        self.person: Person | None = None
        self.person_at = (0, 0)

    def read(self, text: str) -> _Analysis:
        places = Places()
        above: Trigger | None = None
        is_first = False  # below a heading
        every = sentences(text, self.lexicon)
        of_child = is_of_child(every)
        for sentence in every:
            found = mentions(sentence, self.lexicon, places)
            is_listed = above is not None and (sentence.bullet or is_first)
            scopes = Scopes(sentence, found, self.lexicon, above if is_listed else None, of_child=of_child)
            self._take_mentions(sentence, found, scopes)
            for amount in amounts(sentence, self.lexicon):
                if not _is_elsewhere(scopes, amount):
                    self.amounts.append((amount, *_place(sentence, amount.start, amount.end)))
            if self.person is None and (somebody := person(sentence, self.lexicon)):
                self.person = somebody
                self.person_at = _place(sentence, somebody.start, somebody.end)
            above, is_first = heading(sentence, above), heading(sentence, None) is not None
        return _Analysis(
            tuple(_with_the_one_side(self.said)), tuple(self.amounts), self.onset, self.person, self.person_at
        )

    def _take_mentions(self, sentence: Sentence, found: Sequence[Mention], scopes: Scopes) -> None:
        told = spans(sentence, self.lexicon.times)
        complaints = [mention for mention in found if mention.key in self.terminology.complaints]
        treated = any(mention.key == _TREATED for mention in found)  # "on warfarin for DVT": nobody's news
        for mention in found:
            record = self.terminology.findings[mention.key]
            diagnosis = _is_diagnosis(record)
            others = [mention, *complaints]
            fitting = [span for span in told if _may_date(span, mention, found)]
            span = _span_of(mention, others, fitting, sentence)
            said = _said(mention, scopes.assertion(mention, diagnosis=diagnosis), span)
            if record.named_sets:
                said = replace(said, of_leg=_is_of_leg(mention, sentence) and not treated)
            self.said.append(said)
            if span and said.assertion is Assertion.PRESENT and mention in complaints and not record.confirmed_only:
                self._take_onset(sentence, span)
        if not complaints and _BEGINNINGS & {sentence.word(0), sentence.word(sentence.word(0) in _IT)}:
            for span in told:
                self._take_onset(sentence, span)

    def _take_onset(self, sentence: Sentence, span: Span) -> None:
        """The first span that belongs to a complaint of today is when the symptoms began."""
        if self.onset is None and not span.year:
            self.onset = (span, *_place(sentence, span.start, span.end))


def _analyse(text: str, terminology: Terminology) -> _Analysis:
    return _Analyser(terminology).read(text)


_remembered = lru_cache(maxsize=_REMEMBERED)(_analyse)


def _said(mention: Mention, assertion: Assertion, span: Span | None) -> _Said:
    if span is not None and span.over and span.year and assertion is Assertion.PRESENT:
        assertion = Assertion.PAST
    return _Said(mention.key, assertion, mention.side, mention.start, mention.end, span, mention.dated)


def _is_diagnosis(record: FindingRecord) -> bool:
    return record.key.endswith(_DIAGNOSIS) or bool(record.past_sets or record.family_sets)


def _is_of_leg(mention: Mention, sentence: Sentence) -> bool:
    """Whether a leg or a side is named with it; a bare "DVT" in a list of problems may be years old."""
    sites = [item.meaning for item in sentence.items if isinstance(item.meaning, Site)]
    return all(site.leg for site in sites) and (mention.side_is_told or bool(sites))


def _may_date(span: Span, mention: Mention, found: Sequence[Mention]) -> bool:
    """Whether a year can be the mention's: it stands right behind it, or before it and behind no other one."""
    if span.year is None:
        return True
    gap = span.start - mention.item.end
    return 0 <= gap <= _YEAR_WITHIN or (gap < 0 and not any(other.item.end <= span.start for other in found))


def _span_of(mention: Mention, found: Iterable[Mention], told: Sequence[Span], sentence: Sentence) -> Span | None:
    """The span of time that belongs to a mention: in its own part of the sentence, or alone in the next."""
    if not told:
        return None
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
