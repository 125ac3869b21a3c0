"""What the roads share once a patient has been read: the verdict, its document, and what is kept of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from service.advice.brief import Brief
from service.advice.document import Document
from service.in_force import InForce
from service.intake.notes import Intake
from service.knowledge.library import Library
from service.store import Answer, AnsweredCard, Notice, Store
from service.triage.assess import assess
from service.triage.assessment import Assessment
from service.triage.findings import Finding
from service.webhooks import Webhooks

_MOST_NOTES = 100  # a chart of broken resources must not fill the database


@dataclass(frozen=True, slots=True)
class Assessor:
    """Triages what was read, keeps the assessment before it is given, and has those told who wait for emergencies."""

    in_force: InForce
    store: Store
    webhooks: Webhooks | None = None

    @property
    def library(self) -> Library:
        """By which patients are assessed now; without what was switched off at this site."""
        return self.in_force.library

    @property
    def whole(self) -> Library:
        """All that was loaded: for the words of an assessment that was made before something was switched off."""
        return self.in_force.whole

    def assess(
        self,
        intake: Intake,
        now: datetime,
        *,
        road: str,
        client: str,
        inputs_digest: str,
        explain: bool = False,
        idempotency_key: str | None = None,
        request_digest: str | None = None,
        id: str | None = None,  # noqa: A002 - its name everywhere
        follows: str | None = None,
    ) -> dict[str, Any]:
        """The assessment as callers see it, under an id of its own; kept when this returns.

        Args:
            intake: What was read of the patient.
            now: The moment it was read at.
            road: By which it came: `rest`, `fhir`, `intake-page` or `dashboard`.
            client: Who asked.
            inputs_digest: A digest of what was sent.
            explain: Add the evaluation of every rule.
            idempotency_key: What the client calls its request. When it was answered before, nothing of this answer
                is kept: ask `Store.repeated` which one stands.
            request_digest: A digest of the whole request, to be compared when it comes again.
            id: The id, for a request that must get the same one when it comes again; else a new one is made.
            follows: The id of an assessment of this client that this one takes further. Whom it is about, the store
                takes from there: leave the patient's id and name out of `intake`.

        Raises:
            NotStoredError: Nothing could keep it, so its id would lead nowhere.
        """
        library = self.library
        assessment = assess(intake.findings, library.knowledge, now)
        document = write(assessment, intake, library, explain=explain) | {"id": id or str(uuid4())}
        tier = assessment.urgency.tier
        notices = self.webhooks.notices(document) if self.webhooks and tier and tier.is_hot else ()
        self.store.record(
            answer(
                assessment,
                document,
                service=road,
                client=client,
                patient_id=intake.patient_id,
                patient_name=intake.patient_name,
                birth_date=intake.birth_date,
                facts=facts_digest(assessment.findings),
                inputs_digest=inputs_digest,
                library=library,
                notices=notices,
                idempotency_key=idempotency_key,
                request_digest=request_digest,
                follows=follows,
            )
        )
        if self.webhooks and notices:
            self.webhooks.wake()
        return document


def write(assessment: Assessment, intake: Intake, library: Library, *, explain: bool = False) -> dict[str, Any]:
    """The assessment as the document that callers rely on."""
    notes = [{"reference": n.reference, "element": n.element, "text": n.text} for n in intake.notes[:_MOST_NOTES]]
    return Document(assessment, library, explain=explain).write(notes)


def answer(
    assessment: Assessment,
    document: Mapping[str, Any],
    *,
    service: str,
    client: str,
    patient_id: str | None,
    facts: str,
    inputs_digest: str,
    library: Library,
    hook: str = "",
    hook_instance: str = "",
    encounter_id: str | None = None,
    cards: Sequence[AnsweredCard] = (),
    notices: Sequence[Notice] = (),
    idempotency_key: str | None = None,
    request_digest: str | None = None,
    patient_name: str | None = None,
    birth_date: str | None = None,
    follows: str | None = None,
) -> Answer:
    """The record of an assessment that was given; its document is kept without the explanation."""
    tier = assessment.urgency.tier
    within = library.knowledge.tiers[tier].within if tier else None
    brief = Brief.of(assessment)
    result = {name: value for name, value in document.items() if name not in {"findings", "trace"}}
    return Answer(
        id=document["id"],
        created=assessment.created,
        service=service,
        hook=hook,
        hook_instance=hook_instance,
        client=client,
        patient_id=patient_id,
        encounter_id=encounter_id,
        knowledge_version=assessment.knowledge_version,
        knowledge_digest=assessment.knowledge_digest,
        in_scope=assessment.in_scope,
        tier=tier,
        could_be=assessment.urgency.could_be,
        tier_rank=tier.rank if tier else None,
        due=None if within is None else assessment.created + within,
        facts=facts,
        inputs=sorted({source.reference for finding in assessment.findings for source in finding.sources}),
        inputs_digest=inputs_digest,
        findings=document["findings"],
        result=result,
        cards=tuple(cards),
        notices=tuple(notices),
        idempotency_key=idempotency_key,
        request_digest=request_digest,
        patient_name=patient_name,
        birth_date=birth_date,
        age_years=brief.age_years,
        sex=brief.sex,
        side=brief.side,
        pathways=brief.pathways,
        headline=brief.headline,
        follows=follows,
    )


def facts_digest(findings: Iterable[Finding]) -> str:
    """What is known of the patient as a digest: the same facts give the same one, whoever told them and when."""
    told = sorted(f"{f.key} {f.status} {f.temporality} {f.side} {f.value} {f.unit}" for f in findings)
    return sha256("\n".join(told).encode()).hexdigest()
