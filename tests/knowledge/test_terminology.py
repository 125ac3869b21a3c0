"""What the codes of a record say: which finding, on which side, and how far they may be trusted."""

import pytest

from service.knowledge.load import load
from service.knowledge.terminology import (
    FINDING_SYSTEM,
    SYSTEM_URLS,
    CodeEntry,
    CodeMeaning,
    FindingRecord,
    Recency,
    Terminology,
)

TERMINOLOGY = load().terminology
ICD, SNOMED, LOINC = SYSTEM_URLS["icd10cm"], SYSTEM_URLS["snomed"], SYSTEM_URLS["loinc"]
RXNORM, ATC = SYSTEM_URLS["rxnorm"], SYSTEM_URLS["atc"]


def meaning(system: str, code: str, key: str) -> CodeMeaning:
    (found,) = [meaning for meaning in TERMINOLOGY.lookup(system, code) if meaning.key == key]
    return found


@pytest.mark.parametrize(
    ("system", "code", "key"),
    [
        (SNOMED, "10601006", "leg_pain"),
        (SNOMED, "404223003", "current_dvt_dx"),
        (ICD, "M54.16", "radicular_pain"),
        (ICD, "I26.99", "pe_dx"),
        (ICD, "C50.9", "active_cancer"),
        (ICD, "Z85.3", "cancer_history"),
        (ICD, "M54.5", "low_back_pain"),
        (ICD, "M54.50", "low_back_pain"),
        (LOINC, "72514-3", "pain_severity_nrs"),
        (RXNORM, "11289", "on_anticoagulant"),
        (ATC, "B01AA03", "on_anticoagulant"),
        (ATC, "M01AE01", "on_nsaid"),
        ("urn:oid:2.16.840.1.113883.6.90", "I26.99", "pe_dx"),
        ("http://hl7.org/fhir/sid/icd-10", "I26.9", "pe_dx"),
        ("urn:oid:2.16.840.1.113883.6.96", "10601006", "leg_pain"),
        ("urn:oid:2.16.840.1.113883.6.1", "72514-3", "pain_severity_nrs"),
        (FINDING_SYSTEM, "leg_pain", "leg_pain"),
    ],
)
def test_a_code_sets_its_finding(system: str, code: str, key: str) -> None:
    found = meaning(system, code, key)
    assert (found.prompts_only, found.past_only, found.as_value) == (False, False, False)


@pytest.mark.parametrize("code", ["M79.661", "M79661", "m79.661", "m79661"])
def test_an_icd_code_may_be_written_with_or_without_its_dot(code: str) -> None:
    assert TERMINOLOGY.lookup(ICD, code) == TERMINOLOGY.lookup(ICD, "M79.661")
    assert meaning(ICD, code, "leg_pain").side == "right"


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICD, "M79"),
        (ICD, "M54.160"),
        (ICD, "L03.1155"),
        (ICD, "D50.9"),
        (ICD, ""),
        (SNOMED, "1060100"),
        (SNOMED, "106010066"),
        (SNOMED, "M79.661"),
        (LOINC, "10601006"),
        (FINDING_SYSTEM, "unknown_key"),
        ("http://example.org/codes", "10601006"),
        ("", "10601006"),
    ],
)
def test_what_is_not_in_the_vocabulary_says_nothing(system: str, code: str) -> None:
    assert TERMINOLOGY.lookup(system, code) == ()


