import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks import escape_markdown, one_line
from cds_hooks.text import is_one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tea", "tea"),
        (" tea \r\n and\u2028me\x00 ", "tea and…"),
        (" tea\r\n\u2028milk\x00 ", "tea milk"),
        ("tea for two", "tea for…"),
        ("tea, for two", "tea, for…"),
        ("teas for two", "teas for…"),
        ("tea for, two", "tea for…"),
        ("unbelievable", "unbeliev…"),
        ("ninechars", "ninechars"),
        ("", ""),
    ],
)
def test_card_1_one_line_cuts_between_words(text: str, line: str) -> None:
    assert one_line(text, 9) == line


@given(st.text(), st.integers(min_value=1, max_value=200))
def test_card_1_one_line_always_fits(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert is_one_line(line)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("1.5 mg/l (high), 3-4 days; it's 100 %", "1.5 mg/l (high), 3-4 days; it's 100 %"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("D-dimer <500 & falling", "D-dimer &lt;500 &amp; falling"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("[click](http://x)", "\\[click\\](http:\u2060//x)"),
        ("![x](y)", r"!\[x\](y)"),
        ("*a* _b_ `c` ~~d~~", r"\*a\* \_b\_ \`c\` \~\~d\~\~"),
        ("see https://x and WWW.x", "see https:\u2060//x and WWW\u2060\\.x"),
        ("mailto:tea@x", "mailto\u2060:tea@\u2060x"),
        ("see tea.example", r"see tea\.example"),
        ("tea@example.org", "tea@\u2060example\\.org"),
        ("a | b", r"a \| b"),
        ("a\\*b", r"a\\\*b"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("1. item", r"1\. item"),
        ("1.", r"1\."),
        ("-3.5 degrees", r"\-3.5 degrees"),
        ("12) item", r"12\) item"),
        ("> quote", "&gt; quote"),
        ("===", r"\==="),
        ("a\n\n# b\n    code", "a # b code"),
    ],
)
def test_card_7_foreign_text_shows_as_it_is(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


@given(st.text(alphabet=st.sampled_from("<>&\\`*_[]()|~$@#-+=.!1a:/w \n\t\x00") | st.characters()))
def test_card_7_no_markup_survives(text: str) -> None:
    escaped = escape_markdown(text)
    assert not set("<>") & set(escaped)
    assert not re.search(r"&(?!(?:amp|lt|gt);)", escaped)
    outside = re.sub(r"\\[\\`*_\[\]|~$.#\-+=)]", "", escaped)  # less what is escaped
    assert not set("\\`*_[]|~$") & set(outside)
    assert not re.search(r"://|www\.|@(?!\u2060)", escaped)
    assert is_one_line(escaped)
