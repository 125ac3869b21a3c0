"""The parts of a patient's leaflet, and what of them fits on one sheet of paper."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from service.knowledge.patients import TierWords
from service.triage.rules import Tier


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a leaflet; without lines it is not shown.

    With a `lead` the lines are names that go on from it in one sentence, and `after` follows; else each stands alone.
    """

    heading: str
    lines: tuple[str, ...] = ()
    lead: str = ""
    after: str = ""

    @property
    def named(self) -> str:
        """The lines in one sentence: `this, that or something else`."""
        *others, last = self.lines
        return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What the patient reads.

    `headline`, `action` and `why` come first. `hot` is True when the patient must be seen today: then there is nothing
    about self-care, causes or tests. `unsettled` is True when an open question could still make it hot: then the signs
    come first, and `afterwards` says what holds if none of them is there. `child` speaks to a child's parent.
    `telephone` labels a line on paper on which the site writes its number; an
    emergency has none, since it is the ambulance that is called.
    """

    title: str
    tier: Tier | None
    hot: bool
    unsettled: bool
    headline: str
    action: str
    why: str
    afterwards: TierWords | None
    child: str
    until_then: Part
    could_be: Part
    self_care: Part
    tests: Part
    prevention: Part
    important: Part
    ambulance: Part
    same_day: Part
    come_back: Part
    closing: tuple[str, ...]
    telephone: str
    reference_label: str
    reference: str
    date: str
    language: str = "en"

    @property
    def signs(self) -> tuple[Part, ...]:
        """When to call for help."""
        return _shown(self.ambulance, self.same_day)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Everything but the signs, in the order of reading."""
        care = (self.until_then, self.could_be, self.self_care, self.important)
        return _shown(*care, self.tests, self.prevention, self.come_back)


def _shown(*parts: Part) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.lines)


# What gives way when the page is full, the least important first. What to do and the signs never do.
_GIVES_WAY = ("prevention", "tests", "self_care", "could_be", "important")

# Points on a sheet as low as Letter and as narrow as A4, as `static/leaflet.css` sets the print; characters to a line.
_ROOM = 730
_HEADER = 60
_HEADING = 23
_LINE = 14.7
_GAP = 1.5
_FOOTER = 12
_FOOTER_LINE = 13.5
_WIDTH = 88
_ACTION_WIDTH = 66
_FOOTER_WIDTH = 95


def fitted(page: Leaflet) -> Leaflet:
    """The leaflet with only what fits on one sheet; the print is never made smaller instead."""
    for name in _GIVES_WAY:
        part: Part = getattr(page, name)
        while part.lines and _height(page) > _ROOM:
            part = replace(part, lines=_without_one(part.lines, keep_last=name == "self_care"))
            page = _with_part(page, name, part)
    return page


def _without_one(lines: tuple[str, ...], *, keep_last: bool) -> tuple[str, ...]:
    """One line less: the last; or, when that one is to go with the others, the one before it."""
    if not keep_last:
        return lines[:-1]
    *others, last = lines
    return (*others[:-1], last) if others[:-1] else ()


def _with_part(page: Leaflet, name: str, part: Part) -> Leaflet:
    values: dict[str, Any] = {name: part}
    return replace(page, **values)


def _height(page: Leaflet) -> float:
    """About how high it is on paper, in points."""
    height = _HEADER + ceil(len(page.action) / _ACTION_WIDTH) * _LINE + _lines(page.why) + _lines(page.child)
    if page.afterwards:
        height += _HEADING + _FOOTER + _lines(f"{page.afterwards.action} {page.afterwards.why}")
    for part in (*page.signs, *page.parts):
        height += _HEADING + sum(
            _lines(text) for text in ([f"{part.lead} {part.named}. {part.after}"] if part.lead else part.lines)
        )
    footer = (*page.closing, page.date + page.reference)
    return height + _FOOTER + sum(ceil(len(line) / _FOOTER_WIDTH) * _FOOTER_LINE + _GAP for line in footer)


def _lines(text: str) -> float:
    return ceil(len(text) / _WIDTH) * _LINE + _GAP if text else 0
