"""Text -> words with their places: how notes are read, and how the phrases of the lexicon are kept."""

import re
from typing import NamedTuple

# A level of the spine (L5, S1) is one word, so that its letter is not taken for a side. Numbers keep their
# thousands and decimals, an "'s" stands alone; every other sign stands alone.
_APOSTROPHE = "['\u2019]"
_WORD = re.compile(
    r"[LSC]\d(?![\d.])|\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
    rf"|[^\W\d_]+(?:{_APOSTROPHE}(?!s\b)[^\W\d_]+)*|{_APOSTROPHE}s\b|\n|[^\w\s]|_",
    re.IGNORECASE,
)


# Spellings of the same word, so that a phrase need be written only once.
_SPELLINGS = {"cant": "can't", "cannot": "can't", "wont": "won't", "dont": "don't", "doesnt": "doesn't"}


class Word(NamedTuple):
    """A word in lower case, or a sign; `start` and `end` are its characters in the text as received."""

    text: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of a text in their order."""
    found = ((m[0].lower().replace("\u2019", "'"), m.start(), m.end()) for m in _WORD.finditer(text))
    return [Word(_SPELLINGS.get(word, word), start, end) for word, start, end in found]
