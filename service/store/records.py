"""What the store keeps, in plain words: assessments as they were given, and what became of them and their cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Notice:
    """What a webhook is to be told of an assessment.

    Attributes:
        id: Of this notice alone, the same at every attempt to deliver it.
        webhook: The name of the webhook.
        body: What is sent, to the byte.
    """

    id: str
    webhook: str
    body: str


@dataclass(frozen=True, slots=True)
class ClaimedNotice:
    """A notice that somebody set out to deliver.

    Attributes:
        id: The same at every attempt.
        body: What is sent, to the byte.
        created: When it was made.
        attempts: How often somebody set out with it, this time included.
    """

    id: str
    body: str
    created: datetime
    attempts: int


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
        patient_name: For the clinician who must find the patient; kept only where the site keeps identifiers.
        birth_date: Likewise.
        age_years: How old the patient is.
        sex: At birth.
        side: Of the symptoms.
        pathways: Of what is likely or possible, the likeliest first.
        headline: The same in words, for a line of the worklist.
        follows: The id of an assessment of this client that this one takes further, with more answers. Who the
            patient is, the store takes from there.
        knowledge_version: The knowledge that judged.
        knowledge_digest: Likewise, exactly.
        in_scope: Whether there was a current leg complaint.
        tier: The urgency that the known facts support.
        could_be: The urgency that the open questions leave possible.
        tier_rank: The rank of the tier; a larger one is more urgent.
        due: By when somebody must act, if the tier says so.
        facts: A digest of the facts; the same facts give the same one.
        inputs: References of the resources that were read.
        inputs_digest: A digest of what was read.
        findings: What was found, as JSON values.
        result: The assessment, as JSON values.
        cards: The cards in the order they were sent.
        notices: Whom to tell. They are kept with the answer, or not at all.
        idempotency_key: What the client calls its request. Of two answers of a client with the same key the first
            stands, and nothing of the other is kept.
        request_digest: A digest of the request, to tell whether a key came again with another one.
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
    tier_rank: int | None
    due: datetime | None
    facts: str
    inputs: Sequence[str]
    inputs_digest: str
    findings: Sequence[Any]
    result: Mapping[str, Any]
    cards: tuple[AnsweredCard, ...] = ()
    notices: tuple[Notice, ...] = ()
    idempotency_key: str | None = None
    request_digest: str | None = None
    patient_name: str | None = None
    birth_date: str | None = None
    age_years: float | None = None
    sex: str | None = None
    side: str | None = None
    pathways: tuple[str, ...] = ()
    headline: str = ""
    follows: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAssessment:
    """An assessment as it is kept.

    Attributes:
        id: As callers know it.
        sequence: The order in which assessments came.
        created: When it was given.
        client: Who asked.
        service: By which road.
        tier: The urgency that the known facts support.
        could_be: The urgency that the open questions leave possible.
        in_scope: Whether there was a current leg complaint.
        status: `open`, `acknowledged`, `accepted` or `overridden`.
        version: 1 at first; every decision adds one.
        due: By when somebody must act, if the tier says so.
        document: The assessment as JSON values, the findings with it.
        patient: What is stored of the patient's id, by the site's policy.
        place: Where it stands in the worklist, as plain JSON values: the `after` of the next page.
        patient_name: As the patient is called, where the site keeps that.
        birth_date: Likewise.
        age_years: How old the patient was.
        sex: At birth.
        side: Of the symptoms.
        pathways: Of what is likely or possible, the likeliest first.
        headline: The same in words.
        assignee: The login of whoever looks after it.
        follows: The id of the assessment that this one takes further.
    """

    id: str
    sequence: int
    created: datetime
    client: str
    service: str
    tier: str | None
    could_be: str | None
    in_scope: bool
    status: str
    version: int
    due: datetime | None
    document: dict[str, Any]
    patient: str | None
    place: tuple[Any, ...]
    patient_name: str | None
    birth_date: str | None
    age_years: float | None
    sex: str | None
    side: str | None
    pathways: tuple[str, ...]
    headline: str
    assignee: str | None
    follows: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a clinician decided about an assessment, or one order of it.

    Attributes:
        assessment: The id of the assessment.
        action: `acknowledge`, `accept`, `override` or `undo`, which takes back the last that still stands; or who
            looks after it: `claim`, `release`, `hand_over`.
        actor: Who decided.
        at: When.
        order: The order it is about; without one, the whole assessment.
        reason_code: Why; an override needs one.
        comment: The same in the clinician's own words. Privacy decides what is kept of it.
        assignee: Who looks after it from then on, if that is what was decided.
    """

    assessment: str
    action: str
    actor: str
    at: datetime
    order: str | None = None
    reason_code: str | None = None
    comment: str | None = None
    assignee: str | None = None


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


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the REST interface.

    Attributes:
        id: Its public part.
        name: Of whoever holds it.
        role: What it may do.
        digest: Of its secret.
        created: When it was made.
        revoked: Since when it opens nothing any more.
    """

    id: str
    name: str
    role: str
    digest: str = field(repr=False)
    created: datetime
    revoked: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who signs in to the dashboard.

    Attributes:
        id: Never changes.
        login: What they sign in with.
        name: What others see.
        role: What they may do.
        client: They see only what this caller sent; None for all.
        password: Its argon2 hash; None before the first one is set, and for those who sign in elsewhere.
        subject: Who they are at the single sign-on: its issuer and their subject there.
        failures: Wrong passwords in a row.
        locked_until: No password opens before then.
        created: When the account was made.
        disabled: Since when it opens nothing any more.
    """

    id: str
    login: str
    name: str
    role: str
    created: datetime
    client: str | None = None
    password: str | None = field(default=None, repr=False)
    subject: str | None = None
    failures: int = 0
    locked_until: datetime | None = None
    disabled: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """A user who is signed in, on one browser.

    Attributes:
        digest: Of the token in the browser's cookie, which itself is not kept.
        user: Who.
        csrf: What a form of theirs must bring back.
        created: When they signed in.
        seen: When a page was last asked for, to a minute.
        expires: When they must sign in again.
        client: They see only what this caller sent; None for what the user may see.
        patient: They see only this patient, as the store names patients; None for all.
        secrets: What belongs to the session and must not be read in the database: sealed.
    """

    digest: str
    user: User
    csrf: str = field(repr=False)
    created: datetime
    seen: datetime
    expires: datetime
    client: str | None = None
    patient: str | None = None
    secrets: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what, when and from where.

    Attributes:
        at: When.
        actor: Who: the login of a user, the name of a key, the operator of the machine.
        action: What, in a few fixed words: `view: worklist`, `decision: accept`.
        subject: To what: the id of an assessment, a login, a pathway.
        role: What they were allowed to do, if they signed in.
        address: From where, if it came over the network.
        outcome: `success` or `refused`.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    role: str | None = None
    address: str | None = None
    outcome: str = "success"
