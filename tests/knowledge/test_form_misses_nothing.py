"""The form, answered truthfully, says as much about urgency as everything that the patient could tell."""

from collections.abc import Mapping
from typing import Final

from service.intake.structured import read_intake
from service.intake_page.answers import read_answers
from service.knowledge.cases import NOW, Case
from service.triage.assess import assess
from service.triage.findings import Finding, Status, Temporality
from service.triage.rules import Tier
from tests.intake_page.interviews import ANSWERED, Fields, Truth, truth_of, truthful
from tests.triage.patients import CASES, LIBRARY

KNOWLEDGE, FORM = LIBRARY.knowledge, LIBRARY.form
TELLABLE = ANSWERED | {key for key, finding in KNOWLEDGE.findings.items() if finding.patient_question}

# Who says yes to the one says yes to the other: it asks for the same thing, or for a part of it.
SAME: Final[Mapping[str, str]] = {
    "calf_swelling": "leg_swelling_unilateral",
    "entire_leg_swollen": "leg_swelling_unilateral",
    "rapidly_spreading_erythema": "skin_erythema",
    "skin_infection_despite_antibiotics": "skin_erythema",
    "cord_near_groin": "superficial_cord",
    "popliteal_mass": "posterior_knee_pain",
    "bilateral_radicular_pain": "radicular_pain",
    "rigors": "fever",
    "progressive_neuro_deficit": "numbness",  # or weakness: the case says neither
}
OF_WOMEN = ("pregnant", "postpartum_within_6_weeks", "oestrogen_therapy")


def truth(case: Case) -> Truth:
    """What this patient would say: what the case lists, and what is the same by another name."""
    told = truth_of(case.findings)
    for special, broad in SAME.items():
        finding = told.get(special)
        if finding and finding.status is Status.PRESENT:
            side = finding.side if KNOWLEDGE.findings[broad].lateral else None
            told = dict(told) | {broad: finding._replace(key=broad, side=side)}
    if any(key in told and told[key].status is Status.PRESENT for key in OF_WOMEN):
        told = {"sex_at_birth": Finding("sex_at_birth", Status.PRESENT, value="female")} | dict(told)
    return told


def tier_of_all(case: Case) -> Tier | None:
    """The tier of everything listed that there is a question for the patient for."""
    told = [f for f in case.findings if f.key in TELLABLE and f.temporality is Temporality.CURRENT]
    return assess(told, KNOWLEDGE, NOW).urgency.tier


def tier_of_form(case: Case) -> Tier | None:
    """The tier of the whole form, with an answer to every item that is shown."""
    tell = truthful(truth(case))
    fields: dict[str, Fields] = {item.key: tell(item) for item in FORM.items}
    everything = read_answers({k: v for given in fields.values() for k, v in given.items()}, LIBRARY, NOW)
    shown = {k: v for item in FORM.enabled(everything.answers) for k, v in fields[item.key].items()}
    sent = read_answers(shown, LIBRARY, NOW)
    findings = read_intake(sent.intake, LIBRARY.terminology, NOW).findings
    return assess(findings, KNOWLEDGE, NOW).urgency.tier


def test_the_form_loses_no_emergency_and_nothing_for_today() -> None:
    hot = [(case, tier) for case in CASES if (tier := tier_of_all(case)) and tier.is_hot]
    assert len(hot) > 700
    for case, tier in hot:
        reached = tier_of_form(case)
        assert reached is not None, case.name
        assert reached.rank >= tier.rank, f"{case.pathway}: {case.name}: {tier}, by the form {reached}"
