"""What the patient takes, and what the patient must not take."""

import pytest

from tests.intake.record import (
    ATC,
    ATORVASTATIN,
    IBUPROFEN,
    ICD,
    JSON,
    RXNORM,
    SNOMED,
    WARFARIN,
    Reader,
    allergy,
    bundle,
    concept,
    condition,
    days_ago,
    hours_ago,
    other,
    prescription,
    statement_of_use,
    status,
)

TABLET = concept(RXNORM, "855332", "warfarin sodium 5 MG Oral Tablet")


@pytest.mark.parametrize(
    ("medicine", "said"),
    [
        (WARFARIN, {"on_anticoagulant"}),
        (concept("urn:oid:2.16.840.1.113883.6.88", "11289"), {"on_anticoagulant"}),
        (concept(ATC, "B01AF02"), {"on_anticoagulant"}),
        (concept(ATC, "B01AC06"), {"on_antiplatelet"}),
        (TABLET, {"on_anticoagulant"}),
        ({"text": "Warfarin Sodium 5 mg tablets"}, {"on_anticoagulant"}),
        ({"text": "WARFARIN"}, {"on_anticoagulant"}),
        ({"coding": [{"display": "rivaroxaban 20 MG Oral Tablet"}]}, {"on_anticoagulant"}),
        ({"text": "atorvastatin 20 mg with clarithromycin"}, {"on_statin", "on_statin_interaction"}),
        ({"text": "warfarinoid"}, set()),
        ({"text": "paracetamol 500 mg"}, set()),
        (IBUPROFEN, {"on_nsaid"}),
        ({"coding": [{}]}, set()),
        ({}, set()),
    ],
)
def test_a_medicine_is_known_by_its_code_or_by_the_ingredient_in_its_name(
    record: Reader, medicine: JSON, said: set[str]
) -> None:
    assert record.says(prescription(medicine)) == said
    assert record.says(statement_of_use(medicine)) == said


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"status": "active"}, {"on_anticoagulant"}),
        ({"status": "on-hold"}, {"on_anticoagulant"}),
        ({"status": None}, {"on_anticoagulant"}),
        ({"status": "completed"}, {"on_anticoagulant past"}),
        ({"status": "stopped"}, {"on_anticoagulant past"}),
        ({"status": "cancelled"}, set()),
        ({"status": "draft"}, set()),
        ({"status": "entered-in-error"}, set()),
        ({"intent": "proposal"}, set()),
        ({"intent": "plan"}, set()),
        ({"intent": "instance-order"}, {"on_anticoagulant"}),
        ({"doNotPerform": True}, set()),
        ({"doNotPerform": False}, {"on_anticoagulant"}),
        ({"authoredOn": "2019-01-01"}, {"on_anticoagulant"}),
    ],
)
def test_a_prescription_counts_while_it_runs(record: Reader, members: JSON, said: set[str]) -> None:
    assert record.says(prescription(**members)) == said


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"status": "active"}, {"on_anticoagulant"}),
        ({"status": "completed"}, {"on_anticoagulant past"}),
        ({"status": "intended"}, set()),
        ({"status": "entered-in-error"}, set()),
    ],
)
def test_a_medicine_that_is_only_meant_to_be_taken_is_not_taken(record: Reader, members: JSON, said: set[str]) -> None:
    assert record.says(statement_of_use(**members)) == said


def test_a_medicine_that_is_not_taken_is_never_current(record: Reader) -> None:
    assert "on_anticoagulant" not in record.says(statement_of_use(status="not-taken"))


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (prescription(ATORVASTATIN, authoredOn=days_ago(20)), {"on_statin"}),
        pytest.param(prescription(ATORVASTATIN, authoredOn=days_ago(900)), {"on_statin"}),
        (prescription(ATORVASTATIN), {"on_statin"}),
        (prescription(ATORVASTATIN, status="stopped", authoredOn=days_ago(20)), {"on_statin"}),
        (prescription(ATORVASTATIN, status="stopped", authoredOn=days_ago(90)), {"on_statin past"}),
        (
            statement_of_use(ATORVASTATIN, status="completed", effectivePeriod={"start": "2020", "end": days_ago(20)}),
            {"on_statin"},
        ),
        (statement_of_use(ATORVASTATIN, status="completed", effectivePeriod={"end": days_ago(31)}), {"on_statin past"}),
        pytest.param(statement_of_use(ATORVASTATIN, status="not-taken", dateAsserted=days_ago(2)), set()),
    ],
    ids=["new", "for years", "undated", "just stopped", "long stopped", "just ended", "long ended", "never taken"],
)
def test_a_statin_counts_while_taken_and_for_30_days_after(record: Reader, resource: JSON, said: set[str]) -> None:
    assert record.says(resource) == said


