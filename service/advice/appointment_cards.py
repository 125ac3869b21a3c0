"""A booked slot against the urgency -> at most one card, for a clinician or in plain words for the patient."""

from dataclasses import replace
from datetime import datetime

from service.advice import wording
from service.advice.card_maker import Advised, CardMaker, sections
from service.advice.cards import Cards
from service.triage.assessment import Assessment
from service.triage.rules import Tier


def clinician_cards(assessment: Assessment, start: datetime | None, maker: CardMaker, now: datetime) -> list[Advised]:
    """That the slot is too late and why; or the questions to ask before it, when the answers may make it too late."""
    tier = assessment.urgency.tier
    if tier and _too_late(tier, start, maker, now):
        reasons = assessment.urgency.because
        name = maker.knowledge.tiers[tier].name.lower()
        lines = [f"- **{wording.reason_title(reason)}** [{', '.join(reason.evidence)}]" for reason in reasons]
        lines.extend(line for reason in reasons for line in maker.finding_lines(reason.findings))
        net = [f"- {text.text}" for text in assessment.advice]
        orders = [f"- {wording.order_title(o)}" for o in (*assessment.workup, *assessment.referrals) if not o.already]
        return [
            maker.card(
                f"appointment-clinician-{_day(start)}",
                f"{_slot(start)} is too late ({name}: {assessment.urgency.target}). {reasons[0].title}",
                maker.tier_indicator(tier),
                sections([("Why", lines), ("Suggested", orders), ("Advice", net)]),
                evidence=[item for reason in reasons for item in reason.evidence],
                tier=tier,
                rules=[reason.rule for reason in reasons],
            )
        ]
    if _unsettled(assessment, start, maker, now):
        asked = Cards(assessment, maker, notes=(), not_received=(), now=now).questions_card()
        return [replace(asked, topic=f"appointment-questions-{_day(start)}")]
    return []


def patient_cards(assessment: Assessment, start: datetime | None, maker: CardMaker, now: datetime) -> list[Advised]:
    """The same for the patient: what to do, and when to call for help at once; no condition and no test is named."""
    patients = maker.library.patient_words
    tier = assessment.urgency.tier
    rules = [reason.rule for reason in assessment.urgency.because]
    if tier and _too_late(tier, start, maker, now):
        words = patients.tiers[tier]
    elif _unsettled(assessment, start, maker, now):
        words, tier, rules = patients.unsettled, None, []
    else:
        return []
    indicator = maker.tier_indicator(tier)
    detail = f"{words}\n\n{patients.safety_net}"
    name = f"appointment-patient-{_day(start)}"
    return [maker.card(name, words, indicator, detail, tier=tier, rules=rules, for_patient=True)]


def not_checked_card(maker: CardMaker) -> Advised:
    """What a patient is told whose complaint, if there is one, may be hidden in data that were not received."""
    patients = maker.library.patient_words
    detail = f"{patients.not_checked}\n\n{patients.safety_net}"
    return maker.card("incomplete", patients.not_checked, "info", detail, for_patient=True)


def _too_late(tier: Tier, start: datetime | None, maker: CardMaker, now: datetime) -> bool:
    """Whether the slot is later than the tier allows; no slot is too late when somebody must act today."""
    within = maker.knowledge.tiers[tier].within
    if within is None:
        return False
    return tier is Tier.EMERGENCY or (tier.is_hot if start is None else start > now + within)


def _unsettled(assessment: Assessment, start: datetime | None, maker: CardMaker, now: datetime) -> bool:
    could_be = assessment.urgency.could_be
    asks = any(question.could_raise_to for question in assessment.questions)
    return bool(asks and could_be and could_be.is_hot and _too_late(could_be, start, maker, now))


def _day(start: datetime | None) -> str:
    return start.date().isoformat() if start else "no-date"


def _slot(start: datetime | None) -> str:
    return f"The appointment of {start:%d %b %Y %H:%M (%Z)}" if start else "An appointment"
