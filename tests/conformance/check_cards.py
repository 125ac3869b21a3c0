"""The cards that came, whatever they say: their members, their order, and the resources they carry."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fhir.resources.R4B import get_fhir_model_class

from tests.conformance.checklist import shows
from tests.conformance.records import likely_clot
from tests.conformance.subject import JSON, Subject
from tests.service.calls import CARD_MEMBERS, HTML

SUGGESTION = {"label", "uuid", "isRecommended", "actions", "extension"}
ACTION = {"type", "description", "resource", "resourceId", "extension"}
LINK = {"label", "url", "type", "appContext", "extension"}
SOURCE = {"label", "url", "icon", "topic", "extension"}
INDICATORS = ("critical", "warning", "info")


def cards(subject: Subject) -> list[JSON]:
    found = [card for _, card in subject.cards]
    assert found, "no cards to look at"
    return found


def suggestions(subject: Subject) -> list[JSON]:
    found = [each for card in cards(subject) for each in card.get("suggestions", [])]
    assert found, "no suggestions to look at"
    return found


def actions(subject: Subject) -> list[JSON]:
    return [action for suggestion in suggestions(subject) for action in suggestion["actions"]]


def orders(subject: Subject) -> list[JSON]:
    return [action["resource"] for action in actions(subject) if "resource" in action]


def links(subject: Subject) -> list[JSON]:
    found = [link for card in cards(subject) for link in card.get("links", [])]
    assert found, "no links to look at"
    return found


def text(value: Any, what: str) -> None:
    assert isinstance(value, str), f"{what} is no string"
    assert value.strip(), f"{what} is blank"


def absolute(url: Any) -> bool:
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


@shows("JSON-3", "ACT-6")
def resources_are_fhir(subject: Subject) -> None:
    assert orders(subject), "no resources to look at"
    for order in orders(subject):
        get_fhir_model_class(order["resourceType"]).model_validate(order)


@shows("CARD-1", "CARD-14")
def summaries(subject: Subject) -> None:
    for card in cards(subject):
        text(card.get("summary"), "summary")
        assert len(card["summary"]) < 140, len(card["summary"])
        assert card["summary"].isprintable(), repr(card["summary"])


@shows("CARD-2")
def indicators(subject: Subject) -> None:
    odd = {card.get("indicator") for card in cards(subject)} - set(INDICATORS)
    assert not odd, odd


@shows("CARD-3")
def sources(subject: Subject) -> None:
    for card in cards(subject):
        text(card["source"].get("label"), "source.label")


@shows("CARD-4", "CARD-5", "SUG-2")
def uuids(subject: Subject) -> None:
    for told in subject.told:
        found = [str(card["uuid"]) for card in told.reply.cards()]
        found += [str(each["uuid"]) for card in told.reply.cards() for each in card.get("suggestions", [])]
        assert all(str(UUID(each)) == each for each in found), found
        assert len(found) == len(set(found)), told.name


@shows("CARD-6")
def details(subject: Subject) -> None:
    for card in cards(subject):
        text(card.get("detail", "left out"), "detail")


@shows("CARD-7")
def no_html(subject: Subject) -> None:
    record = likely_clot("html")
    bad = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=y>"
    for resource in record.resources:
        if "code" in resource:
            resource["code"] = resource["code"] | {"text": bad}
            resource["note"] = [{"text": bad}]
    found = subject.ask(record).cards()
    assert found, "no cards to look at"
    for card in [*found, *cards(subject)]:
        shown = f"{card['summary']}\n{card.get('detail', '')}"
        assert not HTML.search(shown), HTML.search(shown)
        assert not re.search(r"(?<!\\)\]\(javascript:", shown), "a link from the record"


@shows("CARD-8")
def source_addresses(subject: Subject) -> None:
    for card in cards(subject):
        for name in card["source"].keys() & {"url", "icon"}:
            assert absolute(card["source"][name]), card["source"][name]


@shows("CARD-9")
def topics(subject: Subject) -> None:
    for card in cards(subject):
        text(card["source"]["topic"].get("code"), "topic.code")
        assert absolute(card["source"]["topic"].get("system")), "topic.system"


@shows("CARD-10")
def selection_behaviour(subject: Subject) -> None:
    suggestions(subject)
    for card in cards(subject):
        allowed = {"at-most-one", "any"} if card.get("suggestions") else {None}
        assert card.get("selectionBehavior") in allowed, card.get("selectionBehavior")


@shows("CARD-11")
def at_most_one_is_recommended(subject: Subject) -> None:
    for card in cards(subject):
        recommended = [each for each in card.get("suggestions", []) if each.get("isRecommended")]
        assert card.get("selectionBehavior") != "at-most-one" or len(recommended) <= 1, card["summary"]


@shows("CARD-12")
def override_reasons(subject: Subject) -> None:
    reasons = [reason for card in cards(subject) for reason in card.get("overrideReasons", [])]
    assert reasons, "no override reasons to look at"
    for reason in reasons:
        for name in ("code", "system", "display"):
            text(reason.get(name), f"overrideReasons.{name}")


@shows("CARD-13")
def specified_members(subject: Subject) -> None:
    groups = [
        (CARD_MEMBERS, cards(subject)),
        (SOURCE, [card["source"] for card in cards(subject)]),
        (SUGGESTION, suggestions(subject)),
        (ACTION, actions(subject)),
        (LINK, links(subject)),
    ]
    for allowed, found in groups:
        more = {name for each in found for name in each} - allowed
        assert not more, more


@shows("CARD-15")
def few_and_most_urgent_first(subject: Subject) -> None:
    for told in subject.told:
        rank = [INDICATORS.index(card["indicator"]) for card in told.reply.cards()]
        assert len(rank) <= 4, f"{told.name}: {len(rank)} cards"
        # The summary stands on top, whatever it says; the rest goes by urgency.
        assert rank[1:] == sorted(rank[1:]), f"{told.name}: {rank}"


@shows("SUG-1")
def suggestion_labels(subject: Subject) -> None:
    for each in suggestions(subject):
        text(each.get("label"), "label")


@shows("SUG-3")
def recommended_or_not(subject: Subject) -> None:
    assert all(isinstance(each.get("isRecommended"), bool) for each in suggestions(subject))


@shows("SUG-4")
def some_action(subject: Subject) -> None:
    for each in suggestions(subject):
        assert isinstance(each["actions"], list), each["label"]
        assert each["actions"], each["label"]


@shows("SUG-5")
def no_action_selection(subject: Subject) -> None:
    assert not any("actionSelectionBehavior" in each for each in suggestions(subject))


@shows("ACT-1")
def action_types(subject: Subject) -> None:
    odd = {action.get("type") for action in actions(subject)} - {"create", "update", "delete"}
    assert not odd, odd


@shows("ACT-2")
def action_descriptions(subject: Subject) -> None:
    for action in actions(subject):
        text(action.get("description"), "description")


@shows("ACT-3")
def what_to_write(subject: Subject) -> None:
    for action in actions(subject):
        if action["type"] != "delete":
            text(action["resource"].get("resourceType"), "resourceType")
        assert action["type"] != "update" or action["resource"].get("id"), "an update without id"


@shows("ACT-4")
def what_to_delete(subject: Subject) -> None:
    for action in actions(subject):
        reference = action.get("resourceId")
        if action["type"] == "delete":
            assert re.fullmatch(r"[A-Z]\w+/[A-Za-z0-9\-.]+", str(reference)), reference
            assert "resource" not in action
        else:
            assert reference is None, action["type"]


def _told_actions(subject: Subject) -> Iterator[tuple[JSON, JSON]]:
    for told, card in subject.cards:
        for suggestion in card.get("suggestions", []):
            for action in suggestion["actions"]:
                yield told.sent["context"], action


@shows("ACT-5")
def the_right_patient(subject: Subject) -> None:
    assert orders(subject), "no orders to look at"
    for context, action in _told_actions(subject):
        order = action.get("resource", {})
        whom = [order[name] for name in ("subject", "patient", "for") if name in order]
        assert whom in ([], [{"reference": f"Patient/{context['patientId']}"}]), whom
        assert whom or action["type"] == "delete", order["resourceType"]


@shows("ACT-7")
def only_what_was_given(subject: Subject) -> None:
    for context, action in _told_actions(subject):
        given = {
            f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
            for bag in ("draftOrders", "appointments", "conditions")
            for entry in context.get(bag, {}).get("entry", [])
        }
        order = action.get("resource", {})
        touched = action.get("resourceId") or f"{order['resourceType']}/{order.get('id')}"
        assert action["type"] == "create" or touched in given, touched


@shows("ACT-8")
def drafts_only(subject: Subject) -> None:
    for action in actions(subject):
        if action["type"] == "create":
            order = action["resource"]
            assert "id" not in order, order["id"]
            if order["resourceType"] == "ServiceRequest":
                assert (order["status"], order["intent"]) == ("draft", "proposal"), order["status"]


@shows("LINK-1")
def link_addresses(subject: Subject) -> None:
    for link in links(subject):
        text(link.get("label"), "label")
        assert absolute(link.get("url")), link.get("url")


@shows("LINK-2")
def link_types(subject: Subject) -> None:
    odd = {link.get("type") for link in links(subject)} - {"absolute", "smart"}
    assert not odd, odd


@shows("LINK-3")
def app_context(subject: Subject) -> None:
    for link in links(subject):
        assert isinstance(link.get("appContext", ""), str), link["label"]
        assert link["type"] == "smart" or "appContext" not in link, link["label"]


@shows("LINK-4")
def no_launch_by_itself(subject: Subject) -> None:
    assert not any("autolaunchable" in link for link in links(subject))


@shows("SYS-0")
def no_system_actions(subject: Subject) -> None:
    assert not [told.name for told in subject.told if "systemActions" in told.reply.json()]


@shows("EXT-1", "EXT-2")
def extensions(subject: Subject) -> None:
    def found(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            for inner in value:
                yield from found(inner)
        elif isinstance(value, dict):
            # A resource has FHIR's own extensions, which are arrays.
            for name, inner in value.items():
                if name == "extension":
                    yield inner
                elif name != "resource":
                    yield from found(inner)

    services = list(subject.services.values())
    for extension in found([services, *(told.reply.json() for told in subject.told)]):
        assert isinstance(extension, dict), extension
        assert all("." in name for name in extension), list(extension)
