"""A stored assessment -> one page for the patient: what to do and how soon, what helps, when to call for help.

It is written from the assessment document and the library alone, so that it can be made again later. The patient's
own words never reach it, only texts of the knowledge for patients. What is left out is left out for safety:

- Who must be seen today reads what to do and the warning signs, nothing else: a list of causes or of things to try
  would only invite waiting.
- While an open question could still make it an emergency, the signs to check come before everything else; unless
  the patient has just answered all that a patient can answer.
- Who told a danger sign that could still be an emergency, or left one open, never reads that no appointment is needed.
- Causes that frighten (`named_when: likely`) are not named as long as they are merely possible; the warning signs
  cover them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from service.advice import wording
from service.advice.leaflet_parts import Leaflet, Part, fitted
from service.knowledge.library import Library
from service.knowledge.patients import Heading, TierWords
from service.triage.rules import AdviceKind, Audience, Tier

_CHILD_UNDER = 16  # whose parent is spoken to; a matter of manners, not of medicine
_MOST_CAUSES = 4
_MOST_TESTS = 3
_URGENT_WITHIN = "P2W"
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def leaflet(document: Mapping[str, Any], library: Library, *, danger_open: bool | None = None) -> Leaflet:
    """The leaflet of one assessment document; one that is out of scope gets the warning signs and a safe word.

    `danger_open` is what the document alone cannot tell. True: the patient was asked for a danger sign and left it
    open; then it must be looked at today. False: all that could still make it hot was just answered, and what is
    open is for those who examine; then the warning signs follow what to do instead of coming first.
    """
    return fitted(_Writer(document, library, danger_open=danger_open).write())


class _Writer:
    def __init__(self, document: Mapping[str, Any], library: Library, *, danger_open: bool | None) -> None:
        self.danger_open = danger_open
        self.document = document
        self.library = library
        self.words = library.patient_words.leaflet
        urgency = document["urgency"]
        self.tier = Tier(urgency["tier"]) if urgency["tier"] else None
        self.could_be = Tier(urgency["could_be"]) if urgency["could_be"] else None
        self.hot = bool(self.tier and self.tier.is_hot)

    def write(self) -> Leaflet:
        could_be_hot = bool(not self.hot and self.could_be and self.could_be.is_hot)
        told = self.tier is Tier.SELF_CARE and self._has_danger_sign()
        flagged = could_be_hot and (told or (self.danger_open is True and self.tier is not None))
        unsettled = could_be_hot and self.danger_open is not False
        own = (self.words.flagged if told else self.words.left_open) if flagged else self._tier_words()
        first = self.words.unsettled if unsettled else own
        patients = self.library.patient_words
        cool = self.tier is not None and not self.hot and not flagged
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
            until_then=self._part("until_then", important if self.hot or flagged else ()),
            could_be=self._part("could_be", self._causes() if cool else ()),
            self_care=self._part("self_care", (*self_care, self.words.ask_first) if cool and self_care else ()),
            tests=self._part("tests", self._tests() if cool else ()),
            prevention=self._part("prevention", self._advice(AdviceKind.PREVENTION) if cool else ()),
            important=self._part("important", important if cool else ()),
            ambulance=self._part("only_ambulance" if self.tier is Tier.EMERGENCY else "ambulance", patients.ambulance),
            same_day=self._part("same_day", () if self.hot else patients.same_day),
            come_back=self._part("come_back", self.words.come_back if cool else ()),
            closing=self.words.closing,
            telephone="" if self.tier is Tier.EMERGENCY else self.words.telephone,
            reference_label=self.words.reference,
            reference=str(self.document["id"]),
            date=_moment(self.document["created"]),
        )

    def _has_danger_sign(self) -> bool:
        """Whether a danger sign is there that no rule could judge for want of the answers beside it."""
        flags = self.library.terminology.red_flags
        return any(
            finding["key"] in flags and finding["status"] == "present" and finding["temporality"] == "current"
            for finding in self.document["findings"]
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
        texts = [
            entry["text"]
            for entry in self.document["advice"]
            if entry["kind"] == kind
            and entry["audience"] == Audience.PATIENT
            and entry["text"] not in withheld
            and entry["text"] not in self.words.said_by_the_net
        ]
        return tuple(self._hot_texts(texts)) if self.hot else tuple(texts)

    def _hot_texts(self, texts: Iterable[str]) -> Iterator[str]:
        """Of these what the rules behind the tier say themselves, without what is milder than the tier."""
        own = {text["text"] for rule in self._rules_of_the_tier() for text in rule.get("advice", ())}
        milder = self.words.milder.get(self.tier, ()) if self.tier else ()
        for text in texts:
            sentences = [sentence for sentence in _SENTENCE.split(text) if not sentence.startswith(milder)]
            if text in own and sentences:
                yield " ".join(sentences)

    def _rules_of_the_tier(self) -> Iterator[Mapping[str, Any]]:
        """The rules behind the tier, as their pathways have them."""
        rules = {reason["rule"] for reason in self.document["urgency"]["because"]}
        for pathway in self.library.pathways.values():
            yield from (rule for rule in pathway["rules"] if rule["id"] in rules)

    def _is_child(self) -> bool:
        return any(
            finding["key"] == "age_years" and finding["value"] is not None and finding["value"] < _CHILD_UNDER
            for finding in self.document.get("findings", ())
        )


def _moment(created: str) -> str:
    moment = datetime.fromisoformat(created)
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".strip()


def _days(duration: str) -> float:
    number = int(re.sub(r"\D", "", duration))
    return number / 24 if duration.endswith("H") else number * (7 if duration.endswith("W") else 1)
