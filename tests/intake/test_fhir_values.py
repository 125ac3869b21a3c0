"""Yes, no and how much: the values of observations."""

import pytest

from tests.intake.record import (
    ABSENT,
    BOTH,
    ICD,
    JSON,
    LOINC,
    PRESENT,
    SNOMED,
    UCUM,
    Reader,
    concept,
    condition,
    encounter,
    finding,
    measured,
    observation,
    procedure,
)

CALF = finding("calf_circumference_difference_cm")
D_DIMER = concept(LOINC, "48065-7", "Fibrin D-dimer FEU")
PULSE = concept(LOINC, "8867-4")
UNKNOWN_REASON = {"dataAbsentReason": concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown")}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (PRESENT, {"calf_pain"}),
        (ABSENT, {"calf_pain absent"}),
        ({"valueCodeableConcept": concept(SNOMED, "2667000", "Absent")}, {"calf_pain absent"}),
        ({"valueCodeableConcept": concept(SNOMED, "373066001", "Yes")}, {"calf_pain"}),
        ({"valueCodeableConcept": concept(LOINC, "LA33-6", "Yes")}, {"calf_pain"}),
        ({"valueCodeableConcept": concept(LOINC, "LA32-8", "No")}, {"calf_pain absent"}),
        ({"valueCodeableConcept": concept("https://example.org/yes-no", "LA32-8")}, set()),
        ({"valueCodeableConcept": {"text": "maybe"}}, set()),
        ({"valueCodeableConcept": {"coding": [{}]}}, set()),
        ({"valueString": "no"}, set()),
        ({}, set()),
        (UNKNOWN_REASON, set()),
        (PRESENT | UNKNOWN_REASON, set()),
        (PRESENT | {"status": "cancelled"}, set()),
        (PRESENT | {"status": "entered-in-error"}, set()),
        (PRESENT | {"status": "preliminary"}, {"calf_pain"}),
        (PRESENT | {"status": None}, {"calf_pain"}),
    ],
)
def test_an_observation_says_yes_or_no_or_nothing(record: Reader, value: JSON, said: set[str]) -> None:
    assert record.says(observation(finding("calf_pain"), **value)) == said


@pytest.mark.parametrize(
    ("code", "value", "said"),
    [
        (concept(LOINC, "82810-3"), concept(SNOMED, "77386006"), {"pregnant"}),
        (concept(LOINC, "82810-3"), concept(SNOMED, "60001007"), set()),
        (concept(LOINC, "82810-3"), concept(SNOMED, "2667000"), {"pregnant absent"}),
        (concept(LOINC, "72166-2"), concept(SNOMED, "77176002"), {"smoker_current"}),
        (concept(LOINC, "72166-2"), concept(SNOMED, "8517006"), {"smoker_current absent", "smoker_former"}),
        (concept(LOINC, "72166-2"), concept(SNOMED, "266919005"), set()),
        (concept(LOINC, "75325-1"), concept(SNOMED, "385315009"), {"sudden_onset"}),
    ],
)
def test_a_code_that_is_a_question_says_only_what_its_answer_says(
    record: Reader, code: JSON, value: JSON, said: set[str]
) -> None:
    assert record.says(observation(code, valueCodeableConcept=value)) == said


def test_a_question_without_an_answer_says_nothing_wherever_its_code_stands(record: Reader) -> None:
    question = concept(LOINC, "82810-3")
    assert record.says(observation(question)) == set()
    assert record.says(condition(question)) == set()
    assert record.says(encounter(reasonCode=[question])) == set()


def test_a_qualifier_is_an_answer_and_never_a_diagnosis(record: Reader) -> None:
    assert record.says(condition(concept(SNOMED, "385315009", "Sudden onset"))) == set()


