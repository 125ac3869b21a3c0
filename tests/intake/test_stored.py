"""An assessment that was kept is read back as it was judged."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from service.advice.document import Document
from service.intake.stored import read_findings
from service.triage.assessment import Assessment
from service.triage.findings import Finding, Source, Status
from tests.triage.patients import LIBRARY, records, triage


def verdict(assessment: Assessment) -> Any:
    """What a clinician is told to do, consider and ask."""
    orders = (*assessment.workup, *assessment.referrals)
    return (
        (assessment.urgency.tier, assessment.urgency.could_be, assessment.side, assessment.advice, assessment.withheld),
        [
            (c.condition, c.level, [(s.score, s.low, s.high, s.band) for s in c.scores], c.unknown())
            for c in assessment.considerations
        ],
        [(o.order, o.side, o.within, [reason.rule for reason in o.because], o.cautions, o.already) for o in orders],
        [(a.order, a.rule) for a in assessment.avoid],
        assessment.questions,
        {finding for finding in assessment.findings if finding.status is Status.PRESENT},
    )


@given(records())
def test_what_was_kept_is_judged_as_it_was(patient: tuple[Finding, ...]) -> None:
    before = triage(patient)
    kept = json.loads(json.dumps(Document(before, LIBRARY).write([])))

    after = triage(read_findings(kept, LIBRARY.terminology))

    assert verdict(after) == verdict(before)


def test_a_number_in_a_unit_that_was_given_up_is_read_in_the_one_of_today() -> None:
    kept = triage([Finding("calf_pain", Status.PRESENT), Finding("body_temperature_c", Status.PRESENT, value=39.0)])
    document = Document(kept, LIBRARY).write([])
    fever = next(finding for finding in document["findings"] if finding["key"] == "body_temperature_c")
    fever |= {"value": 102.2, "unit": "[degF]"}

    read = {finding.key: finding for finding in read_findings(document, LIBRARY.terminology)}

    assert read["body_temperature_c"].value == pytest.approx(39.0)
    assert read["body_temperature_c"].unit == "Cel"


def test_a_day_comes_back_as_a_day() -> None:
    imaging = Finding("recent_imaging_same_region", Status.PRESENT, value=date(2026, 8, 27))
    document = Document(triage([Finding("calf_pain", Status.PRESENT), imaging]), LIBRARY).write([])

    assert imaging in read_findings(document, LIBRARY.terminology)


def test_what_was_kept_before_it_was_written_who_said_it_is_read_all_the_same() -> None:
    document = Document(triage([Finding("calf_pain", Status.PRESENT, sources=(Source("Condition/1"),))]), LIBRARY)
    kept = document.write([])
    del kept["findings"][0]["sources"][0]["by_clinician"]

    (finding,) = read_findings(kept, LIBRARY.terminology)

    assert finding.sources == (Source("Condition/1"),)


@pytest.mark.parametrize("document", [{}, {"findings": [{"key": "calf_pain"}]}])
def test_what_is_no_assessment_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not an assessment"):
        read_findings(document, LIBRARY.terminology)
