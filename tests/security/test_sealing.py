"""What is sealed: read by us alone, unchanged, and for as long as it was meant to be."""

from datetime import timedelta

import pytest

from service.knowledge.cases import NOW
from service.security.sealing import Seal

KEY = b"k" * 32
CONTENT = {"patient": "pat-7"}


def test_what_was_sealed_comes_back_and_nobody_reads_it_on_the_way() -> None:
    seal = Seal(KEY, lambda: NOW)
    closed = seal.close(CONTENT)

    assert seal.open(closed) == CONTENT
    assert "pat-7" not in closed


@pytest.mark.parametrize("text", ["", "nonsense", "ä", "A" * 200])
def test_what_is_not_ours_is_nothing(text: str) -> None:
    assert Seal(KEY, lambda: NOW).open(text) is None


def test_another_key_opens_nothing() -> None:
    assert Seal(b"x" * 32, lambda: NOW).open(Seal(KEY, lambda: NOW).close(CONTENT)) is None


def test_what_was_sealed_too_long_ago_is_nothing() -> None:
    closed = Seal(KEY, lambda: NOW).close(CONTENT)
    later = Seal(KEY, lambda: NOW + timedelta(minutes=11))

    assert later.open(closed, timedelta(minutes=10)) is None
    assert later.open(closed, timedelta(minutes=12)) == CONTENT
