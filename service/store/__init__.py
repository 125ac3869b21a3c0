"""The memory: what was answered and why, what became of it, and which tokens were seen. See docs/decisions/0016."""

from service.store.accounts import (
    LastAdminError,
    LoginTakenError,
)
from service.store.auditing import (
    StoredAuditEntry,
)
from service.store.database import (
    DatabaseAwayError,
)
from service.store.decisions import (
    ChangedError,
    DecisionError,
    NotFoundError,
    standing,
)
from service.store.insights import (
    Calls,
    CallsNotAddedError,
    Insights,
)
from service.store.places import cursor, read_cursor
from service.store.reactions import (
    Reaction,
)
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
from service.store.store import (
    NotStoredError,
    Readiness,
    Store,
)
from service.store.switches import (
    Switch,
)
from service.store.verdicts import (
    NO_REASON,
    Verdicts,
)
from service.store.waiting import (
    AT_ONCE,
    Asked,
    Wait,
)
from service.store.worklist import (
    NOBODY,
    Counts,
    WorklistItem,
    WorklistQuery,
)

__all__ = [
    "AT_ONCE",
    "NOBODY",
    "NO_REASON",
    "Answer",
    "AnsweredCard",
    "AnsweredSuggestion",
    "ApiKey",
    "Asked",
    "AuditEntry",
    "Calls",
    "CallsNotAddedError",
    "ChangedError",
    "ClaimedNotice",
    "Counts",
    "DatabaseAwayError",
    "Decision",
    "DecisionError",
    "FeedbackEntry",
    "Insights",
    "KeptSession",
    "LastAdminError",
    "LoginTakenError",
    "NotFoundError",
    "NotStoredError",
    "Notice",
    "OverrideReason",
    "Reaction",
    "Readiness",
    "Store",
    "StoredAssessment",
    "StoredAuditEntry",
    "Switch",
    "User",
    "Verdicts",
    "Wait",
    "WorklistItem",
    "WorklistQuery",
    "cursor",
    "read_cursor",
    "standing",
]
