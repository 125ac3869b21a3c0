import re
from collections.abc import Callable
from typing import Any

import pytest

from cds_hooks import Action, Card, Coding, Link, OverrideReason, Source, Suggestion
from cds_hooks.cards import response
from tests.cds_hooks.toy import CARD_UUID, JSON, card

UUIDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(3)]
ORDER: JSON = {
    "resourceType": "ServiceRequest",
    "status": "draft",
    "doNotPerform": False,
    "note": [{"text": "Hot"}],
}
CREATE = Action(type="create", description="Order tea", resource=ORDER)


def suggestion(number: int = 0, *, recommended: bool = False) -> Suggestion:
    return Suggestion(label="Tea", uuid=UUIDS[number], actions=(CREATE,), is_recommended=recommended)


def link(**changes: Any) -> Link:
    return Link(**{"label": "More on tea", "url": "https://tea.example.org/", **changes})


def action(**changes: Any) -> Action:
    return Action(**{"type": "create", "description": "Order tea", "resource": ORDER, **changes})


def test_a_card_with_everything() -> None:
    full = card(
        detail="Milk **first**.",
        suggestions=(suggestion(0, recommended=True), suggestion(1)),
        selection_behavior="at-most-one",
        override_reasons=(OverrideReason("coffee", "https://tea.example.org/reasons", "Prefers coffee"),),
        links=(link(), link(type="smart", app_context="pot=2")),
        source=Source(
            label="Tea Board",
            url="https://tea.example.org/about",
            icon="https://tea.example.org/icon.png",
            topic=Coding("tea", "https://tea.example.org/topics", "Tea"),
        ),
    )
    order = {"type": "create", "description": "Order tea", "resource": ORDER}
    assert response([full]) == {
        "cards": [
            {
                "uuid": CARD_UUID,
                "summary": "Offer a cup of tea",
                "detail": "Milk **first**.",
                "indicator": "info",
                "source": {
                    "label": "Tea Board",
                    "url": "https://tea.example.org/about",
                    "icon": "https://tea.example.org/icon.png",
                    "topic": {"code": "tea", "system": "https://tea.example.org/topics", "display": "Tea"},
                },
                "suggestions": [
                    {"label": "Tea", "uuid": UUIDS[0], "isRecommended": True, "actions": [order]},
                    {"label": "Tea", "uuid": UUIDS[1], "isRecommended": False, "actions": [order]},
                ],
                "selectionBehavior": "at-most-one",
                "overrideReasons": [
                    {
                        "code": "coffee",
                        "system": "https://tea.example.org/reasons",
                        "display": "Prefers coffee",
                    }
                ],
                "links": [
                    {"label": "More on tea", "url": "https://tea.example.org/", "type": "absolute"},
                    {
                        "label": "More on tea",
                        "url": "https://tea.example.org/",
                        "type": "smart",
                        "appContext": "pot=2",
                    },
                ],
            }
        ]
    }


def test_json_2_empty_members_are_left_out() -> None:
    bare = card(detail=" ", selection_behavior="any", source=Source(label="Tea Board"))
    assert bare.to_json() == {
        "uuid": CARD_UUID,
        "summary": "Offer a cup of tea",
        "indicator": "info",
        "source": {"label": "Tea Board"},
    }


def test_act_3_4_update_and_delete() -> None:
    whole = {**ORDER, "id": "s1"}
    assert action(type="update", resource=whole).to_json()["resource"] == whole
    assert action(type="delete", resource=None, resource_id="ServiceRequest/s_1").to_json() == {
        "type": "delete",
        "description": "Order tea",
        "resourceId": "ServiceRequest/s_1",
    }


@pytest.mark.parametrize("length", [1, 139])
def test_card_1_the_longest_and_shortest_summary(length: int) -> None:
    assert len(card(summary="t" * length).summary) == length


