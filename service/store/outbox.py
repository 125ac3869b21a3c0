"""Notices on their way out. Each is handed to one deliverer at a time, and again if that one is never heard of."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from service.store.reading import Reading
from service.store.records import ClaimedNotice
from service.store.rows import utc
from service.store.tables import NEVER, notices

_WAITING, _DELIVERED, _GIVEN_UP = "waiting", "delivered", "given up"
_LOOK_AT = 10  # others may be after the first ones too


class Outbox(Reading):
    """The notices of a store. Every method raises DatabaseAwayError when it cannot be done now."""

    def claim_notice(self, webhook: str, now: datetime, until: datetime) -> ClaimedNotice | None:
        """Take a notice for this webhook that is to be tried now, if there is one.

        Nobody else is given it before `until`, unless it is settled or put off earlier.
        """
        n = notices.c
        due = (
            select(n.id, n.body, n.created, n.attempts)
            .where(n.state == _WAITING, n.webhook == webhook, n.next_try <= utc(now))
            .order_by(n.next_try)
            .limit(_LOOK_AT)
        )

        def work(connection: Connection) -> ClaimedNotice | None:
            for id_, body, created, attempts in connection.execute(due).all():
                # The count of attempts tells whether somebody was here since we looked.
                turn = update(notices).where(
                    n.id == id_, n.attempts == attempts, n.state == _WAITING, n.next_try <= utc(now)
                )
                if connection.execute(turn.values(attempts=attempts + 1, next_try=utc(until))).rowcount:
                    return ClaimedNotice(id_, body, created, attempts + 1)
            return None

        return self._ask(work)

    def notice_delivered(self, notice: ClaimedNotice) -> None:
        """It arrived; whoever else has it too need not deliver it any more."""
        self._settle(notice, _DELIVERED)

    def notice_given_up(self, notice: ClaimedNotice) -> None:
        """It is not tried again."""
        self._settle(notice, _GIVEN_UP)

    def notice_put_off(self, notice: ClaimedNotice, until: datetime) -> None:
        """It did not arrive, and is tried again then; unless somebody else has it by now."""
        mine = update(notices).where(
            notices.c.id == notice.id, notices.c.attempts == notice.attempts, notices.c.state == _WAITING
        )
        self._ask(lambda connection: connection.execute(mine.values(next_try=utc(until))))

    def notice_counts(self) -> list[tuple[str, str, int]]:
        """Webhook, state (`waiting`, `delivered`, `given up`) and how many."""
        several = (notices.c.webhook, notices.c.state)
        counted = select(*several, func.count()).group_by(*several).order_by(*several)
        return self._ask(lambda connection: [(w, s, count) for w, s, count in connection.execute(counted)])

    def retry_notices(self, webhook: str, now: datetime) -> int:
        """Have the notices that wait for this webhook, or were given up, tried again now; tell how many."""
        again = update(notices).where(notices.c.webhook == webhook, notices.c.state.in_((_WAITING, _GIVEN_UP)))
        values = {"state": _WAITING, "next_try": utc(now)}
        return self._ask(lambda connection: connection.execute(again.values(**values)).rowcount)

    def _settle(self, notice: ClaimedNotice, state: str) -> None:
        this = update(notices).where(notices.c.id == notice.id).values(state=state, next_try=NEVER)
        self._ask(lambda connection: connection.execute(this))
