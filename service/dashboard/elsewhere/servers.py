"""Where users come from who do not sign in here: the single sign-on of the site, and EHRs that launch us."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.security.authorization import AuthorizationServer
from service.security.launches import Ehr, loopback_of
from service.security.outbound import Outbound
from service.security.single_sign_on import SingleSignOn


@dataclass(frozen=True, slots=True)
class SignOn:
    """The single sign-on of the site, and the server where it happens."""

    settings: SingleSignOn
    server: AuthorizationServer


@dataclass(frozen=True, slots=True)
class Launches:
    """The EHRs that may launch us, the servers where their users prove who they are, and how they are called."""

    ehrs: tuple[Ehr, ...]
    servers: Mapping[str, AuthorizationServer]
    outbound: Outbound

    def at(self, issuer: str) -> Ehr | None:
        """The EHR whose FHIR server has this address."""
        return next((ehr for ehr in self.ehrs if ehr.is_at(issuer)), None)

    def of(self, client: str | None) -> Ehr | None:
        """The EHR that is this client."""
        return next((ehr for ehr in self.ehrs if ehr.client == client), None)

    @property
    def frame_ancestors(self) -> tuple[str, ...]:
        """The origins that may show us in a frame, of all EHRs."""
        return tuple(origin for ehr in self.ehrs for origin in ehr.frame_ancestors)


def open_sign_on(settings: SingleSignOn, clock: Callable[[], datetime]) -> SignOn:
    """The single sign-on that the settings name."""
    outbound = Outbound(may_be_loopback=settings.may_be_loopback)
    server = AuthorizationServer(settings.metadata_url, settings.registration, outbound, clock, issuer=settings.issuer)
    return SignOn(settings, server)


def open_launches(ehrs: Sequence[Ehr], clock: Callable[[], datetime]) -> Launches:
    """The launches from these EHRs."""
    outbound = Outbound(may_be_loopback=loopback_of(ehrs))
    servers = {ehr.client: AuthorizationServer(ehr.metadata_url, ehr.registration, outbound, clock) for ehr in ehrs}
    return Launches(tuple(ehrs), servers, outbound)
