"""ISO 8601 durations, as the knowledge writes them."""

import re
from datetime import timedelta

_DURATION = re.compile(r"^P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?)?$")
_DAYS_IN = {"year": 365.25, "month": 30.4375}


def duration(text: str) -> timedelta:
    """An ISO 8601 duration as a span of time; a year is 365.25 days, a month a twelfth of that."""
    match = _DURATION.match(text)
    if not match:
        raise ValueError(text)
    years, months, weeks, days, hours = (int(part or 0) for part in match.groups())
    return timedelta(days=years * _DAYS_IN["year"] + months * _DAYS_IN["month"] + weeks * 7 + days, hours=hours)
