"""The form leads to the same verdict as the facts that were answered, told directly."""

from typing import Any

import orjson
import pytest

from service.intake.fhir import read
from service.intake.structured import read_intake
from service.knowledge.library import Library
from service.triage.assess import assess
from service.triage.assessment import Assessment
from tests.fhir_api.form_answers import questionnaire_response
from tests.intake.record import NOW

PATIENTS = [
    {"body_region": ["calf_pain"], "leg_swelling_unilateral": ["left"], "symptom_side": ["left"]},
    {"body_region": ["calf_pain"], "leg_swelling_unilateral": ["bilateral"], "dyspnoea": ["present"]},
    {"body_region": ["low_back_pain", "posterior_thigh_pain"], "saddle_numbness": ["present"]},
    {"body_region": ["leg_pain"], "leg_cold": ["right"], "leg_pale": ["right"], "numbness": ["right"]},
    {"body_region": ["malleolar_zone_pain"], "acute_injury": ["left"], "unable_weight_bear_4_steps": ["left"]},
    {"body_region": ["calf_pain"], "leg_cramp": ["bilateral"], "chest_pain": ["absent"], "fever": ["absent"]},
    {"body_region": ["knee_pain"], "fever": ["present"], "body_temperature_c": ["39.2"], "limping": ["left"]},
    {"body_region": ["thoracic_pain"], "leg_weakness": ["bilateral"], "night_pain_unremitting": ["present"]},
    {"body_region": ["leg_pain"], "symptom_onset_date": ["2026-11-20"], "active_cancer": ["present"]},
    {},
]


def told_directly(answers: dict[str, list[str]], library: Library) -> list[dict[str, Any]]:
    """The same facts as the findings of an intake."""
    findings: list[dict[str, Any]] = []
    for key, given in answers.items():
        if key == "body_region":
            findings += [{"key": place, "status": "present"} for place in given]
            continue
        definition = library.knowledge.findings[key]
        (said,) = given
        fact: dict[str, Any] = {"key": key, "status": "absent" if said == "absent" else "present"}
        if definition.type == "quantity":
            fact["value"] = float(said)
        elif definition.type != "boolean":
            fact["value"] = said
        elif said in {"left", "right", "bilateral"}:
            fact["side"] = said
        findings.append(fact)
    return findings


def verdict(assessment: Assessment) -> object:
    orders = [(o.order, o.side, o.within) for o in (*assessment.workup, *assessment.referrals)]
    return assessment.in_scope, assessment.urgency.tier, assessment.urgency.could_be, orders


@pytest.mark.parametrize("answers", PATIENTS)
@pytest.mark.parametrize("age", ["9", "45"])
def test_the_form_and_the_intake_agree(library: Library, answers: dict[str, list[str]], age: str) -> None:
    told = {"age_years": [age], "sex_at_birth": ["female"], **answers}
    shown = {item.key for item in library.form.enabled(told)}
    response = orjson.dumps(questionnaire_response(library, told, NOW))
    by_form = read({"response": response}, library.terminology, NOW)
    facts = told_directly({key: given for key, given in told.items() if key in shown}, library)
    by_intake = read_intake({"findings": facts}, library.terminology, NOW)
    assert not by_form.notes
    assert verdict(assess(by_form.findings, library.knowledge, NOW)) == verdict(
        assess(by_intake.findings, library.knowledge, NOW)
    )


@pytest.mark.parametrize(
    "answers",
    [
        {"leg_cold": ["somewhat"]},
        {"nonsense": ["present"]},
        {"age_years": ["old"]},
        {"age_years": ["nan"]},
        {"age_years": ["1e9"]},
        {"symptom_onset_date": ["yesterday"]},
        {"chest_pain": []},
        {"cord_near_groin": ["left"]},  # not shown, as nothing that leads to it was answered
    ],
)
def test_what_is_no_answer_is_left_out(library: Library, answers: dict[str, list[str]]) -> None:
    assert "item" not in questionnaire_response(library, answers, NOW)
