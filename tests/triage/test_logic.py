"""Kleene's tables, and how an answer explains itself."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.triage.expressions import parse_condition
from service.triage.findings import Finding, Side, Temporality
from service.triage.logic import Unless
from service.triage.trace import Truth
from tests.triage.toy import days_ago, facts, is_, missing, no, scope, trace, truth, yes

LEFT, RIGHT, BOTH = Side.LEFT, Side.RIGHT, Side.BILATERAL
PAST, FAMILY = Temporality.PAST, Temporality.FAMILY
TRUTHS: tuple[Truth, ...] = (True, None, False)


def said(**truths: Truth) -> tuple[Finding, ...]:
    """Findings that make each key true, false or, said nothing of, unknown."""
    return tuple(yes(key) if holds else no(key) for key, holds in truths.items() if holds is not None)


AND = {
    (True, True): True,
    (True, None): None,
    (True, False): False,
    (None, True): None,
    (None, None): None,
    (None, False): False,
    (False, True): False,
    (False, None): False,
    (False, False): False,
}


@pytest.mark.parametrize(("a", "b"), AND)
def test_and_is_true_when_both_are_and_false_when_one_is(a: Truth, b: Truth) -> None:
    assert truth("a and b", *said(a=a, b=b)) is AND[a, b]


OR = {
    (True, True): True,
    (True, None): True,
    (True, False): True,
    (None, True): True,
    (None, None): None,
    (None, False): None,
    (False, True): True,
    (False, None): None,
    (False, False): False,
}


@pytest.mark.parametrize(("a", "b"), OR)
def test_or_is_true_when_one_is_and_false_when_both_are(a: Truth, b: Truth) -> None:
    assert truth("a or b", *said(a=a, b=b)) is OR[a, b]


@pytest.mark.parametrize(("a", "expected"), [(True, False), (None, None), (False, True)])
def test_not_leaves_the_unknown_unknown(a: Truth, expected: Truth) -> None:
    assert truth("not a", *said(a=a)) is expected


@pytest.mark.parametrize(("a", "b"), [*product(TRUTHS, TRUTHS)])
def test_and_and_or_mirror_each_other(a: Truth, b: Truth) -> None:
    findings = said(a=a, b=b)
    assert truth("not (a and b)", *findings) is truth("not a or not b", *findings)
    assert truth("not (a or b)", *findings) is truth("not a and not b", *findings)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"a": True, "b": True}, True),
        ({"a": True, "b": True, "c": False}, True),
        ({"a": True}, None),
        ({"a": True, "b": False}, None),
        ({}, None),
        ({"a": True, "b": False, "c": False}, False),
        ({"a": False, "b": False}, False),
    ],
)
def test_at_least_two_waits_while_two_are_possible(known: dict[str, Truth], expected: Truth) -> None:
    assert truth("at_least(2, a, b, c)", *said(**known)) is expected


@pytest.mark.parametrize(("a", "expected"), [(True, False), (None, True), (False, True)])
def test_unless_stands_down_only_on_certainty(a: Truth, expected: Truth) -> None:
    unless = Unless(parse_condition("a", scope()))
    answer = unless.explain(facts(*said(a=a)))
    assert unless.text == "unless A"
    assert unless.keys() == {"a"}
    assert unless.truth(facts(*said(a=a))) is answer.truth is expected
    assert answer.supporting_findings() == (() if expected else (yes("a"),))
    assert not unless.missing(facts(*said(a=a)))


@pytest.mark.parametrize("text", ["always", "always or a", "not (not always and a)"])
def test_always_needs_to_know_nothing(text: str) -> None:
    assert truth(text) is True


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((yes("a"),), True),
        ((yes("a", LEFT),), True),
        ((no("a", LEFT),), False),
        ((yes("a", LEFT), no("a", RIGHT)), True),
        ((no("a", LEFT), no("a", RIGHT)), False),
        ((yes("a", when=PAST),), None),
        ((yes("a", when=FAMILY),), None),
        ((no("a"), yes("a", when=PAST)), False),
        ((), None),
    ],
)
def test_any_side_counts_and_no_other_time(findings: tuple[Finding, ...], expected: Truth) -> None:
    assert truth("a", *findings) is expected


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((yes("a", BOTH),), True),
        ((yes("a", LEFT), yes("a", RIGHT)), True),
        ((yes("a", LEFT),), False),
        ((yes("a", LEFT), no("a", RIGHT)), False),
        ((no("a"),), False),
        ((no("a", LEFT),), False),
        ((yes("a"),), None),
        ((yes("a"), is_("symptom_side", "bilateral")), True),
        ((yes("a"), is_("symptom_side", "left")), False),
        ((yes("a"), no("symptom_side")), None),
        ((yes("a", LEFT), is_("symptom_side", "bilateral")), False),
        ((is_("symptom_side", "bilateral"),), None),
        ((), None),
    ],
)
def test_both_sides_goes_by_the_finding_then_by_the_symptoms(findings: tuple[Finding, ...], expected: Truth) -> None:
    assert truth("both_sides(a)", *findings) is expected


def test_both_sides_asks_for_the_side_that_is_missing() -> None:
    assert missing("both_sides(a)") == {"a"}
    assert missing("both_sides(a)", yes("a")) == {"symptom_side"}


def test_both_sides_rests_on_the_side_of_the_symptoms_where_it_used_it() -> None:
    side = is_("symptom_side", "bilateral")
    assert trace("both_sides(a)", yes("a"), side).supporting_findings() == (yes("a"), side)


@pytest.mark.parametrize(
    ("sign", "of_less", "of_equal", "of_more"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_a_known_number_is_compared(sign: str, of_less: Truth, of_equal: Truth, of_more: Truth) -> None:
    text = f"size {sign} 3"
    assert [truth(text, is_("size", value)) for value in (2.9, 3, 3.1)] == [of_less, of_equal, of_more]
    assert truth(text) is None
    assert truth(text, no("size")) is None


@pytest.mark.parametrize(
    ("text", "findings", "expected"),
    [
        ("value(size) >= 3", (is_("size", 4),), True),
        ("3 <= size", (is_("size", 4),), True),
        ("size >= -1", (is_("size", 0),), True),
        ("size + age >= 10", (is_("size", 4), is_("age", 6)), True),
        ("size - age < 0", (is_("size", 4), is_("age", 6)), True),
        ("age - size < 0", (is_("size", 4), is_("age", 6)), False),
        ("2 * size == 8", (is_("size", 4),), True),
        ("size + age >= 10", (is_("size", 40),), None),
        ("size - age < 0", (is_("size", 4),), None),
        ("size - age < 0", (is_("age", 4),), None),
        ("min(size, 3) > 3", (), False),
        ("min(size, 3) > 2", (), None),
        ("max(size, 3) >= 3", (), True),
        ("max(size, 3, age) >= 4", (is_("age", 4),), True),
        ("0 * size == 0", (), True),
        ("size == age", (), None),
        ("size != age", (is_("size", 1), is_("age", 1)), False),
        ("size < cutoff", (is_("size", 499),), True),
        ("size < cutoff", (is_("size", 700),), None),
        ("size < cutoff", (is_("size", 700), is_("age", 71)), True),
        ("size < cutoff", (is_("size", 700), is_("age", 70)), False),
    ],
)
def test_an_unknown_number_can_be_anything(text: str, findings: tuple[Finding, ...], expected: Truth) -> None:
    assert truth(text, *findings) is expected


@pytest.mark.parametrize(
    ("text", "findings", "expected"),
    [
        ("max(0, size) * 2 > 5", (), None),
        ("max(0, size) * 2 >= 0", (), True),
        ("score(toy) * 2 > 3", (no("c"),), None),
        ("score(toy) * 2 > 3", (no("a"), no("c"), no("b")), False),
        ("score(toy) * score(toy) >= -100", (), True),
    ],
)
def test_a_product_with_a_number_that_may_be_nothing_may_be_nothing(
    text: str, findings: tuple[Finding, ...], expected: Truth
) -> None:
    assert truth(text, *findings) is expected


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((is_("size", 1, LEFT), is_("size", 4, RIGHT)), True),
        ((is_("size", 4, LEFT), is_("size", 1, RIGHT)), True),
        ((is_("size", 1, LEFT), is_("size", 2, RIGHT)), False),
    ],
)
def test_a_comparison_holds_when_it_holds_on_any_side(findings: tuple[Finding, ...], expected: Truth) -> None:
    assert truth("size >= 3", *findings) is expected


def test_one_side_out_of_bounds_does_not_settle_what_the_other_side_leaves_open() -> None:
    assert truth("size - age > 3", is_("size", 1, LEFT), is_("size", 9, RIGHT)) is None


def test_a_comparison_rests_on_the_side_that_decided_it() -> None:
    large = is_("size", 4, RIGHT)
    assert trace("size >= 3", is_("size", 1, LEFT), large).supporting_findings() == (large,)


@pytest.mark.parametrize(
    ("text", "ago", "expected"),
    [
        ("days_since(since) < 14", 13, True),
        ("days_since(since) < 14", 14, False),
        ("days_since(since) == 0", 0, True),
        ("days_since(since) < 0", -1, True),
    ],
)
def test_days_are_counted_from_the_date_to_the_assessment(text: str, ago: int, expected: Truth) -> None:
    assert truth(text, is_("since", days_ago(ago))) is expected


@pytest.mark.parametrize("finding", [no("since"), is_("since", "last week"), yes("since")])
def test_without_a_date_the_days_are_unknown(finding: Finding) -> None:
    assert truth("days_since(since) < 14", finding) is None
    assert missing("days_since(since) < 14", finding) == {"since"}


@pytest.mark.parametrize(
    ("finding", "expected"),
    [(is_("kind", "x"), True), (is_("kind", "y"), False), (no("kind"), None), (yes("a"), None)],
)
def test_a_code_is_compared_once_it_is_known(finding: Finding, expected: Truth) -> None:
    assert truth('kind == "x"', finding) is expected


@pytest.mark.parametrize(
    ("text", "findings", "expected"),
    [
        ("past(a)", (yes("a", when=PAST),), True),
        ("past(a)", (no("a", when=PAST),), False),
        ("past(a)", (yes("a"),), None),
        ("past(a)", (yes("a", when=FAMILY),), None),
        ("family(a)", (yes("a", when=FAMILY),), True),
        ("family(a)", (yes("a"), yes("a", when=PAST)), None),
        ("ordered(scan)", (yes("ordered:scan"),), True),
        ("ordered(scan)", (), None),
    ],
)
def test_the_past_the_family_and_orders_are_facts_of_their_own(
    text: str, findings: tuple[Finding, ...], expected: Truth
) -> None:
    assert truth(text, *findings) is expected


@pytest.mark.parametrize(
    ("text", "findings", "supporting"),
    [
        ("a and b", (yes("a"), yes("b")), ("a", "b")),
        ("a and b", (yes("a"), no("b")), ("b",)),
        ("a or b", (yes("a"), no("b")), ("a",)),
        ("a or b", (no("a"), no("b")), ("a", "b")),
        ("a or b", (no("a"),), ()),
        ("not a", (no("a"),), ("a",)),
        ("not (a or b)", (no("a"), no("b")), ("a", "b")),
        ("not (a and b)", (yes("a"), no("b")), ("b",)),
        ("at_least(2, a, b, c)", (yes("a"), no("b"), yes("c")), ("a", "c")),
        ("a and (a or b)", (yes("a"),), ("a",)),
        ("a_or_b and not c", (yes("b"), no("c")), ("b", "c")),
        ("size >= 3 and a", (is_("size", 4), yes("a")), ("size", "a")),
        ("size < cutoff", (is_("size", 700), is_("age", 71)), ("size", "age")),
    ],
)
def test_an_answer_names_the_findings_that_decided_it(
    text: str, findings: tuple[Finding, ...], supporting: tuple[str, ...]
) -> None:
    assert tuple(finding.key for finding in trace(text, *findings).supporting_findings()) == supporting


@pytest.mark.parametrize(
    ("text", "findings", "keys"),
    [
        ("a and b", (), ("a", "b")),
        ("a and b", (yes("a"),), ("b",)),
        ("a and b", (no("a"),), ()),
        ("a or b", (no("b"),), ("a",)),
        ("a or b", (yes("b"),), ()),
        ("a_or_b and c", (), ("a", "b", "c")),
        ("a_or_b and c", (yes("c"),), ("a", "b")),
        ("a_or_b and (a or d)", (no("b"),), ("a", "d")),
        ("not a", (), ("a",)),
        ("at_least(2, a, b, c)", (yes("a"),), ("b", "c")),
        ("size < cutoff", (is_("size", 700),), ("age",)),
        ("size < cutoff", (is_("age", 70),), ("size",)),
        ("size < cutoff", (is_("size", 400),), ()),
        ("past(a) and family(b)", (), ("a", "b")),
        ("score(toy) >= 2", (yes("a"),), ("b", "c")),
    ],
)
def test_an_open_answer_names_the_keys_that_could_settle_it(
    text: str, findings: tuple[Finding, ...], keys: tuple[str, ...]
) -> None:
    assert missing(text, *findings) == {*keys}


ANSWERS = st.fixed_dictionaries(
    {}, optional={**{key: st.booleans() for key in ("a", "b", "c")}, "size": st.sampled_from([1, 3, 9])}
)


@pytest.mark.parametrize(
    "text",
    [
        "a and b",
        "a and (b and c)",
        "a or not b",
        "not (a and not (b or c))",
        "at_least(2, a, b, c)",
        "a_or_b and c",
        "a_or_b or both_sides(c)",
        "size >= 3 and not a",
        "score(toy) is high or b",
        "score(toy) >= 2 and a",
    ],
)
@given(known=ANSWERS)
def test_truth_explanation_and_missing_keys_tell_one_story(text: str, known: dict[str, float]) -> None:
    findings = [is_(key, value) if key == "size" else (yes if value else no)(key, BOTH) for key, value in known.items()]
    condition, patient = parse_condition(text, scope()), facts(*findings)
    answer = condition.explain(patient)
    assert answer.truth is condition.truth(patient)
    assert bool(condition.missing(patient)) is (answer.truth is None)
    assert condition.missing(patient).isdisjoint(known)
    if answer.truth is not None:
        # What decided it is enough to decide it.
        assert condition.truth(facts(*answer.supporting_findings())) is answer.truth


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", "A"),
        ("a_or_b", "A or B"),
        ("past(a)", "A, in the past"),
        ("family(a)", "A, in the family"),
        ("both_sides(a)", "A, on both sides"),
        ("ordered(scan)", "Scan ordered or done"),
        ('kind == "x"', "Kind is x"),
        ("size >= 3", "Size at least 3 cm"),
        ("size < -1.5", "Size below -1.5 cm"),
        ("days_since(since) <= 14", "days since began at most 14"),
        ("size + age > 1", "Size + Age above 1 cm"),
        ("max(size, 2) != 1", "largest of Size, 2 is not 1 cm"),
        ("score(toy) is high", "Toy score: high"),
        ("score(toy) == 1", "Toy score is 1"),
        ("at_least(1, a, b)", "at least 1 of"),
        ("always", "always"),
    ],
)
def test_a_condition_reads_aloud(text: str, words: str) -> None:
    condition = parse_condition(text, scope())
    assert condition.text == trace(text).text == words


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a and not b", {"a", "b"}),
        ("at_least(1, a, past(b), family(c))", {"a", "b", "c"}),
        ("both_sides(a)", {"a", "symptom_side"}),
        ("a_or_b", {"a", "b"}),
        ("size < cutoff", {"size", "age"}),
        ("days_since(since) < 2", {"since"}),
        ('kind == "x"', {"kind"}),
        ("ordered(scan)", {"ordered:scan"}),
        ("score(toy) is high or score(toy) > 4", {"a", "b", "c"}),
        ("always", set()),
    ],
)
def test_a_condition_knows_every_key_it_looks_at(text: str, keys: set[str]) -> None:
    assert parse_condition(text, scope()).keys() == keys
