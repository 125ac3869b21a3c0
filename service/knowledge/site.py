"""What one site does its own way: region, pathways it does not want, local names, numbers and time targets.

A site may not change the medicine: rules and thresholds come from the knowledge, of which the region picks those
that differ between countries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from service.knowledge.documents import Located, Problem, read
from service.knowledge.format.pathways import SiteFormat
from service.knowledge.times import duration


@dataclass(frozen=True, slots=True)
class LocalOrder:
    """An order as this site calls it, whom to contact, and by when at which tier."""

    label: str | None = None
    contact: str | None = None
    within: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SitePolicy:
    """The overlay of one site; without a file nothing is changed. `off` gives the reason for each pathway."""

    name: str | None = None
    region: str | None = None
    off: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, LocalOrder] = field(default_factory=dict)
    tier_targets: Mapping[str, str] = field(default_factory=dict)
    document: Located | None = None
    digest: str = ""

    @property
    def suffix(self) -> str:
        """What the overlay adds to the version of the knowledge, such as `+northfield.uk`."""
        parts = [part for part in (self.name, self.region) if part]
        return f"+{'.'.join(parts)}" if parts else ""

    def problems(self, pathways: Iterable[str], orders: Iterable[str], latest: Mapping[str, str]) -> Iterable[Problem]:
        """What the overlay names that is not there, and targets later than the tier allows."""
        document = self.document
        if document is None:
            return
        unknown = set(self.off) - set(pathways)
        for name in sorted(unknown):
            yield document["pathways_off"].problem(f"unknown pathway `{name}`", name)
        for name in sorted(set(self.orders) - set(orders)):
            yield document["orders"].problem(f"unknown order `{name}`", name)
        for name, order in self.orders.items():
            for tier, within in order.within.items():
                limit = latest.get(tier)
                if limit is None:
                    yield document["orders"][name]["within"].problem(f"tier `{tier}` has no time target", tier)
                elif duration(within) > duration(limit):
                    message = f"{within} is later than {limit}, the latest at tier `{tier}`"
                    yield document["orders"][name]["within"].problem(message, tier)


def read_site_policy(path: Path | None) -> SitePolicy:
    """The site policy in the file; KnowledgeError when it is not there or not right."""
    if path is None:
        return SitePolicy()
    document = read(path, path.parent, SiteFormat())
    return SitePolicy(
        name=document["site"],
        region=document.get("region"),
        off=document.get("pathways_off", {}),
        orders={
            key: LocalOrder(entry.get("label"), entry.get("contact"), entry.get("within", {}))
            for key, entry in document.get("orders", {}).items()
        },
        tier_targets=document.get("tiers", {}),
        document=document,
        digest=sha256(path.read_bytes()).hexdigest(),
    )
