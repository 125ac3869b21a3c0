"""Settings files: read whole and checked whole, or refused with file and field."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

from cds_hooks import Address
from cds_hooks.wire import fault_paths


class SettingsFileError(Exception):
    """A file cannot be used. The message has a line for each mistake, with file and field."""


def read_file(path: Path, schema: Schema) -> Mapping[str, Any]:
    """The content of a YAML file, as the schema loads it; SettingsFileError when it is not there or not right."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsFileError(f"{path}: cannot be read ({type(fault).__name__})") from None
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise SettingsFileError(f"{path}:{line}: {fault.problem}") from None
    except yaml.YAMLError:
        raise SettingsFileError(f"{path}: is not YAML") from None
    try:
        loaded: Mapping[str, Any] = schema.load(document)
    except ValidationError as invalid:
        raise SettingsFileError(_lines(path, fault_paths(invalid.messages_dict))) from None
    return loaded


def refuse(path: Path, faults: Iterable[tuple[str, str]]) -> None:
    """Raise SettingsFileError if there are faults, given as (field, what is wrong with it)."""
    if lines := _lines(path, faults):
        raise SettingsFileError(lines)


def _lines(path: Path, faults: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{path}: {place or 'the file'}: {text}" for place, text in faults)


def check_url(url: str) -> None:
    """Refuse, with a ValidationError, what is sent or fetched over plain http: anybody on the way can change it."""
    try:
        safe = Address.parse(url).is_safe
    except ValueError as fault:
        raise ValidationError(f"{fault}.") from None
    if not safe:
        raise ValidationError("must be https, but for addresses of this machine.")
