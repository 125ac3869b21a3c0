"""Tables as CSV files that a spreadsheet opens and does not run."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response
from flask.typing import ResponseReturnValue

_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")  # the wide ones where Japanese or Chinese is written


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Response:
    """The answer that a browser saves under this name, written while it is read."""
    answer = Response(_lines(columns, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def no_file(words: str) -> ResponseReturnValue:
    """The 400 in place of a file, which says what is wrong with the address."""
    return f"{words}\n", 400, {"Content-Type": "text/plain; charset=utf-8"}


def _lines(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield "\ufeff" + _line(columns)  # the mark tells spreadsheets that it is UTF-8
    for row in rows:
        yield _line(cell(value) for value in row)


def _line(values: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()


def cell(value: object) -> str:
    """What is safe to open: a text that a spreadsheet would take for a formula gets a quote before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:.1f}"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