BROKEN: dict[str, tuple[Callable[[], object], str]] = {
    "CARD-1-empty": (lambda: card(summary=""), "summary must not be empty"),
    "CARD-1-blank": (lambda: card(summary="  "), "summary must not be empty"),
    "CARD-1-140-characters": (lambda: card(summary="t" * 140), "more than 139"),
    "CARD-14-line-feed": (lambda: card(summary="tea\nmilk"), "one line"),
    "CARD-14-line-separator": (lambda: card(summary="tea\u2028milk"), "one line"),
    "CARD-14-control": (lambda: card(summary="tea\x00"), "one line"),
    "CARD-2-hard-stop": (lambda: card(indicator="hard-stop"), "indicator"),
    "CARD-3-no-label": (lambda: Source(label=" "), "label"),
    "CARD-4-no-uuid": (lambda: card(uuid="card-1"), "UUID"),
    "CARD-8-relative-url": (lambda: Source(label="T", url="/about"), "Source.url"),
    "CARD-8-relative-icon": (lambda: Source(label="T", icon="icon.png"), "Source.icon"),
    "CARD-8-data-icon": (lambda: Source(label="T", icon="data:image/png;base64,AA"), "Source.icon"),
    "CARD-9-no-code": (lambda: Coding("", "https://tea.example.org"), "code"),
    "CARD-9-no-system": (lambda: Coding("tea", ""), "system"),
    "CARD-10-no-behavior": (lambda: card(suggestions=(suggestion(),)), "selection_behavior"),
    "CARD-10-all-or-none": (
        lambda: card(suggestions=(suggestion(),), selection_behavior="all-or-none"),
        "selection_behavior",
    ),
    "CARD-11-two-recommended": (
        lambda: card(
            suggestions=(suggestion(0, recommended=True), suggestion(1, recommended=True)),
            selection_behavior="at-most-one",
        ),
        "no more than one",
    ),
    "CARD-12-no-display": (lambda: OverrideReason("c", "https://tea.example.org", ""), "display"),
    "SUG-1-no-label": (lambda: Suggestion(label="", uuid=UUIDS[0], actions=(CREATE,)), "label"),
    "SUG-2-no-uuid": (lambda: Suggestion(label="Tea", uuid="", actions=(CREATE,)), "UUID"),
    "SUG-4-no-action": (lambda: Suggestion(label="Tea", uuid=UUIDS[0], actions=()), "actions"),
    "ACT-1-type": (lambda: action(type="upsert"), "create, update or delete"),
    "ACT-2-no-description": (lambda: action(description=""), "description"),
    "ACT-3-create-without-resource": (lambda: action(resource=None), "needs a FHIR resource"),
    "ACT-3-create-without-type": (lambda: action(resource={"id": "s1"}), "needs a FHIR resource"),
    "ACT-3-create-with-id": (lambda: action(resource_id="ServiceRequest/s1"), "no resource_id"),
    "ACT-3-update-without-id": (lambda: action(type="update"), "the resource's id"),
    "ACT-4-delete-without-id": (lambda: action(type="delete", resource=None), "Type/id"),
    "ACT-4-delete-with-bare-id": (lambda: action(type="delete", resource=None, resource_id="s1"), "Type/id"),
    "ACT-4-delete-with-resource": (
        lambda: action(type="delete", resource_id="ServiceRequest/s1"),
        "no resource",
    ),
    "JSON-2-null-in-resource": (lambda: action(resource={**ORDER, "note": None}), "resource.note is empty"),
    "JSON-2-deep-in-resource": (
        lambda: action(resource={**ORDER, "note": [{"text": "x"}, {"text": ""}]}),
        "resource.note[1].text is empty",
    ),
    "JSON-1-nan-in-resource": (
        lambda: action(resource={**ORDER, "n": float("nan")}),
        "resource.n is not JSON",
    ),
    "JSON-1-object-in-resource": (lambda: action(resource={**ORDER, "n": {1}}), "resource.n is not JSON"),
    "LINK-1-no-label": (lambda: link(label=""), "label"),
    "LINK-1-relative": (lambda: link(url="about"), "Link.url"),
    "LINK-1-script": (lambda: link(url="javascript:alert(1)"), "Link.url"),
    "LINK-1-no-host": (lambda: link(url="https:///x"), "Link.url"),
    "LINK-1-space": (lambda: link(url="https://tea.example.org/a b"), "Link.url"),
    "LINK-1-broken": (lambda: link(url="https://[tea"), "Invalid IPv6"),
    "LINK-2-type": (lambda: link(type="relative"), "absolute or smart"),
    "LINK-3-context": (lambda: link(app_context="pot=2"), "smart links only"),
    "SUG-2-uuid-of-the-card": (lambda: response([with_suggestion_of_its_own_uuid()]), "differ"),
}


def with_suggestion_of_its_own_uuid() -> Card:
    same = Suggestion(label="Tea", uuid=CARD_UUID.upper(), actions=(CREATE,))
    return card(suggestions=(same,), selection_behavior="any")


@pytest.mark.parametrize(("build", "fault"), BROKEN.values(), ids=BROKEN)
def test_what_the_specification_forbids_cannot_be_built(build: Callable[[], object], fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        build()
