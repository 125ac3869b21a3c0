"""The file of EHRs that may launch us (SMART on FHIR): which client each is, where, and who its users are to us."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Regexp

from cds_hooks import Address
from service.security.authorization import Registration
from service.security.files import check_url, read_file, refuse
from service.security.single_sign_on import VARIABLE, registration, unset

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(?::\d+)?|http://(?:localhost|127\.0\.0\.1)(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Ehr:
    """One EHR.

    Attributes:
        client: The name by which its CDS Hooks calls are known; its users see what that client sent, and no more.
        issuer: The base address of its FHIR server.
        registration: How we are known to it.
        role: What its users may do.
        frame_ancestors: The origins whose pages may show ours in a frame.
    """

    client: str
    issuer: str
    registration: Registration
    role: str
    frame_ancestors: tuple[str, ...] = ()

    @property
    def metadata_url(self) -> str:
        """Where the EHR says what it can do."""
        return f"{self.issuer.rstrip('/')}/.well-known/smart-configuration"

    def is_at(self, issuer: str) -> bool:
        """Whether this is the EHR whose FHIR server has this address, however it is spelled."""
        try:
            return "?" not in issuer and Address.parse(issuer) == Address.parse(self.issuer)
        except ValueError:
            return False


def _check_issuer(url: str) -> None:
    check_url(url)
    if "?" in url:
        raise ValidationError("a base address has no query.")


def _check_origin(origin: str) -> None:
    if not _ORIGIN.fullmatch(origin):
        raise ValidationError("is no origin, such as https://ehr.example.org; there is no wildcard.")


class _EhrSchema(Schema):
    client = fields.String(required=True, validate=Regexp(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}\Z"))
    issuer = fields.String(required=True, validate=_check_issuer)
    client_id = fields.String(required=True, validate=Length(min=1))
    client_secret_env = fields.String(validate=Regexp(VARIABLE))
    # What goes beyond one patient is nobody's business there.
    role = fields.String(required=True, validate=OneOf(["viewer", "clinician"]))
    frame_ancestors = fields.List(fields.String(validate=_check_origin), load_default=list)


class _FileSchema(Schema):
    ehrs = fields.List(fields.Nested(_EhrSchema), required=True, validate=Length(min=1))


def read_ehrs(path: Path, environment: Mapping[str, str]) -> tuple[Ehr, ...]:
    """Read the file; SettingsFileError when it is not there or not right, or a secret is not set."""
    listed = read_file(path, _FileSchema())["ehrs"]
    places = [(f"ehrs[{position}].client_secret_env", entry) for position, entry in enumerate(listed)]
    refuse(path, [*_repeated(listed), *unset(places, environment)])
    return tuple(
        Ehr(
            client=entry["client"],
            issuer=entry["issuer"],
            registration=registration(entry, environment),
            role=entry["role"],
            frame_ancestors=tuple(entry["frame_ancestors"]),
        )
        for entry in listed
    )


def check_clients(path: Path, ehrs: Sequence[Ehr], clients: Collection[str]) -> None:
    """SettingsFileError when an EHR of the file is none of the trusted clients: nothing it opens would be there."""
    strangers = [position for position, ehr in enumerate(ehrs) if ehr.client not in clients]
    refuse(path, [(f"ehrs[{position}].client", "is the name of no trusted client.") for position in strangers])


def loopback_of(ehrs: Sequence[Ehr]) -> Callable[[Address], bool]:
    """Which addresses of this machine are called: those that lie at an origin the file names."""
    named = [Address.parse(ehr.issuer) for ehr in ehrs]
    return lambda address: any(each.same_origin(address) for each in named)


def _repeated(listed: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for position, entry in enumerate(listed):
        if any(entry["client"] == earlier["client"] for earlier in listed[:position]):
            yield f"ehrs[{position}].client", "another EHR has the same."
        if any(Address.parse(entry["issuer"]) == Address.parse(earlier["issuer"]) for earlier in listed[:position]):
            yield f"ehrs[{position}].issuer", "another EHR has the same."
