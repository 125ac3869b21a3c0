"""Every example patient of every pathway, and how a line of `given` is read."""

from datetime import date

import pytest

from service.knowledge.cases import NOW, Case, given, read_cases, run
from service.knowledge.check import all_cases, check
from service.knowledge.load import load
from service.triage.findings import Finding, Side, Status, Temporality

LIBRARY = load()
KNOWLEDGE = LIBRARY.knowledge
CASES, NOT_UNDERSTOOD = all_cases(LIBRARY)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.pathway}: {case.name}" for case in CASES])
def test_case(case: Case) -> None:
    _, problems = run(case, KNOWLEDGE)
    assert not [str(problem) for problem in problems]


def test_every_case_is_understood_and_has_a_name_of_its_own() -> None:
    assert not NOT_UNDERSTOOD
    names = [(case.pathway, case.name) for case in CASES]
    assert len(names) == len(set(names))


def test_every_rule_is_shown_to_fire_not_to_fire_and_to_wait() -> None:
    report = check()
    assert report.rules == len(KNOWLEDGE.rules)
    assert report.cases == len(CASES) > report.rules
    assert {case.pathway for case in CASES} == set(LIBRARY.pathways)
    assert report.digest == KNOWLEDGE.digest
    shown = {(rule, kind) for case in CASES for rule, kind in case.rules.items()}
    wanted = {(rule.id, kind) for rule in KNOWLEDGE.rules for kind in ("fires", "does not fire", "unknown")}
    assert wanted <= shown


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("leg_pain", "present", Finding("leg_pain", Status.PRESENT)),
        ("leg_pain", "absent", Finding("leg_pain", Status.ABSENT)),
        ("leg_pain", "unknown", Finding("leg_pain", Status.UNKNOWN)),
        ("leg_pain", "past", Finding("leg_pain", Status.PRESENT, Temporality.PAST)),
        ("leg_pain", "family", Finding("leg_pain", Status.PRESENT, Temporality.FAMILY)),
        ("leg_pain", "left", Finding("leg_pain", Status.PRESENT, side=Side.LEFT)),
        ("leg_pain", "bilateral", Finding("leg_pain", Status.PRESENT, side=Side.BILATERAL)),
        ("age_years", 65, Finding("age_years", Status.PRESENT, value=65.0, unit="a")),
        ("age_years", "absent", Finding("age_years", Status.ABSENT)),
        ("spo2", "91.5 %", Finding("spo2", Status.PRESENT, value=91.5, unit="%")),
        (
            "calf_circumference_difference_cm",
            "4 cm left",
            Finding("calf_circumference_difference_cm", Status.PRESENT, side=Side.LEFT, value=4.0, unit="cm"),
        ),
        (
            "calf_circumference_difference_cm",
            "4 left",
            Finding("calf_circumference_difference_cm", Status.PRESENT, side=Side.LEFT, value=4.0, unit="cm"),
        ),
        ("sex_at_birth", "male", Finding("sex_at_birth", Status.PRESENT, value="male")),
        ("injury_date", "0 days ago", Finding("injury_date", Status.PRESENT, value=NOW.date())),
        ("injury_date", "1 day ago", Finding("injury_date", Status.PRESENT, value=date(2026, 11, 21))),
        ("injury_date", "2 weeks ago", Finding("injury_date", Status.PRESENT, value=date(2026, 11, 8))),
        ("injury_date", "1 year ago", Finding("injury_date", Status.PRESENT, value=date(2025, 11, 22))),
        ("injury_date", date(2026, 1, 2), Finding("injury_date", Status.PRESENT, value=date(2026, 1, 2))),
        ("ordered", "d_dimer", Finding("ordered:d_dimer", Status.PRESENT)),
    ],
)
def test_a_line_of_given_says_one_finding(key: str, value: object, expected: Finding) -> None:
    finding = given(key, value, KNOWLEDGE)
    assert finding.sources
    assert (
        Finding(finding.key, finding.status, finding.temporality, finding.side, finding.value, finding.unit) == expected
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("unknown_key", "present", "unknown key `unknown_key`"),
        ("leg_pain", "yes", "`leg_pain: yes` is not understood"),
        ("leg_pain", True, "`leg_pain: True` is not understood"),
        ("age_years", "old", "`age_years: old` is not understood"),
        ("age_years", "bilateral", "`age_years: bilateral` is not understood"),
        ("age_years", "65 weeks", "`age_years` is given in weeks, the vocabulary has a"),
        ("injury_date", "yesterday", "yesterday"),
        ("ordered", "unknown_order", "unknown order `unknown_order`"),
    ],
)
def test_a_line_that_is_not_understood_is_refused(key: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        given(key, value, KNOWLEDGE)


def test_cases_are_read_with_what_they_expect() -> None:
    cases, problems = read_cases(LIBRARY.pathways["deep-vein-thrombosis"], KNOWLEDGE)
    assert not problems
    (case,) = [case for case in cases if case.name == "cancer and a swollen calf"]
    assert case.rules["dvt-likely"] == "fires"
    assert case.expect["tier"] == "same_day"
    assert "active_cancer" in {finding.key for finding in case.findings}
