"""Users as administrators see them."""

from dataclasses import dataclass
from datetime import datetime

from service.security.accounts import state_of
from service.security.roles import ROLES, Permission
from service.store import User

_MAY = {
    Permission.VIEW: "sees patients",
    Permission.DECIDE: "decides about them",
    Permission.KNOWLEDGE: "switches pathways and takes feedback out",
    Permission.ACCOUNTS: "manages users and reads the audit",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list of users.

    Attributes:
        login: What they sign in with.
        name: What others see.
        role: What they may do.
        sees: Whose patients.
        state: How the account stands.
        is_off: Whether it opens nothing now.
    """

    login: str
    name: str
    role: str
    sees: str
    state: str
    is_off: bool


@dataclass(frozen=True, slots=True)
class Role:
    """A role to choose: its name, and what it may do in words."""

    name: str
    words: str


def rows(users: list[User], now: datetime) -> list[Row]:
    """The list of users."""
    return [row(user, now) for user in users]


def row(user: User, now: datetime) -> Row:
    """One of them."""
    sees = f"only what {user.client} sent" if user.client else "all patients"
    state = state_of(user, now)
    return Row(user.login, user.name, user.role, sees, state, user.disabled is not None)


def roles() -> list[Role]:
    """The roles, the one that may least first."""
    return [Role(name, ", ".join(_MAY[each] for each in Permission if each in may)) for name, may in ROLES.items()]
