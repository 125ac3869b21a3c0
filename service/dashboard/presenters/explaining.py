"""Why a rule applied: its condition, clause by clause in plain words, down to the findings and where they were read.

An assessment is kept without its explanation. That is told again from the findings that are kept with it: triage is
the same for the same findings, knowledge and moment. Where the knowledge has changed since, or the telling comes to
another end, the reader is told, and sees what was kept instead.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from service.advice import wording
from service.dashboard.presenters.findings import FindingLine, finding_lines, told_lines
from service.intake.stored import read_findings
from service.knowledge.library import Library
from service.triage.assess import assess
from service.triage.assessment import Assessment, Reason
from service.triage.findings import Finding
from service.triage.rules import Basis, Tier
from service.triage.stated import stated_findings
from service.triage.trace import Trace, Truth

_ANSWERS: dict[Truth, str] = {True: "yes", False: "no", None: "unknown"}
_ALL = {
    True: "all of these hold",
    False: "not all of these hold",
    None: "all of these must hold, and not all are known",
}
_ANY = {True: "one of these is enough", False: "none of these holds", None: "one of these would be enough"}
_NOT = {True: "this must not be so, and is not", False: "this must not be so, but is", None: "this must not be so"}
_JOINED = {"all of": _ALL, "any of": _ANY, "not": _NOT}
_COUNTED = re.compile(r"at least \d+ of")
GATE = "comes into question"
_STOOD_DOWN = "Stood down, because this is so"
_STANDS = "Nothing known stands the rule down"
_READ_ALOUD = {"largest of": "the largest of", "smallest of": "the smallest of", " x ": " times "}
_GRADES = {
    "A": "guideline",
    "B": "peer-reviewed paper or faithful summary",
    "C": "teaching page, for support only",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """A source of the knowledge: what is cited, its title, how strong it is, and where to read it."""

    reference: str
    title: str
    grade: str
    strength: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a condition.

    Attributes:
        text: What it asks, as a statement; nothing where only its parts are joined.
        joined: How its parts belong together, in words.
        answer: `yes`, `no` or `unknown`.
        points: What it adds to a score, in words.
        decides: Whether it counted for the answer of the clause that it is a part of.
        findings: What answered it.
        missing: What is not known of it.
        parts: What it is made of.
        is_gate: It only says that the pathway was looked at, which is the same for all of its rules.
        is_finding: Its text is what the one finding says.
    """

    text: str
    joined: str
    answer: str
    points: str
    decides: bool
    findings: tuple[FindingLine, ...]
    missing: tuple[str, ...]
    parts: tuple["Clause", ...]
    is_gate: bool = False
    is_finding: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """One rule that applied.

    Attributes:
        rule: Its id.
        title: What it found.
        pathway: The id of the pathway it belongs to.
        pathway_title: What that is about.
        tier: The urgency it asks for, or nothing.
        basis: What it rests on, in words.
        proposal: It is our own proposal and no citation.
        review_needed: It waits for a clinician's review.
        note: What its authors say of it.
        citations: Its sources.
        conditions: Why it applied, all of which had to hold; empty where that cannot be told again.
        findings: What made it true, as kept.
        trouble: Why it cannot be told again, in words.
    """

    rule: str
    title: str
    pathway: str
    pathway_title: str
    tier: str | None
    basis: str
    proposal: bool
    review_needed: bool
    note: str
    citations: tuple[Citation, ...]
    conditions: tuple[Clause, ...]
    findings: tuple[FindingLine, ...]
    trouble: str


