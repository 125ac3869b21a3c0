"""Scores that answer an interval until enough is known."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.triage.expressions import parse_condition
from service.triage.findings import Finding
from service.triage.logic import Present
from service.triage.scores import Band, InBand, Score, ScoreItem, ScoreValue
from service.triage.trace import Truth
from tests.triage.toy import facts, no, scope, trace, truth, yes

KEYS = ("a", "b", "c", "d")
BANDS = (Band("low", high=1), Band("middle", 2, 3), Band("high", low=4))


def score(*points: int, judged: int | None = None, bands: tuple[Band, ...] = BANDS) -> Score:
    """A score with one item for each of the points; the item at place `judged` is for the clinician to judge."""
    items = tuple(
        ScoreItem(number, key.upper(), Present(key, key.upper()), judged_by_clinician=place == judged)
        for place, (number, key) in enumerate(zip(points, KEYS, strict=False))
    )
    return Score("toy", "Toy", items, bands, ("TOY",))


def said(**truths: Truth) -> tuple[Finding, ...]:
    return tuple(yes(key) if holds else no(key) for key, holds in truths.items() if holds is not None)


@pytest.mark.parametrize(
    ("findings", "low", "high", "band"),
    [
        ((), -2, 6, None),
        ((yes("a"),), -1, 6, None),
        ((no("a"),), -2, 5, None),
        ((no("c"),), 0, 6, None),
        ((yes("c"), no("b")), -2, 2, None),
        ((yes("c"), no("a"), no("b")), -2, 1, "low"),
        ((yes("a"), yes("b"), yes("d"), no("c")), 6, 6, "high"),
        ((yes("a"), yes("b"), no("d"), no("c")), 3, 3, "middle"),
        ((no("a"), no("b"), no("c"), no("d")), 0, 0, "low"),
    ],
)
def test_a_score_is_as_wide_as_what_is_not_known(
    findings: tuple[Finding, ...], low: int, high: int, band: str | None
) -> None:
    result = score(1, 2, -2, 3).evaluate(facts(*findings))
    assert (result.low, result.high, result.band) == (low, high, band)


@pytest.mark.parametrize(
    ("findings", "low", "high", "band"),
    [
        ((yes("a"), yes("b")), 3, 3, "middle"),
        ((yes("a"), yes("b"), yes("c")), 1, 1, "low"),
        ((yes("a"), yes("b"), no("c")), 3, 3, "middle"),
    ],
)
def test_what_the_clinician_must_judge_counts_only_once_it_is_answered(
    findings: tuple[Finding, ...], low: int, high: int, band: str
) -> None:
    result = score(1, 2, -2, judged=2).evaluate(facts(*findings))
    assert (result.low, result.high, result.band) == (low, high, band)


def test_what_only_the_clinician_can_judge_is_neither_missing_nor_asked_for() -> None:
    judged = score(3, -2, judged=1)
    result = judged.evaluate(facts())
    assert result.settled_by == ("a",)
    answer = InBand(judged, BANDS[2], "Toy: high")
    assert not answer.missing(facts())
    assert answer.truth(facts()) is False
    assert InBand(judged, BANDS[1], "Toy: middle").missing(facts()) == {"a"}


def test_what_the_clinician_judged_is_part_of_the_explanation() -> None:
    judged = InBand(score(3, -2, judged=1), BANDS[0], "Toy: low")
    assert judged.explain(facts(yes("a"), yes("b"))).supporting_findings() == (yes("a"), yes("b"))


@pytest.mark.parametrize(
    ("points", "findings", "settled_by"),
    [
        ((1, 1, 1), (), ()),
        ((1, 1, 1), (yes("a"),), ("b", "c")),
        ((1, 1, 1), (no("a"),), ("b", "c")),
        ((1, 1, 1), (yes("a"), yes("b")), ()),
        ((1, 2), (), ("b",)),
        ((3, 1), (no("b"),), ("a",)),
        ((-2, 1, 1), (yes("b"), yes("c")), ("a",)),
    ],
)
def test_only_answers_that_would_fix_the_band_are_named(
    points: tuple[int, ...], findings: tuple[Finding, ...], settled_by: tuple[str, ...]
) -> None:
    two_bands = (Band("low", high=1), Band("high", low=2))
    assert score(*points, bands=two_bands).evaluate(facts(*findings)).settled_by == settled_by


@pytest.mark.parametrize(
    ("band", "low", "high", "expected"),
    [
        (Band("low", high=1), -5, 1, True),
        (Band("low", high=1), 1, 2, None),
        (Band("low", high=1), 2, 3, False),
        (Band("middle", 2, 3), 2, 3, True),
        (Band("middle", 2, 3), 1, 3, None),
        (Band("middle", 2, 3), 0, 9, None),
        (Band("middle", 2, 3), 4, 9, False),
        (Band("high", low=4), 4, 4, True),
        (Band("high", low=4), 0, 3, False),
    ],
)
def test_both_ends_of_a_band_belong_to_it(band: Band, low: int, high: int, expected: Truth) -> None:
    assert band.holds(low, high) is expected


@pytest.mark.parametrize(
    ("text", "findings", "expected"),
    [
        ("score(toy) is high", (yes("b"), no("c")), True),
        ("score(toy) is high", (no("b"),), False),
        ("score(toy) is high", (yes("b"),), None),
        ("score(toy) is low", (no("b"),), True),
        ("score(toy) >= 2", (yes("b"), no("c")), True),
        ("score(toy) >= 4", (), False),
        ("score(toy) == 3", (yes("a"), yes("b"), no("c")), True),
    ],
)
def test_a_rule_can_ask_for_a_band_or_for_points(text: str, findings: tuple[Finding, ...], expected: Truth) -> None:
    assert truth(text, *findings) is expected


@pytest.mark.parametrize("text", ["score(toy) is low", "score(toy) < 2"])
def test_every_known_item_explains_the_score_with_its_points(text: str) -> None:
    answer = trace(text, no("a"), yes("b"), yes("c"))
    assert answer.truth is True
    assert answer.supporting_findings() == (no("a"), yes("b"), yes("c"))
    assert [(item.points, item.text, item.truth) for item in answer.children] == [
        (1, "first", False),
        (2, "second", True),
        (-2, "other cause", True),
    ]


def test_a_score_looks_at_the_keys_of_its_items() -> None:
    toy = score(1, 2, -2)
    assert toy.keys() == ScoreValue(toy).keys() == InBand(toy, BANDS[0], "low").keys() == {"a", "b", "c"}
    assert ScoreValue(toy).text == "Toy"


def test_an_item_may_be_any_condition() -> None:
    either = ScoreItem(1, "either", parse_condition("a or size >= 3", scope()))
    toy = Score("toy", "Toy", (either,), (Band("no", high=0), Band("yes", low=1)), ())
    assert toy.evaluate(facts(yes("a"))).band == "yes"
    assert toy.evaluate(facts(no("a"))).settled_by == ("size",)


POINTS = st.lists(st.integers(-3, 3), min_size=1, max_size=4)
TRUTHS = st.lists(st.sampled_from([True, False, None]), min_size=4, max_size=4)


@given(POINTS, TRUTHS)
def test_the_interval_holds_the_score_of_every_completion(points: list[int], truths: list[Truth]) -> None:
    toy = score(*points)
    known = dict(zip(KEYS, truths, strict=True))
    result = toy.evaluate(facts(*said(**known)))
    completions = [
        toy.evaluate(facts(*said(**dict(zip(KEYS, answers, strict=True)))))
        for answers in product((True, False), repeat=len(KEYS))
        if all(known[key] in {None, answer} for key, answer in zip(KEYS, answers, strict=True))
    ]
    assert all(completion.low == completion.high for completion in completions)
    assert result.low == min(completion.low for completion in completions)
    assert result.high == max(completion.high for completion in completions)
    if result.band:
        assert {completion.band for completion in completions} == {result.band}


@given(POINTS, TRUTHS, st.sampled_from(KEYS), st.booleans())
def test_an_answer_only_narrows_the_interval(points: list[int], truths: list[Truth], key: str, answer: Truth) -> None:
    toy = score(*points)
    before = dict(zip(KEYS, truths, strict=True)) | {key: None}
    wide = toy.evaluate(facts(*said(**before)))
    narrow = toy.evaluate(facts(*said(**(before | {key: answer}))))
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert wide.band in {None, narrow.band}


@given(POINTS, TRUTHS)
def test_a_key_is_named_only_if_an_answer_to_it_fixes_the_band(points: list[int], truths: list[Truth]) -> None:
    toy = score(*points)
    known = dict(zip(KEYS, truths, strict=True))
    for key in toy.evaluate(facts(*said(**known))).settled_by:
        assert known[key] is None
        bands = [toy.evaluate(facts(*said(**(known | {key: answer})))).band for answer in (True, False)]
        assert any(bands)
