"""The words in which cards, documents and tables speak of findings, times, sides and reasons."""

from collections.abc import Iterable
from datetime import date

from service.triage.assessment import Assessment, Reason, Suggestion
from service.triage.expressions import ordered_key
from service.triage.findings import Finding, Method, Side, Status, Temporality
from service.triage.knowledge import Knowledge
from service.triage.quantities import readable_unit
from service.triage.rules import Basis
from service.triage.scores import ScoreResult

_UNITS = {"H": "h", "D": "day", "W": "week"}
_SIDES = {None: "", Side.LEFT: ", left", Side.RIGHT: ", right", Side.BILATERAL: ", both sides"}


def within(duration: str | None) -> str:
    """An ISO 8601 duration of one part in words: `PT4H` is `within 4 h`."""
    if not duration:
        return ""
    number, unit = int(duration.strip("PTHDW")), _UNITS[duration[-1]]
    plural = "s" if number != 1 and unit != "h" else ""
    return f"within {number} {unit}{plural}"


def value(finding: Finding) -> str:
    """The value with its unit, or an empty string."""
    if finding.value is None:
        return ""
    if isinstance(finding.value, date):
        return finding.value.isoformat()
    if isinstance(finding.value, str):
        return finding.value
    return f"{finding.value:g} {readable_unit(finding.unit)}".strip()


def statement(finding: Finding, knowledge: Knowledge) -> str:
    """One finding in words, such as `Calf pain, left` or `Active cancer: no`."""
    parts = [label(finding.key, knowledge)]
    if finding.side:
        parts.append(finding.side.value)
    if finding.temporality is not Temporality.CURRENT:
        parts.append({Temporality.PAST: "in the past", Temporality.FAMILY: "in the family"}[finding.temporality])
    words = ", ".join(parts)
    if finding.status is Status.ABSENT:
        return f"{words}: no"
    return f"{words}: {value(finding)}" if finding.value is not None else words


def label(key: str, knowledge: Knowledge) -> str:
    """The label of a finding, or of the order that `ordered:` speaks of."""
    if key in knowledge.findings:
        return knowledge.findings[key].label
    orders = {ordered_key(order.key): order.label for order in knowledge.orders.values()}
    return f"{orders[key]} ordered or done" if key in orders else key


def sources(finding: Finding) -> str:
    """Where the finding was read, with its date; what only a text says is to be confirmed."""
    references = ", ".join(dict.fromkeys(source.reference for source in finding.sources))
    day = finding.recorded.date().isoformat() if finding.recorded else ""
    is_text = bool(finding.sources) and all(source.method is Method.TEXT for source in finding.sources)
    return ", ".join(filter(None, (references, day, "read from text: please confirm" if is_text else "")))


def order_title(suggestion: Suggestion) -> str:
    """The order in words: what, which side, by when."""
    side = f"{suggestion.side.value} side" if suggestion.side and suggestion.side is not Side.BILATERAL else ""
    if suggestion.side is Side.BILATERAL:
        side = "both sides"
    elif suggestion.lateral and not suggestion.side:
        side = "side not known"
    return ", ".join(filter(None, (suggestion.label, side, within(suggestion.within))))


def reason_title(reason: Reason) -> str:
    """The rule's title, marked when it is our proposal and not a citation, or waits for a review."""
    return marked(reason.title, reason.basis, review_needed=reason.review_needed)


def marked(title: str, basis: str, *, review_needed: bool) -> str:
    """A title with what a reader must know of its basis."""
    marks = ["proposal"] if basis == Basis.PROPOSAL else []
    if review_needed:
        marks.append("review needed")
    return f"{title} ({', '.join(marks)})" if marks else title


def score_line(score: ScoreResult) -> str:
    """A score in one line: its points or range, and its band once that is certain."""
    points = f"{score.low}" if score.low == score.high else f"{score.low} to {score.high}"
    return f"{score.title}: {points} ({score.band or 'not settled'})"


def score_items(score: ScoreResult, knowledge: Knowledge) -> Iterable[str]:
    """Each item of a score that is known, with its points, answer and source."""
    for entry in score.items:
        if entry.trace.truth is None:
            continue
        found = "; ".join(
            f"{statement(finding, knowledge)} [{sources(finding)}]" for finding in entry.trace.supporting_findings()
        )
        points = f"{entry.item.points:+d}" if entry.trace.truth else "0"
        yield f"{points} {entry.item.label}" + (f": {found}" if found else "")


def headline(assessment: Assessment, knowledge: Knowledge) -> str:
    """The urgency in one sentence: the tier, why, which side, and what it could still be."""
    urgency = assessment.urgency
    if urgency.tier is None:
        return "No current leg complaint"
    name = knowledge.tiers[urgency.tier].name.capitalize()
    why = "; ".join(_main_titles(assessment))
    side = _SIDES[assessment.side]
    first = f"{name}: {why}{side}" if why else f"{name} on the present facts"
    if urgency.could_be and urgency.could_be is not urgency.tier:
        could_be = knowledge.tiers[urgency.could_be].name.lower()
        if urgency.could_be.is_hot and not urgency.tier.is_hot:
            return (
                f"Not settled: could be {could_be} until questions are answered. So far {first[:1].lower()}{first[1:]}"
            )
        return f"{first}. Could be {could_be}"
    return first


def avoidances(assessment: Assessment) -> Iterable[tuple[str, str]]:
    """What to avoid and why; orders with the same reason in one line."""
    labels: dict[str, list[str]] = {}
    for avoid in assessment.avoid:
        labels.setdefault(avoid.why, []).append(avoid.label)
    return ((", ".join(same), why) for why, same in labels.items())


def _main_titles(assessment: Assessment) -> list[str]:
    """The titles of the rules behind the tier, those that place orders first, two at the most."""
    ordering = {reason.rule for order in (*assessment.workup, *assessment.referrals) for reason in order.because}
    reasons = sorted(assessment.urgency.because, key=lambda reason: reason.rule not in ordering)
    return list(dict.fromkeys(reason.title for reason in reasons))[:2]
