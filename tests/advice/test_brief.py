"""An assessment in a line: nothing that presses may stand behind what does not."""

import pytest

from service.advice.brief import Brief
from service.knowledge.cases import NOW, Case
from service.triage.assess import assess
from service.triage.findings import Finding, Side, Status
from tests.triage.patients import CASES, KNOWLEDGE


def brief(*findings: Finding) -> Brief:
    return Brief.of(assess(findings, KNOWLEDGE, NOW))


def present(key: str, **more: object) -> Finding:
    return Finding(key, Status.PRESENT, **more)  # type: ignore[arg-type]


DVT = (
    present("age_years", value=61.0, unit="a"),
    present("sex_at_birth", value="female"),
    *(present(key, side=Side.LEFT) for key in ("calf_pain", "leg_swelling_unilateral", "tender_deep_veins")),
    present("active_cancer"),
)


def test_it_says_who_which_side_and_what_it_may_be() -> None:
    told = brief(*DVT)
    assert (told.age_years, told.sex, told.side) == (61.0, "female", "left")
    assert told.pathways[0] == "deep-vein-thrombosis"
    assert told.headline == "Deep vein thrombosis possible; Acute limb ischaemia possible; 1 more"


def test_of_nothing_it_says_nothing() -> None:
    assert brief() == Brief(None, None, None, (), "")


def test_what_is_unlikely_is_not_named() -> None:
    told = brief(present("calf_pain", side=Side.RIGHT))
    assert "unlikely" not in told.headline
    assert brief(Finding("age_years", Status.ABSENT), Finding("sex_at_birth", Status.UNKNOWN)).age_years is None


@pytest.mark.parametrize("case", CASES[::40], ids=lambda case: case.name)
def test_what_makes_it_urgent_is_named_first(case: Case) -> None:
    assessment = assess(case.findings, KNOWLEDGE, NOW)
    told = Brief.of(assessment)
    pressing = {reason.pathway for reason in assessment.urgency.because}
    named = [c for c in assessment.considerations if c.condition in pressing and c.level != "unlikely"]
    assert not named or any(told.headline.startswith(f"{c.label} {c.level}") for c in named)
    if assessment.urgency.tier and assessment.urgency.tier.is_hot:
        assert told.headline
