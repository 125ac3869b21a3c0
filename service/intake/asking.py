"""Which questions of the form to put next: those that could still change how soon the patient must be seen.

A patient cannot answer what only an examination or a laboratory tells, so a rule that waits for that alone keeps
nobody at the form. Nothing here decides on the urgency: that is done by `service.triage.assess` from the answers.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from service.knowledge.form import EnableWhen, FormGroup, FormItem
from service.knowledge.library import Library
from service.triage.answerable import Answerable
from service.triage.conflicts import settle
from service.triage.facts import Facts
from service.triage.findings import SYMPTOM_ONSET, SYMPTOM_SIDE, Finding
from service.triage.index import OpenRules
from service.triage.rules import Tier

START = ("age_years", "sex_at_birth", "body_region", SYMPTOM_SIDE, SYMPTOM_ONSET)
"""Who, where and since when: asked of everybody, before anything else."""

_KNOWN_WITHOUT_MEASURING = (None, "a", "wk")  # no number, or one of years or weeks

Answers = Mapping[str, Sequence[str]]
"""By item of the form, the answers that were given: codes, numbers or dates as text."""


class Asking:
    """Chooses the next screen of a library's form: some questions of one group."""

    def __init__(self, library: Library) -> None:
        """Ask the form of this library."""
        self._form = library.form
        self._knowledge = library.knowledge

    def next_screen(
        self, findings: Iterable[Finding], answers: Answers, asked: Collection[str], now: datetime
    ) -> FormGroup | None:
        """The group with the most valuable open question, and of its items those that could still matter.

        Args:
            findings: What the answers, and the patient's own words, state.
            answers: What was answered.
            asked: The items that were put to the patient, answered or not; none is put twice.
            now: The moment of the assessment.

        Returns:
            None when no open question could raise the tier, or bring a leg complaint to light where there is none.
        """
        facts, _ = settle(findings, self._knowledge.red_flags, now)
        fired, still_open = self._knowledge.index.judge(facts)
        in_scope = not self._knowledge.complaints.isdisjoint(facts.present)
        tier = next((rule.tier for rule in fired if rule.tier), Tier.SELF_CARE)
        if in_scope and tier is Tier.EMERGENCY:
            return None
        open_items = self._open_items(facts, answers, asked)
        wanted = [key for key in START if key in open_items]
        if not wanted:
            item_of = {key: item for item in open_items.values() for key in told_by(item)}
            if in_scope:
                matter = self._mattering(still_open, tier, facts, item_of.keys())
            else:
                matter = self._in_asking_order(self._knowledge.complaints & item_of.keys())
            wanted = [item.key for key in matter for item in _ways_to(item_of[key], open_items, answers)]
        return self._screen(wanted) if wanted else None

    def danger_left_open(
        self, findings: Iterable[Finding], answers: Answers, asked: Collection[str], now: datetime
    ) -> bool | None:
        """Whether the patient left a danger sign open that would call for help today if it were there.

        None when something else was left open: any danger sign, or an answer that could make it a matter of today. A
        measurement that was not made counts as little as one that only a clinic can make, and who was asked where it
        hurts and chose no place has no pain. Whoever had the whole form at once (`asked` is empty) was asked all of it.
        """
        facts, _ = settle(findings, self._knowledge.red_flags, now)
        _, still_open = self._knowledge.index.judge(facts)
        given = {key for key, values in answers.items() if values}
        settled = {
            item.key
            for item in self._form.items
            if item.unit not in _KNOWN_WITHOUT_MEASURING or (item.repeats and (not asked or item.key in asked))
        }
        open_items = self._open_items(facts, answers, given | settled)
        answerable = Answerable(facts, frozenset(key for item in open_items.values() for key in told_by(item)))
        ways = [
            answerable.ways(verdict.rule.condition) or frozenset[str]()
            for tier in Tier
            if tier.is_hot
            for verdict in still_open.of_tier(tier)
        ]
        mattering = frozenset[str]().union(*ways)
        if not mattering.isdisjoint(self._knowledge.red_flags):
            return True
        shown = self._form.enabled(answers)
        open_signs = (item.red_flag and item.key not in given and (not asked or item.key in asked) for item in shown)
        return None if mattering or any(open_signs) else False

    def _open_items(self, facts: Facts, answers: Answers, asked: Collection[str]) -> dict[str, FormItem]:
        """The items that may still be put: those that are shown now, and those that an open one may bring up."""
        pointless = self._knowledge.not_asked(facts)
        found: dict[str, FormItem] = {}
        for item in self._form.items:  # an item depends on earlier ones only
            if item.key in asked or pointless.issuperset(told_by(item)):
                continue
            may_hold = [condition.key in found or _holds(condition, answers) for condition in item.enable_when]
            if not may_hold or (all(may_hold) if item.any_or_all == "all" else any(may_hold)):
                found[item.key] = item
        return found

    def _mattering(self, still_open: OpenRules, tier: Tier, facts: Facts, keys: Collection[str]) -> list[str]:
        """Of these keys those whose answer could raise the tier, the highest tier first, in the order of asking."""
        answerable = Answerable(facts, frozenset(keys))
        found: dict[str, None] = {}
        for higher in (each for each in Tier if each.rank > tier.rank):
            ways = [answerable.ways(verdict.rule.condition) for verdict in still_open.of_tier(higher)]
            found |= dict.fromkeys(self._in_asking_order(frozenset[str]().union(*filter(None, ways))))
        return [*found]

    def _in_asking_order(self, keys: Iterable[str]) -> list[str]:
        order = self._knowledge.asking_order
        return sorted(keys, key=lambda key: (order.get(key, len(order)), key))

    def _screen(self, wanted: Sequence[str]) -> FormGroup:
        """The group of the first item, with those of its items that are wanted."""
        group = next(group for group in self._form.groups if any(item.key == wanted[0] for item in group.items))
        return replace(group, items=tuple(item for item in group.items if item.key in wanted))


def told_by(item: FormItem) -> tuple[str, ...]:
    """The findings that an answer to the item states: its own, or where several may be chosen, theirs."""
    return tuple(code for code, _ in item.options) if item.repeats else (item.key,)


def _holds(condition: EnableWhen, answers: Answers) -> bool:
    return condition.holds(answers.get(condition.key, ()))


def _ways_to(item: FormItem, open_items: Mapping[str, FormItem], answers: Answers) -> Iterator[FormItem]:
    """The item itself when it is shown, else the open ones that may bring it up."""
    if item.is_enabled(answers):
        yield item
    else:
        for condition in item.enable_when:
            if condition.key in open_items:
                yield from _ways_to(open_items[condition.key], open_items, answers)
