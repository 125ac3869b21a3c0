"""What is kept of an answer, and which cards stay away because they were overridden."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import structlog
from werkzeug.exceptions import ServiceUnavailable

from cds_hooks import Feedback, HookRequest
from service.advice.card_maker import Advised
from service.assessing import answer, write
from service.hooks.triage import Triage
from service.knowledge.library import Library
from service.store import (
    AnsweredCard,
    AnsweredSuggestion,
    FeedbackEntry,
    NotStoredError,
    OverrideReason,
    Store,
)
from service.triage.rules import Tier

_log = structlog.get_logger()
_NO_TIER = -1
_ALWAYS_SHOWN = ("summary", "discharge", "appointment")


@dataclass(frozen=True, slots=True)
class Memory:
    """The store, and how long a card that was overridden stays away from the same patient with the same facts."""

    store: Store
    quiet_for: timedelta

    def keyed(self, advised: Sequence[Advised]) -> list[Advised]:
        """The cards under uuids that nobody can guess back.

        A uuid made of a patient's id and a card's words would tell that id to whoever tries them all.
        """
        return [self._keyed(made) for made in advised]

    def _keyed(self, made: Advised) -> Advised:
        uuids = {each.uuid: self.store.keyed(each.uuid) for each in made.card.suggestions}
        suggestions = tuple(replace(each, uuid=uuids[each.uuid]) for each in made.card.suggestions)
        return replace(
            made,
            card=replace(made.card, uuid=self.store.keyed(made.card.uuid), suggestions=suggestions),
            orders={uuids[uuid]: order for uuid, order in made.orders.items()},
        )

    def not_overridden(
        self, request: HookRequest, facts: str, advised: Sequence[Advised], now: datetime
    ) -> list[Advised]:
        """The cards without those that were overridden at this tier or a higher one."""
        if not advised or not self.quiet_for:
            return list(advised)
        overridden = self.store.quiet(
            request.context["patient_id"],
            facts,
            now - self.quiet_for,
            client=request.client,
        )
        return [
            made
            for made in advised
            if _must_be_seen(made) or not any(topic == made.topic and rank >= _rank(made) for topic, rank in overridden)
        ]

    def keep(
        self,
        service: str,
        request: HookRequest,
        result: Triage,
        advised: Sequence[Advised],
        *,
        facts: str,
        library: Library,
    ) -> None:
        """Keep the answer before it is given. If nothing can keep it, it is given all the same, and the log says so."""
        assessment = result.assessment
        document = write(assessment, result.intake, library) | {"id": str(uuid4())}
        kept = answer(
            assessment,
            document,
            service=service,
            client=request.client,
            patient_id=request.context["patient_id"],
            facts=facts,
            inputs_digest=_inputs_digest(request),
            library=library,
            hook=request.hook,
            hook_instance=request.hook_instance,
            encounter_id=request.context.get("encounter_id"),
            cards=[_answered(made) for made in advised],
            patient_name=result.intake.patient_name,
            birth_date=result.intake.birth_date,
        )
        try:
            self.store.record(kept)
        except NotStoredError:
            _log.error("answer not stored")

    def take_feedback(self, entries: Sequence[Feedback]) -> None:
        """Keep what clinicians did with cards. ServiceUnavailable when nothing can keep it: then it is not taken."""
        try:
            self.store.feedback([_entry(one) for one in entries])
        except NotStoredError:
            raise ServiceUnavailable from None


def _must_be_seen(made: Advised) -> bool:
    """Whether the next clinician must see this, whoever waved it away: that there is an emergency."""
    return made.tier is Tier.EMERGENCY and made.topic.startswith(_ALWAYS_SHOWN)


def _inputs_digest(request: HookRequest) -> str:
    digest = sha256()
    for key in sorted(request.prefetch):
        digest.update(f"{key} {len(request.prefetch[key])}\n".encode())
        digest.update(request.prefetch[key])
    return digest.hexdigest()


def _answered(made: Advised) -> AnsweredCard:
    return AnsweredCard(
        uuid=made.card.uuid,
        topic=made.topic,
        tier_rank=_rank(made),
        indicator=made.card.indicator,
        rules=made.rules,
        suggestions=tuple(
            AnsweredSuggestion(suggestion.uuid, made.orders.get(suggestion.uuid, ""))
            for suggestion in made.card.suggestions
        ),
    )


def _entry(one: Feedback) -> FeedbackEntry:
    reason = OverrideReason(one.reason.code, one.reason.system, one.reason.display) if one.reason else None
    return FeedbackEntry(
        service=one.service,
        client=one.client,
        card=one.card,
        outcome=one.outcome,
        timestamp=one.timestamp,
        accepted_suggestions=one.accepted_suggestions,
        reason=reason,
        comment=one.comment,
    )


def _rank(made: Advised) -> int:
    return made.tier.rank if made.tier else _NO_TIER
