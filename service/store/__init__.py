"""The memory: what was answered and why, what became of it, and which tokens were seen. See docs/decisions/0016."""

from service.store.database import DatabaseAwayError
from service.store.records import Answer, AnsweredCard, AnsweredSuggestion, FeedbackEntry, OverrideReason
from service.store.store import NotStoredError, Readiness, Store

__all__ = [
    "Answer",
    "AnsweredCard",
    "AnsweredSuggestion",
    "DatabaseAwayError",
    "FeedbackEntry",
    "NotStoredError",
    "OverrideReason",
    "Readiness",
    "Store",
]
