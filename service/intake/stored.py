"""An assessment that was kept -> its findings again, to be judged anew or together with further answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.intake.units import UnitError, convert
from service.knowledge.terminology import Terminology
from service.triage.findings import Finding
from service.triage.stated import stated_findings


def read_findings(document: Mapping[str, Any], terminology: Terminology) -> tuple[Finding, ...]:
    """The findings of a document of ours as they stood when it was written, numbers in the units of this vocabulary.

    Raises:
        ValueError: It is no assessment.
    """
    return tuple(_in_units_of_today(stated_findings(document), terminology))


def _in_units_of_today(findings: tuple[Finding, ...], terminology: Terminology) -> Iterator[Finding]:
    """A number in a unit that the vocabulary has given up would be compared with the wrong thresholds."""
    for finding in findings:
        record = terminology.findings.get(finding.key)
        if not isinstance(finding.value, float | int) or record is None or finding.unit == record.unit:
            yield finding
            continue
        try:
            spellings = terminology.unit_spellings
            value = convert(float(finding.value), finding.unit, record.unit or "1", spellings, record.molar_mass)
        except UnitError:
            continue  # what cannot be compared is not known
        yield finding._replace(value=value, unit=record.unit)