def test_a_dose_that_was_given_this_morning_means_the_medicine_is_in_use(record: Reader) -> None:
    given = other(
        "MedicationAdministration",
        status="completed",
        medicationCodeableConcept=concept(RXNORM, "67108", "Enoxaparin"),
        effectiveDateTime=hours_ago(3),
    )
    assert record.says(given) == {"on_anticoagulant"}


def test_a_dose_that_was_not_given_means_nothing(record: Reader) -> None:
    missed = other("MedicationAdministration", status="not-done", medicationCodeableConcept=WARFARIN)
    assert record.says(missed) == set()


MEDICATION = {"resourceType": "Medication", "id": "w1", "code": TABLET}


@pytest.mark.parametrize(
    ("reference", "beside"),
    [
        ("#w1", []),
        ("Medication/w1", [MEDICATION]),
        ("https://ehr.example.org/fhir/Medication/w1", [MEDICATION]),
        pytest.param("Medication/w1/_history/2", [MEDICATION]),
    ],
)
def test_a_medicine_by_reference_is_looked_up(record: Reader, reference: str, beside: list[JSON]) -> None:
    contained = [{"resourceType": "Medication", "id": "other", "code": IBUPROFEN}, {"resourceType": 7}, MEDICATION]
    use = prescription(None, medicationReference={"reference": reference}, contained=contained)
    assert record.says(use, *beside) == {"on_anticoagulant"}


def test_a_medicine_by_reference_is_found_by_the_address_of_its_entry(record: Reader) -> None:
    address = "urn:uuid:1b0d7b3c-96c5-4b3c-8f8e-6cf4a0bb21ae"
    use = prescription(None, medicationReference={"reference": address})
    nameless = {"resourceType": "Medication", "code": TABLET}
    wrapped = bundle() | {"entry": [{"fullUrl": address, "resource": nameless}, {"resource": use}]}
    assert record.says(wrapped) == {"on_anticoagulant"}


def test_a_medicine_that_is_not_sent_is_known_by_the_name_beside_the_reference(record: Reader) -> None:
    use = prescription(None, medicationReference={"reference": "Medication/far", "display": "warfarin sodium 5 MG"})
    assert record.says(use) == {"on_anticoagulant"}


def test_a_reference_that_leads_nowhere_says_nothing(record: Reader) -> None:
    for reference in ("Medication/none", "#none", "", "urn:uuid:none"):
        assert record.says(prescription(None, medicationReference={"reference": reference})) == set()


def test_the_same_code_is_a_medicine_in_a_prescription_and_a_hazard_in_an_allergy(record: Reader) -> None:
    assert record.says(prescription(IBUPROFEN)) == {"on_nsaid"}
    assert record.says(allergy(IBUPROFEN)) == {"nsaid_allergy"}
    assert record.says(allergy(WARFARIN)) == set()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"clinicalStatus": status("active")}, {"nsaid_allergy"}),
        ({"clinicalStatus": "active"}, {"nsaid_allergy"}),
        ({"clinicalStatus": status("inactive")}, set()),
        ({"clinicalStatus": status("resolved")}, set()),
        ({"clinicalStatus": "resolved"}, set()),
        ({"verificationStatus": status("confirmed")}, {"nsaid_allergy"}),
        ({"verificationStatus": status("refuted")}, {"nsaid_allergy absent"}),
        ({"verificationStatus": status("entered-in-error")}, set()),
        ({"recordedDate": "1985"}, {"nsaid_allergy"}),
    ],
)
def test_an_allergy_counts_unless_it_is_over_refuted_or_a_mistake(
    record: Reader, members: JSON, said: set[str]
) -> None:
    assert record.says(allergy(concept(SNOMED, "293610009"), **members)) == said


def test_the_substance_of_a_reaction_counts_too(record: Reader) -> None:
    reacted = allergy({"text": "Drug allergy"}, reaction=[{"substance": IBUPROFEN}, {}])
    assert record.says(reacted) == {"nsaid_allergy"}


def test_a_condition_can_say_that_a_medicine_is_taken_for_long(record: Reader) -> None:
    assert record.says(condition(concept(ICD, "Z79.01"))) == {"on_anticoagulant"}


def test_a_medicine_that_cannot_be_known_is_noted(record: Reader) -> None:
    assert "not known" in record.notes(prescription(None, medicationReference={"reference": "Medication/far"}))
