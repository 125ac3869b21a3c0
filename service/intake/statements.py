"""Codes with their circumstances -> findings: what is said, of which side, and whether it is still true today."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from service.intake.notes import Note
from service.intake.resources import CodeableConcept, Coding
from service.intake.times import parse
from service.knowledge.terminology import CodeMeaning, FindingRecord, Terminology
from service.triage.findings import Finding, Side, Source, Status, Temporality

_LEG_WORDS = re.compile(
    r"\b(?:legs?|calf|calves|thighs?|shins?|ankles?|foot|feet|toes?|knees?|hamstrings?|lower (?:limb|extremity))\b",
    re.IGNORECASE,
)
_ELSEWHERE_WORDS = re.compile(
    r"\b(?:arm|forearm|elbow|wrist|hand|finger|shoulder|neck|face|jaw|chest|breast|abdomen|upper (?:limb|extremity))\b",
    re.IGNORECASE,
)
_LONGEST_WORDS = 300
_SIDES = {side.value: side for side in Side}
_SIDE_WORDS = {
    Side.LEFT: re.compile(r"\bleft\b", re.IGNORECASE),
    Side.RIGHT: re.compile(r"\bright\b", re.IGNORECASE),
    Side.BILATERAL: re.compile(r"\b(?:bilateral|both)\b", re.IGNORECASE),
}


@dataclass(slots=True)
class Circumstances:
    """What surrounds a coded statement: where it stands, when, where on the body, and whether it is history.

    `tied` means it belongs to the current encounter. `confirmed` is False for a provisional diagnosis. A
    `vague_onset` is one that is stated, but not as a date.
    """

    source: Source
    status: Status = Status.PRESENT
    temporality: Temporality = Temporality.CURRENT
    onset: datetime | None = None
    recorded: datetime | None = None
    tied: bool = False
    confirmed: bool = True
    side: Side | None = None
    vague_onset: bool = False
    body_sites: tuple[CodeableConcept, ...] = ()


class Statements:
    """Turns coded statements into findings against one terminology at one moment; gathers notes as it goes."""

    def __init__(self, terminology: Terminology, now: datetime) -> None:
        """Work with this terminology at this moment."""
        self.terminology = terminology
        self.now = now
        self.notes: list[Note] = []

    def moment(self, reference: str, element: str, text: str | None) -> datetime | None:
        """The moment a date of a resource speaks of; a date that cannot be used becomes a note."""
        moment = parse(text, self.now)
        if text and moment is None:
            self.notes.append(Note(reference, element, "the date cannot be read or lies in the future: not used"))
        return moment

    def meanings(self, concepts: Iterable[CodeableConcept | None]) -> Iterator[tuple[CodeMeaning, CodeableConcept]]:
        """Every meaning of every code of the concepts."""
        for concept in concepts:
            if concept is None:
                continue
            for coding in concept.coding or ():
                if coding.system and coding.code:
                    for meaning in self.terminology.lookup(coding.system, coding.code):
                        yield meaning, concept

    def medicines(self, medicine: CodeableConcept) -> dict[str, CodeMeaning]:
        """What a medicine's codes, and the ingredients in its names, say of it, by finding."""
        named = {meaning.key: meaning for meaning, _ in self.meanings((medicine,))}
        for words in (medicine.text, *(coding.display for coding in medicine.coding or ())):
            for key in self.terminology.medicines_named(words or ""):
                named.setdefault(key, CodeMeaning(key))
        return named

    def findings(self, concepts: Iterable[CodeableConcept | None], about: Circumstances) -> Iterator[Finding]:
        """The findings that these concepts state as true, absent or past, each in its circumstances."""
        for meaning, concept in self.meanings(concepts):
            if meaning.prompts_only or meaning.as_value or meaning.answers:
                continue
            if self.terminology.findings[meaning.key].type != "boolean":
                continue
            yield from self.state(meaning, concept, about)

    def state(
        self,
        meaning: CodeMeaning,
        concept: CodeableConcept | None,
        about: Circumstances,
        value: float | str | date | None = None,
    ) -> Iterator[Finding]:
        """The findings of one meaning: itself, or what its past, family or bilateral mention sets instead.

        A statement with a `value` is a finding only while it is current.
        """
        record = self.terminology.findings[meaning.key]
        if not about.confirmed and record.confirmed_only:
            return
        if not self._fits_the_place(meaning, concept, about):
            return
        if meaning.past_only and about.temporality is Temporality.CURRENT:
            return
        temporality = self._temporality(record, about)
        if temporality is None or (value is not None and temporality is not Temporality.CURRENT):
            return
        side = (about.side or self.side(meaning, (*about.body_sites, concept))) if record.lateral else None
        finding = Finding(
            _key(record, side, about.status),
            about.status,
            temporality,
            side,
            value,
            record.unit if value is not None else None,
            about.onset.date() if about.onset else None,
            about.recorded or about.onset,
            (about.source,),
        )
        yield finding
        history = _history(record, temporality)
        if history and about.status is Status.PRESENT:
            yield finding._replace(key=history, temporality=Temporality.CURRENT, onset=None)

    def side(self, meaning: CodeMeaning, concepts: Iterable[CodeableConcept | None]) -> Side | None:
        """The side that the code itself, the body site or their words name; None when none or several do."""
        return Side(meaning.side) if meaning.side else self.told_side(concepts)

    def told_side(self, concepts: Iterable[CodeableConcept | None]) -> Side | None:
        """The side that the concepts name, by code or in words; None when none or several do."""
        sides: set[Side] = set()
        for concept in concepts:
            sides |= self._sides_of(concept)
        if sides == {Side.LEFT, Side.RIGHT}:
            return Side.BILATERAL
        return sides.pop() if len(sides) == 1 else None

    def coding_side(self, coding: Coding | None) -> Side | None:
        """The side that a coding means: a laterality qualifier, or the plain words left, right, bilateral."""
        if coding is None:
            return None
        for meaning in self.terminology.lookup(coding.system or "", coding.code or ""):
            if meaning.key == "symptom_side" and meaning.side:
                return Side(meaning.side)
        return _SIDES.get(coding.code or "")

    def answer_code(self, concept: CodeableConcept | None) -> str | None:
        """The answer a concept gives: a side, by whatever code, or its first code."""
        codings = (concept.coding or ()) if concept else ()
        side = next((side for coding in codings if (side := self.coding_side(coding))), None)
        return side or next((coding.code for coding in codings if coding.code), None)

    def placed_order(
        self, code: CodeableConcept | None, sites: Iterable[CodeableConcept]
    ) -> tuple[frozenset[str], Side | None, Side | None]:
        """The orders of ours that a coded request can mean, the side of its code or words, and that of its body sites.

        A code that several orders share (a duplex of veins or of arteries) does not say which; other codes of the
        same request may.
        """
        meant: dict[str, str | None] | None = None
        for coding in (code.coding or ()) if code else ():
            named = dict(self.terminology.order_codes.get((coding.system or "", coding.code or ""), ()))
            if named:
                meant = named if meant is None else {o: meant[o] or named[o] for o in meant if o in named}
        orders = frozenset(meant or ())
        coded = {side for side in (meant or {}).values() if side}
        own = Side(coded.pop()) if len(coded) == 1 else self.told_side((code,))
        return orders, own, self.told_side(sites)

    def _sides_of(self, concept: CodeableConcept | None) -> set[Side]:
        if concept is None:
            return set()
        coded = {side for coding in concept.coding or () if (side := self.coding_side(coding))}
        if coded:
            return coded
        sides: set[Side] = set()
        for words in _words(concept):
            sides |= _sides_in(words)
        return sides

    def _fits_the_place(self, meaning: CodeMeaning, concept: CodeableConcept | None, about: Circumstances) -> bool:
        """Whether the statement can be about the leg, as far as its body site tells."""
        if meaning.needs_leg_site:
            return self._on_leg((concept, *about.body_sites))
        if not about.body_sites:
            return True
        elsewhere = any(_ELSEWHERE_WORDS.search(words) for site in about.body_sites for words in _words(site))
        return not elsewhere or self._on_leg(about.body_sites)

    def _on_leg(self, concepts: Iterable[CodeableConcept | None]) -> bool:
        for concept in concepts:
            if concept is None:
                continue
            if any(meaning.key == "body_region" for meaning, _ in self.meanings((concept,))):
                return True
            if any(_LEG_WORDS.search(words) for words in _words(concept)):
                return True
        return False

    def _temporality(self, record: FindingRecord, about: Circumstances) -> Temporality | None:
        """Whether the statement is current, history, or (None) cannot be told and must be asked."""
        recency = record.recency
        if about.temporality is Temporality.FAMILY:
            return Temporality.FAMILY
        # What is taken now is current however long ago it was prescribed; what was stopped may still be recent.
        is_recent_medicine = recency.name == "active_or_recent"
        if recency.name == "ever" or (is_recent_medicine and about.temporality is Temporality.CURRENT):
            return Temporality.CURRENT
        if about.temporality is Temporality.PAST and not is_recent_medicine:
            return Temporality.PAST
        return self._by_date(record, about)

    def _by_date(self, record: FindingRecord, about: Circumstances) -> Temporality | None:
        recency = record.recency
        if about.vague_onset and recency.from_onset:
            self._note_undated(record, about, "not used, must be asked")
            return None
        moment = about.onset
        if about.recorded and not (moment and (recency.from_onset or about.recorded < moment)):
            moment = about.recorded
        if moment is None:
            return self._undated(record, about)
        if recency.within is None or self.now - moment <= recency.within or (about.tied and not recency.from_onset):
            return Temporality.CURRENT
        return Temporality.PAST

    def _undated(self, record: FindingRecord, about: Circumstances) -> Temporality | None:
        if about.temporality is Temporality.PAST:
            return Temporality.PAST
        if about.tied or record.recency.undated_is_current:
            self._note_undated(record, about, "taken as current")
            return Temporality.CURRENT
        self._note_undated(record, about, "not used, must be asked")
        return None

    def _note_undated(self, record: FindingRecord, about: Circumstances, what: str) -> None:
        if record.recency.within is not None and about.status is Status.PRESENT and not about.tied:
            self.notes.append(Note(about.source.reference, "date", f"{record.label}: no date given, {what}"))


def _key(record: FindingRecord, side: Side | None, status: Status) -> str:
    """The finding itself, or what it is called when both sides are affected."""
    if record.bilateral_sets and side is Side.BILATERAL and status is Status.PRESENT:
        return record.bilateral_sets
    return record.key


def _history(record: FindingRecord, temporality: Temporality) -> str | None:
    """What a mention of the past or of the family sets besides itself."""
    if temporality is Temporality.CURRENT:
        return None
    return record.past_sets if temporality is Temporality.PAST else record.family_sets


def _words(concept: CodeableConcept) -> Iterator[str]:
    for words in (concept.text, *(coding.display for coding in concept.coding or ())):
        if words:
            yield words[:_LONGEST_WORDS]  # what is looked up is remembered, and must stay small


@lru_cache(maxsize=2_000)
def _sides_in(words: str) -> frozenset[Side]:
    return frozenset(side for side, pattern in _SIDE_WORDS.items() if pattern.search(words))
