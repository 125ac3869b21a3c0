"""Who the patient is stands in the database as far as the site's policy lets it, and nowhere in the files."""

import stat
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from service.store import Answer, FeedbackEntry
from service.store.tables import assessments, feedback, metadata
from tests.store.answers import ENCOUNTER, FINDING, NOW, PATIENT, answer, overridden
from tests.store.conftest import MakeStore, Rows

COMMENT = f"Patient/{PATIENT} was seen, and RelatedPerson/rp-1 too"
AWAY = "postgresql+psycopg://owner@127.0.0.1:1/none"


def everything(url: str) -> str:
    """All that the database holds, as text."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return "\n".join(
            str(row)
            for table in metadata.tables
            for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
        )


def fill(make_store: MakeStore, url: str, patients: Any, **changes: Any) -> None:
    store = make_store(url, patients)
    store.start()
    store.record(answer(hook_instance=f"{PATIENT} {ENCOUNTER}", **changes))
    store.feedback([overridden(comment=COMMENT)])


def test_by_default_ids_are_replaced_wherever_they_stand(make_store: MakeStore, url: str, rows: Rows) -> None:
    fill(make_store, url, "pseudonym")
    held = everything(url)
    assert PATIENT not in held
    assert ENCOUNTER not in held
    assert "rp-1" not in held
    (kept,) = rows(assessments)
    token = kept["patient"]
    assert len(token) == 64
    assert token != kept["encounter"]
    assert kept["inputs"] == [f"Patient/{token}", "Observation/obs-9"]
    assert kept["findings"][0]["sources"][0]["text"] == f"about Patient/{token}, seen in Encounter/{kept['encounter']}"
    assert kept["result"]["data_quality"][0] == {
        "reference": f"https://ehr.example.org/fhir/Patient/{token}/_history/2",
        "text": token,
    }
    assert rows(feedback)[0]["comment"].startswith(f"Patient/{token} was seen")


def test_with_none_nothing_leads_back_to_the_chart(make_store: MakeStore, url: str, rows: Rows) -> None:
    epic_like = {"text": "see Condition/eAbCdEfGhIjKlMnOpQr.x and Observation/12"}
    fill(make_store, url, "none", findings=[FINDING, epic_like])
    held = everything(url)
    for name in (PATIENT, ENCOUNTER, "rp-1", "obs-9", "eAbCd", "Observation/12", "was seen"):
        assert name not in held, name
    (kept,) = rows(assessments)
    assert (kept["patient"], kept["encounter"], kept["inputs"]) == (None, None, [])
    assert kept["findings"][0]["sources"][0]["reference"] == "Observation"
    assert rows(feedback)[0]["comment"] is None


def test_with_full_everything_stays_as_it_was(make_store: MakeStore, url: str, rows: Rows) -> None:
    fill(make_store, url, "full")
    (kept,) = rows(assessments)
    assert (kept["patient"], kept["encounter"]) == (PATIENT, ENCOUNTER)
    assert kept["findings"] == [FINDING]
    assert rows(feedback)[0]["comment"] == COMMENT


@pytest.mark.parametrize("patients", ["pseudonym", "none"])
def test_words_that_look_a_little_like_references_stay(
    make_store: MakeStore, url: str, rows: Rows, patients: Any
) -> None:
    fill(make_store, url, patients)
    (kept,) = rows(assessments)
    assert kept["result"]["urgency"]["because"][0]["text"] == "Consider CT/MRI of the foot/ankle"


@pytest.mark.parametrize("name", ["1", "left", "same_day"])
def test_a_short_or_wordlike_id_does_not_spoil_the_words(
    make_store: MakeStore, url: str, rows: Rows, name: str
) -> None:
    store = make_store(url)
    store.start()
    store.record(answer(patient_id=name, inputs=[f"Patient/{name}"], findings=["Wells score 1 or less", "left"]))
    (kept,) = rows(assessments)
    assert kept["findings"] == ["Wells score 1 or less", "left"]
    assert kept["inputs"] == [f"Patient/{kept['patient']}"]


def test_the_same_patient_has_the_same_pseudonym_and_others_another(
    make_store: MakeStore, url: str, rows: Rows
) -> None:
    store = make_store(url)
    store.start()
    store.record(answer(1))
    store.record(answer(2))
    store.record(answer(3, patient_id="pat-77311"))
    store.record(answer(4, client="southfield"))
    other_key = make_store(url, secret="another secret for tests")  # noqa: S106
    other_key.record(answer(5))
    tokens = {each["id"]: each["patient"] for each in rows(assessments)}
    assert tokens["answer-00001"] == tokens["answer-00002"]
    assert len(set(tokens.values())) == 4


def test_without_a_key_the_machine_makes_and_keeps_one(
    make_store: MakeStore, url: str, rows: Rows, tmp_path: Path
) -> None:
    for number in (1, 2):
        store = make_store(url, secret=None)
        store.start()
        store.record(answer(number))
    first, second = rows(assessments)
    assert first["patient"] == second["patient"]
    secret = tmp_path / "spool" / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_bytes()) >= 32


@pytest.mark.parametrize("patients", ["pseudonym", "none"])
def test_no_file_holds_an_id_while_records_wait_or_after(make_store: MakeStore, tmp_path: Path, patients: Any) -> None:
    waiting = make_store(AWAY, patients)
    waiting.record(answer(1))
    waiting.feedback([overridden(comment=COMMENT)])
    waiting.close()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert b"answer-00001" in files[tmp_path / "spool" / "waiting.jsonl"]
    fill(make_store, f"sqlite:///{tmp_path / 'there.db'}", patients)
    files |= {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(b"answer-00001" in data for path, data in files.items() if "there.db" in path.name)
    assert [path.name for path, data in files.items() if PATIENT.encode() in data or ENCOUNTER.encode() in data] == []


def test_files_are_for_nobody_else(make_store: MakeStore, tmp_path: Path) -> None:
    store = make_store(AWAY)
    store.record(answer())
    fill(make_store, f"sqlite:///{tmp_path / 'var' / 'there.db'}", "pseudonym")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 4
    assert [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700


def test_no_record_has_room_for_an_access_token() -> None:
    names = {field.name for record in (Answer, FeedbackEntry) for field in fields(record)}
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    assert [name for name in names | columns if "token" in name or "authorization" in name] == []


def test_a_purged_patient_is_gone_from_the_file(make_store: MakeStore, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'there.db'}"
    store = make_store(url, "full")
    store.start()
    store.record(answer())
    store.close()
    assert PATIENT.encode() in (tmp_path / "there.db").read_bytes()
    store.purge(NOW.replace(year=2027), "tester")
    store.close()
    left = b"".join(path.read_bytes() for path in tmp_path.glob("there.db*"))
    assert PATIENT.encode() not in left