@pytest.mark.parametrize(
    ("code", "key", "side"),
    [
        ("M79.604", "leg_pain", "right"),
        ("M79.605", "leg_pain", "left"),
        ("M79.606", "leg_pain", None),
        ("M79.661", "leg_pain", "right"),
        ("M79.662", "leg_pain", "left"),
        ("M79.669", "leg_pain", None),
        ("I82.401", "current_dvt_dx", "right"),
        ("I82.402", "current_dvt_dx", "left"),
        ("I82.403", "current_dvt_dx", "bilateral"),
        ("I82.409", "current_dvt_dx", None),
        ("I82.4Z1", "current_dvt_dx", "right"),
        ("I82.4Z2", "current_dvt_dx", "left"),
        ("I82.4", "current_dvt_dx", None),
        ("L03.115", "cellulitis_dx", "right"),
        ("L03.116", "cellulitis_dx", "left"),
        ("I70.221", "rest_pain", "right"),
        ("I70.222", "rest_pain", "left"),
        ("I70.223", "rest_pain", "bilateral"),
        ("M54.31", "radicular_pain", "right"),
        ("M54.32", "radicular_pain", "left"),
        ("M54.30", "radicular_pain", None),
        ("M54.41", "radicular_pain", "right"),
        ("M54.41", "low_back_pain", None),
        ("S82.201A", "fracture_leg", "right"),
        ("S82.202D", "fracture_leg", "left"),
        ("S82.209A", "fracture_leg", None),
        ("S82.224A", "fracture_leg", "right"),
        ("S82.225A", "fracture_leg", "left"),
        ("S82.51XA", "fracture_leg", "right"),
        ("S82.55XA", "fracture_leg", "left"),
        ("S86.111A", "calf_strain_dx", "right"),
        ("S86.112A", "calf_strain_dx", "left"),
        ("M79.A21", "compartment_syndrome_dx", "right"),
        ("T79.A22A", "compartment_syndrome_dx", "left"),
        ("G81.91", "leg_paralysis_or_plaster", "right"),
        ("G81.92", "leg_paralysis_or_plaster", "left"),
        ("G81.93", "leg_paralysis_or_plaster", "right"),
        ("G81.94", "leg_paralysis_or_plaster", "left"),
        ("G81.90", "leg_paralysis_or_plaster", None),
        ("G83.14", "leg_paralysis_or_plaster", "left"),
        ("M71.21", "popliteal_mass", "right"),
    ],
)
def test_an_icd_code_tells_its_side(code: str, key: str, side: str | None) -> None:
    assert meaning(ICD, code, key).side == side


@pytest.mark.parametrize(
    ("system", "code", "general", "particular"),
    [
        (ICD, "M79.662", "leg_pain", "calf_pain"),
        (ICD, "M79.651", "leg_pain", "posterior_thigh_pain"),
        (SNOMED, "78514002", "leg_pain", "posterior_thigh_pain"),
    ],
)
def test_a_broader_code_sets_the_general_finding_only(system: str, code: str, general: str, particular: str) -> None:
    keys = {found.key for found in TERMINOLOGY.lookup(system, code) if not found.prompts_only}
    assert general in keys
    assert particular not in keys


@pytest.mark.parametrize(
    ("system", "code", "key"),
    [
        (ICD, "M25.561", "posterior_knee_pain"),
        (SNOMED, "1003722009", "posterior_knee_pain"),
        (ICD, "R22.41", "leg_swelling_unilateral"),
        (SNOMED, "387713003", "recent_major_surgery_12w"),
    ],
)
def test_a_broader_code_without_a_general_finding_only_prompts(system: str, code: str, key: str) -> None:
    assert meaning(system, code, key).prompts_only


def test_some_codes_count_only_as_history() -> None:
    assert meaning(SNOMED, "128053003", "previous_dvt").past_only


@pytest.mark.parametrize(
    ("code", "key", "side"),
    [("24028007", "symptom_side", "right"), ("7771000", "symptom_side", "left"), ("385315009", "sudden_onset", None)],
)
def test_some_codes_are_answers_and_no_statements(code: str, key: str, side: str | None) -> None:
    found = meaning(SNOMED, code, key)
    assert found.as_value
    assert found.side == side


def test_some_codes_count_only_on_the_leg() -> None:
    assert meaning(SNOMED, "128045006", "cellulitis_dx").needs_leg_site
    assert not meaning(SNOMED, "449711005", "cellulitis_dx").needs_leg_site


