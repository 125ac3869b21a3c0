"""Which patients the worklist shows, as its address says it; never who they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from service.knowledge.library import Library

Choices = Mapping[str, Mapping[str, str]]

PATH: Final = "/dashboard/"
LABELS: Final[Mapping[str, str]] = {
    "tier": "Urgency",
    "status": "Status",
    "pathway": "Pathway",
    "side": "Side",
    "age": "Age",
    "assigned": "Assigned to",
    "sort": "Order",
    "text": "Search",
}
DEFAULTS: Final[Mapping[str, str]] = {"status": "open", "assigned": "anyone", "sort": "urgency"}
AGES: Final[Mapping[str, tuple[int, int | None]]] = {
    "0-17": (0, 17),
    "18-39": (18, 39),
    "40-64": (40, 64),
    "65-79": (65, 79),
    "80-": (80, None),
}
"""From and to, in whole years."""
_OTHERS = frozenset({"after", "told", "id", "version"})  # the page, and what a form on it did
_MOST_PAGES = 30  # that one can go back by the button


def choices(library: Library) -> Choices:
    """What each filter may be, with the words for it."""
    pathways = sorted((each.title, each.id) for each in library.knowledge.pathways if not each.catch_all)
    return {
        "tier": {tier.value: each.name for tier, each in library.knowledge.tiers.items()} | {"none": "No tier"},
        "status": {
            "open": "Open: nobody decided",
            "acknowledged": "Acknowledged",
            "accepted": "Accepted",
            "overridden": "Overridden",
            "all": "All",
        },
        "pathway": {name: title for title, name in pathways},
        "side": {"left": "Left", "right": "Right", "bilateral": "Both"},
        "age": {name: f"{name[:2]} and over" if name.endswith("-") else name.replace("-", " to ") for name in AGES},
        "assigned": {"anyone": "Anyone", "me": "Me", "nobody": "Nobody"},
        "sort": {"urgency": "Most urgent first", "waiting": "Longest wait first", "newest": "Newest first"},
        "text": {"1": "as searched"},
    }


@dataclass(frozen=True, slots=True)
class Filters:
    """What was chosen.

    Attributes:
        chosen: Only what differs from the default.
        pages: Where each page up to this one begins; the first begins nowhere and is not listed.
    """

    chosen: Mapping[str, str]
    pages: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        """What holds for a filter; nothing when it is off."""
        return self.chosen.get(name) or DEFAULTS.get(name, "")

    @property
    def narrowing(self) -> Iterator[str]:
        """The filters that keep patients out of the list."""
        return (name for name in self.chosen if name != "sort")

    def url(self, **changes: str | None) -> str:
        """The address of the first page with these filters, but for the changes; None switches one off."""
        chosen = {name: changes.get(name, self.chosen.get(name)) for name in LABELS}
        kept = [(name, value) for name, value in chosen.items() if value and value != DEFAULTS.get(name)]
        return _address(kept)

    def page(self, *pages: str) -> str:
        """The address of the page that begins after the last of these."""
        return _address([*self.chosen.items(), *(("after", each) for each in pages[-_MOST_PAGES:])])

    @property
    def here(self) -> str:
        """The address of this page."""
        return self.page(*self.pages)


def read_filters(given: Mapping[str, Sequence[str]], allowed: Choices) -> tuple[Filters, tuple[str, ...]]:
    """The filters of an address, and what is wrong with it in words that name the field."""
    faults = [f"{name} is not a filter of this list." for name in given if name not in {*LABELS, *_OTHERS}]
    chosen = {}
    for name in LABELS:
        value = (given.get(name) or [""])[-1]
        if value and value not in allowed[name]:
            faults.append(f"{LABELS[name]} ({name}): “{value[:40]}” is none of {', '.join(allowed[name])}.")
        elif value and value != DEFAULTS.get(name):
            chosen[name] = value
    return Filters(chosen, tuple(given.get("after") or ())), tuple(faults)


def _address(query: Sequence[tuple[str, str]]) -> str:
    return f"{PATH}?{urlencode(query)}" if query else PATH
