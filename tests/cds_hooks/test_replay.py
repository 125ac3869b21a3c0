from datetime import UTC, datetime, timedelta

from tests.cds_hooks.replay import FirstUses

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_token_counts_once_until_it_expires_and_by_its_issuer() -> None:
    now = NOON
    first = FirstUses(lambda: now)
    expires = NOON + timedelta(minutes=5)
    assert [first("ehr", "j1", expires), first("ehr", "j1", expires), first("lab", "j1", expires)] == [
        True,
        False,
        True,
    ]
    now = expires + timedelta(seconds=1)
    assert first("ehr", "j1", expires)
