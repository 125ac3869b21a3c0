"""What can still be brought about by answers to some questions, and what cannot."""

from hypothesis import given
from hypothesis import strategies as st

from service.knowledge.cases import NOW
from service.triage.answerable import Answerable
from service.triage.conflicts import settle
from service.triage.expressions import Scope, Term, parse_condition
from service.triage.facts import Facts
from service.triage.findings import Finding, Status
from tests.triage.patients import ASKED, KNOWLEDGE, patients, statements

SCOPE = Scope({key: Term(key, "boolean") for key in "abcd"} | {"n": Term("n", "quantity")})


def facts(**stated: bool) -> Facts:
    known = [Finding(key, Status.PRESENT if is_there else Status.ABSENT) for key, is_there in stated.items()]
    return settle(known, frozenset(), NOW)[0]


def ways(text: str, keys: str, *, truth: bool = True, **stated: bool) -> set[str] | None:
    found = Answerable(facts(**stated), frozenset(keys)).ways(parse_condition(text, SCOPE), truth=truth)
    return None if found is None else {*found}


def test_a_rule_that_waits_for_what_nobody_answers_is_out_of_reach() -> None:
    assert ways("a and b", "a") is None
    assert ways("a and not b", "a") is None
    assert ways("at_least(2, a, b, c)", "a") is None
    assert ways("past(a)", "a") is None
    assert ways("n >= 2", "a") is None


def test_a_rule_within_reach_names_what_to_answer() -> None:
    assert ways("a and b", "a", b=True) == {"a"}
    assert ways("a or b", "a") == {"a"}
    assert ways("(a and b) or (c and d)", "acd") == {"c", "d"}
    assert ways("at_least(2, a, b, c)", "ab") == {"a", "b"}
    assert ways("not (a or b)", "ab") == {"a", "b"}
    assert ways("n >= 2", "n") == {"n"}


def test_what_is_settled_needs_no_answer() -> None:
    assert ways("a or b", "b", a=True) == set()
    assert ways("a and b", "b", a=False) is None
    assert ways("a or b", "b", truth=False, a=True) is None


def test_what_is_made_false_is_found_too() -> None:
    assert ways("a and b", "a", truth=False) == {"a"}
    assert ways("a or b", "a", truth=False) is None
    assert ways("at_least(2, a, b, c)", "ab", truth=False) == {"a", "b"}


@given(patients(), st.sets(st.sampled_from(ASKED), max_size=25), st.data())
def test_no_answer_makes_a_rule_true_that_was_out_of_reach(
    patient: tuple[Finding, ...], keys: set[str], data: st.DataObject
) -> None:
    before, _ = settle(patient, KNOWLEDGE.red_flags, NOW)
    unknown = sorted(keys - before.known)
    answerable = Answerable(before, frozenset(unknown))
    out_of_reach = [rule for rule in KNOWLEDGE.rules if answerable.ways(rule.condition) is None]
    after, _ = settle([*patient, *(data.draw(statements(key)) for key in unknown)], KNOWLEDGE.red_flags, NOW)
    assert not [rule.id for rule in out_of_reach if rule.condition.truth(after)]
