"""One patient's settled findings, looked up by key while rules are evaluated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.triage.findings import Finding, Temporality


@dataclass(frozen=True, slots=True)
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
    """The settled findings of one patient at one moment. `memo` keeps what was already evaluated."""

    __slots__ = ("_settled", "memo", "now")

    def __init__(self, settled: Mapping[tuple[str, Temporality], Settled], now: datetime) -> None:
        """Hold the settled findings and the moment of the assessment."""
        self._settled = settled
        self.now = now
        self.memo: dict[str, object] = {}

    def get(self, key: str, temporality: Temporality = Temporality.CURRENT) -> Settled | None:
        """What stands for the key, or None when it is unknown."""
        return self._settled.get((key, temporality))

    def known_keys(self) -> frozenset[str]:
        """The keys of which anything is known, at any time or of any person."""
        return frozenset(key for key, _ in self._settled)

    def findings(self) -> Iterator[Finding]:
        """Every finding that stands."""
        for settled in self._settled.values():
            yield from settled.all
