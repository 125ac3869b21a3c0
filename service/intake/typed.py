"""Numbers as people type them into a form."""

import re

_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)


class AmbiguousNumberError(ValueError):
    """A number that one reader takes for a thousand times what it is to another. The message says what to do."""


def typed_number(text: str) -> float:
    """The number, with a point or a comma before its decimals.

    Raises:
        AmbiguousNumberError: 1,500 is 1500 to whoever groups digits; read as 1.5 it would rule out what it proves.
        ValueError: It is no number.
    """
    if _GROUPED.fullmatch(text.strip()):
        raise AmbiguousNumberError("write it without the comma, as that may stand before decimals or thousands")
    return float(text.replace(",", "."))
