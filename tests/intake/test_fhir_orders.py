"""What was done, ordered, booked, implanted or flagged."""

import pytest

from service.triage.expressions import ordered_key
from tests.intake.record import (
    CALF_PAIN,
    JSON,
    LEFT,
    LOINC,
    SNOMED,
    Reader,
    concept,
    days_ago,
    encounter,
    finding,
    hours_ago,
    other,
    procedure,
    report,
    service_request,
)

ORDER = "https://legtriage.example.org/fhir/CodeSystem/order"
LUMBAR_MRI = concept(LOINC, "24968-0", "MR Lumbar spine")
MRI_ORDERED = ordered_key("mri_lumbar")
LEFT_VEINS = concept(LOINC, "39432-0", "US.doppler Lower extremity vein - left")
SCAN_ORDERED = ordered_key("us_leg_veins_duplex")
PACEMAKER = concept(SNOMED, "14106009", "Cardiac pacemaker, device")


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (service_request(LUMBAR_MRI), {MRI_ORDERED}),
        (service_request(LUMBAR_MRI, status="completed"), {MRI_ORDERED}),
        (service_request(LUMBAR_MRI, status="on-hold"), {MRI_ORDERED}),
        (service_request(LUMBAR_MRI, status="draft"), set()),
        (service_request(LUMBAR_MRI, status="revoked"), set()),
        (service_request(LUMBAR_MRI, status="entered-in-error"), set()),
        (service_request(LUMBAR_MRI, intent="proposal"), set()),
        (service_request(LUMBAR_MRI, intent="plan"), set()),
        (service_request(LUMBAR_MRI, doNotPerform=True), set()),
        (service_request(LUMBAR_MRI, authoredOn=days_ago(29)), {MRI_ORDERED}),
        (service_request(LUMBAR_MRI, authoredOn=days_ago(31)), set()),
        (service_request(LUMBAR_MRI, authoredOn=None), {MRI_ORDERED}),
        (service_request({"text": "MRI of the back"}), set()),
        (service_request(None), set()),
        (report(LUMBAR_MRI), {MRI_ORDERED}),
        (report(LUMBAR_MRI, status="cancelled"), set()),
        (report(LUMBAR_MRI, effectiveDateTime=None, effectivePeriod={"end": days_ago(3)}), {MRI_ORDERED}),
        (report(LUMBAR_MRI, effectiveDateTime=None, issued=days_ago(60)), set()),
        (procedure(LUMBAR_MRI), {MRI_ORDERED}),
        (procedure(LUMBAR_MRI, status="not-done"), set()),
        (procedure(LUMBAR_MRI, status="preparation"), set()),
        (procedure(LUMBAR_MRI, performedDateTime=None, performedPeriod={"start": days_ago(70)}), set()),
    ],
)
def test_an_order_counts_as_placed_when_it_is_under_way_or_was_done_in_this_episode(
    record: Reader, resource: JSON, said: set[str]
) -> None:
    assert record.says(resource) == said


def test_an_old_order_of_the_current_encounter_counts(record: Reader) -> None:
    old = service_request(LUMBAR_MRI, authoredOn=days_ago(60), encounter={"reference": "Encounter/e1"})
    assert record.says(encounter(), old) == {MRI_ORDERED}


@pytest.mark.parametrize(
    ("code", "side"),
    [
        (concept(LOINC, "46363-8", "US Lower extremity vein"), ""),
        pytest.param(LEFT_VEINS, " left"),
        pytest.param(concept(LOINC, "39443-7", "US.doppler Lower extremity vein - right"), " right"),
        pytest.param(concept(LOINC, "39420-5", "US.doppler Lower extremity vein - bilateral"), " bilateral"),
        pytest.param(concept(ORDER, "us_leg_veins_duplex"), ""),
        pytest.param(
            {"coding": [*LEFT_VEINS["coding"], *concept(ORDER, "us_leg_veins_duplex")["coding"]]},
            " left",
        ),
    ],
    ids=["veins", "left", "right", "both", "own code", "as we propose it"],
)
def test_a_vein_scan_is_recognised_with_its_side_by_the_codes_that_name_it(
    record: Reader, code: JSON, side: str
) -> None:
    assert f"{SCAN_ORDERED}{side}" in record.says(service_request(code))


def test_a_code_for_any_duplex_does_not_say_which_was_ordered(record: Reader) -> None:
    assert record.says(service_request(concept(SNOMED, "312236008", "Duplex ultrasound"))) == set()


def test_the_side_of_an_order_is_read_from_its_body_site(record: Reader) -> None:
    veins = concept(LOINC, "46363-8", "US Lower extremity vein")
    assert record.says(service_request(veins, bodySite=[LEFT])) == {f"{SCAN_ORDERED} left"}


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (service_request(None, reasonCode=[CALF_PAIN], bodySite=[LEFT]), {"calf_pain left"}),
        (service_request(None, reasonCode=[CALF_PAIN], authoredOn=days_ago(90)), {"calf_pain past"}),
        (other("Appointment", status="booked", created=days_ago(2), reasonCode=[CALF_PAIN]), {"calf_pain"}),
        (other("Appointment", status="proposed", reasonCode=[CALF_PAIN]), {"calf_pain"}),
        (other("Appointment", status="cancelled", reasonCode=[CALF_PAIN]), set()),
        (other("Appointment", status="noshow", reasonCode=[CALF_PAIN]), set()),
        (encounter(reasonCode=[CALF_PAIN]), {"calf_pain"}),
        (encounter(status="cancelled", reasonCode=[CALF_PAIN]), set()),
        (encounter(status="finished", period={"start": days_ago(100)}, reasonCode=[CALF_PAIN]), {"calf_pain past"}),
        (encounter(status="finished", period={"start": days_ago(10)}, reasonCode=[CALF_PAIN]), {"calf_pain"}),
    ],
)
def test_a_complaint_is_read_from_the_reason_of_a_visit_a_booking_or_an_order(
    record: Reader, resource: JSON, said: set[str]
) -> None:
    assert record.says(resource) == said


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ({"status": "active"}, {"mri_unsafe_device"}),
        ({}, {"mri_unsafe_device"}),
        ({"status": "unknown"}, {"mri_unsafe_device"}),
        ({"status": "inactive"}, set()),
        ({"status": "entered-in-error"}, set()),
    ],
)
def test_an_implant_counts_unless_it_is_out(record: Reader, device: JSON, said: set[str]) -> None:
    assert record.says(other("Device", type=PACEMAKER, **device)) == said


def test_an_implant_is_read_from_the_operation_too(record: Reader) -> None:
    assert record.says(procedure(PACEMAKER, performedDateTime="2015")) == {"mri_unsafe_device"}
    assert record.says(procedure(PACEMAKER, status="not-done")) == set()


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ({"status": "active", "period": {"start": days_ago(3)}}, {"long_travel_recent"}),
        ({"status": "active"}, {"long_travel_recent"}),
        ({"status": "inactive"}, {"long_travel_recent past"}),
        ({"status": "entered-in-error"}, set()),
    ],
)
def test_a_flag_on_the_chart_is_read_while_it_is_up(record: Reader, flag: JSON, said: set[str]) -> None:
    assert record.says(other("Flag", code=finding("long_travel_recent"), **flag)) == said


def test_an_order_of_today_with_a_shared_code_and_a_plain_one_is_the_plain_one(record: Reader) -> None:
    both = {"coding": [*concept(LOINC, "46363-8")["coding"], *concept(SNOMED, "71388002", "Procedure")["coding"]]}
    assert record.says(service_request(both, authoredOn=hours_ago(1))) == {SCAN_ORDERED}
