"""The bytes of a document about one patient -> what was read of it: an intake, or FHIR."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from marshmallow import ValidationError

from schemas.intake import IntakeSchema
from service.intake.decode import decode
from service.intake.fhir import read
from service.intake.notes import Intake
from service.intake.structured import IntakeError, Wrong, read_intake
from service.knowledge.terminology import Terminology

_INTAKE = IntakeSchema()
_WHO = frozenset({"age_years", "sex_at_birth"})
_LONGEST_NAME = 64  # characters of a member's name that are said again


class NotJsonError(ValueError):
    """Bytes that are no JSON document that can be read without doubt."""


class MemberTwiceError(NotJsonError):
    """A member is there twice: which one is meant?"""


def read_document(data: bytes, terminology: Terminology, now: datetime) -> Intake:
    """What was read of an intake or of FHIR, whichever it is.

    Raises:
        NotJsonError: It is no JSON.
        IntakeError: It cannot be used; says everything that is wrong with it.
    """
    document = read_json(data)
    if isinstance(document, dict) and "resourceType" in document:
        return _fhir(data, document, terminology, now)
    return _structured(document, terminology, now)


def read_structured(data: bytes, terminology: Terminology, now: datetime) -> Intake:
    """What was read of an intake. NotJsonError and IntakeError as for `read_document`."""
    document = read_json(data)
    if isinstance(document, dict) and "resourceType" in document:
        raise IntakeError(
            [Wrong("/resourceType", "an intake has no such member; FHIR is sent as application/fhir+json")]
        )
    return _structured(document, terminology, now)


def read_fhir(data: bytes, terminology: Terminology, now: datetime) -> Intake:
    """What was read of a Bundle or a single resource. NotJsonError and IntakeError as for `read_document`."""
    document = read_json(data)
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise IntakeError([Wrong("/resourceType", "a FHIR resource names its type")])
    return _fhir(data, document, terminology, now)


def read_json(data: bytes) -> Any:
    """The JSON value in these bytes. NotJsonError when there is none, and MemberTwiceError."""
    if not data.strip():
        raise NotJsonError("The body is empty.")
    try:
        document = orjson.loads(data)
        json.loads(data, object_pairs_hook=_each_once)
    except NotJsonError:
        raise
    except RecursionError:
        raise NotJsonError("The body is nested too deeply.") from None
    except ValueError:
        raise NotJsonError("The body is not JSON, in UTF-8 and of sensible depth and numbers.") from None
    return document


def _each_once(members: list[tuple[str, object]]) -> None:
    seen = set()
    for name, _ in members:
        if name in seen:
            raise MemberTwiceError(f"The member {name[:_LONGEST_NAME]!r} is there twice.")
        seen.add(name)


def _structured(document: object, terminology: Terminology, now: datetime) -> Intake:
    if not isinstance(document, dict):
        raise IntakeError([Wrong("", "a JSON object is needed")])
    try:
        checked = _INTAKE.load(document)
    except ValidationError as error:
        raise IntakeError(list(faults(error.messages_dict))) from None
    return read_intake(checked, terminology, now)


def faults(messages: Mapping[Any, Any], pointer: str = "") -> Iterator[Wrong]:
    """What marshmallow found wrong, each with a JSON pointer to it."""
    for key, value in messages.items():
        name = str(key)[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1")
        place = pointer if key == "_schema" else f"{pointer}/{name}"
        if isinstance(value, dict):
            yield from faults(value, place)
        else:
            yield Wrong(place, " ".join(value))


def _fhir(data: bytes, document: dict[str, Any], terminology: Terminology, now: datetime) -> Intake:
    """What was read; refused where the complaint may lie in what could not be read, or where nothing was there."""
    if document["resourceType"] == "QuestionnaireResponse" and document.get("authored") is None:
        # Answers without a date are given now, or a new danger sign would not count.
        data = orjson.dumps(document | {"authored": now.isoformat()})
    intake = read({"body": data}, terminology, now)
    if any(finding.key not in _WHO for finding in intake.findings):
        return intake
    lost = [Wrong("", str(note)) for note in intake.notes if note.lost]
    if lost:
        raise IntakeError(lost)
    if not decode(data)[0]:
        nothing = "holds nothing that can be read: no patient, complaint or measurement"
        raise IntakeError([Wrong("", nothing), *(Wrong("", str(note)) for note in intake.notes)])
    return intake
