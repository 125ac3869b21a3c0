"""One assessment held against another of the same patient: what an answer changed, and what changed over time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from service.advice import wording
from service.dashboard.presenters.deciding import order_title
from service.intake.answered import answered_by, is_answer
from service.knowledge.library import Library
from service.store import StoredAssessment
from service.triage.rules import Tier
from service.triage.stated import stated_findings

Way = Literal["up", "down", "same"]
Titles = tuple[str, ...]
_LEVELS = ("likely", "possible", "unlikely")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different; `kind` is `up`, `down` or `other`."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Step:
    """From one tier to another; each as its code, empty for none."""

    before: str
    after: str
    way: Way


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different from an earlier assessment of the same patient.

    Attributes:
        since: The id of the earlier one.
        at: When that was.
        answers: What was answered in between, and by whom.
        tier: The urgency on the facts.
        could_be: What it could be.
        reasons: What speaks for the urgency now and did not.
        gone: What spoke for the urgency and does no more.
        added: Orders that are suggested now.
        removed: Orders that are suggested no more.
        moved: Orders that are suggested as before, by another time.
        considered: What is more or less likely now.
        asked: How many questions are open now.
        stays: The earlier one was more urgent and nobody has decided about it: it stays on the worklist.
    """

    since: str
    at: datetime
    answers: tuple[str, ...]
    tier: Step
    could_be: Step
    reasons: tuple[str, ...]
    gone: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[str, ...]
    considered: tuple[Change, ...]
    asked: int
    stays: bool

    @property
    def none(self) -> bool:
        """Nothing is advised otherwise."""
        steps = self.tier.way == self.could_be.way == "same"
        return steps and not (self.reasons or self.gone or self.added or self.removed or self.moved or self.considered)


def changes(before: StoredAssessment, after: StoredAssessment, library: Library) -> Changes:
    """What `after` says otherwise than `before`."""
    old, new = before.document, after.document
    added, removed, moved = reordered(old, new)
    tier = step(before.tier, after.tier)
    return Changes(
        since=before.id,
        at=before.created,
        answers=tuple(_answers(old, new, library)),
        tier=tier,
        could_be=step(before.could_be, after.could_be),
        reasons=tuple(each for each in _reasons(new) if each not in _reasons(old)),
        gone=tuple(each for each in _reasons(old) if each not in _reasons(new)),
        added=added,
        removed=removed,
        moved=moved,
        considered=tuple(reconsidered(old, new)),
        asked=len(new["questions"]),
        stays=tier.way == "down" and before.status == "open",
    )


def step(before: str | None, after: str | None) -> Step:
    """From one tier to another, or to none."""
    ranks = [Tier(tier).rank if tier else -1 for tier in (before, after)]
    way: Way = "same" if ranks[0] == ranks[1] else "up" if ranks[1] > ranks[0] else "down"
    return Step(before or "", after or "", way)


def reordered(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Titles, Titles, Titles]:
    """The orders that are suggested only now, those that are no more, and those that are by another time."""
    had, has = _orders(old), _orders(new)
    return (
        tuple(order_title(order) for key, order in has.items() if key not in had),
        tuple(order_title(order) for key, order in had.items() if key not in has),
        tuple(
            f"{order_title(order)}, was {wording.within(had[key]['within']) or 'without a time'}"
            for key, order in has.items()
            if key in had and had[key]["within"] != order["within"]
        ),
    )


def reconsidered(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """What came to mind, what went, and what is more or less likely than it was."""
    had = {each["condition"]: each for each in old["considerations"]}
    for each in new["considerations"]:
        was = had.pop(each["condition"], None)
        if was is None:
            yield Change("up", f"{each['label']}: {each['level']}, not considered before")
        elif was["level"] != each["level"]:
            kind = "up" if _LEVELS.index(each["level"]) < _LEVELS.index(was["level"]) else "down"
            yield Change(kind, f"{each['label']}: {each['level']}, was {was['level']}")
    for gone in had.values():
        yield Change("down", f"{gone['label']}: no longer considered, was {gone['level']}")


def _reasons(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason["text"] for reason in document["urgency"]["because"]))


def _orders(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (order["order"], order["side"] or ""): order
        for kind in ("workup", "referrals")
        for order in document[kind]
        if not order["already"]
    }


def _answers(old: Mapping[str, Any], new: Mapping[str, Any], library: Library) -> Iterator[str]:
    """The answers in the new assessment that were not in the old one, and those that were taken back."""
    had, has = _told(old, library), _told(new, library)
    yield from (line for line in has if line not in had)
    gone = {element for line, element in had.items() if line not in has} - set(has.values())
    yield from (f"{wording.label(key, library.knowledge)}: answer taken back" for key in sorted(gone))


def _told(document: Mapping[str, Any], library: Library) -> dict[str, str]:
    lines = {}
    for finding in stated_findings(document):
        for source in filter(is_answer, finding.sources):
            said = wording.statement(finding, library.knowledge)
            lines[f"{said} (answered by {answered_by(source)})"] = source.element
    return lines
