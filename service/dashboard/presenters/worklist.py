"""What the worklist says of each patient who waits, and of all of them together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from service.dashboard.filters import LABELS, Choices, Filters
from service.dashboard.presenters.clock import Clock, began, read_clock, span
from service.dashboard.presenters.naming import about, short_road, who
from service.knowledge.library import Library
from service.store import Counts, WorklistItem
from service.triage.rules import Tier

DECIDED: Final = frozenset({"accepted", "overridden"})
_STATUS = {"open": "Open", "acknowledged": "Acknowledged", "accepted": "Accepted", "overridden": "Overridden"}
_SIDES = {"left": "Left leg", "right": "Right leg", "bilateral": "Both legs"}


@dataclass(frozen=True, slots=True)
class TierWords:
    """A tier: its name, and the style that goes with it."""

    name: str
    style: str


@dataclass(frozen=True, slots=True)
class Row:
    """One patient who waits.

    Attributes:
        id: Of the assessment.
        mark: Another one whenever the row says something else; the clock aside, which ticks by itself.
        version: Of the assessment, for who decides.
        sequence: The order in which they came.
        tier: How urgent it is.
        could_be: How urgent it could be, if that is more.
        clock: The time left; None once it is decided.
        waits: For how long it has waited, in words.
        since: When they began to wait.
        who: The name, or what stands for it.
        about: Age, sex and birth date.
        headline: Which leg, and what it may be before all.
        further: What else it may be, and by which way it came.
        status: What became of it.
        is_open: Whether nobody decided yet.
        assignee: Who looks after it; nothing for nobody.
        is_mine: Whether that is who looks at this page.
    """

    id: str
    mark: str
    version: int
    sequence: int
    tier: TierWords
    could_be: TierWords | None
    clock: Clock | None
    waits: str
    since: datetime
    who: str
    about: str
    headline: str
    further: str
    status: str
    is_open: bool
    assignee: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A tier, or all of them, with how many wait in it: a link that shows only those."""

    name: str
    style: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, in words, and the address without it."""

    words: str
    url: str


def rows(
    items: Sequence[WorklistItem], library: Library, now: datetime, *, login: str, names: Mapping[str, str]
) -> tuple[Row, ...]:
    """The rows of a page.

    Args:
        items: What is stored of them.
        library: The knowledge.
        now: The moment of this page.
        login: Of who looks at it.
        names: Of the users, by their logins.
    """
    return tuple(_row(each, library, now, login, names) for each in items)


def tabs(counts: Counts, filters: Filters, library: Library) -> tuple[Tab, ...]:
    """All, and each tier, the most urgent first."""
    every = sum(counts.tiers.values())
    shown = [(tier.value, each.name, _words(tier, library).style) for tier, each in library.knowledge.tiers.items()]
    if counts.tiers.get("none"):
        shown.append(("none", "No tier", "self-care"))
    tiers = (
        Tab(name, style, counts.tiers.get(tier, 0), filters.url(tier=tier), filters["tier"] == tier)
        for tier, name, style in shown
    )
    return (Tab("All", "", every, filters.url(tier=None), not filters["tier"]), *tiers)


def chips(filters: Filters, allowed: Choices, searched: str | None) -> tuple[Chip, ...]:
    """The filters that keep patients out of the list; the tier's tab says its own."""
    return tuple(
        Chip(
            f"Search: “{searched}”" if name == "text" else f"{LABELS[name]}: {allowed[name][filters[name]]}",
            filters.url(**{name: None}),
        )
        for name in filters.narrowing
        if name != "tier"
    )


def _row(item: WorklistItem, library: Library, now: datetime, login: str, names: Mapping[str, str]) -> Row:
    tier = _words(Tier(item.tier), library) if item.tier else TierWords("No tier", "self-care")
    higher = item.could_be and (not item.tier or Tier(item.could_be).rank > Tier(item.tier).rank)
    since = began(item.created, item.due, library.knowledge.tiers[Tier(item.tier)].within if item.tier else None)
    assignee = names.get(item.assignee, item.assignee) if item.assignee else ""
    first, _, rest = (item.headline or "Nothing likely or possible yet").partition("; ")
    side = _SIDES.get(item.side or "")
    return Row(
        id=item.id,
        mark=sha256(repr((item, assignee)).encode()).hexdigest()[:16],
        version=item.version,
        sequence=item.place[-1],
        tier=tier,
        could_be=_words(Tier(item.could_be), library) if higher and item.could_be else None,
        clock=None if item.status in DECIDED else read_clock(since, item.due, now),
        waits=span(now - since),
        since=since,
        who=who(item),
        about=about(item),
        headline=f"{side}: {first}" if side else first,
        further=" · ".join(each for each in (rest, "" if side else "side not known", short_road(item.service)) if each),
        status=_STATUS[item.status],
        is_open=item.status == "open",
        assignee=assignee,
        is_mine=item.assignee == login,
    )


def _words(tier: Tier, library: Library) -> TierWords:
    return TierWords(library.knowledge.tiers[tier].name, tier.replace("_", "-"))
