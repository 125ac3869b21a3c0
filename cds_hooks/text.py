"""Text for cards: short enough for a summary, harmless enough for Markdown."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_INLINE = re.compile(r"[\\`*_\[\]|~$]|(?<=[\w\u2060])\.(?=[^\W\d_])")
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=mailto)(?=:)|(?<=@)", re.IGNORECASE)
_WORD_JOINER = "\u2060"
_BLOCK = re.compile(r"^(?:([-+=#])|(\d+)([.)])(?=\s|$))")


def one_line(text: str, limit: int = 139) -> str:
    """Return the text on one line of at most ``limit`` characters, cut between words if it must be cut."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    if len(line) <= limit:
        return line
    head = line[:limit]  # one more than fits beside the ellipsis, to see whether a word ends there
    words, space, _ = head.rpartition(" ")
    return (words.rstrip(" ,;:") if space else head[:-1]) + "…"


def is_one_line(text: str) -> bool:
    """Tell whether the text has neither line breaks nor other control characters."""
    return not _CONTROL.search(text) and len(text.splitlines()) <= 1


def escape_markdown(text: str) -> str:
    """Return foreign text as one line of Markdown that shows it and does nothing else.

    HTML becomes character references, because a client may pass HTML in Markdown through to the page. What
    would be emphasis, code, a link, a table, a list or a heading gets a backslash. Bare addresses get an
    invisible word joiner: many renderers look for them only when the backslashes are gone.
    """
    line = " ".join(_CONTROL.sub(" ", text).split())
    inline = _INLINE.sub(r"\\\g<0>", _ADDRESS.sub(_WORD_JOINER, line))
    return _BLOCK.sub(r"\2\\\1\3", inline).translate(_ENTITIES)
