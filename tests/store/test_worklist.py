"""The worklist as clinicians look through it: filtered, sorted, counted, page by page; and a patient's history."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import orjson
import pytest

from service.store import NOBODY, AuditEntry, DatabaseAwayError, Decision, Store, StoredAssessment, WorklistQuery
from service.store.worklist import Sort
from tests.store.answers import NOW, answer
from tests.store.conftest import Clock, MakeStore, settle
from tests.store.test_decisions import decision
from tests.store.test_reading import RANKS, ids, keep
from tests.store.test_spool import AWAY, wait_until_empty


@pytest.fixture
def full(make_store: MakeStore, url: str) -> Store:
    """A store that keeps who the patients are."""
    store = make_store(url, "full")
    store.start()
    return store


def by(actor: str) -> AuditEntry:
    return AuditEntry(at=NOW, actor=actor, action="", subject="", role="clinician", address="192.0.2.7")


def claim(store: Store, number: int, login: str = "dr-adams") -> None:
    store.assign(f"answer-{number:05}", login, entry=by(login))


def listed(store: Store, **query: Any) -> list[int]:
    return ids(store.worklist_page(WorklistQuery(**query)))


def found(store: Store, number: int) -> StoredAssessment:
    stored = store.assessment(f"answer-{number:05}")
    assert stored is not None
    return stored


MARTA: dict[str, Any] = {
    "patient_id": "marta-9",
    "patient_name": "Marta Lindqvist",
    "birth_date": "1961-04-12",
    "age_years": 65.0,
    "sex": "female",
    "side": "left",
    "pathways": ("deep-vein-thrombosis", "calf-strain"),
    "headline": "Deep vein thrombosis likely; Calf strain possible",
}


def test_a_line_says_who_waits_and_for_what(full: Store) -> None:
    keep(full, 1, "same_day", due=4, **MARTA)
    (item,) = full.worklist_page(WorklistQuery())
    assert (item.patient_name, item.birth_date) == ("Marta Lindqvist", "1961-04-12")
    assert (item.age_years, item.sex) == (65, "female")
    assert (item.side, item.pathways, item.headline) == ("left", MARTA["pathways"], MARTA["headline"])
    assert (item.id, item.tier, item.could_be, item.status) == ("answer-00001", "same_day", "emergency", "open")
    assert (item.due, item.assignee, item.version) == (NOW + timedelta(hours=4), None, 1)
    read = found(full, 1)
    assert all(getattr(read, name) == getattr(item, name) for name in ("patient_name", "pathways", "headline", "side"))


@pytest.mark.parametrize("patients", ["pseudonym", "none"])
def test_names_are_kept_only_where_identifiers_are(make_store: MakeStore, url: str, patients: str) -> None:
    store = make_store(url, patients)
    store.start()
    keep(store, 1, **MARTA)
    (item,) = store.worklist_page(WorklistQuery())
    assert (item.patient_name, item.birth_date) == (None, None)
    assert (item.age_years, item.headline) == (65, MARTA["headline"])
    assert listed(store, text="lindqvist") == []


def test_each_filter_leaves_what_fits(full: Store) -> None:
    keep(full, 1, "same_day", due=1, **MARTA)
    keep(full, 2, "emergency", due=0, age_years=7.5, side="right", pathways=("calf-strain",), patient_name="Jon 100%")
    keep(full, 3, None, headline="Sciatica likely", pathways=("sciatica",), patient_name="Ö. Özil", client="southfield")
    claim(full, 2)
    wanted: dict[str, dict[str, Any]] = {
        "1": {"tier": "same_day"},
        "2": {"tier": "emergency"},
        "3": {"tier": "none"},
        "2 1": {"pathway": "calf-strain"},
        "": {"pathway": "strain"},
        " 1": {"side": "left"},
        "  2": {"age_to": 7},
        "  1": {"age_from": 8},
        "   2": {"assignee": "dr-adams"},
        "1 3": {"assignee": NOBODY},
        "   3": {"client": "southfield"},
        "   1": {"patient": "marta-9"},
        "    1": {"text": "  LINDqvist deep "},
        "    2": {"text": "100%"},
        "    3": {"text": "özil"},
        "     3": {"text": "OZIL"},
        "2 1 3": {"text": "answer-0000"},
        "     1": {"text": "MARTA-"},
        " ": {"text": "answer_0000"},
        "  ": {"status": "accepted"},
        "2 1 3 ": {"status": None, "text": " "},
        "   ": {"text": "nul \0 \ud800 " + "x" * 5000, "tier": "x" * 5000},
    }
    for expected, query in wanted.items():
        assert listed(full, **query) == [int(number) for number in expected.split()], query


def test_the_three_ways_to_sort_are_read_page_by_page(full: Store) -> None:
    waits = {1: ("routine", None, 3), 2: ("emergency", 0, 1), 3: ("same_day", 4, 2), 4: ("same_day", 1, 0)}
    for number, (tier, due, hours) in waits.items():
        keep(full, number, tier, due=due, created=NOW - timedelta(hours=hours))
    orders: dict[Sort, list[int]] = {"urgency": [2, 4, 3, 1], "newest": [4, 3, 2, 1], "waiting": [1, 3, 2, 4]}
    for sort, expected in orders.items():
        query, paged, after = WorklistQuery(sort=sort), [], None
        while page := full.worklist_page(query, after=after, limit=1):
            paged += ids(page)
            after = orjson.loads(orjson.dumps(page[-1].place))
        assert paged == expected, sort
    for wrong in ([1], ["x", "y"], [NOW.isoformat()], [True], "ab"):
        for sort in orders:
            if (sort, wrong) != ("newest", [1]):
                with pytest.raises(ValueError, match="no place"):
                    full.worklist_page(WorklistQuery(sort=sort), after=wrong)


def test_the_counts_name_all_tiers_and_what_is_late(full: Store, clock: Clock) -> None:
    for number, (tier, due) in enumerate([("emergency", 0), ("same_day", 4), ("same_day", 1), (None, None)], start=1):
        keep(full, number, tier, due=due)
    keep(full, 5, "emergency", in_scope=False)
    clock.now = NOW + timedelta(hours=2)
    tiers = {"emergency": 1, "same_day": 2, "urgent": 0, "routine": 0, "self_care": 0, "none": 1}
    counts = full.worklist_counts(WorklistQuery())
    assert (counts.tiers, counts.total, counts.breached) == (tiers, 4, 2)
    counts = full.worklist_counts(WorklistQuery(tier="same_day"))
    assert (counts.tiers, counts.total, counts.breached) == (tiers, 2, 1)
    counts = full.worklist_counts(WorklistQuery(tier="nowhere"))
    assert (counts.tiers, counts.total, counts.breached) == (tiers, 0, 0)


def test_of_a_patient_the_lines_and_the_counts_agree(full: Store) -> None:
    keep(full, 1, "same_day", due=1, patient_id="p")
    keep(full, 2, "same_day", due=2, patient_id="p")
    keep(full, 3, "routine", patient_id="p")
    keep(full, 4, "emergency", patient_id="p", in_scope=False)
    keep(full, 5, "emergency", patient_id="p", client="southfield")
    assert listed(full) == ids(full.worklist()) == [5, 2, 3]
    assert full.worklist_counts(WorklistQuery()).total == 3
    assert full.worklist_counts(WorklistQuery(client="southfield")).total == 1


def test_what_is_followed_is_superseded_and_tells_whom_it_is_about(full: Store) -> None:
    keep(full, 1, "same_day", due=1, **MARTA)
    claim(full, 1)
    keep(full, 2, "emergency", due=0, patient_id=None, follows="answer-00001")
    assert listed(full) == [2]
    stored = found(full, 2)
    assert (stored.patient, stored.patient_name, stored.birth_date) == ("marta-9", "Marta Lindqvist", "1961-04-12")
    assert (stored.assignee, stored.follows) == ("dr-adams", "answer-00001")


def test_what_was_more_urgent_stays_beside_what_follows_it(full: Store) -> None:
    keep(full, 1, "emergency", due=0, patient_id=None)
    keep(full, 2, "routine", patient_id=None, follows="answer-00001")
    keep(full, 3, "routine", patient_id=None, follows="answer-00002")
    assert listed(full) == [1, 3]


def test_nobody_follows_what_is_anothers(full: Store) -> None:
    keep(full, 1, "same_day", due=1, **MARTA)
    keep(full, 2, "emergency", due=0, patient_id=None, follows="answer-00001", client="southfield")
    assert listed(full) == [2, 1]
    assert (found(full, 2).patient, found(full, 2).patient_name) == (None, None)
    assert ids(full.history(found(full, 1))) == [1]


def test_whoever_looks_after_a_patient_does_so_when_more_is_known(full: Store) -> None:
    keep(full, 1, "same_day", due=1, patient_id="p")
    claim(full, 1)
    keep(full, 2, "emergency", due=0, patient_id="p")
    assert found(full, 2).assignee == "dr-adams"
    keep(full, 3, "routine", patient_id="p")
    assert found(full, 3).assignee is None  # the emergency stays on the list, with its own
    keep(full, 4, "emergency", patient_id="q")
    assert found(full, 4).assignee is None


def test_whoever_decided_is_not_given_what_comes_later(full: Store) -> None:
    keep(full, 1, "same_day", due=1, patient_id="p")
    claim(full, 1)
    full.decide(Decision(assessment="answer-00001", action="accept", actor="dr-adams", at=NOW))
    keep(full, 2, "same_day", due=1, patient_id="p")
    assert found(full, 2).assignee is None


def test_of_many_about_one_patient_at_once_one_is_listed(full: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: keep(full, number, "same_day", due=1, patient_id="p"), range(1, 17)))
    settle(full)
    latest = full.assessments(limit=1)
    assert listed(full) == ids(latest)
    assert full.worklist_counts(WorklistQuery()).total == 1


def test_what_waited_in_the_spool_is_superseded_in_its_order(make_store: MakeStore, url: str, tmp_path: Any) -> None:
    away = make_store(AWAY, "full")
    for number, tier in ((1, "same_day"), (2, "emergency"), (3, "routine"), (4, "urgent")):
        keep_waiting(away, number, tier)
    away.close()
    back = make_store(url, "full")
    back.upgrade()
    back.start()
    wait_until_empty(tmp_path / "spool")
    assert listed(back) == [2, 4]


def keep_waiting(store: Store, number: int, tier: str) -> None:
    store.record(answer(number, patient_id="p", tier=tier, tier_rank=RANKS[tier]))


def test_a_patients_history_is_the_same_patient_and_what_follows(full: Store) -> None:
    keep(full, 1, patient_id="p")
    keep(full, 2, patient_id=None)
    keep(full, 3, patient_id=None, follows="answer-00002")
    keep(full, 4, patient_id="p", in_scope=False)
    keep(full, 5, patient_id=None, follows="answer-00003")
    keep(full, 6, patient_id=None, follows="answer-00002")
    keep(full, 7, patient_id="p", client="southfield")
    keep(full, 8, patient_id=None, follows="answer-00001")
    for number in (1, 4, 8):
        assert ids(full.history(found(full, number))) == [8, 4, 1]
    for number in (2, 3, 5, 6):
        assert ids(full.history(found(full, number))) == [6, 5, 3, 2]
    assert ids(full.history(found(full, 6), limit=2)) == [6, 5]


def test_only_the_patient_of_a_session_is_found(full: Store) -> None:
    keep(full, 1, patient_id="p")
    assert full.assessment("answer-00001", patient="p", client="northfield")
    assert full.assessment("answer-00001", patient="q") is None


def test_a_purge_lists_again_what_was_spoken_for_by_what_is_gone(full: Store) -> None:
    keep(full, 1, "same_day", due=1, patient_id="p")
    keep(full, 2, "same_day", due=1, patient_id="p", created=NOW - timedelta(days=2))
    assert listed(full) == [2]
    full.purge(NOW - timedelta(days=1), "tester")
    assert listed(full) == [1]


def test_the_worklist_says_so_when_the_database_is_away(make_store: MakeStore) -> None:
    away = make_store(AWAY)
    for read in (away.worklist_page, away.worklist_counts):
        with pytest.raises(DatabaseAwayError):
            read(WorklistQuery())


@pytest.mark.parametrize(
    ("before", "tier", "hours"), [("same_day", "same_day", 1), ("urgent", "same_day", 1), ("emergency", "same_day", 8)]
)
def test_a_later_assessment_no_less_urgent_keeps_the_time_to_act(
    full: Store, before: str, tier: str, hours: int
) -> None:
    keep(full, 1, before, due=1, **MARTA)
    keep(full, 2, tier, due=8, **MARTA)
    assert found(full, 2).due == NOW + timedelta(hours=hours)


def test_who_was_decided_about_has_a_new_time_to_act(full: Store) -> None:
    keep(full, 1, "same_day", due=1, **MARTA)
    full.decide(decision("accept"), expected_version=1)
    keep(full, 2, "same_day", due=8, **MARTA)
    assert found(full, 2).due == NOW + timedelta(hours=8)
