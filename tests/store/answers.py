"""Invented answers and feedback."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from service.store import Answer, AnsweredCard, AnsweredSuggestion, FeedbackEntry, OverrideReason

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PATIENT = "pat-77310"
ENCOUNTER = "enc-55201"
FINDING = {
    "key": "calf_pain",
    "status": "present",
    "value": "left",
    "sources": [{"reference": "Observation/obs-9", "text": "about Patient/pat-77310, seen in Encounter/enc-55201"}],
}
RESULT = {
    "in_scope": True,
    "urgency": {"tier": "same_day", "because": [{"rule": "dvt-likely", "text": "Consider CT/MRI of the foot/ankle"}]},
    "findings": [FINDING],
    "data_quality": [{"reference": "https://ehr.example.org/fhir/Patient/pat-77310/_history/2", "text": "pat-77310"}],
    "score": {"low": 2.0, "high": 4},
}


def uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_OID, name))


def card(topic: str = "leg-pain-summary", rank: int = 3) -> AnsweredCard:
    suggestions = (AnsweredSuggestion(uuid(f"{topic} 1"), "us_leg_veins_duplex"),)
    return AnsweredCard(uuid(f"{topic} {rank}"), topic, rank, "critical", ("dvt-likely",), suggestions)


def answer(number: int = 1, **changes: Any) -> Answer:
    given = Answer(
        id=f"answer-{number:05}",
        created=NOW + timedelta(seconds=number),
        service="leg-pain-patient-view",
        hook="patient-view",
        hook_instance=uuid(f"call {number}"),
        client="northfield",
        patient_id=PATIENT,
        encounter_id=ENCOUNTER,
        knowledge_version="2026.11",
        knowledge_digest="d" * 64,
        in_scope=True,
        tier="same_day",
        could_be="emergency",
        tier_rank=3,
        due=NOW + timedelta(hours=4, seconds=number),
        facts="f" * 64,
        inputs=["Patient/pat-77310", "Observation/obs-9"],
        inputs_digest="e" * 64,
        findings=[FINDING],
        result=RESULT,
        cards=(card(), card("leg-pain-workup", 2)),
    )
    return replace(given, **changes)


def overridden(of: AnsweredCard | None = None, **changes: Any) -> FeedbackEntry:
    given = FeedbackEntry(
        service="leg-pain-patient-view",
        client="northfield",
        card=(of or card()).uuid,
        outcome="overridden",
        timestamp=NOW,
        reason=OverrideReason("already-done", "https://example.org/reasons", "Already done"),
        comment="Seen in clinic",
    )
    return replace(given, **changes)
