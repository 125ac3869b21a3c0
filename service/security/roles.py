"""What each role of a clinician may do."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What a page asks of whoever opens it."""

    VIEW = "view"
    DECIDE = "decide"
    KNOWLEDGE = "knowledge"
    ACCOUNTS = "accounts"


ROLES: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        "viewer": frozenset({Permission.VIEW}),
        "clinician": frozenset({Permission.VIEW, Permission.DECIDE}),
        "knowledge-owner": frozenset({Permission.VIEW, Permission.KNOWLEDGE}),
        "admin": frozenset(Permission),
    }
)
"""`knowledge-owner` switches pathways and takes the feedback out; `admin` may do all, accounts and audit included."""
