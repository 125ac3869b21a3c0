"""What clinicians made of the advice, read for those who look after the knowledge."""

from datetime import timedelta

import pytest

from service.store import Decision, Store, reactions
from tests.store.answers import NOW, answer, card, overridden
from tests.store.conftest import Clock

SINCE, UNTIL = NOW - timedelta(days=1), NOW + timedelta(days=1)
SUMMARY = card()


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reactions, "_AT_ONCE", 2)


def test_feedback_and_decisions_come_in_the_order_of_time_with_the_rules_behind_them(
    store: Store, clock: Clock
) -> None:
    for number in range(1, 4):
        store.record(answer(number, knowledge_version=f"2026.{number}"))
    for minute in range(1, 6):
        clock.now = NOW + timedelta(minutes=minute)
        store.feedback([overridden(card=SUMMARY.uuid, timestamp=clock.now)])
    accepted = Decision(
        assessment="answer-00002", action="accept", actor="ann", at=NOW + timedelta(minutes=3, seconds=9)
    )
    store.decide(accepted)

    told = [*store.reactions(SINCE, UNTIL)]

    assert [each.kind for each in told] == ["card", "card", "card", "decision", "card", "card"]
    assert {each.rules for each in told} == {("dvt-likely",)}
    assert {each.knowledge_version for each in told if each.kind == "card"} == {"2026.3"}
    decision = told[3]
    assert (decision.outcome, decision.assessment, decision.about) == ("accepted", "answer-00002", "all of it")
    assert decision.knowledge_version == "2026.2"


def test_a_card_that_is_not_known_is_told_without_rules(store: Store) -> None:
    store.feedback([overridden(card="3b6e5f0e-0000-4000-8000-000000000000")])

    (told,) = store.reactions(SINCE, UNTIL)

    assert (told.assessment, told.rules, told.about) == (None, (), "3b6e5f0e-0000-4000-8000-000000000000")


def test_only_the_period_that_is_asked_for(store: Store, clock: Clock) -> None:
    store.record(answer(1))
    store.record(answer(2, client="southfield"))
    store.decide(Decision(assessment="answer-00002", action="accept", actor="ann", at=NOW))
    store.feedback([overridden(card=SUMMARY.uuid)])
    clock.now = UNTIL
    store.feedback([overridden(card=SUMMARY.uuid, timestamp=NOW + timedelta(hours=9))])

    assert len([*store.reactions(SINCE, UNTIL + timedelta(days=1))]) == 3


def test_what_was_taken_back_is_told_too(store: Store) -> None:
    store.record(answer(1))
    for action in ("acknowledge", "override", "undo"):
        store.decide(Decision(assessment="answer-00001", action=action, actor="ann", at=NOW, reason_code="data-wrong"))

    assert [each.outcome for each in store.reactions(SINCE, UNTIL)] in (
        ["overridden", "taken back"],
        ["taken back", "overridden"],  # at the same moment there is no order
    )
