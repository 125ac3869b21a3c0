"""Findings that were written as plain JSON values -> findings again."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from service.triage.findings import Finding, Method, Side, Source, Status, Temporality

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def stated_findings(document: Mapping[str, Any]) -> tuple[Finding, ...]:
    """The findings of an assessment, or of a part of one, as they stood; ValueError when it is none."""
    try:
        return tuple(_finding(finding) for finding in document["findings"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not an assessment: {error}") from None


def _finding(finding: Mapping[str, Any]) -> Finding:
    value = finding["value"]
    is_date = isinstance(value, str) and _DATE.fullmatch(value)  # no code looks like one
    return Finding(
        finding["key"],
        Status(finding["status"]),
        Temporality(finding["temporality"]),
        Side(finding["side"]) if finding["side"] else None,
        date.fromisoformat(value) if is_date else value,
        finding["unit"],
        date.fromisoformat(finding["onset"]) if finding["onset"] else None,
        datetime.fromisoformat(finding["recorded"]) if finding["recorded"] else None,
        tuple(_source(source) for source in finding["sources"]),
    )


def _source(source: Mapping[str, Any]) -> Source:
    # Documents that were kept before this was written down do not say it.
    by_clinician = source.get("by_clinician", False)
    return Source(source["reference"], source["element"], Method(source["method"]), by_clinician)