@pytest.mark.parametrize(
    "resource",
    [
        condition(concept(ICD, "M25.561", "Pain in right knee")),
        condition(concept(ICD, "I48", "Atrial fibrillation and flutter")),
        condition(concept(ICD, "E66.3", "Overweight")),
        condition(concept(SNOMED, "233961000", "Lower limb ischemia")),
        observation(concept(SNOMED, "43724002", "Chill"), **PRESENT),
        procedure(concept(SNOMED, "80146002", "Appendectomy")) | {"category": concept(SNOMED, "387713003")},
    ],
    ids=["knee", "flutter", "overweight", "ischaemia", "chill", "operation"],
)
def test_a_code_broader_than_the_finding_never_sets_it(record: Reader, resource: JSON) -> None:
    assert record.says(resource) == set()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (concept(SNOMED, "78514002", "Thigh pain"), "leg_pain"),
        (concept(ICD, "M79.652", "Pain in left thigh"), "leg_pain left"),
        (concept(ICD, "F17.211", "in remission"), "smoker_former"),
        (concept(ICD, "D68.51", "Activated protein C resistance"), "thrombophilia"),
    ],
)
def test_a_broader_code_sets_what_it_does_say(record: Reader, code: JSON, said: str) -> None:
    assert record.says(condition(code)) == {said}


@pytest.mark.parametrize(
    ("code", "value", "unit", "said"),
    [
        (CALF, 40, "mm", "calf_circumference_difference_cm = 4 cm"),
        (CALF, 4, "cm", "calf_circumference_difference_cm = 4 cm"),
        (CALF, 0.04, "m", "calf_circumference_difference_cm = 4 cm"),
        (CALF, 1.5, "[in_i]", "calf_circumference_difference_cm = 3.81 cm"),
        (concept(LOINC, "8310-5"), 98.6, "[degF]", "body_temperature_c = 37 Cel"),
        (concept(LOINC, "8310-5"), 38.5, "Cel", "body_temperature_c = 38.5 Cel"),
        (concept(LOINC, "777-3"), 240, "10*3/uL", "platelets = 240 10*9/L"),
        (concept(LOINC, "718-7"), 134, "g/L", "haemoglobin = 13.4 g/dL"),
        (D_DIMER, 0.9, "mg/L{FEU}", "d_dimer_feu = 900 ug/L{FEU}"),
        (D_DIMER, 900, "ng/mL{FEU}", "d_dimer_feu = 900 ug/L{FEU}"),
        (D_DIMER, 900, "ug/L", "d_dimer_feu = 900 ug/L{FEU}"),
        (PULSE, 88, "/min", "heart_rate = 88 /min"),
        (PULSE, 88, "{beats}/min", "heart_rate = 88 /min"),
        (PULSE, 1.5, "Hz", "heart_rate = 90 /min"),
        (concept(LOINC, "8480-6"), 120, "mm[Hg]", "systolic_bp = 120 mm[Hg]"),
        (concept(LOINC, "8480-6"), 16, "kPa", "systolic_bp = 120.01 mm[Hg]"),
        (concept(LOINC, "59408-5"), 97, "%", "spo2 = 97 %"),
        (finding("abi"), 0.8, "{ratio}", "abi = 0.8 {ratio}"),
        (finding("abi"), 0.8, "1", "abi = 0.8 {ratio}"),
        (concept(LOINC, "18185-9"), 70, "d", "gestational_age_weeks = 10 wk"),
    ],
)
def test_quantities_are_converted_to_the_unit_of_the_vocabulary(
    record: Reader, code: JSON, value: float, unit: str, said: str
) -> None:
    assert record.says(measured(code, value, unit)) == {said}
    assert not record.notes(measured(code, value, unit))


@pytest.mark.parametrize(
    ("code", "unit", "value", "said"),
    [
        (concept(LOINC, "8480-6"), "mmHg", 120, "systolic_bp = 120 mm[Hg]"),
        pytest.param(concept(LOINC, "8480-6"), " mmHg ", 120, "systolic_bp = 120 mm[Hg]"),
        (PULSE, "bpm", 88, "heart_rate = 88 /min"),
        (PULSE, "beats/minute", 88, "heart_rate = 88 /min"),
        (concept(LOINC, "8310-5"), "°C", 38, "body_temperature_c = 38 Cel"),
        (concept(LOINC, "8310-5"), "degF", 100.4, "body_temperature_c = 38 Cel"),
        (concept(LOINC, "6690-2"), "K/uL", 7.1, "wbc = 7.1 10*9/L"),
        (concept(LOINC, "777-3"), "x10^3/uL", 240, "platelets = 240 10*9/L"),
        (D_DIMER, "ng/mL FEU", 900, "d_dimer_feu = 900 ug/L{FEU}"),
        (D_DIMER, "mg/L FEU", 0.9, "d_dimer_feu = 900 ug/L{FEU}"),
        (concept(LOINC, "2157-6"), "IU/L", 900, "ck = 900 U/L"),
        (concept(LOINC, "62238-1"), "mL/min/1.73m2", 55, "egfr = 55 mL/min/{1.73_m2}"),
    ],
)
def test_units_as_people_write_them_are_understood(
    record: Reader, code: JSON, unit: str, value: float, said: str
) -> None:
    assert record.says(observation(code, valueQuantity={"value": value, "unit": unit})) == {said}


