"""A stored assessment -> one page for the patient: what to do and how soon, what helps, when to call for help.

It is written from the assessment document and the library alone, so that it can be made again later. The patient's
own words never reach it, only texts of the knowledge for patients. What is left out is left out for safety:

- Who must be seen today reads what to do and the warning signs, nothing else: a list of causes or of things to try
  would only invite waiting.
- While an open question could still make it an emergency, the signs to check come before everything else.
- Causes that frighten (`named_when: likely`) are not named as long as they are merely possible; the warning signs
  cover them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Any

from service.advice import wording
from service.knowledge.library import Library
from service.knowledge.patients import Heading, TierWords
from service.triage.rules import AdviceKind, Audience, Tier

_CHILD_UNDER = 16  # whose parent is spoken to; a matter of manners, not of medicine
_MOST_CAUSES = 4
_MOST_TESTS = 3
_URGENT_WITHIN = "P2W"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a leaflet; without lines it is not shown."""

    heading: str
    lines: tuple[str, ...] = ()
    lead: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What the patient reads.

    `headline`, `action` and `why` come first. `hot` is True when the patient must be seen today: then there is nothing
    about self-care, causes or tests. `unsettled` is True when an open question could still make it hot: then the signs
    come first, and `afterwards` says what holds if none of them is there. `child` speaks to a child's parent.
    `telephone` labels a line on paper on which the site writes its number; an
    emergency has none, since it is the ambulance that is called.
    """

    title: str
    tier: Tier | None
    hot: bool
    unsettled: bool
    headline: str
    action: str
    why: str
    afterwards: TierWords | None
    child: str
    until_then: Part
    could_be: Part
    self_care: Part
    tests: Part
    prevention: Part
    important: Part
    ambulance: Part
    same_day: Part
    come_back: Part
    closing: tuple[str, ...]
    telephone: str
    reference_label: str
    reference: str
    date: str
    language: str = "en"

    @property
    def signs(self) -> tuple[Part, ...]:
        """When to call for help."""
        return _shown(self.ambulance, self.same_day)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Everything but the signs, in the order of reading."""
        care = (self.until_then, self.could_be, self.self_care, self.important)
        return _shown(*care, self.tests, self.prevention, self.come_back)


def leaflet(document: Mapping[str, Any], library: Library) -> Leaflet:
    """The leaflet of one assessment document; one that is out of scope gets the warning signs and a safe word."""
    writer = _Writer(document, library)
    page = writer.write()
    return _fitted(page)


