"""The memory: what was answered and why, what became of it, and which tokens were seen. See docs/decisions/0016."""

from service.store.database import DatabaseAwayError
from service.store.decisions import ChangedError, DecisionError, NotFoundError
from service.store.records import (
    Answer,
    AnsweredCard,
    AnsweredSuggestion,
    ApiKey,
    AuditEntry,
    ClaimedNotice,
    Decision,
    FeedbackEntry,
    KeptSession,
    Notice,
    OverrideReason,
    Reaction,
    StoredAssessment,
    Switch,
    User,
)
from service.store.store import NotStoredError, Readiness, Store

__all__ = [
    "Answer",
    "AnsweredCard",
    "AnsweredSuggestion",
    "ApiKey",
    "AuditEntry",
    "ChangedError",
    "ClaimedNotice",
    "DatabaseAwayError",
    "Decision",
    "DecisionError",
    "FeedbackEntry",
    "KeptSession",
    "NotFoundError",
    "NotStoredError",
    "Notice",
    "OverrideReason",
    "Reaction",
    "Readiness",
    "Store",
    "StoredAssessment",
    "Switch",
    "User",
]
