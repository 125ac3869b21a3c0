"""How long a patient waits, and how long is left to act: in words, and in a state that a colour goes with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

State = Literal["now", "breached", "soon", "calm", "none"]

SOON: Final = 4
"""In the last of so many parts of the time a target allows, it is about to be breached."""
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_IN_HOURS = 2 * _DAY


@dataclass(frozen=True, slots=True)
class Clock:
    """The time left for a target. `worklist.js` says the same, minute by minute, from `since` and `due`.

    Attributes:
        state: `now`: the target is to act at once; `breached`; `soon`; `calm`; `none`: the scale names no time.
        words: The same in words.
        since: When the patient began to wait.
        due: By when somebody must act.
    """

    state: State
    words: str
    since: datetime
    due: datetime | None


def began(created: datetime, due: datetime | None, within: timedelta | None) -> datetime:
    """When the wait began: who was assessed again still waits since before, and the time to act says since when.

    Args:
        created: When the assessment was given.
        due: By when somebody must act.
        within: How long the tier gives.
    """
    return created if due is None or within is None else min(created, due - within)


def read_clock(since: datetime, due: datetime | None, now: datetime) -> Clock:
    """The clock of an assessment."""
    state = _state(since, due, now)
    return Clock(state, _words(state, due or now, now), since, due)


def span(value: timedelta) -> str:
    """A length of time as one would say it: `42 min`, `3 h 5 min`, `12 days`."""
    if value < _MINUTE:
        return "under 1 min"
    if value < _HOUR:
        return f"{value // _MINUTE} min"
    if value < _IN_HOURS:
        hours, minutes = value // _HOUR, value % _HOUR // _MINUTE
        return f"{hours} h {minutes} min" if minutes and hours < 24 else f"{hours} h"  # noqa: PLR2004 - a day
    return f"{value // _DAY} days"


def _state(since: datetime, due: datetime | None, now: datetime) -> State:
    if due is None:
        return "none"
    if due <= since:
        return "now"
    if now >= due:
        return "breached"
    return "soon" if (due - now) * SOON <= due - since else "calm"


def _words(state: State, due: datetime, now: datetime) -> str:
    match state:
        case "now":
            return "Act now"
        case "breached":
            return f"Breached {span(now - due)} ago"
        case "soon":
            return f"Breaches in {span(due - now)}"
        case "calm":
            return f"Due in {span(due - now)}"
        case _:
            return "No set time"
