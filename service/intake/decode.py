"""FHIR bytes -> typed resources, by two roads that give the same result.

The fast road decodes everything at once and knows only clean data. When it fails, each resource is decoded alone:
one that is broken costs itself and becomes a note, one of a type we do not read is passed over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Raw, Struct

from service.intake.notes import Note
from service.intake.resources import READABLE, Bundle, Element, OperationOutcome

_DEEPEST_BUNDLE = 3
_NULL = b"null"


@dataclass(frozen=True, slots=True)
class Located:
    """A resource with the names others may use to refer to it; the first is how we cite it."""

    resource: READABLE  # type: ignore[valid-type]
    names: tuple[str, ...]

    @property
    def reference(self) -> str:
        """How this resource is cited, such as `Condition/123`."""
        return self.names[0]


class _Envelope(Struct, rename="camel"):
    """Just enough to see what something is."""

    resource_type: str | None = None
    id: str | None = None


class _LooseEntry(Element):
    """An entry whose resource is left as bytes. Raw must stand bare: an optional Raw does not decode."""

    full_url: str | None = None
    resource: Raw = Raw()  # noqa: RUF009 - immutable


class _LooseBundle(Element):
    """A Bundle whose entries are decoded one by one."""

    entry: list[Raw] | None = None


_FAST = msgspec.json.Decoder(READABLE | Bundle)
_ONE = msgspec.json.Decoder(READABLE)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_LOOSE = msgspec.json.Decoder(_LooseBundle)
_LOOSE_ENTRY = msgspec.json.Decoder(_LooseEntry)
_READABLE_TYPES = frozenset(kind.__struct_config__.tag for kind in READABLE.__args__)


def decode(data: bytes, label: str = "Bundle") -> tuple[list[Located], list[Note]]:
    """The resources in `data` (one resource, or a Bundle), and notes on what could not be read.

    `label` names the data in notes where it has no name of its own, for example a prefetch key.
    """
    if data.strip() in {b"", _NULL}:
        return [], []
    try:
        document = _FAST.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        located: list[Located] = []
        notes: list[Note] = []
        _decode_alone(data, label, None, located, notes, 0)
        return located, notes
    if isinstance(document, Bundle):
        found = [
            _located(entry.resource, entry.full_url, f"{label}.entry[{position}]")
            for position, entry in enumerate(document.entry or ())
            if entry.resource is not None
        ]
    else:
        found = [_located(document, None, label)]
    return _without_outcomes(found, label)


def _located(resource: READABLE, full_url: str | None, label: str) -> Located:  # type: ignore[valid-type]
    kind = type(resource).__struct_config__.tag
    name = f"{kind}/{resource.id}" if resource.id else full_url or f"{label} ({kind})"
    return Located(resource, (name, full_url) if full_url and full_url != name else (name,))


def _without_outcomes(found: Iterable[Located], label: str) -> tuple[list[Located], list[Note]]:
    located, notes = [], []
    for item in found:
        if isinstance(item.resource, OperationOutcome):
            notes.append(Note(label, "", "the server answered with an OperationOutcome: these data are unknown"))
        else:
            located.append(item)
    return located, notes


def _decode_alone(
    data: bytes, label: str, full_url: str | None, located: list[Located], notes: list[Note], depth: int
) -> None:
    """Decode one value by itself: a Bundle entry by entry, anything else as a single resource."""
    try:
        envelope = _ENVELOPE.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        notes.append(Note(label, "", "not a FHIR resource, not read"))
        return
    if envelope.resource_type is None:
        notes.append(Note(label, "resourceType", "missing: not read"))
    elif envelope.resource_type == "Bundle":
        if depth >= _DEEPEST_BUNDLE:
            notes.append(Note(label, "entry", "Bundles nested too deep, not read"))
            return
        for position, raw in enumerate(_entries(data, label, notes)):
            name = f"{label}.entry[{position}]"
            try:
                entry = _LOOSE_ENTRY.decode(raw)
            except (msgspec.DecodeError, RecursionError):
                notes.append(Note(name, "", "the entry is malformed, not read"))
                continue
            resource = bytes(entry.resource)
            if resource not in {b"", _NULL}:
                _decode_alone(resource, name, entry.full_url, located, notes, depth + 1)
    elif envelope.resource_type in _READABLE_TYPES:
        _decode_one(data, label, full_url, envelope, located, notes)


def _entries(data: bytes, label: str, notes: list[Note]) -> Iterator[Raw]:
    try:
        yield from _LOOSE.decode(data).entry or ()
    except (msgspec.DecodeError, RecursionError):
        notes.append(Note(label, "entry", "the entries are malformed, not read"))


def _decode_one(
    data: bytes,
    label: str,
    full_url: str | None,
    envelope: _Envelope,
    located: list[Located],
    notes: list[Note],
) -> None:
    try:
        resource = _ONE.decode(data)
    except msgspec.ValidationError as error:
        reference = f"{envelope.resource_type}/{envelope.id}" if envelope.id else label
        notes.append(Note(reference, _path(error), "has the wrong shape: this resource was not used"))
        return
    except (msgspec.DecodeError, RecursionError):
        notes.append(Note(label, "", "could not be decoded: this resource was not used"))
        return
    found, outcomes = _without_outcomes([_located(resource, full_url, label)], label)
    located.extend(found)
    notes.extend(outcomes)


def _path(error: msgspec.ValidationError) -> str:
    """Where msgspec found the fault; its message may quote the value, its path never does."""
    _, _, path = str(error).rpartition(" - at `$")
    return path.strip("`.")
