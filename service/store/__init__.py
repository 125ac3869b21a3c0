"""The memory: what was answered and why, what became of it, and which tokens were seen. See docs/decisions/0016."""

from service.store.accounts import LastAdminError, LoginTakenError
from service.store.auditing import StoredAuditEntry
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
    StoredAssessment,
    User,
)
from service.store.store import NotStoredError, Readiness, Store
from service.store.worklist import NOBODY, Counts, WorklistItem, WorklistQuery

__all__ = [
    "NOBODY",
    "Answer",
    "AnsweredCard",
    "AnsweredSuggestion",
    "ApiKey",
    "AuditEntry",
    "ChangedError",
    "ClaimedNotice",
    "Counts",
    "DatabaseAwayError",
    "Decision",
    "DecisionError",
    "FeedbackEntry",
    "KeptSession",
    "LastAdminError",
    "LoginTakenError",
    "NotFoundError",
    "NotStoredError",
    "Notice",
    "OverrideReason",
    "Readiness",
    "Store",
    "StoredAssessment",
    "StoredAuditEntry",
    "User",
    "WorklistItem",
    "WorklistQuery",
]
