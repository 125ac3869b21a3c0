"""The handbook says what the knowledge says, is up to date, and can be read."""

import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from service.handbook.__main__ import main
from service.handbook.pages import html_page, markdown_pages
from service.knowledge.library import Library
from service.knowledge.load import load

HANDBOOK = Path(__file__).parent.parent / "docs" / "handbook"


@cache
def library() -> Library:
    return load()


@cache
def pages() -> dict[str, str]:
    return markdown_pages(library())


def test_the_handbook_is_up_to_date() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in HANDBOOK.iterdir()}
    stale = [name for name in committed.keys() | pages().keys() if committed.get(name) != pages().get(name)]
    assert not stale, f"run `make docs` and commit: {sorted(stale)}"


def test_every_rule_stands_on_its_pathways_page_with_its_words_and_its_advice() -> None:
    for rule in library().knowledge.rules:
        page = pages()[f"{rule.pathway}.md"]
        assert f"### {rule.title}\n" in page
        assert all(text.text in page for text in rule.advice)
        assert all(avoid.why in page for avoid in rule.avoid)
        assert all(library().knowledge.orders[order.order].label in page for order in rule.orders)


def test_every_rule_with_a_tier_stands_once_in_the_table_of_tiers() -> None:
    tiers = pages()["tiers.md"]
    for rule in library().knowledge.rules:
        assert tiers.count(f"(`{rule.id}`)") == (rule.tier is not None)


@pytest.mark.parametrize("name", [name for name in pages() if name.endswith(".svg")])
def test_a_picture_is_drawn_within_its_frame_with_words_for_those_who_cannot_see_it(name: str) -> None:
    drawing = ET.fromstring(pages()[name])  # noqa: S314 - our own file
    width, height = map(float, drawing.attrib["viewBox"].split()[2:])
    space = "{http://www.w3.org/2000/svg}"
    boxes = [
        {side: float(box.attrib[side]) for side in ("x", "y", "width", "height")}
        for box in drawing.iter(f"{space}rect")
    ]
    assert all(box["x"] + box["width"] <= width and box["y"] + box["height"] <= height for box in boxes)
    for text in drawing.iter(f"{space}text"):
        assert float(text.attrib["y"]) <= height
    assert drawing.findtext(f"{space}title")


def test_every_link_leads_to_a_page_or_out() -> None:
    for name, page in pages().items():
        for target in re.findall(r"\]\(([^)]+)\)", page):
            assert target in pages(), f"{name}: {target}"


def test_pages_become_html_with_their_links_and_tables(tmp_path: Path) -> None:
    main(tmp_path / "md", tmp_path / "html")
    (tmp_path / "html" / "gone.html").write_text("of an earlier run")
    main(tmp_path / "md", tmp_path / "html")
    written = {path.name for path in (tmp_path / "html").iterdir()}
    assert written == {re.sub(r"\.md$", ".html", name) for name in pages()}
    index = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert 'href="deep-vein-thrombosis.html"' in index
    assert "<table>" in index
    assert "<title>Clinical handbook</title>" in index


def test_html_in_the_knowledge_stays_text() -> None:
    assert "<script>" not in html_page("# Title\n\n<script>alert(1)</script>\n")
