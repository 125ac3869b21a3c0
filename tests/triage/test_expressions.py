"""What the language of `when` understands, and where it says that something is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.triage.expressions import ExpressionError, parse_condition, parse_number
from service.triage.logic import Condition
from tests.triage.toy import facts, is_, no, scope, truth, yes

KNOWN = (yes("a"), no("b"), is_("size", 4), is_("age", 40), is_("kind", "x"))


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "  a  ",
        "(a)",
        "a and not b",
        "not (b or not a)",
        "a_or_b",
        "always",
        "at_least(1, a, b)",
        "at_least(2, a, not b, size > 3)",
        "size == 4",
        "value(size) == 4",
        "score(toy) is low",
        "score(toy) < 2",
        'kind == "x"',
        "size + age * 2 - 1 > 80",
        "-1 < size",
        "size >= 1.5e0",
        "a and\nnot b",
        "a and\n  not b\n",
    ],
)
def test_every_construct_is_understood(text: str) -> None:
    assert truth(text, *KNOWN, no("c")) is True


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("4", 4, 4),
        ("-2.5", -2.5, -2.5),
        ("cutoff", 500, float("inf")),
        ("min(size, 3)", -float("inf"), 3),
        ("score(toy)", -2, 3),
        ("score(toy) + 1", -1, 4),
    ],
)
def test_a_number_is_as_wide_as_what_is_not_known(text: str, low: float, high: float) -> None:
    (interval,) = parse_number(text, scope()).read(facts())
    assert (interval.low, interval.high) == (low, high)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("unknown_key", 1, 1, "unknown key `unknown_key`"),
        ("a and unknown_key", 1, 7, "unknown key `unknown_key`"),
        ("a and\n  unknown_key", 2, 3, "unknown key `unknown_key`"),
        ("a or (b and\nunknown_key)", 2, 1, "unknown key `unknown_key`"),
        ("size", 1, 1, "`size` is a quantity: compare it with something"),
        ("a and size", 1, 7, "`size` is a quantity: compare it with something"),
        ("kind", 1, 1, "`kind` is a code: compare it with something"),
        ("1 < size < 3", 1, 1, "compare two things at a time"),
        ("a and 1 < size < 3", 1, 7, "compare two things at a time"),
        ("a in b", 1, 1, "compare two things at a time"),
        ("size is not 3", 1, 1, "compare two things at a time"),
        ("lambda: a", 1, 1, "is not a condition"),
        ("a.b", 1, 1, "`a.b` is not a condition"),
        ("a[0]", 1, 1, "`a[0]` is not a condition"),
        ("a if b else c", 1, 1, "is not a condition"),
        ("[a]", 1, 1, "`[a]` is not a condition"),
        ("True", 1, 1, "`True` is not a condition"),
        ("3", 1, 1, "`3` is not a condition"),
        ("a + b", 1, 1, "`a + b` is not a condition"),
        ("(a := b)", 1, 2, "is not a condition"),
        ("f'{a}'", 1, 1, "is not a condition"),
        ("a()", 1, 1, "`a()` is not a condition"),
        ("a.b()", 1, 1, "`a.b()` is not a condition"),
        ("value(size)", 1, 1, "`value(size)` is not a condition"),
        ("cutoff", 1, 1, "unknown key `cutoff`"),
        ("a > 3", 1, 1, "`a` is a boolean, not a quantity"),
        ("since > 3", 1, 1, "`since` is a date, not a quantity"),
        ("size > b", 1, 8, "`b` is a boolean, not a quantity"),
        ("size > True", 1, 8, "`True` is not a number"),
        ("size > None", 1, 8, "`None` is not a number"),
        ("size > -b", 1, 8, "`-b` is not a number"),
        ("size / 2 > 1", 1, 1, "`size / 2` is not a number"),
        ("size ** 2 > 1", 1, 1, "`size ** 2` is not a number"),
        ("a_or_b > 3", 1, 1, "unknown key `a_or_b`"),
        ("at_least(1, a, b) > 1", 1, 1, "is not a number"),
        ('a == "x"', 1, 1, "`a` is a boolean, not a code"),
        ('size == "x"', 1, 1, "`size` is a quantity, not a code"),
        ('kind != "x"', 1, 1, "a code can only be compared with =="),
        ('kind < "x"', 1, 1, "a code can only be compared with =="),
        ('"x" == kind', 1, 1, "`'x'` is not a number"),
        ('3 == "x"', 1, 1, "`3` is not the key of a finding"),
        ("kind == 3", 1, 1, "`kind` is a code, not a quantity"),
        ("at_least()", 1, 1, "`at_least` takes a count"),
        ("at_least(2, a)", 1, 1, "`at_least` takes a count"),
        ("at_least(0, a)", 1, 1, "`at_least` takes a count"),
        ("at_least(True, a)", 1, 1, "`at_least` takes a count"),
        ("at_least(1.0, a)", 1, 1, "`at_least` takes a count"),
        ("at_least(a, b)", 1, 1, "`at_least` takes a count"),
        ("past()", 1, 1, "`past` takes 1 argument"),
        ("past(a, b)", 1, 1, "`past` takes 1 argument"),
        ("family(key=a)", 1, 1, "`family` takes 1 argument"),
        ("past(not a)", 1, 6, "`not a` is not the key of a finding"),
        ("both_sides(size)", 1, 12, "`size` is a quantity, not a boolean"),
        ("ordered(unknown_order)", 1, 9, "unknown order `unknown_order`"),
        ("ordered(3)", 1, 9, "unknown order `3`"),
        ("value(a) > 1", 1, 7, "`a` is a boolean, not a quantity"),
        ("value() > 1", 1, 1, "`value` takes 1 argument"),
        ("days_since(size) > 1", 1, 12, "`size` is a quantity, not a date"),
        ("max(size) > 1", 1, 1, "`max` takes two or more numbers"),
        ("min(size, 2, key=3) > 1", 1, 1, "`min` takes two or more numbers"),
        ("score(unknown_score) > 1", 1, 1, "unknown score `unknown_score`"),
        ("score() > 1", 1, 1, "write score(name)"),
        ("score(toy, toy) > 1", 1, 1, "write score(name)"),
        ("a is low", 1, 1, "write score(name)"),
        ("score(toy) is medium", 1, 1, "`toy` has no band `medium`; its bands: low, high"),
        ('score(toy) is "low"', 1, 1, "`toy` has no band `'low'`"),
        ("", 1, 1, "not an expression"),
        ("   ", 1, 1, "not an expression"),
        ("a and", 1, 6, "not an expression"),
        ("a and\n(b or\n", 2, 1, "not an expression"),
        ("a, b", 1, 1, "is not a condition"),
        ("a) or (b", 1, 2, "not an expression"),
        ("a b", 1, 3, "not an expression"),
        ("a # and b", 1, 3, "not an expression"),
        ("a  # and\nb", 1, 4, "not an expression"),
        ("a = b", 1, 3, "not an expression"),
        ("a)\n(b", 1, 2, "not an expression"),
        ("a\n\nb c", 3, 1, "not an expression"),
        ("a\0", 1, 3, "not an expression"),
        ("a or \ud800", 1, 1, "not an expression"),
        (f"size > {'9' * 400}", 1, 1, "not an expression: a number is too large"),
    ],
)
def test_a_mistake_is_reported_where_it_stands(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_condition(text, scope())
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


NO_NUMBERS = {
    "a finding": "a",
    "a join": "a and b",
    "nothing": "",
    "an unknown key": "unknown_key",
    "a negation": "not a",
    "a comparison": "size > 3",
    "a count": "at_least(1, a)",
    "a text": '"x"',
    "a number of 400 digits": "9" * 400,
    "a sum of 5000": "1 + " * 5_000 + "1",
}


@pytest.mark.parametrize("what", NO_NUMBERS)
def test_what_is_no_number_is_refused(what: str) -> None:
    with pytest.raises(ExpressionError):
        parse_number(NO_NUMBERS[what], scope())


def read(text: str) -> Condition | ExpressionError:
    try:
        return parse_condition(text, scope())
    except ExpressionError as error:
        return error


@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
@pytest.mark.parametrize(("before", "after"), [("(", ")"), ("not ", ""), ("at_least(1, ", ")"), ("not (a or ", ")")])
def test_nesting_of_any_depth_is_read_or_refused(before: str, after: str, depth: int) -> None:
    nested = read(before * depth + "a" + after * depth)
    if isinstance(nested, ExpressionError):
        assert depth > 100
        assert nested.message.startswith("not an expression")
    else:
        assert nested.keys() == {"a"}


@pytest.mark.parametrize("operator", ["and", "or"])
def test_a_long_list_is_no_nesting(operator: str) -> None:
    assert truth(f" {operator} ".join(["a"] * 5_000), yes("a")) is True


WORDS = st.sampled_from(
    [*"abc()<>=+-*.,:[]0", "size", "kind", "since", "cutoff", "toy", "scan", "low", "and", "or", "not", "is", "==", "3"]
)
CALLS = st.sampled_from(["at_least(1,", "past(", "value(", "score(", "max(", "days_since(", "ordered(", "both_sides("])
OTHER = st.sampled_from(['"x"', "'", "\n", "\t", "#", "lambda", "if", "always", "1e999", "0x1", "1j", "...", "{"])


@given(st.text() | st.lists(WORDS | CALLS | OTHER).map(" ".join) | st.lists(WORDS | CALLS | OTHER).map("".join))
def test_any_text_is_a_condition_or_an_error_that_says_where(text: str) -> None:
    result = read(text)
    if isinstance(result, ExpressionError):
        assert result.message
        assert 1 <= result.line <= len(text.splitlines() or [""])
        assert result.column >= 1
    else:
        assert result.truth(facts(*KNOWN)) in {True, False, None}
