"""What a good article on leg pain says: each statement is met by a rule, a finding, an order or advice."""

import pytest

from service.knowledge.load import load

LIBRARY = load()
KNOWLEDGE = LIBRARY.knowledge
RULES = {rule.id for rule in KNOWLEDGE.rules}
ADVICE = [text.text for rule in KNOWLEDGE.rules for text in rule.advice]
ACTS = {act for withholding in KNOWLEDGE.withholds for act in withholding.acts}

# statement: what meets it. A name in quotes with a blank is the beginning of words of advice.
STATEMENTS: dict[str, dict[str, list[str]]] = {
    "pain is sharp or dull, with numbness, tingling, cramps or weakness": {
        "findings": [
            "pain_severity_nrs",
            "numbness",
            "paraesthesia",
            "leg_cramp",
            "leg_weakness",
            "neuropathic_quality",
        ],
    },
    "a nerve can be pinched": {"pathways": ["peroneal-neuropathy", "deep-gluteal-syndrome"], "rules": ["foot-drop"]},
    "sudden severe pain, swelling, redness or trouble walking needs a doctor": {
        "findings": ["sudden_onset", "leg_swelling_unilateral", "skin_erythema", "difficulty_walking"],
        "pathways": ["deep-vein-thrombosis", "acute-limb-ischaemia", "acute-compartment-syndrome", "cellulitis"],
    },
    "a cold or pale leg, or a clot before, needs a doctor": {
        "findings": ["leg_cold", "leg_pale", "previous_dvt"],
        "rules": ["ali-cold-leg", "dvt-suspected"],
    },
    "get help early": {"advice": ["Call an ambulance", "Call the same day"], "rules": ["leg-safety-net"]},
    "where it hurts tells what is hurt": {
        "findings": [
            "body_region",
            "posterior_thigh_pain",
            "calf_pain",
            "lateral_lower_leg_pain",
            "posterior_knee_pain",
        ],
    },
    "a hamstring tears in a sprint, with a pop and a bruise": {
        "findings": ["sprint_or_stretch_mechanism", "audible_pop", "posterior_thigh_bruising"],
        "rules": ["hamstring-strain", "hamstring-avulsion-suspected"],
    },
    "rest, ice, compression, elevation, foam rolling, strengthening": {
        "advice": ["Protect the leg", "Ice is for comfort", "Raise the leg", "strengthen"],
        "acts": ["compression", "elevation", "ice", "massage", "exercise"],
    },
    "cramps come at night, from water and salts; stretch": {
        "pathways": ["leg-cramps"],
        "findings": ["cramp_nocturnal", "dehydration", "potassium", "magnesium", "calcium"],
        "advice": ["Stretch the calf"],
    },
    "sciatica runs down from the back; injections and surgery for some": {
        "pathways": ["sciatica"],
        "findings": ["radicular_pain", "slr_positive", "lumbar_disc_disease"],
        "rules": ["sciatica-persistent", "sciatica-uncomplicated"],
        "orders": ["ref_spinal", "ref_physio"],
    },
    "overuse and soreness after exercise": {"pathways": ["muscle-soreness", "shin-pain"], "rules": ["soreness-care"]},
    "poor circulation aches on walking": {
        "pathways": ["peripheral-arterial-disease"],
        "findings": ["claudication_pattern", "smoker_current"],
        "orders": ["abi_resting", "exercise_therapy", "ref_smoking_cessation"],
        "advice": ["If you smoke, stopping"],
    },
    "a clot swells one leg; long travel, anticoagulants": {
        "findings": ["leg_swelling_unilateral", "long_travel_recent", "on_anticoagulant"],
        "rules": ["dvt-likely", "dvt-unlikely", "dvt-on-anticoagulant"],
        "orders": ["us_leg_veins_duplex", "d_dimer"],
    },
    "pain of one side may come from the vessels": {"findings": ["symptom_side"]},
    "pain is referred from the back: disc, stenosis": {
        "pathways": ["sciatica", "lumbar-spinal-stenosis", "cauda-equina-syndrome"],
        "orders": ["mri_lumbar"],
        "advice": ["Keep active"],
    },
    "compartment syndrome, acute and chronic": {
        "pathways": ["acute-compartment-syndrome", "chronic-exertional-compartment-syndrome"],
        "orders": ["compartment_pressure"],
    },
    "tests and specialists": {
        "orders": [
            "mri_lumbar",
            "emg_ncs",
            "bmp",
            "xr_tibia_fibula",
            "ref_orthopaedics",
            "ref_sports_med",
            "ref_vascular",
        ],
    },
    "heat and cold": {"acts": ["heat", "ice"], "rules": ["ali-suspected"]},
    "ibuprofen": {
        "acts": ["nsaid"],
        "rules": ["sciatica-anti-inflammatory", "nsaid-lowest-dose", "nsaid-taken-unsafe"],
    },
    "weight, shoes, warming up, strength": {"advice": ["keep a healthy weight", "running shoes that fit", "warm up"]},
    "compression sleeves": {"acts": ["compression"], "rules": ["pad-no-compression"]},
    "not in such articles, and needed": {
        "pathways": [
            "pulmonary-embolism",
            "venous-thromboembolism-in-pregnancy",
            "superficial-vein-thrombosis",
            "bakers-cyst",
            "achilles-tendon-rupture",
            "fracture",
            "rhabdomyolysis",
            "statin-muscle-symptoms",
            "necrotising-infection",
            "popliteal-artery-entrapment",
            "spinal-metastasis",
            "spinal-infection",
            "tumour",
            "child-with-leg-pain",
            "vital-signs",
            "medicine-safety",
        ],
    },
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_is_met(statement: str) -> None:
    met = STATEMENTS[statement]
    known = {
        "rules": RULES,
        "findings": KNOWLEDGE.findings.keys(),
        "orders": KNOWLEDGE.orders.keys(),
        "pathways": LIBRARY.pathways.keys(),
        "acts": ACTS,
    }
    for kind, names in met.items():
        for name in names:
            found = any(name in text for text in ADVICE) if kind == "advice" else name in known[kind]
            assert found, f"{kind}: {name}"


def test_no_rule_orders_a_medicine() -> None:
    """Cards prompt a review of medicines in words; the order is for the clinician."""
    kinds = {order.kind for order in KNOWLEDGE.orders.values()}
    assert kinds <= {"imaging", "test", "laboratory", "procedure", "referral", "evaluation", "education", "therapy"}
    assert not any("medication" in order.kind for order in KNOWLEDGE.orders.values())
