"""What clinicians decide about assessments, and who looks after them: written down with the audit, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from service.store.auditing import tell
from service.store.privacy import bounded
from service.store.reading import Reading, read_one
from service.store.records import AuditEntry, Decision, StoredAssessment
from service.store.rows import utc
from service.store.tables import assessments, decisions

_STATUS = {"acknowledge": "acknowledged", "accept": "accepted", "override": "overridden"}
_ASSIGNING = frozenset({"claim", "release", "hand_over"})
_TRIES = 5  # more than two clinicians hardly decide at the very same moment


class _Decided(Protocol):
    """A decision, or its row."""

    @property
    def action(self) -> str: ...

    @property
    def order(self) -> str | None: ...


_Made = TypeVar("_Made", bound=_Decided)


class NotFoundError(Exception):
    """There is no such assessment, or it is not this client's."""


class ChangedError(Exception):
    """Somebody else decided in the meantime."""


class DecisionError(Exception):
    """Such a decision makes no sense here. The message says why, in words for the caller."""


class _Terms(NamedTuple):
    """On which a decision is written down."""

    expected_version: int | None
    client: str | None
    entry: AuditEntry | None


class Deciding(Reading):
    """The decisions of a store."""

    def decide(
        self,
        decision: Decision,
        *,
        expected_version: int | None = None,
        client: str | None = None,
        entry: AuditEntry | None = None,
    ) -> StoredAssessment:
        """Write a decision down and return the assessment as it is then.

        Args:
            decision: What was decided.
            expected_version: The version the clinician saw; None for whatever it is now.
            client: Only if the assessment is this client's own.
            entry: With which role and from where, for the audit.

        Raises:
            NotFoundError: There is no such assessment.
            ChangedError: Its version is another one.
            DecisionError: There is nothing to undo, say.
            DatabaseAwayError: Nothing can be decided now.
        """
        if decision.action not in {*_STATUS, "undo"}:
            raise DecisionError(f"action must be one of {', '.join(_STATUS)}, undo")
        if decision.action == "override" and not decision.reason_code:
            raise DecisionError("an override needs a reason_code")
        return self._written(replace(decision, assignee=None), _Terms(expected_version, client, entry))

    def assign(
        self,
        assessment: str,
        assignee: str | None,
        *,
        entry: AuditEntry,
        comment: str | None = None,
        expected_version: int | None = None,
        client: str | None = None,
    ) -> StoredAssessment:
        """Write down who looks after an assessment from now on: a claim, a release or a handing over.

        Args:
            assessment: Its id.
            assignee: The login of whoever does; None for nobody.
            entry: Who decides so, when, with which role and from where. The action and the subject are filled in.
            comment: A note for whoever takes over. Privacy decides what is kept of it.
            expected_version: The version the clinician saw; None for whatever it is now.
            client: Only if the assessment is this client's own.

        Raises:
            NotFoundError: There is no such assessment.
            ChangedError: Its version is another one.
            DecisionError: They look after it already, or nobody does.
            DatabaseAwayError: Nothing can be decided now.
        """
        given = "claim" if assignee == entry.actor else "hand_over"
        decision = Decision(
            assessment=assessment,
            action=given if assignee else "release",
            actor=entry.actor,
            at=entry.at,
            comment=comment,
            assignee=assignee and _text(assignee),
        )
        return self._written(decision, _Terms(expected_version, client, entry))

    def _written(self, decision: Decision, terms: _Terms) -> StoredAssessment:
        own = str(uuid4())
        for _ in range(_TRIES):
            try:
                return self._ask(lambda connection: self._decided(connection, own, decision, terms))
            except ChangedError:
                if terms.expected_version is not None:
                    raise
        raise ChangedError

    def decisions(self, assessment: str) -> list[Decision]:
        """All decisions about an assessment, the first one first.

        Raises:
            DatabaseAwayError: They cannot be told now.
        """
        return self._ask(lambda connection: [_decision(row) for row in _rows(connection, assessment)])

    def _decided(self, connection: Connection, own: str, decision: Decision, terms: _Terms) -> StoredAssessment:
        seen = read_one(connection, decision.assessment, terms.client)
        if seen is None:
            raise NotFoundError
        made = _rows(connection, seen.id)
        if any(row["id"] == own for row in made):
            return seen  # committed before the connection was lost
        if terms.expected_version not in {None, seen.version}:
            raise ChangedError
        after = replace(
            seen,
            status=_status([*(_decision(row) for row in made), decision]),
            version=seen.version + 1,
            assignee=_assignee(seen, decision),
        )
        # Nobody's turn is lost in between: whoever decides changes the version.
        turn = update(assessments).where(assessments.c.id == seen.id, assessments.c.version == seen.version)
        changed = {"status": after.status, "version": after.version, "assignee": after.assignee}
        if connection.execute(turn.values(changed)).rowcount != 1:
            raise ChangedError
        row = self._row(own, decision, after)
        connection.execute(insert(decisions), row)
        told = AuditEntry(at=decision.at, actor=decision.actor, action=f"decision: {decision.action}", subject=seen.id)
        if terms.entry:
            told = replace(told, role=terms.entry.role, address=terms.entry.address)
        tell(connection, told)
        return after

    def _row(self, own: str, decision: Decision, after: StoredAssessment) -> dict[str, Any]:
        return {
            "id": own,
            "assessment": after.id,
            "order_id": _text(decision.order),
            "action": decision.action,
            "reason_code": _text(decision.reason_code),
            "comment": self._privacy.comment(after.client, decision.comment),
            "rules": rules_behind(decision.order, after.document),
            "actor": _text(decision.actor),
            "at": utc(decision.at),
            "version": after.version,
            "assignee": decision.assignee,
        }


