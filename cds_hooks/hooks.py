"""The hooks that can be served, as the CDS Hooks library publishes them.

The types of the context members are in `schemas.cds_hooks.HookContextSchema`: a name means the same in every
hook.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_TOKEN_MEMBERS = frozenset({"userId", "patientId", "encounterId"})
_CLINICIANS = frozenset({"Practitioner", "PractitionerRole"})
_ANYONE = _CLINICIANS | {"Patient", "RelatedPerson"}


@dataclass(frozen=True, slots=True)
class HookDefinition:
    """A published hook: its version, the members of its context, and who its user may be."""

    version: str
    required: frozenset[str]
    optional: frozenset[str]
    users: frozenset[str]

    @property
    def members(self) -> frozenset[str]:
        """All context members of the hook, by their names on the wire."""
        return self.required | self.optional

    @property
    def tokens(self) -> frozenset[str]:
        """What a prefetch template may write between ``{{`` and ``}}``."""
        context = {f"context.{member}" for member in self.members & _TOKEN_MEMBERS}
        return frozenset(context | {f"user{user}Id" for user in self.users})


def _hook(required: str, optional: str = "", *, users: frozenset[str], version: str = "1.0") -> HookDefinition:
    return HookDefinition(version, frozenset(required.split()), frozenset(optional.split()), users)


HOOKS: Mapping[str, HookDefinition] = MappingProxyType(
    {
        "patient-view": _hook("userId patientId", "encounterId", users=_ANYONE),
        "encounter-start": _hook("userId patientId encounterId", users=_CLINICIANS),
        "problem-list-item-create": _hook(
            "userId patientId conditions", "encounterId", users=_CLINICIANS, version="0.1.0"
        ),
        "order-select": _hook("userId patientId selections draftOrders", "encounterId", users=_CLINICIANS),
        "order-sign": _hook("userId patientId draftOrders", "encounterId", users=_CLINICIANS),
        "appointment-book": _hook("userId patientId appointments", "encounterId", users=_ANYONE),
        "encounter-discharge": _hook("userId patientId encounterId", users=_CLINICIANS),
    }
)
