"""Reading a hook request: from bytes to `HookRequest`, or to a `RequestProblem` that names what is wrong.

Only what the protocol defines is decoded. Resources stay raw: a large chart is scanned but not built here,
and a single odd resource costs nobody the whole request.
"""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Required, TypedDict

import msgspec
from marshmallow import ValidationError

from cds_hooks.errors import RequestProblem
from cds_hooks.hooks import HOOKS
from schemas.cds_hooks import HookRequestSchema

_SCHEMA = HookRequestSchema()
_SCALARS = ("hook", "hookInstance", "fhirServer")
_RESOURCES = frozenset({"conditions", "draftOrders", "appointments"})
_BLANK = (b"null", b'""')


class HookContext(TypedDict, total=False):
    """The context of a hook, checked. Ids are bare; the last three are raw JSON objects."""

    user_id: Required[str]
    patient_id: Required[str]
    encounter_id: str
    selections: list[str]
    conditions: bytes
    draft_orders: bytes
    appointments: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """A request that a service can answer.

    Attributes:
        hook: The hook that fired.
        hook_instance: The client's id of this firing. May repeat.
        context: The members that the hook defines; all it requires are there.
        prefetch: Key to raw JSON: a resource, a Bundle, an OperationOutcome, ``null``, or whatever else was
            sent. It is well-formed and UTF-8, but may be nested as deeply as the interpreter bore here:
            decoding it with more on the stack may raise RecursionError.
        fhir_server: Base address of the client's FHIR server, as sent. Untrusted.
        extension: Raw JSON, if sent.
    """

    hook: str
    hook_instance: str
    context: HookContext
    prefetch: Mapping[str, bytes]
    fhir_server: str | None = None
    extension: bytes | None = None


def parse(body: bytes, hook: str) -> HookRequest:
    """Return the request that ``body`` holds, for a service of ``hook`` to answer.

    Members of no interest are ignored, ``fhirAuthorization`` too: an access token nobody uses is not kept.

    Raises:
        RequestProblem: The body is no JSON, or a member is missing, wrong or there twice.
    """
    _check_encoding(body)
    envelope = _members(body)
    wire = {name: _plain(envelope[name], name) for name in _SCALARS if _given(envelope, name)}
    context = _context(envelope.get("context", b"{}"), HOOKS[hook].members)
    checked = _validated(wire | {"context": context} if "context" in envelope else wire, hook)
    prefetch = envelope.get("prefetch", b"null")
    return HookRequest(
        hook=checked["hook"],
        hook_instance=checked["hook_instance"],
        context=checked["context"],
        prefetch={} if prefetch == b"null" else _members(prefetch, "prefetch"),
        fhir_server=checked.get("fhir_server"),
        extension=envelope["extension"] if _given(envelope, "extension") else None,
    )


def _given(members: Mapping[str, bytes], name: str) -> bool:
    return members.get(name, b"null") not in _BLANK


def _check_encoding(body: bytes) -> None:
    # The decoder skips over raw values without a look at their encoding.
    if not body.strip():
        raise RequestProblem(400, "The body is empty; it must be a CDS Hooks request in JSON.")
    if body.startswith(codecs.BOM_UTF8):
        raise RequestProblem(400, "The body begins with a byte order mark; JSON has none.")
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        raise RequestProblem(400, f"The body is not UTF-8 (byte {fault.start}).") from None


class _Occurrence:
    """A member name at one place: equal to nothing but itself, so that no repetition is lost."""

    __slots__ = ("name",)

    def __init__(self, _type: type, name: str) -> None:
        self.name = name


_OBJECT = msgspec.json.Decoder(dict[_Occurrence, msgspec.Raw], dec_hook=_Occurrence)


def _members(raw: bytes, path: str = "") -> dict[str, bytes]:
    """Return the members of the object ``raw``, which stands at ``path``, each as raw JSON."""
    expression = [path] if path else []
    subject = path or "The body"
    try:
        occurrences = _OBJECT.decode(raw)
    except msgspec.ValidationError:
        raise RequestProblem(400, f"{subject} must be a JSON object.", expression) from None
    except msgspec.DecodeError as fault:
        raise RequestProblem(400, f"The body is not JSON. {fault}", expression) from None
    except RecursionError:
        raise RequestProblem(400, f"{subject} is nested too deeply.", expression) from None
    members: dict[str, bytes] = {}
    for occurrence, value in occurrences.items():
        name = occurrence.name
        if name in members:
            member = f"{path}.{name[:64]}" if path else name[:64]
            raise RequestProblem(400, f"{member} occurs twice.", [member])
        members[name] = bytes(value)
    return members


def _plain(raw: bytes, path: str) -> object:
    try:
        plain: object = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError):  # well-formed, so too large a number or too deeply nested
        raise RequestProblem(400, f"{path} is out of range.", [path]) from None
    return plain


def _context(raw: bytes, names: frozenset[str]) -> dict[str, object]:
    members = _members(raw, "context")
    return {
        name: members[name] if name in _RESOURCES else _plain(members[name], f"context.{name}")
        for name in names
        if _given(members, name)
    }


def _validated(wire: dict[str, Any], hook: str) -> dict[str, Any]:
    faults: dict[str, str] = {}
    checked: dict[str, Any] = {}
    try:
        checked = _SCHEMA.load(wire)
    except ValidationError as invalid:
        faults = dict(_flat(invalid.messages_dict))
    if "hook" not in faults and wire["hook"] != hook:
        faults["hook"] = f"This service answers {hook}."
    elif "context" in wire:
        missing = HOOKS[hook].required - wire["context"].keys()
        faults |= {f"context.{name}": f"Required by {hook}." for name in missing}
    if faults:
        expression = sorted(faults)
        raise RequestProblem(400, " ".join(f"{path}: {faults[path]}" for path in expression), expression)
    return checked


def _flat(messages: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Walk marshmallow's tree of messages, yielding a path and its text."""
    for key, value in messages.items():
        path = f"{prefix}[{key}]" if isinstance(key, int) else f"{prefix}.{key}".lstrip(".")
        if isinstance(value, dict):
            yield from _flat(value, path)
        else:
            yield path, " ".join(value)
