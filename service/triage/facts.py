"""One patient's settled findings, looked up by key while rules are evaluated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from service.triage.findings import Finding, Temporality
from service.triage.trace import Trace, Truth


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

    `current` are those of today by key: `present` are the keys of what is there today, `absent` of what is not.
    `known` are the keys of which anything is known, at any time. `truths`, `missing`, `traces`, `readings`
    and `bounds` remember what was already worked out for this patient, by the condition, number or score.
    """

    __slots__ = (
        "_other",
        "absent",
        "bounds",
        "current",
        "known",
        "missing",
        "now",
        "present",
        "readings",
        "traces",
        "truths",
    )

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
        self.present = frozenset(key for key, settled in current.items() if settled.present)
        self.absent = frozenset(current) - self.present
        self.known = frozenset().union(current, *other.values())
        self.truths: dict[object, Truth] = {}
        self.missing: dict[object, frozenset[str]] = {}
        self.traces: dict[object, Trace] = {}
        self.readings: dict[str, tuple[Any, ...]] = {}
        self.bounds: dict[str, tuple[int, int]] = {}

    def get(self, key: str, temporality: Temporality) -> Settled | None:
        """What stands for the key at another time or in the family, or None when it is unknown."""
        return self._other.get(temporality, {}).get(key)

    def findings(self) -> Iterator[Finding]:
        """Every finding that stands."""
        for group in (self.current, *self._other.values()):
            for settled in group.values():
                yield from settled.all
