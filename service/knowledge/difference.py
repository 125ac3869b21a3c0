"""What changed from one version of the knowledge to another: in words, and for whom."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.knowledge.library import Library
from service.triage.assess import assess
from service.triage.assessment import Assessment
from service.triage.findings import Finding

_Entry = Mapping[str, Any]
_WORDS = {
    "when": "the condition",
    "unless": "what stands it down",
    "not_for": "whom it is not for",
    "consider_when": "when it is considered",
    "likely_when": "when it is likely",
    "unlikely_when": "when it is unlikely",
    "against_when": "what speaks against it",
}


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody on whom two versions are compared: a name to show, findings, and the moment of the assessment."""

    name: str
    findings: tuple[Finding, ...]
    now: datetime


def changes(old: Library, new: Library) -> Iterator[str]:
    """One line for each thing that is new, gone or different in the pathways and what they share."""
    yield from _mapping_changes("pathway", _titled(old.pathways), _titled(new.pathways))
    for name in sorted(old.pathways.keys() & new.pathways.keys()):
        yield from _pathway_changes(name, old.pathways[name], new.pathways[name])
    yield from _pathway_changes("shared definitions", old.shared, new.shared)


def changed_patients(old: Library, new: Library, patients: Iterable[Patient]) -> Iterator[str]:
    """One line for each patient whose tier or orders would change."""
    for patient in patients:
        before = assess(patient.findings, old.knowledge, patient.now)
        after = assess(patient.findings, new.knowledge, patient.now)
        told = []
        if before.urgency.tier is not after.urgency.tier:
            told.append(f"tier {before.urgency.tier or 'none'} -> {after.urgency.tier or 'none'}")
        if before.urgency.could_be is not after.urgency.could_be:
            told.append(f"could be {before.urgency.could_be or 'none'} -> {after.urgency.could_be or 'none'}")
        orders, others = _orders(before), _orders(after)
        told += [f"- {order}" for order in orders if order not in others]
        told += [f"+ {order}" for order in others if order not in orders]
        if told:
            yield f"{patient.name}: {'; '.join(told)}"


def _orders(assessment: Assessment) -> list[str]:
    return [
        " ".join(filter(None, (order.order, order.side, order.within)))
        for order in (*assessment.workup, *assessment.referrals)
    ]


def _titled(pathways: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: document["title"] for name, document in pathways.items()}


def _pathway_changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    header = {key: value for key, value in old.items() if isinstance(value, str | date)}
    other = {key: value for key, value in new.items() if isinstance(value, str | date)}
    yield from _field_changes(name, header, other)
    for key, word in (("definitions", "definition"), ("numbers", "number"), ("scores", "score")):
        yield from _entry_changes(f"{name}, {word}", old.get(key, {}), new.get(key, {}))
    for key, word in (("rules", "rule"), ("cautions", "caution"), ("withholds", "withholding")):
        yield from _entry_changes(f"{name}, {word}", _by_id(old.get(key, ())), _by_id(new.get(key, ())))


def _by_id(entries: Sequence[_Entry]) -> dict[str, _Entry]:
    return {entry["id"]: entry for entry in entries}


def _entry_changes(kind: str, old: Mapping[str, _Entry], new: Mapping[str, _Entry]) -> Iterator[str]:
    yield from _mapping_changes(kind, _labelled(old), _labelled(new))
    for name in sorted(old.keys() & new.keys()):
        yield from _field_changes(f"{kind} {name}", old[name], new[name])


def _labelled(entries: Mapping[str, _Entry]) -> dict[str, str]:
    return {name: str(entry.get("title") or entry.get("label") or entry.get("text")) for name, entry in entries.items()}


def _mapping_changes(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(new.keys() - old.keys()):
        yield f"{kind} {name} is new: {new[name]}"
    for name in sorted(old.keys() - new.keys()):
        yield f"{kind} {name} is gone: {old[name]}"


def _field_changes(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for field in [*old, *(field for field in new if field not in old)]:
        before, after = old.get(field), new.get(field)
        if before != after:
            yield f"{where}: {_WORDS.get(field, field)} was {_said(before)}, is now {_said(after)}"


def _said(value: object) -> str:
    """A value of a knowledge file as words, on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_said(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + "; ".join(map(_said, value)) + "]"
    return f'"{" ".join(value.split())}"' if isinstance(value, str) else str(value)
