"""A CDS service: what discovery says about it, and the function that answers its hook."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cds_hooks.cards import Card
from cds_hooks.compact import without_empty
from cds_hooks.hooks import HOOKS
from cds_hooks.prefetch import check_template
from cds_hooks.request import HookRequest

_PATH_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-._~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class HookService:
    """One service, answering one hook.

    Attributes:
        id: The last segment of the service's address.
        hook: Name of the hook, a key of `cds_hooks.hooks.HOOKS`.
        title: Its human name.
        description: What it does, in Markdown.
        handler: Turns a request into cards, most urgent first. May raise `PreconditionFailed`.
        prefetch: Key to query template.
        usage_requirements: What a client must provide or agree to, in words.
        hook_version: The published version of the hook the handler was written for.
    """

    id: str
    hook: str
    title: str
    description: str
    handler: Callable[[HookRequest], Sequence[Card]]
    prefetch: Mapping[str, str] = field(default_factory=dict)
    usage_requirements: str | None = None
    hook_version: str | None = None

    def to_json(self, spec_version: str) -> dict[str, Any]:
        """Return the service's entry in discovery, as implementing ``spec_version`` of CDS Hooks."""
        return without_empty(
            {
                "id": self.id,
                "hook": self.hook,
                "hookVersion": self.hook_version,
                "version": spec_version,
                "title": self.title,
                "description": self.description,
                "usageRequirements": self.usage_requirements,
                "prefetch": dict(self.prefetch),
            }
        )


def check_services(services: Iterable[HookService]) -> None:
    """Accept services that discovery can publish side by side.

    Raises:
        ValueError: One of them cannot be published; the message names the service and, where one is at fault,
            the prefetch template.
    """
    seen: set[str] = set()
    for service in services:
        try:
            _check(service, seen)
        except ValueError as fault:
            raise ValueError(f"CDS service {service.id!r}: {fault}") from None
        seen.add(service.id)


def _check(service: HookService, taken: set[str]) -> None:
    if service.id in taken:
        # The specification lets several hooks share an id; clients keyed by id then lose a service.
        raise ValueError("another service has the same id")
    if not _PATH_SEGMENT.fullmatch(service.id):
        raise ValueError("the id must be one plain segment of a URL path")
    definition = HOOKS.get(service.hook)
    if definition is None:
        raise ValueError(f"unknown hook {service.hook!r}")
    if service.hook_version not in (None, definition.version):
        raise ValueError(f"{service.hook} is published as version {definition.version}")
    for name in ("title", "description"):
        if not getattr(service, name).strip():
            raise ValueError(f"empty {name}")
    for key, template in service.prefetch.items():
        try:
            check_template(template, definition.tokens)
        except ValueError as fault:
            raise ValueError(f"prefetch template {key!r} ({template}): {fault}") from None
        if not key.strip():
            raise ValueError(f"prefetch template ({template}): empty key")
