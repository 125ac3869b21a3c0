"""Reading a hook request: from bytes to `HookRequest`, or to a `RequestProblem` that names what is wrong.

Only what the protocol defines is decoded. Resources stay raw: a large chart is scanned but not built here,
and a single odd resource costs nobody the whole request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Required, TypedDict

from marshmallow import ValidationError

from cds_hooks.errors import RequestProblem
from cds_hooks.hooks import HOOKS
from cds_hooks.wire import fault_paths, given, members_of, members_of_body, plain, problem_of
from schemas.cds_hooks import FhirAuthorizationSchema, HookRequestSchema

_SCHEMA = HookRequestSchema()
_AUTHORIZATION_SCHEMA = FhirAuthorizationSchema()
_SCALARS = ("hook", "hookInstance", "fhirServer")
_RESOURCES = frozenset({"conditions", "draftOrders", "appointments"})


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
        client: Who asks, by the name the service knows it by.
        fhir_server: Base address of the client's FHIR server, as sent. Untrusted.
        access_token: Opens that server, for this one request. Taken out before a handler sees the request.
        extension: Raw JSON, if sent.
    """

    hook: str
    hook_instance: str
    context: HookContext
    prefetch: Mapping[str, bytes]
    client: str = "anonymous"
    fhir_server: str | None = None
    access_token: str | None = field(default=None, repr=False)
    extension: bytes | None = None


def parse(body: bytes, hook: str, client: str = "anonymous") -> HookRequest:
    """Return the request that ``body`` holds, sent by ``client``, for a service of ``hook`` to answer.

    Members of no interest are ignored, and so is a ``fhirAuthorization`` that nothing can be fetched with: the data
    that came are judged all the same.

    Raises:
        RequestProblem: The body is no JSON, or a member is missing, wrong or there twice.
    """
    envelope = members_of_body(body)
    wire = {name: plain(envelope[name], name) for name in _SCALARS if given(envelope, name)}
    context = _context(envelope.get("context", b"{}"), HOOKS[hook].members)
    checked = _validated(wire | {"context": context} if "context" in envelope else wire, hook)
    prefetch = envelope.get("prefetch", b"null")
    return HookRequest(
        hook=checked["hook"],
        hook_instance=checked["hook_instance"],
        context=checked["context"],
        prefetch={} if prefetch == b"null" else members_of(prefetch, "prefetch"),
        client=client,
        fhir_server=checked.get("fhir_server"),
        access_token=_access_token(envelope.get("fhirAuthorization", b"null")) if "fhir_server" in checked else None,
        extension=envelope["extension"] if given(envelope, "extension") else None,
    )


def _access_token(authorization: bytes) -> str | None:
    try:
        checked = _AUTHORIZATION_SCHEMA.load(plain(authorization, "fhirAuthorization"))
    except (ValidationError, RequestProblem):
        return None
    return str(checked["access_token"])


def _context(raw: bytes, names: frozenset[str]) -> dict[str, object]:
    members = members_of(raw, "context")
    return {
        name: members[name] if name in _RESOURCES else plain(members[name], f"context.{name}")
        for name in names
        if given(members, name)
    }


def _validated(wire: dict[str, Any], hook: str) -> dict[str, Any]:
    faults: dict[str, str] = {}
    checked: dict[str, Any] = {}
    try:
        checked = _SCHEMA.load(wire)
    except ValidationError as invalid:
        faults = dict(fault_paths(invalid.messages_dict))
    if "hook" not in faults and wire["hook"] != hook:
        faults["hook"] = f"This service answers {hook}."
    elif "context" in wire:
        missing = HOOKS[hook].required - wire["context"].keys()
        faults |= {f"context.{name}": f"Required by {hook}." for name in missing}
    if faults:
        raise problem_of(faults)
    return checked
