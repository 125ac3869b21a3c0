"""The file of trusted clients: who may call, how they prove it, and where each may send us for data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, Regexp

from cds_hooks import Address, TrustedClient
from cds_hooks.keys import Key, read_key
from service.security.files import check_url, read_file, refuse

_NAME = r"(?!(?:anonymous|intake-page)\Z)[A-Za-z0-9][A-Za-z0-9._\-]{0,63}\Z"


def _check_server(url: str) -> None:
    check_url(url)
    if "?" in url:
        raise ValidationError("a base address has no query.")


def _check_key(jwk: dict[str, Any]) -> None:
    if not isinstance(jwk.get("kid"), str):
        raise ValidationError("kid: missing.")
    try:
        read_key(jwk)
    except ValueError as fault:
        raise ValidationError(f"{fault}.") from None


class _KeysSchema(Schema):
    keys = fields.List(fields.Dict(validate=_check_key), required=True, validate=Length(min=1))


class _ClientSchema(Schema):
    name = fields.String(required=True, validate=Regexp(_NAME))
    issuer = fields.String(required=True, validate=Length(min=1))
    jku = fields.List(fields.String(validate=check_url), load_default=list)
    jwks = fields.Nested(_KeysSchema)
    tenants = fields.List(fields.String(validate=Length(min=1)), load_default=list)
    fhir_servers = fields.List(fields.String(validate=_check_server), load_default=list)


class _FileSchema(Schema):
    clients = fields.List(fields.Nested(_ClientSchema), required=True, validate=Length(min=1))


def read_clients(path: Path) -> tuple[TrustedClient, ...]:
    """Read the file; SettingsFileError when it is not there or not right."""
    listed = read_file(path, _FileSchema())["clients"]
    refuse(path, _contradictions(listed))
    return tuple(_client(entry) for entry in listed)


def loopback_of(clients: Sequence[TrustedClient]) -> Callable[[Address], bool]:
    """Which addresses of this machine are called: those that lie at an origin the file names."""
    named = [*(server for client in clients for server in client.fhir_servers)]
    named += [Address.parse(url) for client in clients for url in client.jku]
    return lambda address: any(each.same_origin(address) for each in named)


def _client(entry: Mapping[str, Any]) -> TrustedClient:
    keys: dict[str, Key] | None = None
    if "jwks" in entry:
        keys = {jwk["kid"]: read_key(jwk) for jwk in entry["jwks"]["keys"]}
    return TrustedClient(
        name=entry["name"],
        issuer=entry["issuer"],
        jku=tuple(entry["jku"]),
        keys=keys,
        tenants=frozenset(entry["tenants"]),
        fhir_servers=tuple(Address.parse(url) for url in entry["fhir_servers"]),
    )


def _contradictions(listed: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for position, entry in enumerate(listed):
        for name in ("name", "issuer"):
            if any(entry[name] == earlier[name] for earlier in listed[:position]):
                yield f"clients[{position}].{name}", "another client has the same."
        if not entry["jku"] and "jwks" not in entry:
            yield f"clients[{position}].jku", "neither jku nor jwks: nothing could prove a call."
