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


def check_json(value: object, path: str) -> None:
    """Accept strict JSON that says something in each of its parts.

    Raises:
        ValueError: A part is empty, or is nothing that JSON can hold; the message gives its path.
    """
    if is_empty(value):
        raise ValueError(f"{path} is empty")
    if isinstance(value, dict):
        for name, member in value.items():
            check_json(member, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            check_json(item, f"{path}[{index}]")
    elif not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{path} is not JSON")
