"""What was decided about an assessment, and what can be decided now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from service.advice import wording
from service.advice.card_maker import OVERRIDE_REASONS
from service.advice.orders import stated_proposal
from service.dashboard.times import moment
from service.store import Decision, StoredAssessment, User, standing
from service.triage.rules import Tier

REASONS = {reason.code: reason.display or reason.code for reason in OVERRIDE_REASONS}
_DONE = {"acknowledge": "Acknowledged", "accept": "Accepted", "override": "Overridden", "undo": "Taken back"}
_ASSIGNED = {"claim": "Claimed", "release": "Released", "hand_over": "Handed over"}
_STATES = {"accept": "accepted", "override": "overridden"}
PRIORITIES = {"stat": "immediately", "asap": "as soon as possible", "urgent": "urgent", "routine": "routine"}


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One suggested order and what became of it.

    Attributes:
        order: Its key.
        title: What, which side, by when.
        state: `open`, `accepted` or `overridden`.
        words: Who decided so, when and why.
        undoable: Something was decided about this order by itself.
        already: It was found in the record, so it is not suggested again.
    """

    order: str
    title: str
    state: str
    words: str
    undoable: bool
    already: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision that was not taken yet, because somebody else was faster or something is wrong with it.

    Attributes:
        action: What was asked for.
        words: The same in words.
        order: The order it is about; empty for the whole assessment.
        reason: The coded reason.
        comment: What was typed.
        to: Who was to take over.
        wrong: What is wrong with it, in words.
        meanwhile: What others did since the page was loaded, in words; the first one first.
    """

    action: str
    words: str
    order: str = ""
    reason: str = ""
    comment: str = ""
    to: str = ""
    wrong: tuple[str, ...] = ()
    meanwhile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deciding:
    """The decisions about one assessment.

    Attributes:
        id: Of the assessment.
        version: Of the assessment as it is shown.
        status: `open`, `acknowledged`, `accepted` or `overridden`.
        words: Who decided last what still stands, when and why.
        acknowledged: Somebody has seen it, or decided.
        undo: What the undo button would take back; empty when nothing stands.
        assignee: The login of whoever looks after it.
        looks_after: The same in words.
        mine: It is whoever is signed in.
        colleagues: Login and name of those it can be handed to.
        orders: What is suggested.
        to_place: How many orders an acceptance of all would still accept.
        copy: The accepted orders as text; empty when there are none.
        draft: A decision that was not taken yet.
    """

    id: str
    version: int
    status: str
    words: str
    acknowledged: bool
    undo: str
    assignee: str | None
    looks_after: str
    mine: bool
    colleagues: tuple[tuple[str, str], ...]
    orders: tuple[OrderLine, ...]
    to_place: int
    copy: str
    draft: Draft | None = None

    @property
    def reasons(self) -> Mapping[str, str]:
        """Code and words of the reasons that an override can have."""
        return REASONS


def deciding(
    stored: StoredAssessment, made: Sequence[Decision], users: Iterable[User], login: str, draft: Draft | None = None
) -> Deciding:
    """What was decided, for this user; `users` are those it can be handed to, and whose names are told."""
    people = {user.login: user.name for user in users}
    stands = standing(made)
    orders = tuple(_order(order, stands, people) for order in _suggested(stored.document))
    last = stands[-1] if stands else None
    return Deciding(
        id=stored.id,
        version=stored.version,
        status=stored.status,
        words=told(last, people) if last else "Nobody has decided yet.",
        acknowledged=bool(stands),
        undo=_undo(last, stored.document),
        assignee=stored.assignee,
        looks_after=_looks_after(stored.assignee, login, people),
        mine=stored.assignee == login,
        colleagues=tuple((user, name) for user, name in people.items() if user not in {login, stored.assignee}),
        orders=orders,
        to_place=sum(not line.already and line.state != "accepted" for line in orders),
        copy=_copy(accepted(stored.document, made)),
        draft=draft,
    )


def told(decision: Decision, people: Mapping[str, str]) -> str:
    """A decision in one line: what, who, when and why."""
    what = {**_DONE, **_ASSIGNED}.get(decision.action, decision.action)
    if decision.assignee and decision.action == "hand_over":
        what += f" to {people.get(decision.assignee, decision.assignee)}"
    line = f"{what} by {people.get(decision.actor, decision.actor)}, {moment(decision.at)}"
    if decision.reason_code:
        line += f": {REASONS.get(decision.reason_code, decision.reason_code).lower()}"
    return f"{line} — “{decision.comment}”" if decision.comment else line


def meanwhile(
    made: Sequence[Decision], seen: int, document: Mapping[str, Any], people: Mapping[str, str]
) -> tuple[str, ...]:
    """What was decided since the version that a page showed; every decision counts the version up by one."""
    titles = {order["order"]: order["label"] for order in _suggested(document)}
    return tuple(
        f"{titles.get(each.order, each.order)}: {told(each, people)}" if each.order else told(each, people)
        for each in made[max(0, seen - 1) :]
    )


def accepted(document: Mapping[str, Any], made: Sequence[Decision]) -> list[Mapping[str, Any]]:
    """The suggested orders whose acceptance stands."""
    stands = standing(made)
    return [order for order in _suggested(document) if not order["already"] and _state(order, stands) == "accepted"]


def in_words(action: str, document: Mapping[str, Any], order: str = "") -> str:
    """What a decision that is asked for would do."""
    titles = {each["order"]: each["label"] for each in _suggested(document)}
    what = titles.get(order, order) if order else {"accept": "all orders"}.get(action, "this assessment")
    verb = {"hand_over": "Hand over", "undo": "Take back the decision about"}.get(action, action.capitalize())
    return f"{verb} {what}"


def _suggested(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for _, order in suggested(document):
        yield order


def suggested(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Tests (`workup`) and `referrals` together, the most urgent first, in each tier the one that is due first."""
    return sorted(
        ((kind, each) for kind in ("workup", "referrals") for each in document[kind]),
        key=lambda one: (-_tier_of(one[1]), _hours(one[1]["within"]), _stands_back(*one)),
    )


