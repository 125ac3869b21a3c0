"""CDS Hooks services as a Flask blueprint: the protocol, and nothing but the protocol. See README.md."""

from cds_hooks.blueprint import create_blueprint
from cds_hooks.cards import Action, Card, Coding, Link, OverrideReason, Source, Suggestion
from cds_hooks.completion import Completion
from cds_hooks.errors import PreconditionFailed, RequestProblem, Unauthorized
from cds_hooks.feedback import Feedback, FeedbackReason
from cds_hooks.keys import KeySets
from cds_hooks.outbound import Address, FetchFailed, Get
from cds_hooks.request import HookContext, HookRequest, parse
from cds_hooks.service import HookService
from cds_hooks.text import escape_markdown, one_line
from cds_hooks.trust import ANONYMOUS, FirstUse, Trust, TrustedClient

__all__ = [
    "ANONYMOUS",
    "Action",
    "Address",
    "Card",
    "Coding",
    "Completion",
    "Feedback",
    "FeedbackReason",
    "FetchFailed",
    "FirstUse",
    "Get",
    "HookContext",
    "HookRequest",
    "HookService",
    "KeySets",
    "Link",
    "OverrideReason",
    "PreconditionFailed",
    "RequestProblem",
    "Source",
    "Suggestion",
    "Trust",
    "TrustedClient",
    "Unauthorized",
    "create_blueprint",
    "escape_markdown",
    "one_line",
    "parse",
]
