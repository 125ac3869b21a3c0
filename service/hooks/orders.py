"""order-select and order-sign: the orders about to be placed, judged against the triage."""

from collections.abc import Collection
from datetime import datetime

from cds_hooks import HookRequest
from service.advice.order_cards import MOST_CARDS, order_cards, unread_card
from service.hooks.triage import Answered, card_maker, incomplete, triage
from service.intake.chart import plain_reference
from service.intake.drafts import read_drafts
from service.knowledge.library import Library
from service.triage.conflicts import settle
from service.triage.review import review_orders


def on_order_select(request: HookRequest, library: Library, now: datetime) -> Answered:
    """What is wrong with the orders just selected; the other drafts only tell what is there already."""
    return _review(request, library, now, frozenset(map(plain_reference, request.context["selections"])))


def on_order_sign(request: HookRequest, library: Library, now: datetime) -> Answered:
    """What is wrong with the orders about to be signed."""
    return _review(request, library, now, None)


def _review(request: HookRequest, library: Library, now: datetime, selected: Collection[str] | None) -> Answered:
    patient_id = request.context["patient_id"]
    drafts = read_drafts(request.context["draft_orders"], library.terminology, now, patient_id=patient_id)
    if not drafts.unread and not any(draft.orders or draft.acts for draft in drafts.orders):
        return None, []  # Nothing of ours among them: there is nothing to judge.
    result = triage(request, library, now, findings=drafts.findings)
    if not result.assessment.in_scope:
        return result, incomplete(request, result)
    facts, _ = settle(result.intake.findings, library.knowledge.red_flags, now)
    objections = [
        objection
        for objection in review_orders(drafts.orders, result.assessment, facts, library.knowledge)
        if selected is None or objection.draft.name in selected
    ]
    maker = card_maker(request, library)
    unread = [unread_card(drafts.unread, maker)] if drafts.unread else []
    return result, [*order_cards(objections, drafts.resources, maker, now), *unread][:MOST_CARDS]
