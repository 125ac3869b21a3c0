"""A pathway as a picture: whom it considers, then its rules from the most urgent down, each with its orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from service.advice import wording
from service.knowledge.library import Library
from service.triage.rules import Pathway, Rule, Tier

COLOURS = {
    Tier.EMERGENCY: "#b3261e",
    Tier.SAME_DAY: "#c05c00",
    Tier.URGENT: "#7a5d00",
    Tier.ROUTINE: "#1f5fa8",
    Tier.SELF_CARE: "#2e6b34",
    None: "#5f6368",
}
_LINE = 16
_GAP = 10
_TOP = 40


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the picture, with its text already broken into lines."""

    x: int
    y: int
    width: int
    height: int
    lines: Sequence[str]
    colour: str
    name: str = ""

    @property
    def middle(self) -> int:
        """The height of its middle, where lines join it."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with the box of what it orders, if it orders anything."""

    rule: Box
    orders: Box | None


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything the drawing needs."""

    title: str
    start: Box
    rows: Sequence[Row]
    height: int


def diagram(pathway: Pathway, library: Library) -> Diagram:
    """The picture of one pathway, rules most urgent first."""
    rules = [rule for rule in library.knowledge.rules if rule.pathway == pathway.id]
    y = _TOP
    rows = []
    for rule in rules:
        row = _row(rule, y, library)
        rows.append(row)
        y = max(row.rule.y + row.rule.height, row.orders.y + row.orders.height if row.orders else 0) + _GAP
    text = wrap(pathway.title, 18)
    height = _height(text)
    start = Box(10, max(_TOP, (_TOP + y - _GAP - height) // 2), 160, height, text, "#202124")
    return Diagram(pathway.title, start, rows, max(y, start.y + start.height + _GAP))


def _row(rule: Rule, y: int, library: Library) -> Row:
    tier = library.knowledge.tiers[rule.tier].name if rule.tier else "advice"
    text = wrap(rule.title, 46)
    box = Box(230, y, 370, _height(text) + _LINE, text, COLOURS[rule.tier], tier)
    wanted = [
        ", ".join(filter(None, (library.knowledge.orders[order.order].label, wording.within(order.within))))
        for order in rule.orders
    ]
    ordered = [line for order in wanted for line in wrap(order, 42, subsequent_indent="  ")]
    if not ordered:
        return Row(box, None)
    return Row(box, Box(650, y, 340, _height(ordered), ordered, COLOURS[rule.tier]))


def _height(text: Sequence[str]) -> int:
    return len(text) * _LINE + 14