@pytest.mark.parametrize(
    ("key", "answer", "expected"),
    [
        ("smoker_current", "77176002", "present"),
        ("smoker_current", "8517006", "absent"),
        ("smoker_former", "8517006", "present"),
        ("smoker_former", "77176002", None),
    ],
)
def test_a_question_code_knows_its_answers(key: str, answer: str, expected: str | None) -> None:
    assert meaning(LOINC, "72166-2", key).answers.get(answer) == expected


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (SNOMED, "2667000", "absent"),
        (SNOMED, "373066001", "present"),
        (LOINC, "LA33-6", "present"),
        (LOINC, "LA32-8", "absent"),
        (LOINC, "2667000", None),
    ],
)
def test_yes_and_no_are_understood_as_codes(system: str, code: str, expected: str | None) -> None:
    assert TERMINOLOGY.answers.get((system, code)) == expected


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("warfarin sodium 5 mg tablet", ("on_anticoagulant",)),
        ("dabigatran 150 mg capsule", ("on_anticoagulant",)),
        ("APIXABAN 5 MG Oral Tablet", ("on_anticoagulant",)),
        ("Simvastatin 20 MG Oral Tablet", ("on_statin",)),
        ("aspirin 75 mg and clopidogrel 75 mg", ("on_antiplatelet",)),
        ("simvastatin, warfarin", ("on_statin", "on_anticoagulant")),
        ("prewarfarinol", ()),
        ("tea", ()),
        ("", ()),
    ],
)
def test_a_medicine_is_known_by_its_ingredient(words: str, keys: tuple[str, ...]) -> None:
    assert TERMINOLOGY.medicines_named(words) == keys


def test_every_medicine_is_found_by_its_own_name() -> None:
    for entry in TERMINOLOGY.entries:
        if entry.system == "rxnorm" and "Medication" in TERMINOLOGY.findings[entry.meaning.key].read_from:
            assert entry.meaning.key in TERMINOLOGY.medicines_named(f"{entry.display.upper()} 10 mg")


def test_every_code_of_the_vocabulary_finds_its_own_finding() -> None:
    for entry in TERMINOLOGY.entries:
        found = TERMINOLOGY.lookup(SYSTEM_URLS[entry.system], entry.code)
        assert entry.meaning.key in {meaning.key for meaning in found}


def test_every_side_a_code_may_have_is_a_side() -> None:
    for entry in TERMINOLOGY.entries:
        assert {*entry.laterality.values(), entry.meaning.side} <= {"left", "right", "bilateral", None}
        assert (entry.laterality_at is None) is (not entry.laterality)
        if entry.laterality_at is not None:
            assert entry.prefix
            assert entry.laterality_at > len(entry.code.replace(".", ""))


def test_orders_are_known_by_code_and_side() -> None:
    assert ("us_leg_veins_duplex", "left") in TERMINOLOGY.order_codes[LOINC, "39432-0"]
    assert ("us_leg_veins_duplex", None) in TERMINOLOGY.order_codes[SNOMED, "312236008"]


EVER = Recency("ever", None, undated_is_current=True)
RECORDS = {"knee": FindingRecord("knee", "Knee", "boolean", None, EVER)}


def terminology(*entries: CodeEntry) -> Terminology:
    return Terminology(
        findings=RECORDS,
        entries=entries,
        unit_spellings={},
        order_codes={},
        complaints=frozenset(),
        answers={},
    )


def test_the_exact_code_and_every_prefix_speak_and_nobody_twice() -> None:
    knee = CodeMeaning("knee")
    toy = terminology(
        CodeEntry("icd10cm", "X1", "all of X1", knee, prefix=True),
        CodeEntry("icd10cm", "X1.2", "all of X1.2", CodeMeaning("knee", needs_leg_site=True), prefix=True),
        CodeEntry("icd10cm", "X1.23", "this one", knee),
        CodeEntry("icd10cm", "X1.2", "this one only", CodeMeaning("knee", side="left")),
    )
    assert [(found.side, found.needs_leg_site) for found in toy.lookup(ICD, "X12.3")] == [(None, False), (None, True)]
    assert [found.side for found in toy.lookup(ICD, "X1.2")] == ["left", None, None]
    assert toy.lookup(ICD, "X") == ()


def test_without_medicines_no_name_is_one() -> None:
    assert terminology().medicines_named("warfarin") == ()


def test_a_text_far_longer_than_any_code_costs_nothing_and_means_nothing() -> None:
    assert TERMINOLOGY.lookup("http://hl7.org/fhir/sid/icd-10-cm", "M79.6" + "0" * 1_000_000) == ()
    assert TERMINOLOGY.medicines_named("warfarin " + "x" * 1_000_000) == ("on_anticoagulant",)
