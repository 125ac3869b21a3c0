"""What the templates of the intake page are given."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.datastructures import MultiDict

from service.advice import body_map
from service.advice.leaflet import leaflet
from service.advice.leaflet_page import leaflet_body
from service.browser import StaticFiles
from service.intake.structured import Wrong
from service.intake_page.answers import MOST_TEXT, has_side, is_yes_or_no
from service.knowledge.library import Library
from service.triage.rules import Tier

_ENVIRONMENT = Environment(
    loader=PackageLoader("service.intake_page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_CODE = 8


class Views:
    """Writes the pages with the words of one library."""

    def __init__(self, library: Library, static: StaticFiles) -> None:
        """Link these static files."""
        self._library = library
        self._lateral = {key for key, finding in library.knowledge.findings.items() if finding.lateral}
        self._common = {
            "form": library.form,
            "static": static.url,
            "ambulance": library.patient_words.ambulance,
            "has_side": has_side,
            "is_yes_or_no": is_yes_or_no,
            "body_map": body_map,
        }

    def form(self, today: date, given: MultiDict[str, str] | None = None, wrong: Iterable[Wrong] = ()) -> str:
        """All questions; with what was answered and what is wrong with it."""
        questions = {item.key: item.text for item in self._library.form.items}
        return self._write(
            "form.html.j2",
            today=today,
            given=given or MultiDict(),
            wrong={error.pointer: error.detail for error in wrong},
            questions=questions,
            lateral=self._lateral,
            most_text=MOST_TEXT,
        )

    def result(self, document: Mapping[str, Any], *, kept: bool, danger_open: bool | None) -> str:
        """What the patient does next; `danger_open` as `leaflet` takes it."""
        told = leaflet(document, self._library, danger_open=danger_open)
        code = str(document["id"])[:_CODE].upper()
        return self._write(
            "result.html.j2",
            told=told,
            body=leaflet_body(told),
            code=code if kept else "",
            emergency=told.tier is Tier.EMERGENCY,
        )

    def trouble(self, status: int) -> str:
        """That a request was not understood, without a word of it."""
        return self._write("trouble.html.j2", status=status)

    def _write(self, template: str, **values: Any) -> str:
        return _ENVIRONMENT.get_template(template).render(self._common | values)
