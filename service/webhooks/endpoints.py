"""The file of webhooks: who is told, where, and with which secret it is signed.

A secret stands in an environment variable that the file names, never in the file: `whsec_` and base64, as Standard
Webhooks writes it, or any other text, which is then taken as it is.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, Regexp

from cds_hooks import Address
from service.security.files import check_url, read_file, refuse

_PREFIX = "whsec_"
_SHORTEST = 24  # bytes, as the specification asks


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told, where, and the key that proves that it was us."""

    name: str
    url: str
    secret: bytes = field(repr=False)


class _WebhookSchema(Schema):
    name = fields.String(required=True, validate=Regexp(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}\Z"))
    url = fields.String(required=True, validate=check_url)
    secret_env = fields.String(required=True, validate=Regexp(r"[A-Za-z_][A-Za-z0-9_]*\Z"))


class _FileSchema(Schema):
    webhooks = fields.List(fields.Nested(_WebhookSchema), required=True, validate=Length(min=1))


def read_webhooks(path: Path, environment: Mapping[str, str]) -> tuple[Webhook, ...]:
    """Read the file; SettingsFileError when it is not there or not right, or a secret is not set."""
    listed = read_file(path, _FileSchema())["webhooks"]
    refuse(path, _faults(listed, environment))
    return tuple(Webhook(each["name"], each["url"], _secret(environment[each["secret_env"]])) for each in listed)


def loopback_of(webhooks: Sequence[Webhook]) -> Callable[[Address], bool]:
    """Which addresses of this machine are called: those that lie at an origin the file names."""
    named = [Address.parse(each.url) for each in webhooks]
    return lambda address: any(each.same_origin(address) for each in named)


def _faults(listed: Sequence[Mapping[str, Any]], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for position, entry in enumerate(listed):
        if any(entry["name"] == earlier["name"] for earlier in listed[:position]):
            yield f"webhooks[{position}].name", "another webhook has the same."
        variable = entry["secret_env"]
        place = f"webhooks[{position}].secret_env"
        if not environment.get(variable):
            yield place, f"the environment variable {variable} is not set."
            continue
        try:
            length = len(_secret(environment[variable]))
        except binascii.Error:
            yield place, f"{variable} begins with {_PREFIX}, and what follows is not base64."
            continue
        if length < _SHORTEST:
            yield place, f"{variable} is too short: {_SHORTEST} bytes at least."


def _secret(text: str) -> bytes:
    if text.startswith(_PREFIX):
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    return text.encode(errors="surrogateescape")
