"""What the store tells of a period, on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.store import AuditEntry, CallsNotAddedError, Decision, Insights, Store, Verdicts, Wait
from tests.store.answers import NOW, RESULT, answer, card, overridden
from tests.store.conftest import MakeStore

DAY = NOW.replace(hour=0)
SAME_DAY: dict[str, Any] = {"tier": "same_day", "tier_rank": 3}
EMERGENCY: dict[str, Any] = {"tier": "emergency", "tier_rank": 4}


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def give(store: Store, number: int, hour: float, **changes: Any) -> str:
    """An assessment at this hour, to be answered within four hours; its id."""
    given = answer(number, **{"created": at(hour), "due": at(hour + 4), "cards": (), **SAME_DAY, **changes})
    store.record(given)
    return given.id


def decide(store: Store, assessment: str, hour: float, action: str = "acknowledge", **more: Any) -> None:
    store.decide(Decision(assessment=assessment, action=action, actor="ward", at=at(hour), **more))


def told(store: Store, **bounds: Any) -> Insights:
    return store.insights(DAY, DAY + timedelta(days=1), **bounds)


def wait(store: Store) -> Wait:
    """The one who waits."""
    (only,) = told(store).waits
    return only


def test_a_patient_whose_chart_is_opened_again_waits_once(store: Store) -> None:
    give(store, 1, 8)
    again = give(store, 2, 9)
    decide(store, again, 10)

    assert told(store).volume == {"2026-11-23": {"same_day": 2}}
    assert wait(store) == Wait("same_day", at(8), at(12), at(10))


def test_who_was_answered_and_comes_again_waits_again(store: Store) -> None:
    decide(store, give(store, 1, 8), 9)
    give(store, 2, 20)

    assert [(each.created, each.answered) for each in told(store).waits] == [(at(8), at(9)), (at(20), None)]


def test_an_emergency_is_not_answered_by_what_was_decided_about_less(store: Store) -> None:
    less = give(store, 1, 8)
    give(store, 2, 9, due=at(9), **EMERGENCY)
    decide(store, less, 10)

    assert wait(store) == Wait("emergency", at(9), at(9), None)


@pytest.mark.parametrize(
    ("due", "answered", "breached"),
    [
        (at(12), at(11.9), False),
        (at(12), at(12.1), True),
        (at(12), None, True),
        (at(23), None, False),
        (at(8), at(8.2), False),  # at once: within a quarter of an hour
        (at(8), at(8.3), True),
        (None, None, False),
    ],
)
def test_who_was_not_answered_in_time(due: datetime | None, answered: datetime | None, *, breached: bool) -> None:
    assert Wait("same_day", at(8), due, answered).is_breached(at(20)) is breached


def test_taking_a_patient_is_no_answer(store: Store) -> None:
    assessment = give(store, 1, 8)
    store.assign(assessment, "ward", entry=AuditEntry(at=at(9), actor="ward", action="", subject=""))

    assert wait(store).answered is None
    assert told(store).verdicts == ()


def test_what_stands_of_the_decisions_counts_for_their_rules(store: Store) -> None:
    order = {"order": "us_leg_veins_duplex", "because": [{"rule": "dvt-scan"}]}
    assessment = give(store, 1, 8, result=RESULT | {"workup": [order], "referrals": []})
    decide(store, assessment, 9, "override", reason_code="data-wrong")
    decide(store, assessment, 9.1, "undo")
    decide(store, assessment, 9.2, "accept")
    decide(store, assessment, 9.3, "override", order="us_leg_veins_duplex", reason_code="already-done")

    assert told(store).verdicts == (
        Verdicts("dvt-likely", 1, 0, {}),
        Verdicts("dvt-scan", 0, 1, {"already-done": 1}),
    )


def test_feedback_on_a_card_counts_once_however_often_the_card_was_sent(store: Store) -> None:
    give(store, 1, 8, cards=(card(),))
    give(store, 2, 9, cards=(card(),))
    give(store, 3, 9, cards=(card("other", 1),))
    store.feedback([overridden(), overridden(comment="Again"), overridden(card("other", 1), reason=None)])

    assert told(store).verdicts == (Verdicts("dvt-likely", 0, 2, {"already-done": 1, "": 1}),)
    assert told(store).verdicts[0].rate == 1


def asking(*findings: str) -> dict[str, Any]:
    return RESULT | {"questions": [{"finding": finding} for finding in findings]}


def test_a_question_is_left_open_while_the_last_assessment_asks_it(store: Store) -> None:
    give(store, 1, 8, result=asking("chest_pain", "leg_cold"))
    give(store, 2, 9, result=asking("leg_cold"))
    first = give(store, 3, 9, result=asking("chest_pain"), patient_id=None)
    give(store, 4, 10, result=asking(), patient_id=None, follows=first)
    give(store, 5, 10, result=asking("chest_pain"), patient_id=None)

    assert [(each.finding, each.asked, each.open) for each in told(store).questions] == [
        ("chest_pain", 3, 1),
        ("leg_cold", 1, 1),
    ]


def test_what_came_after_the_period_still_answers_it(store: Store) -> None:
    give(store, 1, 8, result=asking("chest_pain"))
    later = give(store, 2, 30, result=asking())
    decide(store, later, 31)

    assert wait(store).answered == at(31)
    assert [(each.asked, each.open) for each in told(store).questions] == [(1, 0)]
    assert told(store).volume == {"2026-11-23": {"same_day": 1}}


def test_a_client_is_told_of_its_own_alone(store: Store) -> None:
    mine = give(store, 1, 8, result=asking("chest_pain"), cards=(card(),))
    decide(store, mine, 9, "accept")
    store.feedback([overridden()])
    store.add_calls({("2026-11-23", "northfield", "leg-pain-patient-view"): [1, 1, 0]})

    others = told(store, client="southfield")
    assert others == Insights({}, (), (), (), ())
    assert told(store, client="northfield") == told(store)


def test_calls_add_up(store: Store) -> None:
    for day in ("2026-11-22", "2026-11-23", "2026-11-23", "2026-11-24"):
        store.add_calls({(day, client, "leg-pain-patient-view"): [10, 8, 3] for client in ("north", "south")})

    (counted,) = told(store).calls
    assert (counted.day, counted.calls, counted.silent, counted.cards) == ("2026-11-23", 40, 32, 12)
    assert told(store, client="north").calls == (replace(counted, calls=20, silent=16, cards=6),)


def test_calls_that_cannot_be_written_are_given_back(make_store: MakeStore, tmp_path: Any) -> None:
    store = make_store(f"sqlite:///{tmp_path / 'never-made.db'}")  # it has no tables

    with pytest.raises(CallsNotAddedError):
        store.add_calls({("2026-11-23", "north", "leg-pain-patient-view"): [1, 1, 0]})