@pytest.mark.parametrize(
    ("code", "quantity", "note"),
    [
        (CALF, {"value": 4, "unit": "kg", "code": "kg", "system": UCUM}, "kg cannot be read as cm; not used"),
        (CALF, {"value": 4}, "no unit is given, cm is needed; not used"),
        (CALF, {"value": 4, "unit": "finger breadths"}, "cannot be read as cm; not used"),
        (CALF, {"value": 4, "unit": ""}, "cannot be read as cm; not used"),
        (D_DIMER, {"value": 900, "unit": "ug/L DDU"}, "ug/L{DDU} is not ug/L{FEU}; not used"),
        (D_DIMER, {"value": 900, "unit": "x", "code": "ug/L{DDU}", "system": UCUM}, "is not ug/L{FEU}; not used"),
        (D_DIMER, {"value": 900, "unit": "units"}, "not used"),
        (PULSE, {"value": 88, "unit": "mm[Hg]"}, "Heart rate: mm[Hg] cannot be read as /min; not used"),
    ],
)
def test_a_quantity_of_another_kind_is_not_used_and_noted(
    record: Reader, code: JSON, quantity: JSON, note: str
) -> None:
    wrong = observation(code, valueQuantity=quantity)
    assert record.says(wrong) == set()
    assert record.notes(wrong).startswith("Observation/o1 valueQuantity: ")
    assert note in record.notes(wrong)


def test_a_unit_coded_by_another_system_falls_back_to_its_words(record: Reader) -> None:
    coded = {"value": 40, "unit": "mm", "system": SNOMED, "code": "258673006"}
    assert record.says(observation(CALF, valueQuantity=coded)) == {"calf_circumference_difference_cm = 4 cm"}


@pytest.mark.parametrize(
    ("comparator", "below", "above"),
    [("<", True, False), (">", False, True), ("<=", False, False), (None, False, False)],
)
def test_less_than_a_threshold_is_below_it_and_more_than_it_above(
    record: Reader, comparator: str | None, *, below: bool, above: bool
) -> None:
    quantity = {"value": 500, "unit": "ug/L{FEU}"} | ({"comparator": comparator} if comparator else {})
    (found,) = record.read(observation(D_DIMER, valueQuantity=quantity)).findings
    assert isinstance(found.value, float)
    assert (found.value < 500) is below
    assert (found.value > 500) is above
    assert found.value == pytest.approx(500)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"valueInteger": 7}, {"pain_severity_nrs = 7 {score}"}),
        ({"valueQuantity": {"value": 7}}, {"pain_severity_nrs = 7 {score}"}),
        ({"valueQuantity": {"value": 7, "unit": "{score}"}}, {"pain_severity_nrs = 7 {score}"}),
        ({"valueString": "7"}, set()),
        ({"valueQuantity": {"unit": "{score}"}}, set()),
        ({"valueQuantity": {}}, set()),
    ],
)
def test_a_score_needs_no_unit(record: Reader, value: JSON, said: set[str]) -> None:
    assert record.says(observation(concept(LOINC, "72514-3"), **value)) == said


def test_both_pressures_are_read_from_the_components_of_a_blood_pressure(record: Reader) -> None:
    def part(code: str, **value: object) -> JSON:
        return {"code": concept(LOINC, code), **value}

    def mmhg(value: int) -> JSON:
        return {"valueQuantity": {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}}

    panel = concept(LOINC, "85354-9", "Blood pressure panel")
    both = observation(panel, component=[part("8480-6", **mmhg(120)), part("8462-4", **mmhg(80))])
    assert record.says(both) == {"systolic_bp = 120 mm[Hg]", "diastolic_bp = 80 mm[Hg]"}
    one = observation(panel, component=[part("8480-6", **mmhg(120)), part("8462-4", **UNKNOWN_REASON)])
    assert record.says(one) == {"systolic_bp = 120 mm[Hg]"}
    assert record.says(observation(panel, **UNKNOWN_REASON, component=[part("8480-6", **mmhg(120))])) == {
        "systolic_bp = 120 mm[Hg]"
    }


