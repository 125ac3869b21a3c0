"""API keys: made once, shown once, good until they are revoked, and kept so that nobody can take them."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.security.keys import ApiKeys, Caller, KeyRefusedError, new_key
from service.store import DatabaseAwayError, Store
from service.store.tables import api_keys, audit
from tests.store.answers import NOW
from tests.store.conftest import MakeStore, Rows, rows_of
from tests.store.test_spool import AWAY


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    monkeypatch.setenv("LEGTRIAGE_DATABASE_URL", url)
    monkeypatch.setenv("LEGTRIAGE_SPOOL", str(tmp_path / "spool"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["key", *arguments])


def added(*arguments: str) -> str:
    result = run("add", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def refused(keys: ApiKeys, header: str | None) -> bool:
    try:
        keys.caller(header)
    except KeyRefusedError:
        return True
    return False


def test_a_key_opens_as_its_name_and_role(store: Store) -> None:
    keys = ApiKeys(store)
    assert keys.caller(f"Bearer {added('front-desk')}") == Caller("front-desk", "intake")
    clinician = keys.caller(f"bearer  {added('dr-adams', '--role', 'clinician')}")
    assert clinician == Caller("dr-adams", "clinician")
    assert clinician.is_clinician


def test_a_key_can_be_made_before_the_service_was_ever_started(make_store: MakeStore, url: str) -> None:
    key = added("front-desk")
    assert ApiKeys(make_store(url)).caller(f"Bearer {key}") == Caller("front-desk", "intake")


def test_what_is_no_good_key_is_refused(store: Store) -> None:
    good = added("front-desk")
    other = added("other")
    keys = ApiKeys(store)
    swapped = good[: good.rindex("_", 0, 21)] + other[good.rindex("_", 0, 21) :]
    longer, shorter, without_scheme = f"Bearer {good}x", f"Bearer {good[:-1]}", good
    for header in (None, "", "Bearer", f"Bearer {swapped}", longer, shorter, without_scheme, f"Basic {good}"):
        assert refused(keys, header), header
    assert refused(keys, f"Bearer lt_{'0' * 16}_{good[-43:]}")
    assert not refused(keys, f"Bearer {good}")


def test_a_revoked_key_dies_within_seconds(store: Store, rows: Rows) -> None:
    now = [0.0]
    keys = ApiKeys(store, lambda: now[0])
    key = added("front-desk")
    header = f"Bearer {key}"
    keys.caller(header)
    assert run("revoke", key.split("_")[1]).exit_code == 0
    now[0] = 5.1
    assert refused(keys, header)
    assert run("revoke", key.split("_")[1]).exit_code == 1
    assert [each["action"] for each in rows(audit)] == ["key added", "key revoked"]


def test_nothing_that_is_kept_or_shown_later_opens(store: Store, url: str) -> None:
    key = added("front-desk")
    secret = key.split("_", 2)[2]
    (row,) = rows_of(url, api_keys)
    assert secret not in str(row)
    listed = run("list").output
    assert key.split("_")[1] in listed
    assert "front-desk" in listed
    assert secret not in listed
    assert row["digest"] not in listed
    assert row["digest"] not in repr(store.api_keys())


def test_a_key_is_long_and_never_the_same() -> None:
    made = {new_key("n", "intake", NOW)[0] for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"lt_[0-9a-f]{16}_[\w-]{43}", key) for key in made)


@pytest.mark.parametrize("name", ["", "anonymous", "intake-page", "two words", "x" * 65, "-x", "a\n"])
def test_a_name_that_would_mislead_is_refused(store: Store, name: str) -> None:
    assert run("add", "--", name).exit_code == 2
    assert store.api_keys() == []


def test_while_the_database_is_away_nobody_is_let_in_unseen(make_store: MakeStore) -> None:
    keys = ApiKeys(make_store(AWAY))
    with pytest.raises(DatabaseAwayError):
        keys.caller(f"Bearer {new_key('n', 'intake', NOW)[0]}")
