"""Where a list was left, as a client says it: only words that we gave."""

from collections.abc import Sequence

from service.api.problems import ProblemError, refused
from service.intake.structured import Wrong
from service.store import cursor, read_cursor

_LARGEST = 2**63 - 1


def values_of(word: str | None, shape: Sequence[type], *, least: int = 0) -> tuple[int | str, ...] | None:
    """The values that a word of ours stands for, of these types and from `least` on. ProblemError 422 for others."""
    if word is None:
        return None
    try:
        values = read_cursor(word)
        good = [type(value) for value in values] == list(shape) and cursor(values) == word
        good = good and all(least <= value <= _LARGEST for value in values if isinstance(value, int))
    except ValueError:
        good, values = False, []
    if not good:
        raise no_cursor()
    return tuple(values)


def no_cursor() -> ProblemError:
    """The 422 for a cursor that is not of this list."""
    return refused([Wrong("#/query/cursor", "not a cursor of this list; take `next` of the page before")])
