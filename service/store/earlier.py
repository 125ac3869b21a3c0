"""What rows and waiting records of an earlier version lack, made up for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table

from service.store.tables import NEVER, assessments

NO_TIER = 1
"""The `tier_order` of what has no tier: behind all that have one."""
RANKS = {"emergency": 4, "same_day": 3, "urgent": 2, "routine": 1, "self_care": 0}
"""The tiers, and their ranks."""
WITHIN = {"emergency": timedelta(0), "same_day": timedelta(hours=4), "urgent": timedelta(days=14)}
"""How soon somebody had to act when that was not kept yet."""


def fitted(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a waiting record. One from before an upgrade may lack columns, or have some that are gone."""
    if table is assessments and "tier_order" not in row:
        row = {**row, **_urgency(row.get("tier"), row["created"])}
    return {
        column.name: row.get(column.name, getattr(column.default, "arg", None))
        for column in table.columns
        if column.identity is None
    }


def _urgency(tier: str | None, created: str) -> dict[str, Any]:
    rank, within = RANKS.get(tier or ""), WITHIN.get(tier or "")
    return {
        "tier_order": NO_TIER if rank is None else -rank,
        "due": NEVER if within is None else datetime.fromisoformat(created) + within,
    }
