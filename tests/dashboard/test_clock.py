"""The time left to act, in words."""

from datetime import timedelta

import pytest

from service.dashboard.presenters.clock import read_clock, span
from service.knowledge.cases import NOW

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("within", "passed", "state", "words"),
    [
        (timedelta(0), 12 * MINUTE, "now", "Act now"),
        (4 * HOUR, timedelta(0), "calm", "Due in 4 h"),
        (4 * HOUR, 2 * HOUR + 59 * MINUTE, "calm", "Due in 1 h 1 min"),
        (4 * HOUR, 3 * HOUR, "soon", "Breaches in 1 h"),
        (4 * HOUR, 3 * HOUR + 18 * MINUTE, "soon", "Breaches in 42 min"),
        (4 * HOUR, 4 * HOUR - timedelta(seconds=20), "soon", "Breaches in under 1 min"),
        (4 * HOUR, 4 * HOUR, "breached", "Breached under 1 min ago"),
        (4 * HOUR, 5 * HOUR + 10 * MINUTE, "breached", "Breached 1 h 10 min ago"),
        (14 * DAY, 2 * DAY, "calm", "Due in 12 days"),
        (14 * DAY, 11 * DAY, "soon", "Breaches in 3 days"),
    ],
)
def test_the_clock_says_how_long_is_left_and_how_close_it_is(
    within: timedelta, passed: timedelta, state: str, words: str
) -> None:
    clock = read_clock(NOW, NOW + within, NOW + passed)

    assert (clock.state, clock.words) == (state, words)


def test_a_tier_without_a_number_has_no_set_time() -> None:
    assert read_clock(NOW, None, NOW + 30 * DAY).words == "No set time"


@pytest.mark.parametrize(
    ("value", "words"),
    [(59 * MINUTE, "59 min"), (25 * HOUR + 5 * MINUTE, "25 h"), (47 * HOUR, "47 h"), (2 * DAY, "2 days")],
)
def test_a_time_is_as_exact_as_one_would_say_it(value: timedelta, words: str) -> None:
    assert span(value) == words
