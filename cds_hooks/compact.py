"""CDS Hooks JSON has no null, no empty string, no empty array and no empty object."""

import math
from collections.abc import Mapping
from typing import Any


def is_empty(value: object) -> bool:
    """Tell whether a value says nothing: null, a blank string, an array or object without members."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, dict | list | tuple) and not value)


def without_empty(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that say something."""
    return {name: value for name, value in members.items() if not is_empty(value)}


def pruned(value: Any) -> Any:
    """Return foreign JSON without its empty parts, however deep they stand."""
    if isinstance(value, dict):
        return without_empty({name: pruned(member) for name, member in value.items()})
    if isinstance(value, list):
        return [part for part in map(pruned, value) if not is_empty(part)]
    return value


def check_json(value: object, path: str) -> None:
    """Accept strict JSON that says something in each of its parts.

    Raises:
        ValueError: A part is empty, or is nothing that JSON can hold; the message gives its path.
    """
    fault = _fault(value)
    if fault:
        raise ValueError(f"{path}{fault}")


def _fault(value: object) -> str | None:
    """Where below the value something is wrong, and what; None when all is well."""
    if isinstance(value, str):  # Most parts are text.
        return None if value.strip() else " is empty"
    if is_empty(value):
        return " is empty"
    if isinstance(value, dict):
        return next((f".{name}{fault}" for name, member in value.items() if (fault := _fault(member))), None)
    if isinstance(value, list | tuple):
        return next((f"[{index}]{fault}" for index, item in enumerate(value) if (fault := _fault(item))), None)
    if not isinstance(value, int | float) or (isinstance(value, float) and not math.isfinite(value)):
        return " is not JSON"
    return None
