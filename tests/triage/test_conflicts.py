"""The written rule for sources that disagree."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.triage.conflicts import Disagreement, settle
from service.triage.facts import Facts
from service.triage.findings import Finding, Method, Side, Source, Status, Temporality
from service.triage.trace import Truth
from tests.triage.toy import NOW, days_ago, is_, no, yes

LEFT, RIGHT, BOTH = Side.LEFT, Side.RIGHT, Side.BILATERAL
RED_FLAGS = frozenset({"flag"})
EARLIER, LATER = NOW - timedelta(hours=2), NOW - timedelta(hours=1)


def at(
    finding: Finding,
    recorded: datetime | None,
    method: Method = Method.STATED,
    *,
    clinician: bool = False,
    source: str = "Toy/1",
) -> Finding:
    return finding._replace(recorded=recorded, sources=(Source(source, "", method, clinician),))


def settled(*findings: Finding) -> Facts:
    """The facts, which must be the same in whatever order the findings come."""
    outcomes = [settle(order, RED_FLAGS, NOW) for order in permutations(findings)]
    assert all(outcome[0].current == outcomes[0][0].current and outcome[1] == outcomes[0][1] for outcome in outcomes), (
        "the order of the findings matters"
    )
    return outcomes[0][0]


def standing(key: str, *findings: Finding) -> Truth:
    """Whether the key is present, absent or unknown once the findings are settled."""
    answer = settled(*findings).current.get(key)
    return None if answer is None else bool(answer.present)


def disagreements(*findings: Finding) -> tuple[Disagreement, ...]:
    return settle(findings, RED_FLAGS, NOW)[1]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([at(yes("a"), EARLIER), at(no("a"), LATER)], False),
        ([at(no("a"), EARLIER), at(yes("a"), LATER)], True),
        ([at(yes("a"), EARLIER, Method.MEASURED), at(no("a"), LATER)], False),
        ([at(yes("a"), None), at(no("a"), EARLIER)], False),
        ([at(no("a"), None, Method.MEASURED), at(yes("a"), EARLIER)], True),
        ([at(yes("a"), EARLIER), at(no("a"), LATER), at(yes("a"), NOW)], True),
    ],
)
def test_the_newest_statement_stands(findings: list[Finding], expected: Truth) -> None:
    assert standing("a", *findings) is expected


@pytest.mark.parametrize("moment", [None, LATER])
@pytest.mark.parametrize(
    ("present", "absent", "expected"),
    [
        (Method.MEASURED, Method.STATED, True),
        (Method.STATED, Method.MEASURED, False),
        (Method.TEXT, Method.STATED, False),
        (Method.TEXT, Method.MEASURED, False),
        (Method.STATED, Method.TEXT, True),
        (Method.STATED, Method.STATED, True),
        (Method.MEASURED, Method.MEASURED, True),
        (Method.TEXT, Method.TEXT, True),
    ],
)
def test_at_the_same_moment_trust_decides_and_then_presence(
    present: Method, absent: Method, expected: Truth, moment: datetime | None
) -> None:
    assert standing("a", at(yes("a"), moment, present), at(no("a"), moment, absent)) is expected


def test_a_finding_without_a_source_is_trusted_least() -> None:
    nameless = yes("a")._replace(recorded=LATER, sources=())
    assert standing("a", nameless, at(no("a"), LATER)) is False


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([at(yes("flag"), EARLIER), at(no("flag"), LATER)], True),
        ([at(yes("flag"), EARLIER, Method.TEXT), at(no("flag"), LATER, Method.MEASURED)], True),
        ([at(yes("flag"), EARLIER), at(no("flag"), LATER, clinician=True)], False),
        ([at(yes("flag"), EARLIER), at(no("flag"), EARLIER, clinician=True)], False),
        ([at(yes("flag"), EARLIER, Method.MEASURED), at(no("flag"), EARLIER, clinician=True)], False),
        ([at(yes("flag"), LATER), at(no("flag"), EARLIER, clinician=True)], True),
        ([at(yes("flag"), EARLIER), at(no("flag"), LATER, clinician=True), at(yes("flag"), NOW)], True),
        ([at(yes("flag"), EARLIER), at(no("flag"), LATER, clinician=True), at(no("flag"), NOW)], False),
        ([at(yes("flag"), None), at(no("flag"), LATER, clinician=True)], True),
        ([at(yes("flag"), None), at(no("flag"), None, clinician=True)], True),
        ([at(yes("flag"), EARLIER, clinician=True), at(no("flag"), LATER)], True),
        ([at(no("flag"), EARLIER), at(no("flag"), LATER)], False),
    ],
)
def test_a_red_flag_stays_until_a_clinician_denies_it(findings: list[Finding], expected: Truth) -> None:
    assert standing("flag", *findings) is expected


@pytest.mark.parametrize("method", [Method.STATED, Method.MEASURED])
@pytest.mark.parametrize("moment", [None, EARLIER, LATER])
@pytest.mark.parametrize("said", [True, False])
def test_text_never_stands_against_a_structured_source(method: Method, moment: datetime | None, said: bool) -> None:  # noqa: FBT001
    structured, text = (yes("a"), no("a")) if said else (no("a"), yes("a"))
    assert standing("a", at(structured, moment, method), at(text, LATER, Method.TEXT)) is said
    assert standing("a", at(structured, moment, method), at(text, NOW, Method.TEXT)) is said


def test_among_texts_the_newest_stands() -> None:
    assert standing("a", at(yes("a"), EARLIER, Method.TEXT), at(no("a"), LATER, Method.TEXT)) is False


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        # The patient wrote it and ticked no: it stands until a clinician has asked.
        ([at(yes("flag"), EARLIER, Method.TEXT), at(no("flag"), LATER)], True),
        ([at(yes("flag"), EARLIER, Method.TEXT), at(no("flag"), LATER, clinician=True)], False),
        ([at(yes("flag"), LATER, Method.TEXT), at(no("flag"), EARLIER, clinician=True)], True),
        ([at(yes("flag"), EARLIER), at(no("flag"), LATER, Method.TEXT)], True),
        ([at(yes("flag"), EARLIER), at(no("flag"), LATER, Method.TEXT, clinician=True)], True),
        ([at(yes("flag"), None), at(no("flag"), LATER, Method.TEXT)], True),
        ([at(no("flag"), EARLIER, Method.TEXT), at(no("flag"), LATER)], False),
    ],
)
def test_text_may_assert_a_red_flag_and_never_deny_one_away(findings: list[Finding], expected: Truth) -> None:
    assert standing("flag", *findings) is expected


def test_a_value_in_text_that_was_set_aside_is_told() -> None:
    measured, written = at(is_("age", 40), EARLIER, Method.MEASURED), at(is_("age", 41), LATER, Method.TEXT)
    assert settled(measured, written).current["age"].present == (measured,)
    assert disagreements(measured, written) == (Disagreement(stands=measured, set_aside=written),)


@pytest.mark.parametrize("side", [None, LEFT, BOTH])
def test_a_red_flag_of_one_side_stays_until_a_clinician_denies_it_there(side: Side | None) -> None:
    asserted = at(yes("flag", LEFT), EARLIER)
    assert standing("flag", asserted, at(no("flag", side), LATER)) is True
    assert standing("flag", asserted, at(no("flag", side), LATER, clinician=True)) is False
    assert standing("flag", asserted, at(no("flag", RIGHT), LATER, clinician=True)) is True


@pytest.mark.parametrize(
    ("findings", "present", "absent"),
    [
        ([yes("a", LEFT), no("a", RIGHT)], {LEFT}, {RIGHT}),
        ([yes("a", LEFT), yes("a", RIGHT)], {LEFT, RIGHT}, set()),
        ([yes("a", LEFT), yes("a")], {LEFT, None}, set()),
        ([no("a", LEFT), no("a", RIGHT)], set(), {LEFT, RIGHT}),
        ([at(yes("a", LEFT), EARLIER), at(no("a", LEFT), LATER)], set(), {LEFT}),
        ([at(yes("a", LEFT), EARLIER), at(no("a", RIGHT), LATER)], {LEFT}, {RIGHT}),
        ([at(yes("a", LEFT), EARLIER), at(no("a"), LATER)], set(), {None}),
        ([at(no("a"), EARLIER), at(yes("a", LEFT), LATER)], {LEFT}, set()),
        ([at(yes("a", LEFT), EARLIER), at(yes("a", RIGHT), EARLIER), at(no("a"), LATER)], set(), {None}),
        ([at(yes("a"), EARLIER), at(no("a", BOTH), LATER)], set(), {BOTH}),
        ([at(yes("a"), EARLIER), at(no("a", LEFT), LATER)], {None}, {LEFT}),
        ([at(no("a", BOTH), EARLIER), at(yes("a", LEFT), LATER)], {LEFT}, {RIGHT}),
        ([at(yes("a", BOTH), EARLIER), at(no("a", LEFT), LATER)], {RIGHT}, {LEFT}),
        ([at(yes("a", BOTH), EARLIER), at(yes("a", LEFT), LATER)], {LEFT, RIGHT}, set()),
        ([at(no("a", LEFT), EARLIER), at(yes("a", BOTH), LATER)], {BOTH}, set()),
    ],
)
def test_each_side_is_settled_by_itself(
    findings: list[Finding], present: set[Side | None], absent: set[Side | None]
) -> None:
    answer = settled(*findings).current["a"]
    assert {finding.side for finding in answer.present} == present
    assert {finding.side for finding in answer.absent} == absent


def test_times_do_not_compete() -> None:
    past, family = yes("a", when=Temporality.PAST), yes("a", when=Temporality.FAMILY)
    facts = settled(no("a"), past, family)
    assert facts.current["a"].present == ()
    for mention in (past, family):
        answer = facts.get("a", mention.temporality)
        assert answer is not None
        assert answer.present == (mention,)
    assert {*facts.findings()} == {no("a"), past, family}


def test_what_is_not_known_says_nothing() -> None:
    assert standing("a", Finding("a", Status.UNKNOWN)) is None
    assert standing("a", at(no("a"), EARLIER), at(Finding("a", Status.UNKNOWN), LATER)) is False
    assert settled().get("a", Temporality.PAST) is None


def test_sources_that_agree_are_all_kept() -> None:
    facts = settled(
        at(yes("a"), EARLIER, source="Toy/2"), at(yes("a"), LATER, source="Toy/1"), at(no("a"), EARLIER, source="Toy/3")
    )
    (stands,) = facts.current["a"].present
    assert [source.reference for source in stands.sources] == ["Toy/1", "Toy/2"]
    assert stands.recorded == LATER


def test_sources_of_one_place_stand_in_an_order_of_their_own() -> None:
    said = [at(yes("a"), LATER, method, clinician=clinician) for method in Method for clinician in (True, False)]
    (stands,) = settle(said, RED_FLAGS, NOW)[0].current["a"].present
    assert [(source.method, source.by_clinician) for source in stands.sources] == sorted(
        (method, clinician) for method in Method for clinician in (True, False)
    )


def test_what_was_set_aside_is_told() -> None:
    loser, winner = at(yes("a"), EARLIER), at(no("a"), LATER, source="Toy/2")
    assert disagreements(loser, winner) == (Disagreement(stands=winner, set_aside=loser),)


@pytest.mark.parametrize(
    ("findings", "count"),
    [
        ([at(is_("age", 40), EARLIER), at(is_("age", 41), LATER)], 0),
        ([at(is_("age", 40), LATER), at(is_("age", 41), LATER)], 1),
        ([at(is_("age", 40), None), at(is_("age", 41), None)], 1),
        ([at(is_("age", 40), LATER), at(is_("age", 40), LATER, source="Toy/2")], 0),
        ([at(is_("kind", "x"), LATER), at(is_("kind", "y"), LATER)], 1),
        ([at(is_("since", days_ago(1)), LATER), at(is_("since", days_ago(2)), EARLIER)], 0),
        ([yes("a", LEFT), no("a", RIGHT)], 0),
        ([yes("a"), yes("a", when=Temporality.PAST)], 0),
        ([yes("a"), yes("a", LEFT)], 0),
    ],
)
def test_a_history_of_values_is_no_disagreement(findings: list[Finding], count: int) -> None:
    assert len(disagreements(*findings)) == count


def test_the_newest_value_stands() -> None:
    newest = at(is_("age", 41), LATER)
    assert settled(at(is_("age", 40), EARLIER), newest, at(is_("age", 39), None)).current["age"].present == (newest,)


REPORTS = st.builds(
    Finding,
    st.sampled_from(["a", "flag"]),
    st.sampled_from(Status),
    temporality=st.just(Temporality.CURRENT),
    unit=st.none(),
    side=st.sampled_from([None, *Side]),
    value=st.sampled_from([None, 1.0, 2.0]),
    onset=st.sampled_from([None, days_ago(1), days_ago(2)]),
    recorded=st.sampled_from([None, EARLIER, LATER]),
    sources=st.lists(
        st.builds(Source, st.sampled_from(["Toy/1", "Toy/2"]), st.just(""), st.sampled_from(Method), st.booleans()),
        max_size=2,
    ).map(tuple),
)


@given(st.lists(REPORTS, max_size=6).flatmap(lambda reports: st.tuples(st.just(reports), st.permutations(reports))))
def test_the_order_of_the_sources_does_not_matter(orders: tuple[list[Finding], list[Finding]]) -> None:
    (facts, told), (facts_again, told_again) = (settle(order, RED_FLAGS, NOW) for order in orders)
    assert facts.current == facts_again.current
    assert told == told_again


@given(st.lists(REPORTS, max_size=6))
def test_whatever_stands_was_said_by_somebody(reports: list[Finding]) -> None:
    facts, told = settle(reports, RED_FLAGS, NOW)
    said = {(report.key, report.status, report.value) for report in reports}
    for finding in (*facts.findings(), *(d.stands for d in told), *(d.set_aside for d in told)):
        assert (finding.key, finding.status, finding.value) in said
        assert finding.status is not Status.UNKNOWN


@given(st.lists(REPORTS, max_size=6))
def test_a_key_is_known_as_soon_as_anybody_speaks_of_it(reports: list[Finding]) -> None:
    facts, _ = settle(reports, RED_FLAGS, NOW)
    assert facts.known == {report.key for report in reports if report.status is not Status.UNKNOWN}
