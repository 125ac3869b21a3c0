"""The page of one assessment: who it is and how soon, what to do and why, what was considered, what is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.advice import wording
from service.dashboard.presenters.clock import Clock, began, read_clock
from service.dashboard.presenters.considering import (
    AvoidLine,
    ConsiderationLine,
    OpenRuleLine,
    StoodDownLine,
    WithheldLine,
    avoided,
    considerations,
    could_raise,
    stood_down,
    withheld,
)
from service.dashboard.presenters.deciding import PRIORITIES, REASONS, suggested
from service.dashboard.presenters.earlier import EarlierLine, Series, earlier, series
from service.dashboard.presenters.explaining import Citation, Explanation, Retelling
from service.dashboard.presenters.findings import FindingLine, finding_lines, in_order_of_weight, told_lines
from service.dashboard.presenters.legs import Legs, legs
from service.dashboard.presenters.naming import about, road, tier_names, who
from service.knowledge.library import Library
from service.store import Decision, StoredAssessment
from service.triage.rules import Tier
from service.triage.stated import stated_findings

_KINDS = {"safety_net": "Safety net", "self_care": "Self-care", "prevention": "Prevention"}


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question that is open, and how far its answer could raise the urgency."""

    finding: str
    label: str
    text: str
    could_raise_to: str | None


