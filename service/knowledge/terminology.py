"""Codes -> what they say: which finding of the vocabulary a code sets, on which side, and how far it may be trusted."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from service.knowledge.form import FormItem
from service.knowledge.phrases import Lexicon

BASE = "https://legtriage.example.org/fhir"
"""Where our own resources have their canonical addresses."""
FINDING_SYSTEM = f"{BASE}/CodeSystem/finding"
ORDER_SYSTEM = f"{BASE}/CodeSystem/order"
ANSWER_SYSTEM = f"{BASE}/CodeSystem/answer"
PATHWAY_SYSTEM = f"{BASE}/CodeSystem/pathway"
SYSTEM_URLS = {
    "snomed": "http://snomed.info/sct",
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "loinc": "http://loinc.org",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "atc": "http://www.whocc.no/atc",
}
_SYSTEMS = {
    **{url: name for name, url in SYSTEM_URLS.items()},
    "http://hl7.org/fhir/sid/icd-10": "icd10cm",
    "urn:oid:2.16.840.1.113883.6.90": "icd10cm",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.73": "atc",
    FINDING_SYSTEM: "finding",
}
_LOOKUPS_KEPT = 20_000
# Nothing longer is a code or the name of a medicine; what is looked up is remembered, and must stay small.
_LONGEST_CODE = 64
_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """What one code says of one finding.

    `prompts_only`: the code covers more than the finding, so it sets nothing and only makes us ask.
    `needs_leg_site`: counts only where the record places it on the leg.
    `past_only`: counts only as history. `as_value`: is an answer, not a statement by itself.
    """

    key: str
    side: str | None = None
    prompts_only: bool = False
    needs_leg_site: bool = False
    past_only: bool = False
    as_value: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One row of the code table; `laterality` maps a character of the code to a side.

    `names` are what else an ingredient is called in the names of products.
    """

    system: str
    code: str
    display: str
    meaning: CodeMeaning
    prefix: bool = False
    laterality_at: int | None = None
    laterality: Mapping[str, str] = field(default_factory=dict)
    sole_source: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recency:
    """How old a statement may be. `within` None means no limit; `undated_is_current` says what no date means.

    `from_onset`: only when it began counts, not when it was last written down.
    """

    name: str
    within: timedelta | None
    undated_is_current: bool
    from_onset: bool = False


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """What intake needs to know of a finding: its type, unit, recency and what a mention of another kind sets.

    `past_sets`, `family_sets` and `bilateral_sets` name what a mention of the past, of the family or of both sides
    says instead. `molar_mass` is in g/mol. `read_from` names the kinds of resource in words. `confirmed_only`: a
    provisional diagnosis does not set it; `named_sets` is what words that name it set instead.
    """

    key: str
    label: str
    type: str
    unit: str | None
    recency: Recency
    molar_mass: float | None = None
    lateral: bool = False
    read_from: str = ""
    past_sets: str | None = None
    family_sets: str | None = None
    bilateral_sets: str | None = None
    confirmed_only: bool = False
    named_sets: str | None = None


class Terminology:
    """All codes of the vocabulary, looked up by system URL and code."""

    def __init__(
        self,
        *,
        findings: Mapping[str, FindingRecord],
        entries: tuple[CodeEntry, ...],
        unit_spellings: Mapping[str, str],
        order_codes: Mapping[tuple[str, str], tuple[tuple[str, str | None], ...]],
        complaints: frozenset[str],
        answers: Mapping[tuple[str, str], str],
        red_flags: frozenset[str] = frozenset(),
        lexicon: Lexicon | None = None,
    ) -> None:
        """Index exact codes and prefixes.

        By (system URL, code), `order_codes` gives order keys and sides, `answers` what a yes/no answer means.
        """
        self.findings = findings
        self.entries = entries
        self.unit_spellings = unit_spellings
        self.order_codes = order_codes
        self.complaints = complaints
        self.answers = answers
        self.red_flags = red_flags
        self.lexicon = lexicon or Lexicon()
        self._exact: dict[tuple[str, str], list[CodeEntry]] = defaultdict(list)
        self._prefixes: dict[tuple[str, str], list[CodeEntry]] = defaultdict(list)
        for entry in entries:
            table = self._prefixes if entry.prefix else self._exact
            table[entry.system, _normal(entry.system, entry.code)].append(entry)
        self._medicines = medicine_names(entries, findings)
        names = sorted(map(re.escape, self._medicines), key=len, reverse=True)
        self._medicine_names = re.compile(rf"\b(?:{'|'.join(names) or '(?!)'})\b")
        self._looked_up = lru_cache(maxsize=_LOOKUPS_KEPT)(self._lookup)
        self._named = lru_cache(maxsize=_LOOKUPS_KEPT)(self._medicines_named)

    def lookup(self, system_url: str, code: str) -> tuple[CodeMeaning, ...]:
        """Everything the code says; empty for a code we do not know."""
        return self._looked_up(system_url, code) if len(code) <= _LONGEST_CODE else ()

    def medicines_named(self, words: str) -> tuple[str, ...]:
        """The medication findings whose ingredient a medicine's name holds, such as `warfarin sodium 5 mg tablet`.

        Prescriptions are coded by product, the vocabulary by ingredient; the product's name bridges the two.
        """
        return self._named(words[:_LONGEST_NAME])

    def _lookup(self, system_url: str, code: str) -> tuple[CodeMeaning, ...]:
        system = _SYSTEMS.get(system_url)
        if system is None:
            return ()
        if system == "finding":
            return (CodeMeaning(code),) if code in self.findings else ()
        code = _normal(system, code)
        entries = list(self._exact.get((system, code), ()))
        for length in range(1, len(code) + 1):
            entries.extend(self._prefixes.get((system, code[:length]), ()))
        return tuple(dict.fromkeys(_with_side(entry, code) for entry in entries))

    def _medicines_named(self, words: str) -> tuple[str, ...]:
        found = self._medicine_names.findall(words.lower())
        return tuple(dict.fromkeys(self._medicines[name] for name in found))


def medicine_names(entries: Iterable[CodeEntry], findings: Mapping[str, FindingRecord]) -> dict[str, str]:
    """What the ingredients of medicines are called, in lower case, with the finding each stands for."""
    return {
        name.lower(): entry.meaning.key
        for entry in entries
        if entry.system == "rxnorm" and "Medication" in findings[entry.meaning.key].read_from
        for name in (entry.display, *entry.names)
    }


def _normal(system: str, code: str) -> str:
    return code.replace(".", "").upper() if system == "icd10cm" else code


class _Frozen(dict[str, str]):
    """A mapping that can be part of a frozen, hashable value."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


def frozen(mapping: Mapping[str, str]) -> Mapping[str, str]:
    """The mapping as a hashable value."""
    return _Frozen(mapping)


def _with_side(entry: CodeEntry, code: str) -> CodeMeaning:
    meaning = entry.meaning
    side = meaning.side
    if entry.laterality_at is not None:
        side = entry.laterality.get(code[entry.laterality_at - 1 : entry.laterality_at])
    return CodeMeaning(
        meaning.key,
        side,
        meaning.prompts_only,
        meaning.needs_leg_site,
        meaning.past_only,
        meaning.as_value,
        frozen(meaning.answers),
    )


def option_system(item: FormItem) -> str:
    """The code system of an item's options: findings where several may be chosen, else words of our own."""
    return FINDING_SYSTEM if item.repeats else ANSWER_SYSTEM
