"""CDS Hooks services as a Flask blueprint: the protocol, and nothing but the protocol. See README.md."""

from cds_hooks.blueprint import create_blueprint
from cds_hooks.cards import Action, Card, Coding, Link, OverrideReason, Source, Suggestion
from cds_hooks.errors import PreconditionFailed, RequestProblem
from cds_hooks.request import HookContext, HookRequest, parse
from cds_hooks.service import HookService
from cds_hooks.text import escape_markdown, one_line

__all__ = [
    "Action",
    "Card",
    "Coding",
    "HookContext",
    "HookRequest",
    "HookService",
    "Link",
    "OverrideReason",
    "PreconditionFailed",
    "RequestProblem",
    "Source",
    "Suggestion",
    "create_blueprint",
    "escape_markdown",
    "one_line",
    "parse",
]
