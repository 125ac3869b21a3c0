"""What is said to patients in plain words, read from the knowledge files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.knowledge.documents import Located, Problem
from service.triage.rules import Audience, Tier


@dataclass(frozen=True, slots=True)
class TierWords:
    """What a leaflet says first: a headline, what to do and by when, and why."""

    headline: str
    action: str
    why: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a part of a leaflet, and the words before and after its lines."""

    heading: str
    lead: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class LeafletWords:
    """The words of a leaflet that do not come from a pathway.

    `flagged` stands instead of the words for self-care where a danger sign is there and an emergency still open;
    `left_open` instead of those of any cool tier where the patient left a question about one open.
    `milder` are, by tier, the beginnings of sentences of pathways that would weaken what the tier says.
    `said_by_the_net` are the texts of pathways that the general warning signs say already.
    """

    title: str
    child: str
    tiers: Mapping[Tier, TierWords]
    unsettled: TierWords
    flagged: TierWords
    left_open: TierWords
    not_checked: TierWords
    headings: Mapping[str, Heading]
    ask_first: str
    come_back: tuple[str, ...]
    closing: tuple[str, ...]
    telephone: str
    reference: str
    milder: Mapping[Tier, tuple[str, ...]]
    said_by_the_net: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConditionWords:
    """A condition in plain words; `likely_only` when a patient is to read of it only once it is likely."""

    name: str
    likely_only: bool


@dataclass(frozen=True, slots=True)
class PatientWords:
    """What is said to a patient: by tier, when nothing is settled, and when to call for help.

    `ambulance` and `same_day` are the lines of `safety_net`. `conditions` and `orders` are plain names by their ids;
    what is not there is not named to a patient.
    """

    tiers: Mapping[Tier, str]
    unsettled: str
    not_checked: str
    ambulance: tuple[str, ...]
    same_day: tuple[str, ...]
    leaflet: LeafletWords
    conditions: Mapping[str, ConditionWords]
    orders: Mapping[str, str]

    @property
    def safety_net(self) -> str:
        """When to call for help, as one text."""
        return f"Call an ambulance {_if_any(self.ambulance)}. Call us the same day {_if_any(self.same_day)}."


def patient_words(patients: Mapping[str, Any], pathways: Iterable[Located], orders: Mapping[str, Any]) -> PatientWords:
    """All of it, from urgency.yaml, the pathway files and orders.yaml, each already of the right shape."""
    pathways = list(pathways)
    return PatientWords(
        tiers={Tier(tier): words for tier, words in patients["too_late"].items()},
        unsettled=patients["unsettled"],
        not_checked=patients["not_checked"],
        ambulance=tuple(patients["safety_net"]["ambulance"]),
        same_day=tuple(patients["safety_net"]["same_day"]),
        leaflet=_leaflet_words(patients["leaflet"]),
        conditions={
            document["id"]: ConditionWords(document["patient"]["name"], "named_when" in document["patient"])
            for document in pathways
            if "name" in document["patient"]
        },
        orders={key: entry["patient"] for key, entry in orders.items() if "patient" in entry},
    )


def patient_problems(urgency: Located, pathways: Iterable[Located]) -> Iterable[Problem]:
    """What the leaflet leaves out and no pathway says."""
    said = {
        text["text"]
        for document in pathways
        for rule in document["rules"]
        for text in rule.get("advice", ())
        if text.get("audience") == Audience.PATIENT
    }
    leaflet = urgency["patients"]["leaflet"]
    for text in leaflet["said_by_the_net"]:
        if text not in said:
            yield leaflet.problem(f"no pathway tells the patient `{text}`", "said_by_the_net")
    for beginning in (beginning for beginnings in leaflet["milder"].values() for beginning in beginnings):
        if not any(beginning in text for text in said):
            yield leaflet.problem(f"no pathway tells the patient `{beginning} …`", "milder")


def _leaflet_words(entry: Mapping[str, Any]) -> LeafletWords:
    return LeafletWords(
        title=entry["title"],
        child=entry["child"],
        tiers={Tier(tier): _tier_words(words) for tier, words in entry["tiers"].items()},
        unsettled=_tier_words(entry["unsettled"]),
        flagged=_tier_words(entry["flagged"]),
        left_open=_tier_words(entry["left_open"]),
        not_checked=_tier_words(entry["not_checked"]),
        headings={
            name: Heading(words["heading"], words.get("lead", ""), words.get("after", ""))
            for name, words in entry["headings"].items()
        },
        ask_first=entry["ask_first"],
        come_back=tuple(entry["come_back"]),
        closing=tuple(entry["closing"]),
        telephone=entry["telephone"],
        reference=entry["reference"],
        milder={Tier(tier): tuple(beginnings) for tier, beginnings in entry["milder"].items()},
        said_by_the_net=frozenset(entry["said_by_the_net"]),
    )


def _tier_words(entry: Mapping[str, str]) -> TierWords:
    return TierWords(entry["headline"], entry["action"].strip(), entry["why"].strip())


def _if_any(signs: tuple[str, ...]) -> str:
    *first, last = (f"if {sign}" for sign in signs)
    return f"{'; '.join(first)}; or {last}" if first else last
