"""What the store is asked to keep, in plain words: assessments as they were given, and what became of their cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AnsweredSuggestion:
    """A suggestion as it was sent, and the order it stands for."""

    uuid: str
    order: str


@dataclass(frozen=True, slots=True)
class AnsweredCard:
    """A card as it was sent.

    Attributes:
        uuid: Its id on the wire; the same advice to the same patient carries the same one again.
        topic: What it is about.
        tier_rank: The rank of the tier it spoke for.
        indicator: How loud it was.
        rules: The rules behind it.
        suggestions: What it offered.
    """

    uuid: str
    topic: str
    tier_rank: int
    indicator: str
    rules: tuple[str, ...] = ()
    suggestions: tuple[AnsweredSuggestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One assessment that was given, with all that is needed to tell later why it was so.

    Attributes:
        id: Of this answer alone; a second answer with the same id is taken for the first one sent again.
        created: When it was given.
        service: By which road: the id of the hook's service, `rest`, `fhir` or `intake-page`.
        hook: The hook that fired, or nothing.
        hook_instance: The client's id of the firing, or nothing.
        client: Who called.
        patient_id: As the client names the patient, if it does. What is stored of it is the site's choice.
        encounter_id: Likewise.
        knowledge_version: The knowledge that judged.
        knowledge_digest: Likewise, exactly.
        in_scope: Whether there was a current leg complaint.
        tier: The urgency that the known facts support.
        could_be: The urgency that the open questions leave possible.
        facts: A digest of the facts; the same facts give the same one.
        inputs: References of the resources that were read.
        inputs_digest: A digest of what was read.
        findings: What was found, as JSON values.
        result: The assessment, as JSON values.
        cards: The cards in the order they were sent.
    """

    id: str
    created: datetime
    service: str
    hook: str
    hook_instance: str
    client: str
    patient_id: str | None
    encounter_id: str | None
    knowledge_version: str
    knowledge_digest: str
    in_scope: bool
    tier: str | None
    could_be: str | None
    facts: str
    inputs: Sequence[str]
    inputs_digest: str
    findings: Sequence[Any]
    result: Mapping[str, Any]
    cards: tuple[AnsweredCard, ...] = ()


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """Why a card was overridden, as a code."""

    code: str
    system: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackEntry:
    """What a clinician did with one card. The card need not be known.

    Attributes:
        service: The id of the service that sent the card.
        client: Who tells.
        card: The uuid of the card.
        outcome: `accepted` or `overridden`.
        accepted_suggestions: The uuids of the suggestions that were taken.
        reason: Why the card was overridden.
        comment: The same in the clinician's own words.
        timestamp: When, by the client's clock.
    """

    service: str
    client: str
    card: str
    outcome: str
    timestamp: datetime
    accepted_suggestions: tuple[str, ...] = ()
    reason: OverrideReason | None = None
    comment: str | None = None
