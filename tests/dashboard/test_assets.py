"""What browsers load was built from the sources that stand beside it."""

from hashlib import sha256
from pathlib import Path

import pytest

DASHBOARD = Path(__file__).resolve().parents[2] / "service" / "dashboard"
LINES = [line.split("  ", 1) for line in (DASHBOARD / "static" / "assets.sha256").read_text().splitlines()]
BUILT_FROM = {name: digest for digest, name in LINES}


def test_the_style_sheet_is_built_from_the_sources_as_they_are() -> None:
    sources = [*(DASHBOARD / "styles").glob("*.scss"), DASHBOARD / "styles" / "package-lock.json"]
    assert {each.name: sha256(each.read_bytes()).hexdigest() for each in sources} == BUILT_FROM, "run: make assets"


@pytest.mark.parametrize("name", ["dashboard.css", "paper.css"])
def test_no_style_sheet_loads_what_the_policy_of_the_pages_refuses(name: str) -> None:
    sheet = (DASHBOARD / "static" / name).read_text()
    assert [word for word in ("url(", "@import", "data:") if word in sheet] == []
