"""The written rule for sources that disagree.

For one key, temporality and side: the newest statement stands; at the same moment a measured one beats a stated
one, a stated one beats text, and a presence beats an absence. A red flag that any source asserts stays asserted
until a clinician denies it at the same moment or later. What lost is kept as a disagreement for the reader.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from service.triage.facts import Facts, Settled
from service.triage.findings import Finding, Method, Side, Source, Status, Temporality

_TRUST = {Method.TEXT: 0, Method.STATED: 1, Method.MEASURED: 2}
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATERAL = (Side.LEFT, Side.RIGHT)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two sources said different things of one key; `stands` was used, `set_aside` was not."""

    stands: Finding
    set_aside: Finding


def settle(
    findings: Iterable[Finding], red_flags: Collection[str], now: datetime
) -> tuple[Facts, tuple[Disagreement, ...]]:
    """Resolve all findings into one answer per key, temporality and side.

    The order of `findings` does not matter. Unknown findings say nothing and are left out.
    """
    groups: dict[tuple[str, Temporality], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.status is not Status.UNKNOWN:
            groups[finding.key, finding.temporality].append(finding)
    settled: dict[tuple[str, Temporality], Settled] = {}
    disagreements: list[Disagreement] = []
    for name in sorted(groups):
        reports = groups[name]
        if len(reports) == 1:
            settled[name] = _standing(reports)
            continue
        winners: list[Finding] = []
        for rivals in _by_side(reports):
            winner = _winner(rivals, is_red_flag=name[0] in red_flags)
            winners.append(winner)
            disagreements.extend(
                Disagreement(winner, loser) for loser in sorted(rivals, key=_strength) if _differs(winner, loser)
            )
        settled[name] = _standing(winners)
    return Facts(settled, now), tuple(dict.fromkeys(disagreements))


def _standing(winners: Iterable[Finding]) -> Settled:
    unique = tuple(dict.fromkeys(winners))
    return Settled(
        present=tuple(finding for finding in unique if finding.status is Status.PRESENT),
        absent=tuple(finding for finding in unique if finding.status is Status.ABSENT),
    )


def _by_side(reports: list[Finding]) -> list[list[Finding]]:
    """The reports that compete with each other: one list for each side that is mentioned.

    A bilateral report speaks of both sides. A denial that names no side speaks of every side; an assertion that
    names no side stands beside the others and is contested only by denials.
    """
    rivals: dict[Side | None, list[Finding]] = defaultdict(list)
    for finding in reports:
        if finding.side is not None:
            for side in _LATERAL if finding.side is Side.BILATERAL else (finding.side,):
                rivals[side].append(finding)
        elif finding.status is Status.PRESENT:
            rivals[None].append(finding)
    denials = [finding for finding in reports if finding.side is None and finding.status is Status.ABSENT]
    if not rivals:
        return [denials]
    for competing in rivals.values():
        competing.extend(denials)
    if None in rivals:
        rivals[None].extend(
            finding for finding in reports if finding.side is Side.BILATERAL and finding.status is Status.ABSENT
        )
    return list(rivals.values())


def _winner(rivals: list[Finding], *, is_red_flag: bool) -> Finding:
    contenders = rivals
    if is_red_flag:
        asserted = [finding for finding in rivals if finding.status is Status.PRESENT]
        denied = [f for f in rivals if f.status is Status.ABSENT and any(s.by_clinician for s in f.sources)]
        last_asserted = max((_moment(finding) for finding in asserted), default=_EARLIEST)
        if asserted and not any(_moment(denial) >= last_asserted > _EARLIEST for denial in denied):
            contenders = asserted
    best = max(contenders, key=_strength)
    agreeing = [f for f in rivals if f.status is best.status and f.value == best.value]
    sources = sorted({source for f in agreeing for source in f.sources}, key=_source_order)
    return replace(best, sources=tuple(sources))


def _source_order(source: Source) -> tuple[str, str]:
    return source.reference, source.element


def _moment(finding: Finding) -> datetime:
    return finding.recorded or _EARLIEST


def _strength(finding: Finding) -> tuple[datetime, int, bool, str, str]:
    trust = max((_TRUST[source.method] for source in finding.sources), default=0)
    names = ",".join(sorted(source.reference for source in finding.sources))
    return _moment(finding), trust, finding.status is Status.PRESENT, str(finding.value), f"{finding.side}{names}"


def _differs(winner: Finding, loser: Finding) -> bool:
    return (winner.status, winner.value) != (loser.status, loser.value)
