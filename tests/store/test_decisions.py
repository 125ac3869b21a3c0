"""What clinicians decide stands with the assessment, counts its version up, and is told in the audit."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.store import AuditEntry, ChangedError, Decision, DecisionError, NotFoundError, Store
from service.store.tables import assessments, audit, decisions, notices
from tests.store.answers import NOW, answer, card, overridden
from tests.store.conftest import MakeStore, Rows, settle
from tests.store.test_reading import asked


def decision(action: str = "acknowledge", **changes: Any) -> Decision:
    given = Decision(assessment="answer-00001", action=action, actor="dr-adams", at=NOW + timedelta(minutes=5))
    reason = "already-done" if action == "override" else None
    return replace(given, **{"reason_code": reason, **changes})


@pytest.fixture
def kept(store: Store) -> Store:
    """A store with one assessment."""
    store.record(asked(1))
    settle(store)
    return store


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (["acknowledge"], "acknowledged"),
        (["acknowledge", "accept"], "accepted"),
        (["accept", "acknowledge"], "accepted"),
        (["accept", "override"], "overridden"),
        (["override", "undo"], "open"),
        (["acknowledge", "override", "undo"], "acknowledged"),
        (["acknowledge", "override", "undo", "undo"], "open"),
        (["override", "undo", "accept"], "accepted"),
    ],
    ids=" ".join,
)
def test_the_status_is_what_the_decisions_come_to(kept: Store, rows: Rows, actions: list[str], status: str) -> None:
    for version, action in enumerate(actions, start=1):
        after = kept.decide(decision(action), expected_version=version)
        assert after.version == version + 1
        assert after == kept.assessment("answer-00001")
    assert kept.assessments()[0].status == status
    assert [each.action for each in kept.decisions("answer-00001")] == actions
    told = [(each["actor"], each["action"], each["subject"]) for each in rows(audit)]
    assert told == [("dr-adams", f"decision: {action}", "answer-00001") for action in actions]
    assert [each.id for each in kept.worklist()] == (["answer-00001"] if status == "open" else [])


def test_an_order_is_undone_by_itself(kept: Store) -> None:
    kept.decide(decision("override", order="d_dimer"))
    kept.decide(decision("accept", order="us_leg_veins_duplex"))
    assert kept.decide(decision("undo", order="d_dimer")).status == "accepted"
    with pytest.raises(DecisionError):
        kept.decide(decision("undo", order="d_dimer"))
    first, *_ = kept.decisions("answer-00001")
    assert first == decision("override", order="d_dimer")


@pytest.mark.parametrize(
    "senseless", [decision("undo"), decision("agree"), decision("override", reason_code=None)], ids=lambda d: d.action
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(kept: Store, rows: Rows, senseless: Decision) -> None:
    with pytest.raises(DecisionError):
        kept.decide(senseless)
    assert rows(decisions) == rows(audit) == []
    assert rows(assessments)[0]["version"] == 1


def test_a_decision_about_what_has_changed_is_refused(kept: Store, rows: Rows) -> None:
    kept.decide(decision("accept"), expected_version=1)
    with pytest.raises(ChangedError):
        kept.decide(decision("override"), expected_version=1)
    assert len(rows(decisions)) == len(rows(audit)) == 1


def test_a_decision_about_anothers_assessment_finds_nothing(kept: Store) -> None:
    with pytest.raises(NotFoundError):
        kept.decide(decision(), client="southfield")
    with pytest.raises(NotFoundError):
        kept.decide(decision(assessment="nowhere\0"))
    assert kept.decide(decision(), client="northfield").status == "acknowledged"


def test_of_two_who_decide_at_once_one_is_told_that_it_changed(kept: Store, rows: Rows) -> None:
    def work(action: str) -> str:
        try:
            return kept.decide(decision(action), expected_version=1).status
        except ChangedError:
            return "changed"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(work, ["accept", "override", "acknowledge", "accept"]))
    assert told.count("changed") == 3
    assert len(rows(decisions)) == len(rows(audit)) == 1


def test_what_a_comment_may_keep_is_the_sites_choice(make_store: MakeStore, url: str) -> None:
    for patients, expected in (("none", None), ("full", "Patient/pat-77310 was seen")):
        store = make_store(url, patients)
        store.start()
        store.record(answer(1))
        settle(store)
        store.decide(decision("override", comment="Patient/pat-77310 was seen"))
        assert store.decisions("answer-00001")[-1].comment == expected


def test_odd_words_in_a_decision_do_no_harm(kept: Store) -> None:
    odd = "nul \0 and \ud800 " + "x" * 1000
    after = kept.decide(decision("override", comment=odd, reason_code=odd, actor=odd, order=odd))
    assert after.status == "overridden"
    assert kept.ready().ready


def by(actor: str, **more: Any) -> AuditEntry:
    at = NOW + timedelta(minutes=5)
    return AuditEntry(at=at, actor=actor, action="", subject="", role="clinician", address="192.0.2.7", **more)


def test_who_looks_after_it_is_claimed_handed_over_and_released(kept: Store, rows: Rows) -> None:
    steps = [("dr-adams", "dr-adams"), ("dr-brown", "dr-adams"), (None, "dr-brown")]
    for version, (assignee, actor) in enumerate(steps, start=1):
        after = kept.assign(
            "answer-00001", assignee, entry=by(actor), comment=f"note {version}", expected_version=version
        )
        assert (after.assignee, after.version, after.status) == (assignee, version + 1, "open")
        assert after == kept.assessment("answer-00001")
    made = [(each.action, each.actor, each.assignee, each.comment) for each in kept.decisions("answer-00001")]
    assert made == [
        ("claim", "dr-adams", "dr-adams", "note 1"),
        ("hand_over", "dr-adams", "dr-brown", "note 2"),
        ("release", "dr-brown", None, "note 3"),
    ]
    told = [(each["action"], each["subject"], each["role"], each["address"]) for each in rows(audit)]
    actions = ("claim", "hand_over", "release")
    assert told == [(f"decision: {action}", "answer-00001", "clinician", "192.0.2.7") for action in actions]


def test_who_looks_after_it_changes_no_decision(kept: Store) -> None:
    kept.decide(decision("accept"))
    assert kept.assign("answer-00001", "dr-brown", entry=by("dr-brown")).status == "accepted"
    after = kept.decide(decision("undo"))
    assert (after.status, after.assignee) == ("open", "dr-brown")
    with pytest.raises(DecisionError):
        kept.decide(decision("undo"))


def test_nothing_changes_hands_that_is_where_it_should_be(kept: Store, rows: Rows) -> None:
    with pytest.raises(DecisionError, match="nobody"):
        kept.assign("answer-00001", None, entry=by("dr-adams"))
    kept.assign("answer-00001", "dr-adams", entry=by("dr-adams"))
    with pytest.raises(DecisionError, match="dr-adams"):
        kept.assign("answer-00001", "dr-adams", entry=by("dr-adams"))
    with pytest.raises(NotFoundError):
        kept.assign("answer-00001", None, entry=by("dr-adams"), client="southfield")
    assert len(rows(decisions)) == 1


def test_of_two_who_claim_at_once_one_is_told_that_it_changed(kept: Store) -> None:
    def claim(login: str) -> str:
        try:
            return str(kept.assign("answer-00001", login, entry=by(login), expected_version=1).assignee)
        except ChangedError:
            return "changed"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(claim, ["dr-adams", "dr-brown", "dr-clark", "dr-davis"]))
    assert told.count("changed") == 3
    stored = kept.assessment("answer-00001")
    assert stored is not None
    assert stored.assignee in told


def test_the_audit_tells_from_where_and_with_which_role_it_was_decided(kept: Store) -> None:
    kept.decide(decision("accept"), entry=by("dr-adams"))
    (told,) = kept.audit()
    assert (told.action, told.subject, told.actor) == ("decision: accept", "answer-00001", "dr-adams")
    assert (told.role, told.address, told.outcome) == ("clinician", "192.0.2.7", "success")


def test_a_purge_takes_decisions_and_notices_with_it(kept: Store, rows: Rows) -> None:
    kept.decide(decision())
    kept.purge(NOW + timedelta(days=1), "tester")
    assert rows(assessments) == rows(decisions) == rows(notices) == []
    assert [each["action"] for each in rows(audit)] == ["decision: acknowledge", "purge"]


def test_statistics_count_volume_tiers_decisions_and_waits(store: Store) -> None:
    store.record(answer(1))
    store.record(answer(2, service="rest", cards=()))
    store.record(answer(3, service="rest", cards=(), tier="routine", client="southfield"))
    store.record(answer(4, in_scope=False, tier=None, cards=()))
    store.record(answer(5, created=NOW + timedelta(days=2)))
    store.feedback([overridden(), overridden(card("leg-pain-workup", 2), outcome="accepted")])
    settle(store)
    store.assign("answer-00001", "dr-adams", entry=replace(by("dr-adams"), at=NOW + timedelta(seconds=2)))
    store.decide(decision("acknowledge", assessment="answer-00001", at=NOW + timedelta(seconds=61)))
    store.decide(decision("override", assessment="answer-00002", at=NOW + timedelta(seconds=122)))
    told = store.statistics(NOW, NOW + timedelta(days=1))
    assert told == {
        "since": "2026-11-23T10:00:00+00:00",
        "until": "2026-11-24T10:00:00+00:00",
        "assessments": 4,
        "by_service": {"leg-pain-patient-view": 2, "rest": 2},
        "by_tier": {"out_of_scope": 1, "routine": 1, "same_day": 2},
        "by_status": {"acknowledged": 1, "accepted": 0, "overridden": 1},
        "override_rates": [{"rule": "dvt-likely", "answered": 3, "overridden": 2, "rate": 2 / 3}],
        "median_seconds_to_acknowledge": 90.0,
    }
    assert store.statistics(NOW, NOW + timedelta(days=1), client="southfield")["assessments"] == 1
    assert store.statistics(NOW, NOW)["median_seconds_to_acknowledge"] is None
