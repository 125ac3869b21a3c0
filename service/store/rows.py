"""Answers and feedback as rows, ready for the database or the spool: nothing in them that must not be stored."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from unicodedata import combining, normalize
from uuid import UUID

import orjson

from service.store.database import Rows
from service.store.earlier import NO_TIER
from service.store.privacy import Privacy, bounded, rewritten, storable
from service.store.records import Answer, AnsweredCard, FeedbackEntry, Notice
from service.store.tables import NEVER


def answer_rows(answer: Answer, privacy: Privacy) -> Rows:
    """An answer: its assessment, then its cards, then their suggestions."""
    client = bounded(answer.client)
    name = privacy.name(answer.patient_name)
    change = privacy.cleaned(client, ("Patient", answer.patient_id), ("Encounter", answer.encounter_id))
    assessment = {
        "id": bounded(answer.id),
        "created": utc(answer.created),
        "service": answer.service,
        "hook": answer.hook,
        "hook_instance": change(answer.hook_instance),
        "client": client,
        "patient": privacy.token("Patient", client, answer.patient_id),
        "encounter": privacy.token("Encounter", client, answer.encounter_id),
        "knowledge_version": answer.knowledge_version,
        "knowledge_digest": answer.knowledge_digest,
        "in_scope": answer.in_scope,
        "tier": _plain(answer.tier),
        "could_be": _plain(answer.could_be),
        "facts": bounded(answer.facts),
        "inputs": [] if privacy.policy == "none" else rewritten(list(answer.inputs), change),
        "inputs_digest": answer.inputs_digest,
        "findings": rewritten(list(answer.findings), change),
        "result": rewritten(dict(answer.result), change),
        "status": "open",
        "version": 1,
        "tier_order": NO_TIER if answer.tier_rank is None else -answer.tier_rank,
        "due": utc(answer.due) if answer.due else NEVER,
        "idempotency_key": None if answer.idempotency_key is None else keyed(privacy, client, answer.idempotency_key),
        "request_digest": answer.request_digest,
        "patient_name": name,
        "sought_name": folded(name) if name else None,
        "birth_date": privacy.name(answer.birth_date),
        "age_years": answer.age_years,
        "sex": None if answer.sex is None else bounded(answer.sex),
        "side": answer.side,
        "pathways": f" {' '.join(answer.pathways)} ",
        "headline": storable(answer.headline),
        "superseded": False,
        "follows": None if answer.follows is None else bounded(answer.follows),
    }
    return {
        "assessments": [assessment],
        "cards": [_card(assessment["id"], n, card) for n, card in enumerate(answer.cards)],
        "suggestions": [
            {"assessment": assessment["id"], "card": card.uuid, "uuid": each.uuid, "order_id": each.order}
            for card in answer.cards
            for each in card.suggestions
        ],
        "notices": [_notice(assessment, notice) for notice in answer.notices],
    }


def keyed(privacy: Privacy, client: str, idempotency_key: str) -> str:
    """What is stored of a client's name for its request, which may well hold a patient's id."""
    message = f"request\0{client}\0{idempotency_key}".encode(errors="surrogatepass")
    return hmac.digest(privacy.secret, message, "sha256").hex()


def _notice(assessment: Mapping[str, Any], notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "assessment": assessment["id"],
        "webhook": notice.webhook,
        "body": notice.body,
        "created": assessment["created"],
        "state": "waiting",
        "attempts": 0,
        "next_try": assessment["created"],
    }


def _card(assessment: str, position: int, card: AnsweredCard) -> dict[str, Any]:
    return {
        "assessment": assessment,
        "uuid": card.uuid,
        "position": position,
        "topic": card.topic,
        "tier_rank": card.tier_rank,
        "indicator": card.indicator,
        "rules": list(card.rules),
    }


def feedback_rows(entries: Iterable[FeedbackEntry], privacy: Privacy, received: datetime) -> Rows:
    """Feedback; the id of an entry is made of its content, so that one sent again is the same row."""
    return {"feedback": [_feedback(entry, privacy, received) for entry in entries]}


def _feedback(entry: FeedbackEntry, privacy: Privacy, received: datetime) -> dict[str, Any]:
    client = bounded(entry.client)
    reason = entry.reason
    told = privacy.cleaned(client)
    row: dict[str, Any] = {
        "service": entry.service,
        "client": client,
        "card": bounded(_known(entry.card, privacy, told)),
        "outcome": entry.outcome,
        "accepted_suggestions": [_known(each, privacy, told) for each in entry.accepted_suggestions],
        "reason_code": told(reason.code) if reason else None,
        "reason_system": told(reason.system) if reason and reason.system else None,
        "reason_display": privacy.comment(client, reason.display) if reason else None,
        "comment": privacy.comment(client, entry.comment),
        "timestamp": utc(entry.timestamp),
    }
    return row | {"id": hashlib.sha256(orjson.dumps(row)).hexdigest(), "received": utc(received)}


def _known(text: str, privacy: Privacy, told: Callable[[str], str]) -> str:
    """An id as we give them. What else stands in its place may say anything, and where nothing is kept is digested."""
    try:
        return str(UUID(text))
    except ValueError:
        if privacy.policy != "none":
            return told(text)
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def folded(text: str) -> str:
    """A text without capitals and accents, so that a name is found however it is written; databases do not agree."""
    return "".join(char for char in normalize("NFKD", text.casefold()) if not combining(char))


def token_row(issuer: str, jti: str, expires: datetime) -> dict[str, Any]:
    """One use of a token."""
    return {"issuer": bounded(issuer), "jti": bounded(jti), "expires": utc(expires)}


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a zone is taken for UTC, and none is out of range."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def _plain(tier: str | None) -> str | None:
    return None if tier is None else str(tier)
