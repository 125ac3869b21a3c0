"""The page of insights: its figures in one look, and its charts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median

from service.dashboard.charts import Chart, Line, Series, bar_chart, line_chart
from service.dashboard.presenters.insight_rows import TIERS, CallRow, Rows, RuleRow, VolumeRow, in_all, minutes, rows
from service.knowledge.library import Library
from service.store import Calls, Insights
from service.triage.rules import Tier

_DAYS_SHOWN = 62  # more bars than that nobody tells apart: then weeks are shown


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows.

    Attributes:
        rows: The tables.
        assessments: How many there were.
        patients: How many patients waited for an answer.
        breached: How many of them were not answered in time.
        timed: How many had a time to hold that is over, or were answered before.
        median: To the first decision.
        for_review: The rules that are held up for review.
        quiet: All hook services together.
        charts: The pictures, in their order.
    """

    rows: Rows
    assessments: int
    patients: int
    breached: int
    timed: int
    median: timedelta | None
    for_review: tuple[RuleRow, ...]
    quiet: CallRow
    charts: tuple[Chart, ...]


def page(told: Insights, library: Library, first: date, last: date, now: datetime) -> Page:
    """The page of a period, first and last day included, as of now."""
    tables = rows(told, library, first, last, now)
    waited = minutes(told.waits)
    charts = [_volume(tables.volume, library), _mix(tables, library), _breaches(tables), _waits(tables)]
    return Page(
        rows=tables,
        assessments=sum(row.total for row in tables.volume),
        patients=len(told.waits),
        breached=sum(row.breached for row in tables.tiers),
        timed=sum(row.breached + row.in_time for row in tables.tiers),
        median=timedelta(minutes=median(waited)) if waited else None,
        for_review=tuple(row for row in tables.rules if row.for_review),
        quiet=in_all(tables.calls),
        charts=(*charts, *([_quietness(told.calls)] if told.calls else [])),
    )


def _volume(volume: Sequence[VolumeRow], library: Library) -> Chart:
    weekly = len(volume) > _DAYS_SHOWN
    groups = [volume[n : n + 7] for n in range(0, len(volume), 7)] if weekly else [[row] for row in volume]
    days = [date.fromisoformat(group[0].day) for group in groups]
    kinds = [
        *((library.knowledge.tiers[Tier(tier)].name, tier, tier.replace("_", "-")) for tier in TIERS),
        ("No tier", "no_tier", "none"),
        ("No leg complaint", "out_of_scope", "faint"),
    ]
    series = [
        Series(name, [sum(getattr(row, key) for row in group) for group in groups], tone) for name, key, tone in kinds
    ]
    return bar_chart(
        "volume",
        f"Assessments per {'week' if weekly else 'day'}",
        "Week from" if weekly else "Day",
        [f"{day.day} {day:%b}" for day in days],
        [each for each in series if any(each.values)] or series[:1],
    )


def _mix(tables: Rows, library: Library) -> Chart:
    totals = [sum(getattr(row, tier) for row in tables.volume) for tier in TIERS]
    names = [library.knowledge.tiers[Tier(tier)].name for tier in TIERS]
    return bar_chart("mix", "Assessments by tier", "Tier", names, [Series("Assessments", totals, tones=_tones())])


def _breaches(tables: Rows) -> Chart:
    timed = [row for row in tables.tiers if row.has_target]
    rates = [None if row.breach_rate is None else round(100 * row.breach_rate) for row in timed]
    tones = [row.tier.replace("_", "-") for row in timed]
    series = Series("Not in time, %", rates, tones=tones)
    return bar_chart("breaches", "Patients not answered in time, %", "Tier", [row.name for row in timed], [series])


def _waits(tables: Rows) -> Chart:
    series = Series("Patients", [row.patients for row in tables.waits])
    return bar_chart("waits", "Time to the first answer", "Within", [row.within for row in tables.waits], [series])


def _quietness(calls: Sequence[Calls]) -> Chart:
    by_day: dict[str, list[Calls]] = defaultdict(list)
    for each in calls:
        by_day[each.day].append(each)
    points = [
        (
            datetime.combine(date.fromisoformat(day), time.min, UTC),
            100 * sum(each.cards for each in own) / max(1, sum(each.calls for each in own)),
        )
        for day, own in by_day.items()
    ]
    return line_chart("quietness", "Cards per 100 hook calls", [Line("Cards per 100 calls", points)], from_zero=True)


def _tones() -> list[str]:
    return [tier.replace("_", "-") for tier in TIERS]
