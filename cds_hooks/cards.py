"""Cards, and what they consist of. Each checks itself when built, so whatever exists may be sent.

Every class has ``to_json()``, which returns the members by their names on the wire, less the empty ones.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from cds_hooks.compact import check_json, without_empty
from cds_hooks.text import is_one_line

Indicator = Literal["info", "warning", "critical"]
SelectionBehavior = Literal["at-most-one", "any"]
ActionType = Literal["create", "update", "delete"]
LinkType = Literal["absolute", "smart"]

SUMMARY_LIMIT = 139

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_REFERENCE = re.compile(r"[A-Z][A-Za-z]*/[A-Za-z0-9\-._]+")


def _require(holds: object, rule: str) -> None:
    if not holds:
        raise ValueError(rule)


def _require_text(owner: object, *names: str) -> None:
    for name in names:
        _require(getattr(owner, name).strip(), f"{type(owner).__name__}.{name} must not be empty")


def _require_url(url: str, name: str) -> None:
    parts = urlsplit(url)
    absolute = parts.scheme in ("http", "https") and parts.hostname and not re.search(r"\s", url)
    _require(absolute, f"{name} must be an absolute http(s) URL")


@dataclass(frozen=True, slots=True)
class Coding:
    """A concept: its code, the system that defines it, and its name."""

    code: str
    system: str
    display: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError if code or system are empty."""
        _require_text(self, "code", "system")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return without_empty({"code": self.code, "system": self.system, "display": self.display})


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """A reason a clinician may give for not following a card. Unlike any other coding it must have a name."""

    code: str
    system: str
    display: str

    def __post_init__(self) -> None:
        """Raise ValueError if a part is empty."""
        _require_text(self, "code", "system", "display")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"code": self.code, "system": self.system, "display": self.display}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whose guidance a card is. ``url`` is about the source; by ``topic`` clients group cards."""

    label: str
    url: str | None = None
    icon: str | None = None
    topic: Coding | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for an empty label or an address that is not absolute."""
        _require_text(self, "label")
        for name in ("url", "icon"):
            if getattr(self, name) is not None:
                _require_url(getattr(self, name), f"Source.{name}")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        topic = self.topic and self.topic.to_json()
        return without_empty({"label": self.label, "url": self.url, "icon": self.icon, "topic": topic})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way to more: a page, or a SMART app which the client launches."""

    label: str
    url: str
    type: LinkType = "absolute"
    app_context: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for an empty label, an address that is not absolute, or context without an app."""
        _require_text(self, "label")
        _require_url(self.url, "Link.url")
        _require(self.type in get_args(LinkType), "Link.type must be absolute or smart")
        _require(self.app_context is None or self.type == "smart", "Link.app_context is for smart links only")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        members = {"label": self.label, "url": self.url, "type": self.type, "appContext": self.app_context}
        return without_empty(members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One change to the record, carried out by the client if the user agrees.

    ``create`` takes a resource, ``update`` the whole one with its id, ``delete`` a ``resource_id`` (Type/id).
    """

    type: ActionType
    description: str
    resource: dict[str, Any] | None = None
    resource_id: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError unless the action has just what its type needs, in strict JSON."""
        _require_text(self, "description")
        _require(self.type in get_args(ActionType), "Action.type must be create, update or delete")
        if self.type == "delete":
            _require(self.resource is None, "a delete has a resource_id and no resource")
            _require(_REFERENCE.fullmatch(self.resource_id or ""), "Action.resource_id must be Type/id")
            return
        _require(self.resource_id is None, f"{self.type} has a resource and no resource_id")
        _require(self.resource and self.resource.get("resourceType"), f"{self.type} needs a FHIR resource")
        _require(self.type == "create" or (self.resource or {}).get("id"), "update needs the resource's id")
        check_json(self.resource, "Action.resource")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return without_empty(
            {
                "type": self.type,
                "description": self.description,
                "resource": self.resource,
                "resourceId": self.resource_id,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Actions that are taken together, in order, when the user accepts. ``uuid`` comes back in feedback."""

    label: str
    uuid: str
    actions: tuple[Action, ...]
    is_recommended: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for an empty label, an uuid that is none, or no action."""
        _require_text(self, "label")
        _require(_UUID.fullmatch(self.uuid), "Suggestion.uuid must be a UUID")
        _require(self.actions, "Suggestion.actions must not be empty")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "label": self.label,
            "uuid": self.uuid,
            "isRecommended": self.is_recommended,
            "actions": [action.to_json() for action in self.actions],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One piece of guidance.

    ``summary`` is a sentence of at most 139 characters, ``detail`` Markdown without HTML. The
    caller chooses ``uuid``, so that the same input can give the same card. ``selection_behavior`` is needed
    with suggestions, and left out without.
    """

    uuid: str
    summary: str
    indicator: Indicator
    source: Source
    detail: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: SelectionBehavior | None = None
    override_reasons: tuple[OverrideReason, ...] = ()
    links: tuple[Link, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for whatever the specification forbids."""
        _require(_UUID.fullmatch(self.uuid), "Card.uuid must be a UUID")
        _require_text(self, "summary")
        _require(len(self.summary) <= SUMMARY_LIMIT, f"Card.summary has more than {SUMMARY_LIMIT} characters")
        _require(is_one_line(self.summary), "Card.summary must be on one line")
        _require(self.indicator in get_args(Indicator), "Card.indicator must be info, warning or critical")
        behavior = self.selection_behavior
        _require(behavior in (None, *get_args(SelectionBehavior)), "selection_behavior: at-most-one or any")
        _require(behavior or not self.suggestions, "suggestions need a selection_behavior")
        recommended = sum(suggestion.is_recommended for suggestion in self.suggestions)
        _require(behavior != "at-most-one" or recommended <= 1, "at-most-one: no more than one is recommended")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return without_empty(
            {
                "uuid": self.uuid,
                "summary": self.summary,
                "detail": self.detail,
                "indicator": self.indicator,
                "source": self.source.to_json(),
                "suggestions": [suggestion.to_json() for suggestion in self.suggestions],
                "selectionBehavior": self.selection_behavior if self.suggestions else None,
                "overrideReasons": [reason.to_json() for reason in self.override_reasons],
                "links": [link.to_json() for link in self.links],
            }
        )


def response(cards: Sequence[Card]) -> dict[str, Any]:
    """Return the answer that holds the cards.

    Raises:
        ValueError: Two cards or suggestions share a uuid, so feedback could not tell them apart.
    """
    uuids = list(_uuids(cards))
    _require(len(uuids) == len(set(uuids)), "the uuids of cards and suggestions must differ")
    return {"cards": [card.to_json() for card in cards]}


def _uuids(cards: Iterable[Card]) -> Iterable[str]:
    for card in cards:
        yield card.uuid.lower()
        yield from (suggestion.uuid.lower() for suggestion in card.suggestions)
