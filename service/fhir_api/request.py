"""The body of `$assess` -> what was read of the patient, or a clear word on what is wrong with it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from cds_hooks.errors import RequestProblem
from service.intake.decode import decode
from service.intake.documents import MemberTwiceError, NotJsonError, read_json
from service.intake.fhir import read
from service.intake.notes import Intake
from service.intake.questionnaire import QUESTIONNAIRE
from service.intake.times import parse
from service.knowledge.terminology import Terminology

_RESPONSE = "questionnaire-response"
_PARTS = {_RESPONSE: "QuestionnaireResponse", "patient": "Patient", "record": "Bundle"}
_STATES = ("amended", "completed", "in-progress", "stopped")

Json = Mapping[str, Any]


def read_request(body: bytes, terminology: Terminology, now: datetime) -> Intake:
    """What a QuestionnaireResponse says, alone or in Parameters with the patient and the record.

    RequestProblem says what is wrong: 400 for what is no such resource, 422 for one that cannot be assessed.
    """
    document = _json(body)
    kind = document.get("resourceType")
    if kind == "Parameters":
        parts, place = dict(_parameters(document)), "Parameters.parameter"
    elif kind == "QuestionnaireResponse":
        parts, place = {_RESPONSE: document}, "QuestionnaireResponse"
    else:
        raise RequestProblem(400, "A QuestionnaireResponse is needed, or Parameters with one.", ["resourceType"])
    if _RESPONSE not in parts:
        raise RequestProblem(422, f"The parameter `{_RESPONSE}` is missing.", [place])
    _check_response(parts[_RESPONSE])
    _check_patient(parts)
    parts[_RESPONSE] = _dated(parts[_RESPONSE], now)
    data = {name: orjson.dumps(part) for name, part in parts.items()}
    answers = _answers(data[_RESPONSE], terminology, now)
    intake = read(data, terminology, now)
    if answers - {source.reference for finding in intake.findings for source in finding.sources}:
        told = " ".join(str(note) for note in intake.notes)
        raise RequestProblem(422, f"The answers cannot be used with the rest of what was sent. {told}", [place])
    return intake


def _answers(response: bytes, terminology: Terminology, now: datetime) -> set[str]:
    """Where the answers are read by themselves: nowhere or in one place. RequestProblem when they cannot be read."""
    located, notes = decode(response, _RESPONSE)
    if not located:
        told = " ".join(str(note) for note in notes)
        raise RequestProblem(422, f"The answers cannot be read. {told}", ["QuestionnaireResponse"])
    alone = read({_RESPONSE: response}, terminology, now)
    return {source.reference for finding in alone.findings for source in finding.sources}


def _json(body: bytes) -> Json:
    try:
        document = read_json(body)
    except MemberTwiceError:
        raise RequestProblem(400, "A member is given twice; which one is meant?") from None
    except NotJsonError:
        raise RequestProblem(400, "The body is not JSON, in UTF-8 and of sensible depth and numbers.") from None
    if not isinstance(document, dict):
        raise RequestProblem(400, "The body is not a JSON object.")
    return document


def _parameters(document: Json) -> Iterator[tuple[str, Json]]:
    """Each parameter by its name, if it is one of ours and what we want by that name."""
    parameters = document.get("parameter", [])
    if not isinstance(parameters, list):
        raise RequestProblem(400, "A list is needed.", ["Parameters.parameter"])
    seen = set()
    for position, parameter in enumerate(parameters):
        place = f"Parameters.parameter[{position}]"
        name = parameter.get("name") if isinstance(parameter, dict) else None
        if not isinstance(name, str) or name not in _PARTS:
            raise RequestProblem(422, f"The parameters are {', '.join(_PARTS)}.", [f"{place}.name"])
        if name in seen:
            raise RequestProblem(422, "A parameter is given twice.", [f"{place}.name"])
        seen.add(name)
        resource = parameter.get("resource")
        if not isinstance(resource, dict) or resource.get("resourceType") != _PARTS[name]:
            raise RequestProblem(422, f"A {_PARTS[name]} is needed.", [f"{place}.resource"])
        yield name, resource


def _check_response(response: Json) -> None:
    place = "QuestionnaireResponse"
    canonical = response.get("questionnaire", QUESTIONNAIRE)
    if not isinstance(canonical, str) or canonical.partition("|")[0] != QUESTIONNAIRE:
        told = f"The answers are not to {QUESTIONNAIRE}, the only questionnaire that is read here."
        raise RequestProblem(422, told, [f"{place}.questionnaire"])
    if response.get("status") not in _STATES:
        raise RequestProblem(422, f"The status must be one of {', '.join(_STATES)}.", [f"{place}.status"])
    if not isinstance(response.get("item"), list) or not response["item"]:
        raise RequestProblem(422, "There are no answers.", [f"{place}.item"])


def _dated(response: Json, now: datetime) -> Json:
    """The answers with their date; those handed in without one are given now, or a new danger sign would not count."""
    authored = response.get("authored")
    if authored is None:
        return {**response, "authored": now.isoformat()}
    if not isinstance(authored, str) or parse(authored, now) is None:
        told = "The date cannot be read or lies in the future."
        raise RequestProblem(422, told, ["QuestionnaireResponse.authored"])
    return response


def _check_patient(parts: Mapping[str, Json]) -> None:
    """The answers of one patient must not be assessed with the age of another."""
    subject = parts[_RESPONSE].get("subject")
    whose = subject.get("reference") if isinstance(subject, dict) else None
    patient = parts.get("patient", {}).get("id")
    if isinstance(whose, str) and patient and whose.rpartition("/")[2] != patient:
        raise RequestProblem(422, "The answers are about another patient.", ["QuestionnaireResponse.subject"])