class Retelling:
    """An assessment judged again, from the findings that are kept with it and as of its own moment."""

    def __init__(self, document: Mapping[str, Any], library: Library) -> None:
        """Judge it with the knowledge of this library."""
        self.library = library
        moment = datetime.fromisoformat(document["created"])
        self.findings = read_findings(document, library.terminology)
        self.assessment: Assessment = assess(self.findings, library.knowledge, moment)
        self.same_knowledge = document["knowledge"]["digest"] == library.knowledge.digest
        self.same_verdict = (self.assessment.urgency.tier, self.assessment.urgency.could_be) == (
            document["urgency"]["tier"],
            document["urgency"]["could_be"],
        )
        self._fired = {reason.rule: reason for reason in self.assessment.fired}
        self._notes = {
            rule["id"]: " ".join(str(rule["note"]).split())
            for pathway in library.pathways.values()
            for rule in pathway["rules"]
            if rule.get("note")
        }

    @property
    def tier(self) -> Tier | None:
        """The urgency that the knowledge of today would give."""
        return self.assessment.urgency.tier

    def explain(self, written: Mapping[str, Any]) -> Explanation:
        """Why a rule applied, given the reason as the document has it."""
        reason = self._fired.get(written["rule"])
        trouble = self._trouble(written, reason)
        return Explanation(
            rule=written["rule"],
            title=written["text"],
            pathway=written["pathway"],
            pathway_title=self.pathway_title(written["pathway"]),
            tier=written["tier"],
            basis="Our proposal, not taken from a source" if written["basis"] == Basis.PROPOSAL else "Cited source",
            proposal=written["basis"] == Basis.PROPOSAL,
            review_needed=bool(written.get("review_needed")),
            note=self._notes.get(written["rule"], ""),
            citations=self.cite(written["evidence"]),
            conditions=() if trouble or reason is None else self._conditions(reason),
            findings=told_lines(written["findings"], self.library.knowledge),
            trouble=trouble,
        )

    def explain_all(self, written: Iterable[Mapping[str, Any]]) -> tuple[Explanation, ...]:
        """Why each of these rules applied."""
        return tuple(self.explain(reason) for reason in written)

    def pathway_title(self, pathway: str) -> str:
        """What a pathway is about; its id when it is no longer known."""
        known = self.library.pathways.get(pathway)
        return str(known["title"]) if known else pathway

    def cite(self, references: Iterable[str]) -> tuple[Citation, ...]:
        """The sources behind references such as `NG158 1.1.3`."""
        cited = []
        for reference in references:
            source = self.library.evidence_for(reference)
            grade = (source.grade if source else None) or ""
            cited.append(
                Citation(
                    reference=reference,
                    title=source.title if source else "",
                    grade=grade,
                    strength=_GRADES.get(grade, "for reference only"),
                    url=source.url if source and str(source.url).startswith("https://") else None,
                )
            )
        return tuple(cited)

    def _conditions(self, reason: Reason) -> tuple[Clause, ...]:
        """All that had to hold: a rule is a list of conditions under its own title."""
        trace = reason.trace
        parts = trace.children if trace.text == reason.title and trace.children else (trace,)
        gate = f"{self.pathway_title(reason.pathway)} {GATE}"
        clauses = (self.clause(part) for part in parts)
        return tuple(replace(each, is_gate=True) if each.text == gate else each for each in clauses)

    def clause(self, trace: Trace, *, decides: bool = True) -> Clause:
        """A condition for a reader: a name is told with the list it stands for, a choice of one as that one."""
        while trace.text == "any of" and len(trace.children) == 1:
            trace = trace.children[0]
        made_of = _unfolded(trace)
        deciding = made_of.deciding()
        findings = finding_lines(trace.findings or made_of.findings, self.library.knowledge)
        text = _text(trace)
        is_finding = len(findings) == 1 and not made_of.children and findings[0].label == text
        return Clause(
            text=findings[0].statement if is_finding else text,
            joined=_joined(made_of),
            answer=_ANSWERS[trace.truth],
            points=_points(trace),
            decides=decides,
            findings=findings,
            missing=self.labels(trace.missing or made_of.missing),
            parts=tuple(self.clause(child, decides=child in deciding) for child in made_of.children),
            is_finding=is_finding,
        )

    def labels(self, keys: Iterable[str]) -> tuple[str, ...]:
        """What keys of the vocabulary are called."""
        return tuple(wording.label(key, self.library.knowledge) for key in keys)

    def _trouble(self, written: Mapping[str, Any], reason: Reason | None) -> str:
        """Why the clauses cannot be shown: they would tell another story than the assessment did."""
        then = stated_findings({"findings": written["findings"]})
        if reason is not None and set(map(_fact, then)) == set(map(_fact, reason.findings)):
            return ""
        if self.same_knowledge:
            return "The clauses cannot be told again from what is kept. These findings made the rule apply:"
        if reason is None:
            return "With the knowledge of today this rule would not apply. At that time these findings made it apply:"
        return "With the knowledge of today this rule rests on other findings. At that time it rested on these:"


def _fact(finding: Finding) -> tuple[object, ...]:
    return finding.key, finding.status, finding.temporality, finding.side, finding.value


def _unfolded(trace: Trace) -> Trace:
    """What a name stands for, where that is a list: the two are told as one."""
    while len(trace.children) == 1 and not trace.findings and not _joins(trace) and _joins(trace.children[0]):
        trace = trace.children[0]
    return trace


def _joins(trace: Trace) -> bool:
    """Whether the text of a condition only says how its parts belong together."""
    return trace.text in _JOINED or _COUNTED.fullmatch(trace.text) is not None


def _text(trace: Trace) -> str:
    if _joins(trace):
        return ""
    words = {"nothing known stands it down": _STANDS, "stood down": _STOOD_DOWN}.get(trace.text, trace.text)
    for written, read in _READ_ALOUD.items():
        words = words.replace(written, read)
    return words


def _joined(trace: Trace) -> str:
    if any(child.points is not None for child in trace.children):
        return _score_so_far(trace.children)
    if _COUNTED.fullmatch(trace.text):
        return f"{trace.text} these must hold"
    return _JOINED[trace.text][trace.truth] if trace.text in _JOINED else ""


def _points(trace: Trace) -> str:
    if trace.points is None:
        return ""
    if trace.truth is None:
        return f"not known, {trace.points:+d} if so"
    return f"{trace.points:+d}" if trace.truth else "0"


def _score_so_far(items: Sequence[Trace]) -> str:
    total = sum(item.points or 0 for item in items if item.truth)
    unknown = sum(item.truth is None for item in items)
    words = f"{total} point{'' if abs(total) == 1 else 's'}"
    return f"{words} so far, {unknown} item{'' if unknown == 1 else 's'} not known" if unknown else words