def _stands_back(kind: str, order: Mapping[str, Any]) -> bool:
    """Due at the same time, in an emergency the place to go to comes before the tests, else after them."""
    return (kind == "workup") == (_tier_of(order) == Tier.EMERGENCY.rank)


def _tier_of(order: Mapping[str, Any]) -> int:
    return max((Tier(reason["tier"]).rank for reason in order["because"] if reason["tier"]), default=-1)


def _hours(within: str | None) -> float:
    """The length of a duration such as PT4H, P1D or P2W; without one there is time."""
    return int(within.strip("PTHDW")) * {"H": 1, "D": 24, "W": 168}[within[-1]] if within else inf


def _order(order: Mapping[str, Any], stands: Sequence[Decision], people: Mapping[str, str]) -> OrderLine:
    last = _last(order, stands)
    return OrderLine(
        order=order["order"],
        title=order_title(order),
        state=_state(order, stands),
        words=told(last, people) if last else "",
        undoable=any(each.order == order["order"] for each in stands),
        already=bool(order["already"]),
    )


def _last(order: Mapping[str, Any], stands: Sequence[Decision]) -> Decision | None:
    about = [each for each in stands if each.order in {None, order["order"]} and each.action in _STATES]
    return about[-1] if about else None


def _state(order: Mapping[str, Any], stands: Sequence[Decision]) -> str:
    last = _last(order, stands)
    return _STATES[last.action] if last else "open"


def order_title(order: Mapping[str, Any]) -> str:
    """An order as the document states it, in a line: what, which side, by when."""
    side = {"bilateral": "both sides", None: ""}.get(order["side"], f"{order['side']} side")
    return ", ".join(filter(None, (order["label"], side, wording.within(order["within"]))))


def _undo(last: Decision | None, document: Mapping[str, Any]) -> str:
    if last is None:
        return ""
    titles = {order["order"]: order["label"] for order in _suggested(document)}
    about = f" of {titles.get(last.order, last.order)}" if last.order else ""
    nouns = {"acknowledge": "acknowledgement", "accept": "acceptance", "override": "override"}
    return f"{nouns.get(last.action, last.action)}{about}"


def _looks_after(assignee: str | None, login: str, people: Mapping[str, str]) -> str:
    if assignee is None:
        return "Nobody looks after this patient yet."
    if assignee == login:
        return "You look after this patient."
    return f"{people.get(assignee, assignee)} looks after this patient."


def _copy(orders: Iterable[Mapping[str, Any]]) -> str:
    """The orders as plain text, for a system that takes no other."""
    lines = []
    for number, order in enumerate(orders, start=1):
        proposed = stated_proposal(order)
        lines.append(f"{number}. {order_title(order)}")
        details = (
            ("Priority", PRIORITIES.get(proposed.priority or "", proposed.priority or "")),
            ("Why", "; ".join(proposed.reasons)),
            ("Contact", proposed.contact or ""),
            *(("Caution", text) for text in proposed.cautions),
        )
        lines += [f"   {name}: {text}" for name, text in details if text]
    return "\n".join(lines)
