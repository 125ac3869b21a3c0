"""FHIR bytes -> typed resources, by two roads that give the same result.

The fast road decodes everything at once and knows only clean data. When it fails, each resource is decoded alone:
one that is broken costs itself and becomes a note, one of a type we do not read is passed over.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from msgspec import Raw, Struct

from service.intake.notes import Note
from service.intake.resources import READABLE, Bundle, Element, OperationOutcome

_DEEPEST_BUNDLE = 3
_TYPE_FIRST = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')
_NULL = b"null"
_MAY_HOLD_COMPLAINT = frozenset({"Condition", "Encounter", "Observation", "QuestionnaireResponse"})


@dataclass(slots=True)
class Located:
    """A resource with the names others may use to refer to it; the first is how we cite it."""

    resource: READABLE
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
    resource: Raw = Raw()


class _LooseBundle(Element):
    """A Bundle whose entries are decoded one by one."""

    entry: list[Raw] | None = None


class _EntryOfOutcome(Struct):
    """An entry, if it holds an OperationOutcome."""

    resource: OperationOutcome | None = None


_FAST = msgspec.json.Decoder(READABLE | Bundle)
_ONE = msgspec.json.Decoder(READABLE)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_LOOSE = msgspec.json.Decoder(_LooseBundle)
_LOOSE_ENTRY = msgspec.json.Decoder(_LooseEntry)
_ENTRY_OF_OUTCOME = msgspec.json.Decoder(_EntryOfOutcome)
_READABLE_TYPES = frozenset(kind.__struct_config__.tag for kind in READABLE.__args__)


def tells_something(data: bytes) -> bool:
    """Whether this is a FHIR resource that may hold data: no null, no other JSON, no OperationOutcome."""
    return _kind(data) not in {None, "OperationOutcome"}


def is_failure(data: bytes) -> bool:
    """Whether somebody asked and it failed: an OperationOutcome in place of data, or an error among the entries.

    The latter stands in a Bundle whose later pages could not be had.
    """
    kind = _kind(data)
    if kind != "Bundle" or b'"OperationOutcome"' not in data:
        return kind == "OperationOutcome"
    try:
        entries = _LOOSE.decode(data).entry or ()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False  # what cannot be read is noted where it is read
    return any(b'"OperationOutcome"' in entry and _tells_of_failure(entry) for entry in map(bytes, entries))


def _tells_of_failure(entry: bytes) -> bool:
    try:
        outcome = _ENTRY_OF_OUTCOME.decode(entry).resource
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return outcome is not None and any(issue.severity in {"error", "fatal"} for issue in outcome.issue or ())


def _kind(data: bytes) -> str | None:
    # Nearly every resource begins with its type: that spares scanning the whole of it.
    start = _TYPE_FIRST.match(data)
    if start:
        return start[1].decode()
    try:
        return _ENVELOPE.decode(data).resource_type
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def decode(data: bytes, label: str = "Bundle") -> tuple[list[Located], list[Note]]:
    """The resources in `data` (one resource, or a Bundle), and notes on what could not be read.

    `label` names the data in notes where it has no name of its own, for example a prefetch key.
    """
    if data.strip() in {b"", _NULL}:
        return [], []
    try:
        document = _FAST.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        alone = _OneByOne()
        alone.read(data, label, None, 0)
        return alone.located, alone.notes
    if isinstance(document, Bundle):
        found = [
            _located(entry.resource, entry.full_url, f"{label}.entry[{position}]")
            for position, entry in enumerate(document.entry or ())
            if entry.resource is not None
        ]
    else:
        found = [_located(document, None, label)]
    return _without_outcomes(found, label)


def _located(resource: READABLE, full_url: str | None, label: str) -> Located:
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


class _OneByOne:
    """Decodes each resource by itself: a Bundle entry by entry, anything else as one resource."""

    def __init__(self) -> None:
        self.located: list[Located] = []
        self.notes: list[Note] = []

    def read(self, data: bytes, label: str, full_url: str | None, depth: int) -> None:
        try:
            envelope = _ENVELOPE.decode(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            self.notes.append(Note(label, "", "not a FHIR resource, not read"))
            return
        if envelope.resource_type is None:
            self.notes.append(Note(label, "resourceType", "missing: not read"))
        elif envelope.resource_type == "Bundle":
            self._read_bundle(data, label, depth)
        elif envelope.resource_type in _READABLE_TYPES:
            self._read_resource(data, label, full_url, envelope)

    def _read_bundle(self, data: bytes, label: str, depth: int) -> None:
        if depth >= _DEEPEST_BUNDLE:
            self.notes.append(Note(label, "entry", "Bundles nested too deep, not read"))
            return
        try:
            entries = _LOOSE.decode(data).entry or ()
        except (msgspec.DecodeError, RecursionError):
            self.notes.append(Note(label, "entry", "the entries are malformed, not read"))
            return
        for position, raw in enumerate(entries):
            name = f"{label}.entry[{position}]"
            try:
                entry = _LOOSE_ENTRY.decode(raw)
            except (msgspec.DecodeError, RecursionError):
                self.notes.append(Note(name, "", "the entry is malformed, not read"))
                continue
            resource = bytes(entry.resource)
            if resource not in {b"", _NULL}:
                self.read(resource, name, entry.full_url, depth + 1)

    def _read_resource(self, data: bytes, label: str, full_url: str | None, envelope: _Envelope) -> None:
        try:
            resource = _ONE.decode(data)
        except msgspec.ValidationError as error:
            reference = f"{envelope.resource_type}/{envelope.id}" if envelope.id else label
            lost = envelope.resource_type in _MAY_HOLD_COMPLAINT
            self.notes.append(
                Note(reference, _path(error), "has the wrong shape: this resource was not used", lost=lost)
            )
        except (msgspec.DecodeError, RecursionError):
            self.notes.append(Note(label, "", "could not be decoded: this resource was not used"))
        else:
            located, notes = _without_outcomes([_located(resource, full_url, label)], label)
            self.located.extend(located)
            self.notes.extend(notes)


def _path(error: msgspec.ValidationError) -> str:
    """Where msgspec found the fault; its message may quote the value, its path never does."""
    _, _, path = str(error).rpartition(" - at `$")
    return path.strip("`.")
