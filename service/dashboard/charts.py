"""Charts as inline SVG made on the server, each with the table of its figures.

They hold no style of their own: classes of the style sheet give the colours of both schemes, and without one (in a
PDF) they are drawn in the colour of the text. A page shows one by the macro `chart` of `charts/chart.html.j2`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor, log10

from markupsafe import Markup

from service.dashboard.render import markup
from service.dashboard.times import moment

_WIDTH = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 16, 20
_LETTER = 6  # units; how wide a letter of a label is at most
_WIDEST = 56  # units; a bar that is alone does not fill the picture
_FEW = 8  # bars that have room for their figure above them
_WHOLE = 100  # from here on nobody reads the digits behind the point
_DAYS_ALONE = timedelta(days=2)  # a longer time needs no hours at its ends


@dataclass(frozen=True, slots=True)
class Series:
    """One figure per label of a bar chart.

    Attributes:
        name: What they count.
        values: As many as there are labels; None where nothing is known.
        tone: Its colour: a tier as `same-day`, `none` or the fainter `faint`, `good`, or `plain`.
        tones: A colour for each label instead.
    """

    name: str
    values: Sequence[float | None]
    tone: str = "plain"
    tones: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured over time.

    Attributes:
        name: What it is, with its unit.
        points: When, and how much; in any order.
        tone: Its colour, as of a series.
    """

    name: str
    points: Sequence[tuple[datetime, float]]
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Limit:
    """A level that a line is held against: a cut-off, a target."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Table:
    """The figures behind a chart, as text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour of a chart, and the mark of a line, stand for."""

    name: str
    tone: str
    mark: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart for a page.

    Attributes:
        id: Of this chart alone on its page.
        title: What it shows.
        svg: The picture.
        table: The same as figures.
        legend: What its colours stand for; nothing when there is one alone.
    """

    id: str
    title: str
    svg: Markup
    table: Table
    legend: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tick:
    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float
    tone: str
    text: str
    figure: str