def _text(value: str | None) -> str | None:
    return None if value is None else bounded(value)


def rules_behind(order: str | None, document: Mapping[str, Any]) -> list[str]:
    """The rules behind an order of an assessment; without one, behind its urgency."""
    suggested = [*document.get("workup", ()), *document.get("referrals", ())]
    about = [each for each in suggested if each["order"] == order] if order else [document["urgency"]]
    return sorted({reason["rule"] for each in about for reason in each["because"]})


def _rows(connection: Connection, assessment: str) -> Sequence[Any]:
    made = select(decisions).where(decisions.c.assessment == _text(assessment)).order_by(decisions.c.version)
    return connection.execute(made).mappings().all()


def _decision(row: Any) -> Decision:
    at: datetime = row["at"]
    return Decision(
        assessment=row["assessment"],
        action=row["action"],
        actor=row["actor"],
        at=at,
        order=row["order_id"],
        reason_code=row["reason_code"],
        comment=row["comment"],
        assignee=row["assignee"],
    )


def _assignee(seen: StoredAssessment, decision: Decision) -> str | None:
    """Who looks after it once this is decided."""
    if decision.action not in _ASSIGNING:
        return seen.assignee
    if decision.assignee == seen.assignee:
        raise DecisionError(f"{seen.assignee} looks after it already" if seen.assignee else "nobody looks after it")
    return decision.assignee


def standing(made: Sequence[_Made]) -> list[_Made]:
    """The decisions that still stand, the first one first: not what was undone, nor who looks after it.

    Raises:
        DecisionError: One takes back what is not there.
    """
    kept: list[_Made] = []
    for decision in made:
        if decision.action in _ASSIGNING:
            continue
        if decision.action != "undo":
            kept.append(decision)
            continue
        undone = [n for n, each in enumerate(kept) if decision.order in {None, each.order}]
        if not undone:
            raise DecisionError("there is nothing to undo")
        del kept[undone[-1]]
    return kept


def _status(made: Sequence[Decision]) -> str:
    """What all decisions together come to: the last acceptance or override that stands, else an acknowledgement."""
    actions = [each.action for each in standing(made)]
    final = [action for action in actions if action != "acknowledge"] or actions
    return _STATUS[final[-1]] if final else "open"