def test_each_component_of_an_examination_speaks_for_itself(record: Reader) -> None:
    examination = observation(
        {"text": "Examination of the leg"},
        component=[
            {"code": finding("skin_warmth"), **ABSENT},
            {"code": CALF, "valueQuantity": {"value": 4, "unit": "cm"}},
            {"code": finding("deep_vein_tenderness"), **PRESENT},
        ],
    )
    assert record.says(examination) == {
        "skin_warmth absent",
        "calf_circumference_difference_cm = 4 cm",
        "deep_vein_tenderness",
    }


def test_only_numbers_count_as_measured(record: Reader) -> None:
    examination = observation(
        {"text": "Examination of the leg"},
        component=[
            {"code": CALF, "valueQuantity": {"value": 4, "unit": "cm"}},
            {"code": finding("deep_vein_tenderness"), **PRESENT},
        ],
    )
    methods = {found.key: found.sources[0].method.value for found in record.read(examination).findings}
    assert methods == {"calf_circumference_difference_cm": "measured", "deep_vein_tenderness": "stated"}


@pytest.mark.parametrize(
    "performer",
    [
        "Practitioner/d1",
        "PractitionerRole/d1",
        pytest.param("https://ehr.example.org/fhir/Practitioner/d1"),
    ],
)
def test_what_a_clinician_observed_is_marked_so(record: Reader, performer: str) -> None:
    seen = observation(finding("calf_pain"), **ABSENT, performer=[{"reference": performer}])
    told = observation(finding("calf_pain"), **ABSENT, performer=[{"reference": "Patient/p1"}, {}])
    assert record.read(seen).findings[0].sources[0].by_clinician
    assert not record.read(told).findings[0].sources[0].by_clinician


@pytest.mark.parametrize(
    ("code", "value", "said"),
    [
        (finding("statin_start_date"), {"valueDateTime": "2026-10-01"}, {"statin_start_date = 2026-10-01"}),
        (finding("statin_start_date"), {"valueDateTime": "2026-10"}, set()),
        (finding("statin_start_date"), {"valueString": "October"}, set()),
        (finding("statin_start_date"), {"valueDateTime": "2026-13-45"}, set()),
        (concept(LOINC, "2640-1"), {"valueString": "present"}, {"urine_myoglobin = present"}),
        (
            concept(LOINC, "2640-1"),
            {"valueCodeableConcept": concept(SNOMED, "10828004")},
            {"urine_myoglobin = 10828004"},
        ),
        (concept(LOINC, "2640-1"), {}, set()),
    ],
)
def test_dates_and_codes_are_taken_as_they_are(record: Reader, code: JSON, value: JSON, said: set[str]) -> None:
    assert record.says(observation(code, **value)) == said


def test_a_reading_too_large_for_its_unit_is_not_used(record: Reader) -> None:
    assert record.says(measured(CALF, 1e308, "m")) == set()


def test_what_is_measured_in_moles_is_read_where_the_mass_of_a_mole_is_known(record: Reader) -> None:
    creatinine = concept(LOINC, "14682-9", "Creatinine [Moles/volume]")
    assert record.says(measured(creatinine, 200, "umol/L")) == {"creatinine = 2.2624 mg/dL"}


def test_what_is_measured_in_moles_of_who_knows_what_is_noted_and_not_used(record: Reader) -> None:
    intake = record.read(measured(concept(LOINC, "14879-1", "Phosphate [Moles/volume]"), 1.2, "mmol/L"))
    assert {found.key for found in intake.findings} == set()
    (note,) = intake.notes
    assert "mmol/L" in str(note)


def test_both_sides_are_kept_on_a_measurement(record: Reader) -> None:
    assert record.says(measured(finding("abi"), 0.8, "1", bodySite=BOTH)) == {"abi bilateral = 0.8 {ratio}"}