@dataclass(frozen=True, slots=True)
class _Dot:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class _Path:
    points: str
    dots: tuple[_Dot, ...]
    tone: str
    mark: int


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a value stands between the bottom and the top of a picture."""

    low: float
    high: float
    step: float
    height: int

    def y(self, value: float) -> float:
        inner = self.height - _TOP - _BOTTOM
        return round(_TOP + inner * (self.high - value) / (self.high - self.low), 1)

    def ticks(self) -> list[_Tick]:
        count = round((self.high - self.low) / self.step)
        values = [self.low + n * self.step for n in range(count + 1)]
        return [_Tick(self.y(value), number(value)) for value in values]


def bar_chart(
    id: str,  # noqa: A002 - its name in HTML
    title: str,
    across: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    height: int = 180,
) -> Chart:
    """Upright bars, one per label; several series stand on one another, the first one at the bottom.

    Args:
        id: Of this chart alone on its page.
        title: What it shows.
        across: What the labels are, as the head of their column.
        labels: One for each bar.
        series: What the bars are made of.
        height: Of the picture, which is 360 wide.
    """
    totals = [sum(each.values[n] or 0 for each in series) for n in range(len(labels))]
    scale = _scale(0, max(totals, default=0), height)
    place = (_WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    boxes = [box for n, label in enumerate(labels) for box in _stack(label, n, place, series, scale)]
    if len(series) > 1 or len(labels) > _FEW:
        boxes = [replace(box, figure="") for box in boxes]
    every = ceil(len(labels) * (max(map(len, labels), default=0) * _LETTER + 8) / (_WIDTH - _LEFT - _RIGHT)) or 1
    ticks = [_Tick(round(_LEFT + place * (n + 0.5), 1), label) for n, label in enumerate(labels) if n % every == 0]
    table = Table(
        (across, *(each.name for each in series)),
        tuple((label, *(number(each.values[n]) for each in series)) for n, label in enumerate(labels)),
    )
    legend = tuple(Key(each.name, each.tone) for each in series) if len(series) > 1 else ()
    summary = f"{len(labels)} bars, the highest {number(max(totals, default=0))}."
    svg = _draw(id, title, summary, scale, boxes=boxes, ticks=_inside(ticks))
    return Chart(id, title, svg, table, legend)


def line_chart(
    id: str,  # noqa: A002 - its name in HTML
    title: str,
    lines: Sequence[Line],
    *,
    limits: Sequence[Limit] = (),
    from_zero: bool = False,
    height: int = 180,
) -> Chart:
    """What was measured over time, with a mark at every measurement.

    Args:
        id: Of this chart alone on its page.
        title: What it shows.
        lines: At least one with a point.
        limits: Levels to hold the lines against.
        from_zero: Start at zero, where a part of a whole is shown.
        height: Of the picture, which is 360 wide.
    """
    lines = [Line(each.name, sorted(each.points), each.tone) for each in lines]
    moments = sorted({at for each in lines for at, _ in each.points})
    values = [value for each in lines for _, value in each.points] + [limit.value for limit in limits]
    scale = _scale(0 if from_zero else min(values, default=0), max(values, default=0), height)
    x = _over_time(moments)
    paths = []
    for mark, each in enumerate(lines):
        dots = tuple(_Dot(x(at), scale.y(v), f"{moment(at)}: {each.name} {number(v)}") for at, v in each.points)
        paths.append(_Path(" ".join(f"{dot.x},{dot.y}" for dot in dots), dots, each.tone, mark % 3))
    found = [dict(each.points) for each in lines]
    table = Table(
        ("When (UTC)", *(each.name for each in lines)),
        tuple((moment(at), *(number(each.get(at)) for each in found)) for at in moments),
    )
    legend = tuple(Key(each.name, each.tone, mark % 3) for mark, each in enumerate(lines)) if len(lines) > 1 else ()
    summary = " ".join(
        f"{each.name}: from {number(each.points[0][1])} to {number(each.points[-1][1])}."
        for each in lines
        if each.points
    )
    marks = [_Tick(scale.y(limit.value), limit.label) for limit in limits]
    svg = _draw(id, title, summary, scale, paths=paths, limits=marks, ticks=_ends(moments, x))
    return Chart(id, title, svg, table, legend)


def number(value: float | None) -> str:
    """A figure as people read it: `1,204`, `0.25`, and a dash for what is not known."""
    if value is None:
        return "\N{EN DASH}"
    digits = 0 if abs(value) >= _WHOLE else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _stack(label: str, place: int, width: float, series: Sequence[Series], scale: _Scale) -> Iterator[_Box]:
    """The boxes of one bar, from the bottom up."""
    wide = min(max(width * 0.8, width - 6), _WIDEST)
    x = _LEFT + width * place + (width - wide) / 2
    below = 0.0
    for each in series:
        value = each.values[place] or 0
        if value > 0:
            top = scale.y(below + value)
            yield _Box(
                x=round(x, 1),
                y=top,
                width=round(wide, 1),
                height=round(scale.y(below) - top, 1),
                tone=each.tones[place] if each.tones else each.tone,
                text=f"{label}: {each.name} {number(value)}",
                figure=number(value),
            )
        below += value


def _draw(
    id: str,  # noqa: A002
    title: str,
    summary: str,
    scale: _Scale,
    *,
    ticks: Sequence[_Tick],
    boxes: Sequence[_Box] = (),
    paths: Sequence[_Path] = (),
    limits: Sequence[_Tick] = (),
) -> Markup:
    return markup(
        "charts/chart.svg.j2",
        id=id,
        title=title,
        summary=summary,
        width=_WIDTH,
        height=scale.height,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        base=scale.height - _BOTTOM,
        levels=scale.ticks(),
        ticks=ticks,
        boxes=boxes,
        paths=paths,
        limits=limits,
    )


def _scale(low: float, high: float, height: int) -> _Scale:
    """Round numbers around the values: three to five steps of 1, 2 or 5 times a power of ten."""
    if high <= low:
        low, high = (0, 1) if low == 0 else (low - abs(low) * 0.1, low + abs(low) * 0.1)
    rough = (high - low) / 4
    power = 10.0 ** floor(log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough * (1 - 1e-9))
    return _Scale(floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, step, height)


def _over_time(moments: Sequence[datetime]) -> Callable[[datetime], float]:
    """Where a moment stands between the left and the right, with room for a mark at either end."""
    left, right = _LEFT + 6, _WIDTH - _RIGHT - 6
    span = (moments[-1] - moments[0]).total_seconds() if moments else 0

    def x(at: datetime) -> float:
        if not span:
            return (left + right) / 2
        return round(left + (right - left) * (at - moments[0]).total_seconds() / span, 1)

    return x


def _ends(moments: Sequence[datetime], x: Callable[[datetime], float]) -> list[_Tick]:
    if not moments:
        return []
    long = moments[-1] - moments[0] > _DAYS_ALONE
    first, last = (f"{at.day} {at:%b %Y}" if long else moment(at) for at in (moments[0], moments[-1]))
    if len(moments) == 1:
        return [_Tick(x(moments[0]), first)]
    return [_Tick(x(moments[0]) - 6, first, "start"), _Tick(_WIDTH - _RIGHT, last, "end")]


def _inside(ticks: Sequence[_Tick]) -> list[_Tick]:
    """The labels with the outer ones drawn inwards, so that none is cut off."""
    half = [len(tick.text) * _LETTER / 2 for tick in ticks]
    return [
        _Tick(_WIDTH - _RIGHT, tick.text, "end") if tick.at + wide > _WIDTH else tick
        for tick, wide in zip(ticks, half, strict=True)
    ]
