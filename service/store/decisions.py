"""What clinicians decide about assessments: written down with the audit, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from service.store.privacy import bounded, storable
from service.store.reading import Reading, read_one
from service.store.records import Decision, StoredAssessment
from service.store.rows import utc
from service.store.tables import assessments, audit, decisions

_STATUS = {"acknowledge": "acknowledged", "accept": "accepted", "override": "overridden"}
_TRIES = 5  # more than two clinicians hardly decide at the very same moment


class NotFoundError(Exception):
    """There is no such assessment, or it is not this client's."""


class ChangedError(Exception):
    """Somebody else decided in the meantime."""


class DecisionError(Exception):
    """Such a decision makes no sense here. The message says why, in words for the caller."""


class Deciding(Reading):
    """The decisions of a store."""

    def decide(
        self, decision: Decision, *, expected_version: int | None = None, client: str | None = None
    ) -> StoredAssessment:
        """Write a decision down and return the assessment as it is then.

        Args:
            decision: What was decided.
            expected_version: The version the clinician saw; None for whatever it is now.
            client: Only if the assessment is this client's own.

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
        own = str(uuid4())
        for _ in range(_TRIES):
            try:
                return self._ask(lambda c: self._decided(c, own, decision, expected_version, client))
            except ChangedError:
                if expected_version is not None:
                    raise
        raise ChangedError

    def decisions(self, assessment: str) -> list[Decision]:
        """All decisions about an assessment, the first one first.

        Raises:
            DatabaseAwayError: They cannot be told now.
        """
        return self._ask(lambda connection: [_decision(row) for row in _rows(connection, assessment)])

    def _decided(
        self, connection: Connection, own: str, decision: Decision, expected: int | None, client: str | None
    ) -> StoredAssessment:
        seen = read_one(connection, decision.assessment, client)
        if seen is None:
            raise NotFoundError
        made = _rows(connection, seen.id)
        if any(row["id"] == own for row in made):
            return seen  # committed before the connection was lost
        if expected not in {None, seen.version}:
            raise ChangedError
        status = _status([*(_decision(row) for row in made), decision])
        version = seen.version + 1
        # Nobody's turn is lost in between: whoever decides changes the version.
        turn = update(assessments).where(assessments.c.id == seen.id, assessments.c.version == seen.version)
        if connection.execute(turn.values(status=status, version=version)).rowcount != 1:
            raise ChangedError
        row = self._row(own, decision, seen, version)
        connection.execute(insert(decisions), row)
        told = {"at": row["at"], "actor": row["actor"], "action": f"decision: {decision.action}", "subject": seen.id}
        connection.execute(insert(audit), told)
        return replace(seen, status=status, version=version)

    def _row(self, own: str, decision: Decision, seen: StoredAssessment, version: int) -> dict[str, Any]:
        return {
            "id": own,
            "assessment": seen.id,
            "order_id": _text(decision.order),
            "action": decision.action,
            "reason_code": _text(decision.reason_code),
            "comment": self._privacy.comment(seen.client, decision.comment),
            "rules": _rules(decision.order, seen.document),
            "actor": _text(decision.actor),
            "at": utc(decision.at),
            "version": version,
        }


def _text(value: str | None) -> str | None:
    return None if value is None else storable(bounded(value))


def _rules(order: str | None, document: Mapping[str, Any]) -> list[str]:
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
    )


def _status(made: Sequence[Decision]) -> str:
    """What all decisions together come to: the last acceptance or override that stands, else an acknowledgement."""
    standing: list[Decision] = []
    for decision in made:
        if decision.action != "undo":
            standing.append(decision)
            continue
        undone = [n for n, each in enumerate(standing) if decision.order in {None, each.order}]
        if not undone:
            raise DecisionError("there is nothing to undo")
        del standing[undone[-1]]
    final = [each.action for each in standing if each.action != "acknowledge"] or [each.action for each in standing]
    return _STATUS[final[-1]] if final else "open"
