"""JSON as it comes from a client: taken apart one level at a time, with a fault named by the member it is in.

What lies deeper stays raw: a large chart is scanned but not built.
"""

import codecs
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cds_hooks.errors import RequestProblem

_BLANK = (b"null", b'""')
_MOST_NAMED = 20  # faults in one answer


def given(members: Mapping[str, bytes], name: str) -> bool:
    """Tell whether the member is there and says something. Null and an empty string do not."""
    return members.get(name, b"null") not in _BLANK


def members_of_body(body: bytes) -> dict[str, bytes]:
    """Return the members of the object that a request body holds, each as raw JSON.

    Raises:
        RequestProblem: The body is no JSON object in UTF-8, or has a member twice.
    """
    _check_encoding(body)
    return members_of(body)


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


def members_of(raw: bytes, path: str = "") -> dict[str, bytes]:
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


def plain(raw: bytes, path: str) -> Any:
    """Return the value of well-formed JSON that stands at ``path``."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError):  # well-formed, so too large a number or too deeply nested
        raise RequestProblem(400, f"{path} is out of range.", [path]) from None


def fault_paths(messages: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Walk marshmallow's tree of messages, yielding a path and its text."""
    for key, value in messages.items():
        member = "" if key == "_schema" else f"[{key}]" if isinstance(key, int) else f".{key}"
        path = f"{prefix}{member}".lstrip(".")
        if isinstance(value, dict):
            yield from fault_paths(value, path)
        else:
            yield path, " ".join(value)


def problem_of(faults: Mapping[str, str]) -> RequestProblem:
    """The 400 that names each faulty path."""
    expression = sorted(faults)[:_MOST_NAMED]
    more = f" And {len(faults) - _MOST_NAMED} more." if len(faults) > _MOST_NAMED else ""
    return RequestProblem(400, " ".join(f"{path}: {faults[path]}" for path in expression) + more, expression)
