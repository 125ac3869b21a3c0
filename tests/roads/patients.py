"""The example patients of the knowledge, written down as each road wants them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from service.intake.questionnaire import QUESTIONNAIRE
from service.knowledge.cases import NOW, Case
from service.knowledge.check import all_cases
from service.knowledge.library import Library
from service.knowledge.terminology import FINDING_SYSTEM, ORDER_SYSTEM
from service.triage.findings import Finding, Side, Status, Temporality

JSON = dict[str, Any]

_SIDES = {
    Side.LEFT: ("7771000", "Left"),
    Side.RIGHT: ("24028007", "Right"),
    Side.BILATERAL: ("51440002", "Right and left"),
}
_ORDERED = "ordered:"
_SUBJECT = {"reference": "Patient/p1"}
_YEAR = 365.25
_MANY = 5


def whole_patients(library: Library) -> list[Case]:
    """The cases that tell of a whole patient: a tier is expected, and the age is known or does not matter."""
    types = {key: definition.type for key, definition in library.knowledge.findings.items()}
    return [
        case
        for case in all_cases(library)[0]
        if "tier" in case.expect
        and len(case.findings) >= _MANY
        and all(_has_its_value(finding, types.get(finding.key, "boolean")) for finding in case.findings)
    ]


def _has_its_value(finding: Finding, kind: str) -> bool:
    return finding.status is not Status.PRESENT or kind == "boolean" or finding.value is not None


def is_told_by_answers(findings: Iterable[Finding]) -> bool:
    """Whether a questionnaire can say all of it: nothing of the past, of the family or of the order book."""
    return all(
        finding.temporality is Temporality.CURRENT and not finding.key.startswith(_ORDERED) for finding in findings
    )


def is_told_by_intake(findings: Iterable[Finding]) -> bool:
    """Whether an intake can say all of it: nothing of the order book."""
    return not any(finding.key.startswith(_ORDERED) for finding in findings)


def intake(findings: Sequence[Finding], now: datetime = NOW) -> JSON:
    """The patient as the JSON of an intake."""
    patient: JSON = {}
    listed = []
    for finding in findings:
        if finding.key == "age_years" and finding.value is not None:
            patient["age"] = finding.value
        elif finding.key == "sex_at_birth" and finding.value is not None:
            patient["sex"] = finding.value
        else:
            listed.append(_intake_finding(finding, now))
    return {"patient": patient, "findings": listed}


def _intake_finding(finding: Finding, now: datetime) -> JSON:
    told: JSON = {"key": finding.key, "status": finding.status, "temporality": finding.temporality}
    if finding.side:
        told["side"] = finding.side
    if finding.value is not None:
        told["value"] = _text(finding.value, now)
    if finding.unit:
        told["unit"] = finding.unit
    return told


def answers(findings: Sequence[Finding], now: datetime = NOW) -> JSON:
    """The patient as a QuestionnaireResponse."""
    items = [
        {"linkId": finding.key, "answer": [_answer(finding, now)]}
        for finding in findings
        if finding.status is not Status.UNKNOWN
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": _SUBJECT,
        "authored": now.isoformat(),
        "item": items,
    }


def _answer(finding: Finding, now: datetime) -> JSON:
    if finding.status is Status.ABSENT:
        return {"valueBoolean": False}
    if isinstance(finding.value, float):
        answer: JSON = {"valueQuantity": {"value": finding.value, "unit": finding.unit, "code": finding.unit}}
    elif isinstance(finding.value, date):
        answer = {"valueDate": _text(finding.value, now)}
    elif isinstance(finding.value, str):
        answer = {"valueCoding": {"code": finding.value}}
    else:
        answer = {"valueBoolean": True}
    if finding.side:
        answer["item"] = [{"linkId": f"{finding.key}.side", "answer": [{"valueCoding": {"code": finding.side}}]}]
    return answer


def resources(findings: Sequence[Finding], now: datetime = NOW) -> list[JSON]:
    """The patient as FHIR resources, every finding coded by its own key."""
    patient: JSON = {"resourceType": "Patient", "id": "p1"}
    others: list[JSON] = []
    for position, finding in enumerate(findings):
        if finding.status is Status.UNKNOWN:
            continue
        if finding.key == "age_years" and isinstance(finding.value, float):
            patient["birthDate"] = _born(finding.value, now)
        elif finding.key == "sex_at_birth":
            patient["gender"] = finding.value
        else:
            others.append({"id": f"r{position}", **_resource(finding, now)})
    return [patient, *others]


def bundle(findings: Sequence[Finding], now: datetime = NOW) -> JSON:
    """The patient as one Bundle."""
    return collected(resources(findings, now))


def collected(several: Iterable[JSON]) -> JSON:
    """The resources as a Bundle."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in several]}


