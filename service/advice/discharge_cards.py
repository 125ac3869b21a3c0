"""A patient about to leave -> one card with what is open and what to say."""

from collections.abc import Sequence
from datetime import datetime

from service.advice import wording
from service.advice.card_maker import Advised, CardMaker, Indicator, sections
from service.triage.assessment import Assessment
from service.triage.knowledge import OrderDefinition
from service.triage.rules import AdviceKind, Audience, Tier

_MOST_SUGGESTIONS = 8


def discharge_cards(
    assessment: Assessment, pending: Sequence[OrderDefinition], maker: CardMaker, now: datetime
) -> list[Advised]:
    """What stands against going home, if anything, and the words to give along."""
    tier = assessment.urgency.tier
    reasons = assessment.urgency.because if tier and tier.is_hot else ()
    missing = [order for order in (*assessment.workup, *assessment.referrals) if not order.already and order.tier]
    open_threats = [q for q in assessment.questions if q.could_raise_to and q.could_raise_to.is_hot]
    unresolved = [f"- **{wording.reason_title(reason)}** [{', '.join(reason.evidence)}]" for reason in reasons]
    unresolved.extend(line for reason in reasons for line in maker.finding_lines(reason.findings))
    net = [text for text in assessment.advice if text.kind is AdviceKind.SAFETY_NET]
    detail = sections(
        [
            ("Reasons for urgency that still stand", unresolved),
            ("Result not seen", [f"- {order.label}" for order in pending]),
            ("Suggested, neither ordered nor done", [f"- {wording.order_title(order)}" for order in missing]),
            ("Not settled, ask before discharge", [f"- {question.text}" for question in open_threats]),
            ("Tell the patient", [f"- {text.text}" for text in net if text.audience is Audience.PATIENT]),
            ("Keep in mind", [f"- {text.text}" for text in net if text.audience is not Audience.PATIENT]),
        ]
    )
    if not detail:
        return []
    proposals = [(maker.propose(o, now), o.order) for o in missing if o.side or not o.lateral][:_MOST_SUGGESTIONS]
    counts = [
        ("urgent conditions", len({reason.pathway for reason in reasons})),
        ("results not seen", len(pending)),
        ("tests or referrals left out", len(missing)),
        ("questions open", len(open_threats)),
    ]
    told = ", ".join(f"{what}: {count}" for what, count in counts if count)
    summary = f"Before discharge: {told}" if told else "Before discharge: give the leg safety advice"
    return [
        maker.card(
            f"discharge-{maker.encounter_id}",
            f"{summary}. {reasons[0].title}" if reasons else summary,
            _indicator(tier, maker, warn=bool(pending or open_threats)),
            detail,
            suggestions=[suggestion for suggestion, _ in proposals],
            evidence=[item for reason in reasons for item in reason.evidence],
            tier=tier,
            rules=[*(reason.rule for reason in reasons), *(r.rule for order in missing for r in order.because)],
            orders={suggestion.uuid: order for suggestion, order in proposals},
        )
    ]


def _indicator(tier: Tier | None, maker: CardMaker, *, warn: bool) -> Indicator:
    own = maker.tier_indicator(tier)
    return "warning" if own == "info" and warn else own
