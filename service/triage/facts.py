"""One patient's settled findings, looked up by key while rules are evaluated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from service.triage.findings import Finding, Temporality
from service.triage.trace import Trace


@dataclass(slots=True)
class Settled:
    """What stands for one key after conflicts are resolved, one finding for each side.

    At least one of the two tuples is filled; `present` decides when both are (one side only is affected).
    """

    present: tuple[Finding, ...] = ()
    absent: tuple[Finding, ...] = ()

    @property
    def all(self) -> tuple[Finding, ...]:
        """Every finding that stands."""
        return self.present + self.absent


class Facts:
    """The settled findings of one patient at one moment.

    `current` are those of today by key; `known` are the keys of which anything is known, at any time. `traces` and
    `scores` keep what was already evaluated for this patient.
    """

    __slots__ = ("_other", "current", "known", "now", "scores", "traces")

    def __init__(
        self,
        current: Mapping[str, Settled],
        now: datetime,
        other: Mapping[Temporality, Mapping[str, Settled]] = MappingProxyType({}),
    ) -> None:
        """Hold the settled findings and the moment of the assessment."""
        self.current = current
        self._other = other
        self.now = now
        self.known = frozenset().union(current, *other.values())
        self.traces: dict[str, Trace] = {}
        self.scores: dict[str, object] = {}

    def get(self, key: str, temporality: Temporality) -> Settled | None:
        """What stands for the key at another time or in the family, or None when it is unknown."""
        return self._other.get(temporality, {}).get(key)

    def findings(self) -> Iterator[Finding]:
        """Every finding that stands."""
        for group in (self.current, *self._other.values()):
            for settled in group.values():
                yield from settled.all