class _Writer:
    def __init__(self, document: Mapping[str, Any], library: Library) -> None:
        self.document = document
        self.library = library
        self.words = library.patient_words.leaflet
        urgency = document["urgency"]
        self.tier = Tier(urgency["tier"]) if urgency["tier"] else None
        self.could_be = Tier(urgency["could_be"]) if urgency["could_be"] else None
        self.hot = bool(self.tier and self.tier.is_hot)

    def write(self) -> Leaflet:
        unsettled = bool(not self.hot and self.could_be and self.could_be.is_hot)
        own = self._tier_words()
        first = self.words.unsettled if unsettled else own
        patients = self.library.patient_words
        cool = self.tier is not None and not self.hot
        self_care = self._advice(AdviceKind.SELF_CARE)
        important = self._advice(AdviceKind.SAFETY_NET)
        return Leaflet(
            title=self.words.title,
            tier=self.tier,
            hot=self.hot,
            unsettled=unsettled,
            headline=first.headline,
            action=first.action,
            why=first.why,
            afterwards=own if unsettled else None,
            child=self.words.child if self._is_child() else "",
            until_then=self._part("until_then", important if self.hot else ()),
            could_be=self._part("could_be", self._causes() if cool else ()),
            self_care=self._part("self_care", (*self_care, self.words.ask_first) if cool and self_care else ()),
            tests=self._part("tests", self._tests() if cool else ()),
            prevention=self._part("prevention", self._advice(AdviceKind.PREVENTION) if cool else ()),
            important=self._part("important", important if cool else ()),
            ambulance=self._part("ambulance", patients.ambulance),
            same_day=self._part("same_day", () if self.hot else patients.same_day),
            come_back=self._part("come_back", self.words.come_back if cool else ()),
            closing=self.words.closing,
            telephone="" if self.tier is Tier.EMERGENCY else self.words.telephone,
            reference_label=self.words.reference,
            reference=str(self.document["id"]),
            date=_moment(self.document["created"]),
        )

    def _tier_words(self) -> TierWords:
        if self.tier is None:
            return self.words.not_checked
        own = self.words.tiers[self.tier]
        return replace(own, action=own.action.replace("{within}", self._soonest()))

    def _soonest(self) -> str:
        """The soonest time limit that an order or a rule names, but no later than two weeks, which urgent means."""
        limits = [order["within"] for order in self._orders() if order["within"]]
        limits += [rule["seen_within"] for rule in self._rules_of_the_tier() if "seen_within" in rule]
        soonest = min([*limits, _URGENT_WITHIN], key=_days)
        if _days(soonest) < 1:
            return "today"
        return "today or tomorrow" if _days(soonest) == 1 else wording.within(soonest)

    def _orders(self) -> list[Mapping[str, Any]]:
        return [order for order in (*self.document["workup"], *self.document["referrals"]) if not order.get("already")]

    def _part(self, name: str, lines: Iterable[str]) -> Part:
        words: Heading = self.words.headings[name]
        return Part(words.heading, tuple(dict.fromkeys(lines)), words.lead, words.after)

    def _causes(self) -> tuple[str, ...]:
        plain = self.library.patient_words.conditions
        causes = [
            plain[entry["condition"]].name
            for entry in self.document["considerations"]
            if entry["condition"] in plain
            and (entry["level"] == "likely" or entry["level"] == "possible")
            and (entry["level"] == "likely" or not plain[entry["condition"]].likely_only)
        ]
        return tuple(causes[:_MOST_CAUSES])

    def _tests(self) -> tuple[str, ...]:
        plain = self.library.patient_words.orders
        named = dict.fromkeys(plain[order["order"]] for order in self._orders() if order["order"] in plain)
        return tuple(named)[:_MOST_TESTS]

    def _advice(self, kind: AdviceKind) -> tuple[str, ...]:
        """What is advised to the patient; never what is withheld, whoever else says it in the same words."""
        withheld = {entry["text"] for entry in self.document["withheld"]}
        return tuple(
            text["text"]
            for text in self.document["advice"]
            if text["kind"] == kind
            and text["audience"] == Audience.PATIENT
            and text["text"] not in withheld
            and text["text"] not in self.words.said_by_the_net
            and (self.tier is not Tier.EMERGENCY or text["text"] in self._texts_of_the_tier())
        )

    def _rules_of_the_tier(self) -> Iterator[Mapping[str, Any]]:
        """The rules behind the tier, as their pathways have them."""
        rules = {reason["rule"] for reason in self.document["urgency"]["because"]}
        for pathway in self.library.pathways.values():
            yield from (rule for rule in pathway["rules"] if rule["id"] in rules)

    def _texts_of_the_tier(self) -> frozenset[str]:
        """What the rules behind the tier say: in an emergency nothing milder stands beside it."""
        return frozenset(text["text"] for rule in self._rules_of_the_tier() for text in rule.get("advice", ()))

    def _is_child(self) -> bool:
        return any(
            finding["key"] == "age_years" and finding["value"] is not None and finding["value"] < _CHILD_UNDER
            for finding in self.document.get("findings", ())
        )


def _shown(*parts: Part) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.lines)


def _moment(created: str) -> str:
    moment = datetime.fromisoformat(created)
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".strip()


def _days(duration: str) -> float:
    number = int(re.sub(r"\D", "", duration))
    return number / 24 if duration.endswith("H") else number * (7 if duration.endswith("W") else 1)


# What gives way when the page is full, the least important first. Urgent instructions and signs never do.
_GIVES_WAY = ("prevention", "tests", "could_be", "self_care", "important")
_LINES = 46
_LINE = 84


def _fitted(page: Leaflet) -> Leaflet:
    """The leaflet on one sheet of paper."""
    over = _height(page) > _LINES
    for name in _GIVES_WAY:
        part: Part = getattr(page, name)
        while over and part.lines:
            part = replace(part, lines=_without_one(part.lines, keep_last=name == "self_care"))
            page = _with_part(page, name, part)
            over = _height(page) > _LINES
    return page


def _without_one(lines: tuple[str, ...], *, keep_last: bool) -> tuple[str, ...]:
    """One line less: the last; or, when that one is to go with the others, the one before it."""
    if not keep_last:
        return lines[:-1]
    *others, last = lines
    return (*others[:-1], last) if others[:-1] else ()


def _with_part(page: Leaflet, name: str, part: Part) -> Leaflet:
    values: dict[str, Any] = {name: part}
    return replace(page, **values)


def _height(page: Leaflet) -> float:
    """About how many lines it takes on paper, headings with the space around them."""
    texts = [page.child, *page.closing, page.action, page.why]
    if page.afterwards:
        texts += [page.afterwards.headline, page.afterwards.action, page.afterwards.why]
    height = sum(ceil(len(text) / _LINE) for text in texts)
    for part in (*page.signs, *page.parts):
        height += 2 + sum(ceil(len(line) / _LINE) for line in (part.lead, *part.lines, part.after))
    return height
