"""The documents keep their promises: links lead somewhere, and what exists is written down."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "docs" / "decisions"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    local = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_every_make_target_is_in_the_contributing_guide() -> None:
    targets = TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8"))
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "test" in targets
    assert [target for target in targets if target != "help" and f"`make {target}`" not in guide] == []


def test_every_decision_record_is_short_and_in_the_index() -> None:
    index = (RECORDS / "README.md").read_text(encoding="utf-8")
    records = sorted(RECORDS.glob("[0-9]*.md"))
    assert records
    assert [record.name for record in records if f"({record.name})" not in index] == []
    lines = {record.name: len(record.read_text(encoding="utf-8").splitlines()) for record in records}
    assert {name: count for name, count in lines.items() if count > 25} == {}
