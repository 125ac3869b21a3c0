"""The written rule for sources that disagree.

For one key, temporality and side: what was read from free text never stands against a structured source, whatever
their dates; among the others the newest statement stands; at the same moment a measured one beats a stated one, and a
presence beats an absence. A red flag that any source asserts, text included, stays asserted until a clinician denies
it in structured form at the same moment or later. What lost is kept as a disagreement for the reader.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from service.triage.facts import Facts, Settled
from service.triage.findings import Finding, Method, Side, Status, Temporality

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
    current: dict[str, list[Finding]] = {}
    past: dict[str, list[Finding]] = {}
    family: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.status is not Status.UNKNOWN:
            temporality = finding.temporality
            group = (
                current if temporality is Temporality.CURRENT else past if temporality is Temporality.PAST else family
            )
            group.setdefault(finding.key, []).append(finding)
    disagreements: list[Disagreement] = []

    def settled(group: dict[str, list[Finding]]) -> dict[str, Settled]:
        return {key: _settle(key, group[key], red_flags, disagreements) for key in sorted(group)}

    facts = Facts(settled(current), now, {Temporality.PAST: settled(past), Temporality.FAMILY: settled(family)})
    return facts, tuple(dict.fromkeys(disagreements))


def _settle(key: str, reports: list[Finding], red_flags: Collection[str], disagreements: list[Disagreement]) -> Settled:
    if len(reports) == 1:
        is_present = reports[0].status is Status.PRESENT
        return Settled((reports[0],)) if is_present else Settled((), (reports[0],))
    if all(report.side is None for report in reports):
        return _standing([_contest(key, reports, red_flags, disagreements)])
    groups = _by_side(sorted(reports, key=_strength))
    winners = {side: _contest(key, rivals, red_flags, disagreements) for side, rivals in groups.items()}
    if winners.get(Side.LEFT) != winners.get(Side.RIGHT):
        # What was said of both sides stands on one of them only.
        winners = {
            side: winner._replace(side=side) if winner.side is Side.BILATERAL and side else winner
            for side, winner in winners.items()
        }
    return _standing(winners.values())


def _contest(key: str, rivals: list[Finding], red_flags: Collection[str], disagreements: list[Disagreement]) -> Finding:
    winner = _winner(rivals, is_red_flag=key in red_flags)
    losers = [rival for rival in rivals if _contradicts(winner, rival)]
    disagreements.extend(Disagreement(winner, loser) for loser in sorted(losers, key=_strength))
    return winner


def _standing(winners: Iterable[Finding]) -> Settled:
    unique = tuple(dict.fromkeys(winners))
    return Settled(
        present=tuple(finding for finding in unique if finding.status is Status.PRESENT),
        absent=tuple(finding for finding in unique if finding.status is Status.ABSENT),
    )


def _by_side(reports: list[Finding]) -> dict[Side | None, list[Finding]]:
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
    for competing in rivals.values():
        competing.extend(denials)
    if None in rivals:
        rivals[None].extend(
            finding for finding in reports if finding.side is Side.BILATERAL and finding.status is Status.ABSENT
        )
    return dict(rivals)


def _winner(rivals: list[Finding], *, is_red_flag: bool) -> Finding:
    contenders = _preferred(rivals)
    if is_red_flag:
        asserted = [finding for finding in rivals if finding.status is Status.PRESENT]
        denied = [f for f in rivals if f.status is Status.ABSENT and any(s.by_clinician for s in f.sources)]
        denied = [finding for finding in denied if not _is_text(finding)]
        last_asserted = max((_moment(finding) for finding in asserted), default=_EARLIEST)
        last_denied = max((_moment(finding) for finding in denied), default=_EARLIEST)
        if asserted:
            contenders = denied if last_denied >= last_asserted > _EARLIEST else _preferred(asserted)
    latest = max(map(_moment, contenders))
    at_last = [finding for finding in contenders if _moment(finding) == latest]
    best = at_last[0] if len(at_last) == 1 else max(at_last, key=_strength)
    if best.value is not None:
        return best
    agreeing = [finding for finding in rivals if finding.status is best.status]
    if len(agreeing) == 1:
        return best
    sources = sorted({source for f in agreeing for source in f.sources})
    return best._replace(sources=tuple(sources))


def _preferred(rivals: list[Finding]) -> list[Finding]:
    """The statements that are not from text; those from text when there are no others."""
    return [finding for finding in rivals if not _is_text(finding)] or rivals


def _is_text(finding: Finding) -> bool:
    return bool(finding.sources) and all(source.method is Method.TEXT for source in finding.sources)


def _moment(finding: Finding) -> datetime:
    return finding.recorded or _EARLIEST


def _strength(finding: Finding) -> tuple[datetime, int, bool, str, str]:
    trust = max((_TRUST[source.method] for source in finding.sources), default=0)
    names = sorted(
        f"{source.reference} {source.element} {source.method} {source.by_clinician}" for source in finding.sources
    )
    rest = f"{finding.side} {names} {finding.onset} {finding.unit}"
    return _moment(finding), trust, finding.status is Status.PRESENT, str(finding.value), rest


def _contradicts(winner: Finding, other: Finding) -> bool:
    """Whether the two cannot both be right: a value that has changed with time is no contradiction.

    A value in text that was set aside is told all the same: it may be the newer one.
    """
    if winner.status is not other.status:
        return True
    set_aside = _is_text(other) and not _is_text(winner)
    return winner.value != other.value and (set_aside or _moment(winner) == _moment(other))
