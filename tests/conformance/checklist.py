"""The checklist: what each id demands, and the function that shows it. The words are in checklist.yaml."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import urllib3
import yaml

from tests.conformance.subject import Subject

Check = Callable[[Subject], None]
CHECKS: dict[str, Check] = {}
"""The function for each id that a program can show."""


class NotHere(Exception):  # noqa: N818 - not a fault
    """The check has nothing to look at in the way this service runs."""


def shows(*ids: str) -> Callable[[Check], Check]:
    """Enter a function as the check of these ids. It raises AssertionError, saying what is wrong."""

    def enter(check: Check) -> Check:
        for each in ids:
            assert each not in CHECKS, each
            CHECKS[each] = check
        return check

    return enter


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist. `by_hand` says in words how it is shown when no function can."""

    id: str
    level: str
    requirement: str
    by_hand: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one id: `pass`, `fail`, `by hand` or `not here`, and why."""

    item: Item
    verdict: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.item.id} {self.verdict}" + (f": {self.reason}" if self.reason else "")


def checklist() -> list[Item]:
    """All lines, in their order."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    return [Item(**each) for each in yaml.safe_load(text)]


def walk(subject: Subject) -> Iterator[Result]:
    """Take one id after the other."""
    for item in checklist():
        if item.by_hand:
            yield Result(item, "by hand", item.by_hand)
            continue
        try:
            CHECKS[item.id](subject)
        except NotHere as fault:
            yield Result(item, "not here", str(fault))
        except (AssertionError, LookupError, TypeError, ValueError, urllib3.exceptions.HTTPError) as fault:
            words = " ".join(str(fault).split())[:160]
            yield Result(
                item, "fail", words if isinstance(fault, AssertionError) else f"{type(fault).__name__} {words}"
            )
        else:
            yield Result(item, "pass")
