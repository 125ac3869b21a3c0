"""Prefetch templates that every client can fill, and filling them ourselves.

The grammar is the subset the specification recommends, less what real clients get wrong: no date arithmetic,
no FHIRPath, and no parameter twice (a client was seen to join the two values with a comma, which FHIR reads
as "or").
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from urllib.parse import quote

_TOKEN = re.compile(r"\{\{([^{}]*)\}\}")
_READ = re.compile(r"[A-Z][A-Za-z]*/(?:\{\{([^{}]*)\}\}|[A-Za-z0-9\-.]{1,64})")
_SEARCH = re.compile(r"[A-Z][A-Za-z]*\?(.*)")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")
_OTHER_DATE_PREFIX = re.compile(r"(?:ne|sa|eb|ap)\d{4}(?:-|$)")
_COUNT = re.compile(r"[?&]_count=(\d{1,9})(?:&|$)")
_REFERENCE = re.compile(r"([A-Z][A-Za-z]*)/([A-Za-z0-9\-._]{1,128})")
_USER_REFERENCE = "context.userId"  # holds "Type/id", where the other tokens hold an id

# A name that begins with an underscore steers the search or asks of any type; these few travel.
_COMMON_PARAMETERS = frozenset({"_id", "_lastUpdated", "_count", "_sort", "_maxresults"})


def check_template(template: str, tokens: AbstractSet[str]) -> None:
    """Accept a template that uses none but ``tokens``, and is a read by id or a search of one type.

    Raises:
        ValueError: The template breaks a rule; the message says which.
    """
    if re.search(r"\s", template):
        raise ValueError("white space")
    if re.search(r"[{}]", _TOKEN.sub("", template)):
        raise ValueError("braces that are not a {{token}}")
    for token in _TOKEN.findall(template):
        if token not in tokens:
            raise ValueError(f"{{{{{token}}}}} is none of the hook's tokens: {', '.join(sorted(tokens))}")
    if template == f"{{{{{_USER_REFERENCE}}}}}":
        return
    if read := _READ.fullmatch(template):
        if read[1] == _USER_REFERENCE:
            raise ValueError(f"{_USER_REFERENCE} already holds the resource type")
    elif search := _SEARCH.fullmatch(template):
        _check_parameters(search[1])
    else:
        raise ValueError("neither a read (Type/id) nor a search of one type (Type?parameter=value)")


def _check_parameters(query: str) -> None:
    seen: set[str] = set()
    for part in query.split("&"):
        label, _, value = part.partition("=")
        name, colon, modifier = label.partition(":")
        if not _PARAMETER.fullmatch(name):
            raise ValueError(f"{name!r} is not a plain search parameter")
        if name.startswith("_") and name not in _COMMON_PARAMETERS:
            raise ValueError(f"{name} is outside the recommended search subset")
        if colon and modifier != "in":
            raise ValueError(f"{label}: the only modifier clients need to know is :in")
        if not value:
            raise ValueError(f"{name} has no value")
        if _OTHER_DATE_PREFIX.match(value):
            raise ValueError(f"{name}: dates are compared by eq, lt, gt, ge or le only")
        if name in seen:
            raise ValueError(f"{name} occurs twice")
        seen.add(name)


def filled(template: str, context: Mapping[str, object]) -> str | None:
    """Return the query of a checked template, for a hook's context; None when a token of it has no value."""
    values = _values(context)
    tokens = _TOKEN.findall(template)
    if any(values.get(token, "..") in {".", ".."} for token in tokens):  # as ids they would lead to another path
        return None
    safe = "/" if template == f"{{{{{_USER_REFERENCE}}}}}" else ""
    return _TOKEN.sub(lambda token: quote(values[token[1]], safe=safe), template)


def _values(context: Mapping[str, object]) -> dict[str, str]:
    """The value of each token that has one."""
    named = {"context.patientId": context.get("patient_id"), "context.encounterId": context.get("encounter_id")}
    values = {token: str(value) for token, value in named.items() if value is not None}
    user = _REFERENCE.fullmatch(str(context.get("user_id")))
    if user and user[2] not in {".", ".."}:
        values |= {_USER_REFERENCE: user[0], f"user{user[1]}Id": user[2]}
    return values


def count_asked_for(query: str) -> int | None:
    """Return how many results a search asks for, if it says so."""
    count = _COUNT.search(query)
    return int(count[1]) if count else None
