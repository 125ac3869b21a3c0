"""The lexicon files -> a `Lexicon`, and what does not fit together in them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from service.knowledge.documents import Located, Problem
from service.knowledge.phrases import (
    Lexicon,
    Meaning,
    Means,
    Measure,
    MeasureName,
    Moment,
    Name,
    Scale,
    SideWord,
    Sign,
    SignRecord,
    Site,
    TimeWords,
    Trigger,
    spelled,
)
from service.knowledge.terminology import SYSTEM_URLS


def lexicon_problems(documents: Sequence[Located], types: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong in the lexicon, held against the types of the vocabulary's keys."""
    sites = {site for document in documents for site in document.get("sites", ())}
    for document in documents:
        for key, entry in document.get("names", {}).items():
            yield from _wrong_key(document["names"], key, key, "boolean", types)
            yield from _wordless(entry, [*entry.get("says", ()), *entry.get("denies", ())])
        for entry in document.get("signs", {}).values():
            yield from _sign_problems(entry, sites, types)
        for entry in document.get("measures", {}).values():
            yield from _measure_problems(entry, types)
        for entry in document.get("triggers", ()):
            yield from _wordless(entry, entry["words"])
        for name, entry in document.get("sites", {}).items():
            yield from _wordless(document["sites"], [*entry["words"], *entry.get("both", ())], name)
        for name, sides in document.get("sides", {}).items():
            yield from _wordless(document["sides"], sides, name)


def _sign_problems(entry: Located, sites: Collection[str], types: Mapping[str, str]) -> Iterator[Problem]:
    for site, key in entry["at"].items():
        if site not in sites:
            yield entry["at"].problem(f"unknown site `{site}`", site)
        yield from _wrong_key(entry["at"], site, key, "boolean", types)
    if "alone" in entry:
        yield from _wrong_key(entry, "alone", entry["alone"], "boolean", types)
    yield from _wordless(entry, [*entry.get("nouns", ()), *entry.get("adjectives", ())])


def _measure_problems(entry: Located, types: Mapping[str, str]) -> Iterator[Problem]:
    for part in ("finding", "second"):
        if part in entry:
            yield from _wrong_key(entry, part, entry[part], "quantity", types)
    for part, units in (("bare", entry.get("bare", ())), ("spelled", entry.get("spelled", {}).values())):
        for unit in units:
            if unit not in entry.get("units", {}):
                yield entry.problem(f"`{unit}` is not among the units", part)
    yield from _wordless(entry, entry.get("names", ()))


def _wrong_key(place: Located, at: str, key: str, wanted: str, types: Mapping[str, str]) -> Iterator[Problem]:
    if key not in types:
        yield place.problem(f"unknown key `{key}`", at)
    elif types[key] != wanted:
        yield place.problem(f"`{key}` is of type {types[key]}, not {wanted}", at)


def _wordless(place: Located, phrases: Iterable[str], at: str | None = None) -> Iterator[Problem]:
    for phrase in phrases:
        parts = spelled(phrase)
        if not parts or parts[0] == "..." or parts[-1] == "...":
            yield place.problem(f"`{phrase}` does not begin and end with a word", at)


def build_lexicon(documents: Sequence[Located], medicines: Mapping[str, str], spellings: Mapping[str, str]) -> Lexicon:
    """The lexicon of all files together.

    `medicines` are the names of ingredients with their findings, `spellings` the ways units are written.
    """

    def every(part: str) -> dict[str, Any]:
        return {name: entry for document in documents for name, entry in document.get(part, {}).items()}

    signs = {
        name: SignRecord(
            entry["at"], bool(entry.get("carries")), bool(entry.get("counts_denied", True)), entry.get("alone")
        )
        for name, entry in every("signs").items()
    }
    return Lexicon(
        [
            *(phrase for document in documents for phrase in _phrases(document)),
            *((name, Name(key)) for name, key in medicines.items() if documents),
        ],
        fillers=[word for document in documents for word in document.get("fillers", ())],
        signs=signs,
        measures={name: _measure(entry, spellings) for name, entry in every("measures").items()},
        times=next((_times(document["times"]) for document in documents if "times" in document), None),
        reporting=[word for document in documents for word in document.get("reporting", ())],
        sexes={word: sex for sex, nouns in every("sexes").items() for word in nouns},
        chief_complaints=[
            (SYSTEM_URLS[entry["system"]], entry["code"])
            for document in documents
            for entry in document.get("chief_complaints", ())
        ],
    )


def _phrases(document: Located) -> Iterator[tuple[str, Meaning]]:
    for name, entry in document.get("sites", {}).items():
        leg = bool(entry.get("leg"))
        yield from ((word, Site(name, leg)) for word in entry["words"])
        yield from ((word, Site(name, leg, "bilateral")) for word in entry.get("both", ()))
    for name, entry in document.get("signs", {}).items():
        yield from ((word, Sign(name)) for word in entry.get("nouns", ()))
        yield from ((word, Sign(name, adjective=True)) for word in entry.get("adjectives", ()))
    for key, entry in document.get("names", {}).items():
        says = Name(key, leg=bool(entry.get("leg")), dated=bool(entry.get("dated")))
        yield from ((phrase, says) for phrase in entry.get("says", ()))
        yield from ((phrase, Name(key, denies=True)) for phrase in entry.get("denies", ()))
    for side, sides in document.get("sides", {}).items():
        yield from ((word, SideWord(side)) for word in sides)
    for entry in document.get("triggers", ()):
        trigger = Trigger(
            Means(entry["means"]), entry.get("looks", "forward"), entry.get("reach"), bool(entry.get("diagnoses_only"))
        )
        yield from ((phrase, trigger) for phrase in entry["words"])
    for entry in document["times"]["moments"] if "times" in document else ():
        yield from ((phrase, Moment(entry["days"])) for phrase in entry["words"])
    for name, entry in document.get("measures", {}).items():
        yield from ((phrase, MeasureName(name)) for phrase in entry.get("names", ()))


def _measure(entry: Mapping[str, Any], spellings: Mapping[str, str]) -> Measure:
    units = {unit: Scale(unit, *limits) for unit, limits in entry.get("units", {}).items()}
    written = {**spellings, **entry.get("spelled", {}), **{unit: unit for unit in units}}
    scales = {spelling.lower(): units[unit] for spelling, unit in written.items() if unit in units}
    return Measure(
        entry["finding"],
        scales,
        tuple(units[unit] for unit in entry.get("bare", ())),
        bool(entry.get("alone")),
        entry.get("second"),
        entry.get("out_of"),
    )


def _times(entry: Mapping[str, Any]) -> TimeWords:
    return TimeWords(
        units={word: unit["days"] for unit in entry["units"] for word in unit["words"]},
        numbers=entry["numbers"],
        strokes=entry["strokes"],
    )
