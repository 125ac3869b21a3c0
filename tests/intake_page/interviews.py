"""Invented patients in front of the intake page: they answer what they are asked by what is true of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from service.intake.asking import Asking
from service.intake.structured import read_intake
from service.intake_page.answers import Sent, has_side, is_yes_or_no, read_answers
from service.knowledge.cases import NOW, Case
from service.knowledge.form import FormItem
from service.triage.assess import assess
from service.triage.findings import SYMPTOM_SIDE, Finding, Side, Status, Temporality, merge_sides
from service.triage.rules import Tier
from tests.triage.patients import CASES, LIBRARY

KNOWLEDGE = LIBRARY.knowledge
ITEMS = {item.key: item for item in LIBRARY.form.items}

Truth = Mapping[str, Finding]
Fields = dict[str, list[str]]
Teller = Callable[[FormItem], Fields]


@dataclass
class Interview:
    """What a patient was asked, and said."""

    tell: Teller
    asking: Asking
    fields: Fields = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    screens: list[Sequence[str]] = field(default_factory=list)

    def go_on(self, most: int = 100) -> bool:
        """Answer the next screen, or its first questions only; False when there is none."""
        sent, findings = self.read()
        screen = self.asking.next_screen(findings, sent.answers, self.asked, NOW)
        if screen is None:
            return False
        assert screen.items, "a screen without a question"
        self.screens.append([item.key for item in screen.items[:most]])
        for item in screen.items[:most]:
            self.answer(item)
        return True

    def answer(self, item: FormItem) -> None:
        assert item.key not in self.asked, "asked twice"
        self.asked.append(item.key)
        self.fields |= self.tell(item)

    def answer_the_rest(self, tell: Teller) -> None:
        """Answer all that the form still shows, as the whole form would be answered."""
        self.tell = tell
        for item in LIBRARY.form.items:
            if item.key not in self.asked and item.is_enabled(self.read()[0].answers):
                self.answer(item)

    def read(self) -> tuple[Sent, tuple[Finding, ...]]:
        sent = read_answers(self.fields, LIBRARY, NOW)
        return sent, read_intake(sent.intake, LIBRARY.terminology, NOW).findings

    @property
    def tier(self) -> Tier | None:
        return assess(self.read()[1], KNOWLEDGE, NOW).urgency.tier

    @property
    def questions(self) -> int:
        return sum(len(screen) for screen in self.screens)


ASKING = Asking(LIBRARY)


def interview(tell: Teller, most: int = 100) -> Interview:
    """Ask until the page has no more questions."""
    patient = Interview(tell, ASKING)
    while patient.go_on(most):
        assert len(patient.screens) <= len(ITEMS), "it never ends"
    return patient


def truth_of(findings: Iterable[Finding]) -> Truth:
    """What is true of a patient today, with the side of the symptoms."""
    truth = {finding.key: finding for finding in findings if finding.temporality is Temporality.CURRENT}
    side = merge_sides(finding.side for finding in truth.values() if finding.status is Status.PRESENT)
    if SYMPTOM_SIDE not in truth and side:
        truth[SYMPTOM_SIDE] = Finding(SYMPTOM_SIDE, Status.PRESENT, value=side)
    return truth


def truthful(truth: Truth) -> Teller:
    """A patient who says what is true; what is not listed is not there, and a number not listed is not known."""

    def tell(item: FormItem) -> Fields:
        if item.repeats:
            there = [truth[code] for code, _ in item.options if code in truth and truth[code].status is Status.PRESENT]
            return {item.key: [place for finding in there for place in _places(finding)]}
        finding = truth.get(item.key)
        if is_yes_or_no(item):
            present = finding is not None and finding.status is Status.PRESENT
            side = finding.side if finding and present and has_side(item) else None
            return {item.key: ["present" if present else "absent"]} | ({f"{item.key}.side": [side]} if side else {})
        return {} if finding is None or finding.value is None else {item.key: [str(finding.value)]}

    return tell


def _places(finding: Finding) -> list[str]:
    sides = (Side.LEFT, Side.RIGHT) if finding.side is Side.BILATERAL else (finding.side,) if finding.side else ()
    lateral = KNOWLEDGE.findings[finding.key].lateral
    return [f"{finding.key}.{side}" for side in sides] if sides and lateral else [finding.key]


def typical_patients(each: int = 10) -> list[Case]:
    """Example patients whose age is given: equally many of every tier that a patient's answers lead to."""
    by_tier: dict[Tier | None, list[Case]] = defaultdict(list)
    for case in CASES:
        keys = {finding.key for finding in case.findings}
        if "age_years" in keys and not keys.isdisjoint(KNOWLEDGE.complaints):
            told = [finding for finding in case.findings if finding.key in ANSWERED]
            by_tier[assess(told, KNOWLEDGE, NOW).urgency.tier].append(case)
    return [case for tier in Tier for case in by_tier[tier][:: max(1, len(by_tier[tier]) // each)][:each]]


ANSWERED = {
    key for item in LIBRARY.form.items for key in ([c for c, _ in item.options] if item.repeats else [item.key])
}
