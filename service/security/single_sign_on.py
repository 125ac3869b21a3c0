"""The file of the single sign-on: where people of this site prove who they are, and which of them may do what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Regexp

from cds_hooks import Address
from service.security.authorization import Registration
from service.security.files import check_url, read_file, refuse
from service.security.roles import ROLES

VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*\Z"
"""The name of an environment variable."""


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """One OpenID Connect server.

    Attributes:
        issuer: As its id tokens name it.
        registration: How we are known to it.
        name: What its button says.
        role_claim: The claim that tells what somebody is.
        roles: From a value of that claim to a role of ours; of several that fit the first stands.
    """

    issuer: str
    registration: Registration
    name: str
    role_claim: str
    roles: Mapping[str, str]

    @property
    def host(self) -> str:
        """The name of the server."""
        return Address.parse(self.issuer).host

    @property
    def metadata_url(self) -> str:
        """Where the server says what it can do."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    def role(self, claims: Mapping[str, Any]) -> str | None:
        """The role that the claims give; None when they give none."""
        told = claims.get(self.role_claim)
        values = told if isinstance(told, list) else [told]
        return next((role for value, role in self.roles.items() if value in values), None)

    def may_be_loopback(self, address: Address) -> bool:
        """Whether this address of this machine is called: only at an origin that the file names."""
        return Address.parse(self.issuer).same_origin(address)


class _FileSchema(Schema):
    issuer = fields.String(required=True, validate=check_url)
    client_id = fields.String(required=True, validate=Length(min=1))
    client_secret_env = fields.String(validate=Regexp(VARIABLE))
    name = fields.String(required=True, validate=Length(min=1, max=80))
    role_claim = fields.String(required=True, validate=Length(min=1))
    roles = fields.Dict(
        keys=fields.String(validate=Length(min=1)),
        values=fields.String(validate=OneOf([*ROLES])),
        required=True,
        validate=Length(min=1),
    )


def read_single_sign_on(path: Path, environment: Mapping[str, str]) -> SingleSignOn:
    """Read the file; SettingsFileError when it is not there or not right, or the secret is not set."""
    read = read_file(path, _FileSchema())
    refuse(path, unset([("client_secret_env", read)], environment))
    return SingleSignOn(
        issuer=read["issuer"],
        registration=registration(read, environment),
        name=read["name"],
        role_claim=read["role_claim"],
        roles=read["roles"],
    )


def registration(read: Mapping[str, Any], environment: Mapping[str, str]) -> Registration:
    """How the file says that we are known to a server."""
    variable = read.get("client_secret_env")
    return Registration(read["client_id"], environment[variable] if variable else None)


def unset(entries: Sequence[tuple[str, Mapping[str, Any]]], environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """The faults of entries, each with its field, that name a variable which is not set."""
    named = [(place, entry.get("client_secret_env")) for place, entry in entries]
    return [
        (place, f"the environment variable {variable} is not set.")
        for place, variable in named
        if variable and not environment.get(variable)
    ]