@dataclass(frozen=True, slots=True)
class CautionLine:
    """A note on an order, and what it rests on."""

    text: str
    findings: tuple[FindingLine, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class SuggestionLine:
    """A test or referral: by when, for which side, what to mind, and why."""

    order: str
    label: str
    is_referral: bool
    within: str
    side: str
    priority: str
    contact: str
    already: tuple[str, ...]
    cautions: tuple[CautionLine, ...]
    because: tuple[Explanation, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdviceLine:
    """A piece of advice with its sources."""

    kind: str
    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class QualityLine:
    """Something about the data that a reader must know, and where it stands."""

    reference: str
    element: str
    text: str


@dataclass(frozen=True, slots=True)
class KnowledgeLine:
    """The knowledge that judged, and whether the explanation on the page is told with the same."""

    version: str
    digest: str
    same: bool
    version_today: str
    verdict_today: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A decision: when, who, what about, who looks after it from then on, and why."""

    at: datetime
    actor: str
    action: str
    about: str
    to: str
    reason: str
    comment: str


@dataclass(frozen=True, slots=True)
class PatientPage:
    """Everything the page shows of one assessment.

    `questions_first`: somebody may have to act today, and only an answer can tell.
    """

    id: str
    who: str
    about: str
    side: str
    tier: str | None
    tier_name: str
    target: str
    could_be: str | None
    could_be_name: str
    headline: str
    clock: Clock
    created: datetime
    road: str
    client: str
    status: str
    version: int
    assignee: str
    in_scope: bool
    questions_first: bool
    reasons: tuple[Explanation, ...]
    raising: tuple[QuestionLine, ...]
    other_questions: tuple[QuestionLine, ...]
    open_rules: tuple[OpenRuleLine, ...]
    more_open_rules: int
    suggestions: tuple[SuggestionLine, ...]
    considered: tuple[ConsiderationLine, ...]
    unlikely: tuple[ConsiderationLine, ...]
    avoid: tuple[AvoidLine, ...]
    withheld: tuple[WithheldLine, ...]
    stood_down: tuple[StoodDownLine, ...]
    for_clinician: tuple[AdviceLine, ...]
    for_patient: tuple[AdviceLine, ...]
    findings: tuple[FindingLine, ...]
    quality: tuple[QualityLine, ...]
    legs: Legs
    history: tuple[EarlierLine, ...]
    newer: EarlierLine | None
    more_urgent_than_newer: bool
    series: tuple[Series, ...]
    log: tuple[LogLine, ...]
    knowledge: KnowledgeLine

    @property
    def rules(self) -> tuple[Explanation, ...]:
        """Every rule behind the urgency and the suggestions, each once."""
        reasons = [*self.reasons, *(reason for each in self.suggestions for reason in each.because)]
        return tuple({reason.rule: reason for reason in reasons}.values())


def patient_page(
    stored: StoredAssessment,
    history: Sequence[StoredAssessment],
    decisions: Sequence[Decision],
    library: Library,
    now: datetime,
) -> PatientPage:
    """The page.

    Args:
        stored: The assessment.
        history: All of this patient's, the newest first, this one among them.
        decisions: What was decided about this one, the first one first.
        library: The knowledge of today.
        now: What time it is.
    """
    document = stored.document
    told = Retelling(document, library)
    knowledge = library.knowledge
    urgency, names = document["urgency"], tier_names(library)
    lines = in_order_of_weight(finding_lines(stated_findings(document), knowledge))
    considered = considerations(document, told)
    open_rules, more = could_raise(told)
    questions = tuple(_question(each, told) for each in document["questions"])
    past = earlier(history, stored.id, library)
    side = told.assessment.side
    newer = past[0] if past and not past[0].here else None
    return PatientPage(
        id=stored.id,
        who=who(stored),
        about=about(stored),
        side={None: "", "bilateral": "both sides"}.get(side, f"{side} side"),
        tier=urgency["tier"],
        tier_name=names[urgency["tier"]],
        target=urgency["target"] or "",
        could_be=urgency["could_be"] if urgency["could_be"] != urgency["tier"] else None,
        could_be_name=names[urgency["could_be"]],
        headline=stored.headline or _headline(document, told),
        clock=read_clock(began(stored.created, stored.due, _within(urgency["tier"], library)), stored.due, now),
        created=stored.created,
        road=road(stored.service),
        client=stored.client,
        status=stored.status,
        version=stored.version,
        assignee=stored.assignee or "",
        in_scope=document["in_scope"],
        questions_first=_is_hot(urgency["could_be"]) and not _is_hot(urgency["tier"]),
        reasons=told.explain_all(urgency["because"]),
        raising=tuple(each for each in questions if each.could_raise_to),
        other_questions=tuple(each for each in questions if not each.could_raise_to),
        open_rules=open_rules,
        more_open_rules=more,
        suggestions=tuple(_suggestions(document, told)),
        considered=tuple(each for each in considered if each.level != "unlikely"),
        unlikely=tuple(each for each in considered if each.level == "unlikely"),
        avoid=avoided(document, told),
        withheld=withheld(document, told),
        stood_down=stood_down(document, told),
        for_clinician=_advice(document, told, "clinician"),
        for_patient=_advice(document, told, "patient"),
        findings=lines,
        quality=tuple(QualityLine(n["reference"], n["element"], n["text"]) for n in document["data_quality"]),
        legs=legs(lines, side.value if side else None),
        history=past,
        newer=newer,
        more_urgent_than_newer=newer is not None and _rank(urgency["tier"]) > _rank(newer.tier),
        series=series(history, library),
        log=tuple(_log(decisions, document)),
        knowledge=_knowledge(document, told),
    )


def _within(tier: str | None, library: Library) -> timedelta | None:
    return library.knowledge.tiers[Tier(tier)].within if tier else None


def _rank(tier: str | None) -> int:
    return Tier(tier).rank if tier else -1


def _is_hot(tier: str | None) -> bool:
    return tier is not None and Tier(tier).is_hot


def _headline(document: Mapping[str, Any], told: Retelling) -> str:
    """What to keep in mind in a few words: the likely conditions, else the reasons behind the tier."""
    likely = [each["label"] for each in document["considerations"] if each["level"] == "likely"]
    if likely:
        return f"{', '.join(likely)} likely"
    titles = list(dict.fromkeys(reason["text"] for reason in document["urgency"]["because"]))[:2]
    return "; ".join(titles) or ("Nothing that is known asks for haste" if told.tier else "No current leg complaint")


def _question(question: Mapping[str, Any], told: Retelling) -> QuestionLine:
    return QuestionLine(
        finding=question["finding"],
        label=wording.label(question["finding"], told.library.knowledge),
        text=question["text"],
        could_raise_to=question["could_raise_to"],
    )


def _suggestions(document: Mapping[str, Any], told: Retelling) -> list[SuggestionLine]:
    return [_suggestion(each, told, is_referral=kind == "referrals") for kind, each in suggested(document)]


def _suggestion(each: Mapping[str, Any], told: Retelling, *, is_referral: bool) -> SuggestionLine:
    knowledge = told.library.knowledge
    order = knowledge.orders.get(each["order"])
    return SuggestionLine(
        order=each["order"],
        label=each["label"],
        is_referral=is_referral,
        within=wording.within(each["within"]),
        side=_side_of_order(each["side"], lateral=bool(order and order.lateral)),
        priority=PRIORITIES.get(each["priority"] or "", ""),
        contact=each.get("contact") or "",
        already=tuple(dict.fromkeys(source["reference"] for source in each["already"])),
        cautions=tuple(
            CautionLine(c["text"], told_lines(c["findings"], knowledge), told.cite(c["evidence"]))
            for c in each["cautions"]
        ),
        because=told.explain_all(each["because"]),
        reasons=tuple(dict.fromkeys(reason["text"] for reason in each["because"])),
    )


def _side_of_order(side: str | None, *, lateral: bool) -> str:
    if side is None:
        return "side not known" if lateral else ""
    return "both sides" if side == "bilateral" else f"{side} side"


def _advice(document: Mapping[str, Any], told: Retelling, audience: str) -> tuple[AdviceLine, ...]:
    return tuple(
        AdviceLine(_KINDS.get(each["kind"], each["kind"]), each["text"], told.cite(each["evidence"]))
        for each in document["advice"]
        if each["audience"] == audience
    )


def _log(decisions: Iterable[Decision], document: Mapping[str, Any]) -> Iterable[LogLine]:
    labels = {each["order"]: each["label"] for kind in ("workup", "referrals") for each in document[kind]}
    for made in decisions:
        yield LogLine(
            at=made.at,
            actor=made.actor,
            action=made.action.replace("_", " "),
            about=labels.get(made.order, made.order) if made.order else "the whole assessment",
            to=made.assignee or "",
            reason=REASONS.get(made.reason_code or "", made.reason_code or ""),
            comment=made.comment or "",
        )


def _knowledge(document: Mapping[str, Any], told: Retelling) -> KnowledgeLine:
    used = document["knowledge"]
    today = told.library.knowledge
    verdict = ""
    if not told.same_verdict:
        urgency = told.assessment.urgency
        names = tier_names(told.library)
        verdict = names[urgency.tier]
        if urgency.could_be and urgency.could_be is not urgency.tier:
            verdict += f", could be {names[urgency.could_be].lower()}"
    return KnowledgeLine(used["version"], used["digest"], told.same_knowledge, today.version, verdict)