def _resource(finding: Finding, now: datetime) -> JSON:
    if finding.key.startswith(_ORDERED):
        code = {"coding": [{"system": ORDER_SYSTEM, "code": finding.key.removeprefix(_ORDERED)}]}
        return {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "code": code,
            "subject": _SUBJECT,
            "authoredOn": now.isoformat(),
        }
    code = {"coding": [{"system": FINDING_SYSTEM, "code": finding.key}]}
    if finding.temporality is Temporality.FAMILY:
        told = {"resourceType": "FamilyMemberHistory", "status": "completed", "patient": _SUBJECT}
        return {**told, "relationship": {"text": "parent"}, "condition": [{"code": code}]}
    site = {"bodySite": _site(finding.side)} if finding.side else {}
    if finding.temporality is Temporality.PAST:
        over = {"coding": [{"code": "resolved"}]}
        sites = {name: [value] for name, value in site.items()}
        return {"resourceType": "Condition", "clinicalStatus": over, "code": code, "subject": _SUBJECT, **sites}
    seen = {"resourceType": "Observation", "status": "final", "subject": _SUBJECT, "effectiveDateTime": now.isoformat()}
    return {**seen, "code": code, **_value(finding, now), **site}


def _value(finding: Finding, now: datetime) -> JSON:
    if finding.status is Status.ABSENT:
        return {"valueBoolean": False}
    if isinstance(finding.value, float):
        return {"valueQuantity": {"value": finding.value, "unit": finding.unit, "code": finding.unit}}
    if isinstance(finding.value, date):
        return {"valueDateTime": _text(finding.value, now)}
    if isinstance(finding.value, str):
        return {"valueCodeableConcept": {"coding": [{"system": FINDING_SYSTEM, "code": finding.value}]}}
    return {"valueBoolean": True}


def _site(side: Side) -> JSON:
    code, display = _SIDES[side]
    return {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]}


def _text(value: float | str | date, now: datetime) -> float | str:
    """The value as JSON; a date as far from `now` as it is from the day of the cases."""
    return (value + (now.date() - NOW.date())).isoformat() if isinstance(value, date) else value


def _born(years: float, now: datetime) -> str:
    whole = int(years)
    birthday = now.date() - timedelta(days=1)
    year = birthday.year - whole
    while True:
        try:
            return (birthday.replace(year=year) - timedelta(days=round((years - whole) * _YEAR))).isoformat()
        except ValueError:  # the 29th of February
            birthday -= timedelta(days=1)


def verdict(document: JSON) -> tuple[Any, ...]:
    """Of an assessment, what every road must agree on: urgency, orders with side and time, and what to avoid."""
    orders = sorted(_orders(document))
    return document["urgency"]["tier"], document["urgency"]["could_be"], orders, sorted(_avoided(document))


def _orders(document: JSON) -> Iterator[tuple[str, str, str, str, bool]]:
    for order in (*document["workup"], *document["referrals"]):
        said = (order["side"], order["within"], order["priority"])
        yield (order["order"], *(str(each) for each in said), bool(order["already"]))


def _avoided(document: JSON) -> Iterator[str]:
    for avoided in document["avoid"]:
        yield avoided["order"]
