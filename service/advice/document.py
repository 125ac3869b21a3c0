"""Assessment -> the JSON document that callers rely on."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from service.advice import wording
from service.knowledge.library import Library
from service.triage.assessment import Assessment, Consideration, Reason, Suggestion
from service.triage.findings import Finding, Source
from service.triage.scores import ScoreResult
from service.triage.trace import Trace

_NAMESPACE = UUID("0e6c2f0a-9d9c-5a55-b1f4-0b8ad6f8c7f1")


class Document:
    """Writes one assessment as plain JSON values; `explain` adds the evaluation tree of every rule that fired."""

    def __init__(self, assessment: Assessment, library: Library, *, explain: bool = False) -> None:
        """Write this assessment with the words of this library."""
        self.assessment = assessment
        self.knowledge = library.knowledge
        self.explain = explain

    def write(self, data_quality: Sequence[dict[str, str]]) -> dict[str, Any]:
        """The whole document; `data_quality` are the notes of the intake."""
        a = self.assessment
        document: dict[str, Any] = {
            "id": str(uuid5(_NAMESPACE, f"{a.knowledge_digest} {a.created.isoformat()} {a.findings}")),
            "created": a.created.isoformat(timespec="seconds"),
            "in_scope": a.in_scope,
            "urgency": {
                "tier": a.urgency.tier,
                "target": a.urgency.target,
                "could_be": a.urgency.could_be,
                "because": [self._reason(reason) for reason in a.urgency.because],
            },
            "considerations": [self._consideration(c) for c in a.considerations],
            "workup": [self._suggestion(s) for s in a.workup],
            "referrals": [self._suggestion(s) for s in a.referrals],
            "avoid": [{"order": v.order, "why": v.why, "rule": v.rule, "evidence": list(v.evidence)} for v in a.avoid],
            "advice": [
                {"kind": t.kind, "text": t.text, "audience": t.audience, "evidence": list(t.evidence)} for t in a.advice
            ],
            "withheld": [
                {
                    "text": w.advice.text,
                    "why": w.because,
                    "evidence": list(w.evidence),
                    "findings": [self._finding(finding) for finding in w.findings],
                }
                for w in a.withheld
            ],
            "questions": [
                {
                    "finding": q.finding,
                    "text": q.text,
                    "patient_text": q.patient_text,
                    "could_raise_to": q.could_raise_to,
                    "settles": list(q.settles),
                }
                for q in a.questions
            ],
            "findings": [self._finding(finding) for finding in a.findings],
            "data_quality": [
                *data_quality,
                *(
                    {
                        "reference": ", ".join(source.reference for source in d.set_aside.sources),
                        "element": d.set_aside.key,
                        "text": f"sources disagree: {wording.statement(d.stands, self.knowledge)} was used",
                    }
                    for d in a.disagreements
                ),
            ],
            "knowledge": {"version": a.knowledge_version, "digest": a.knowledge_digest},
        }
        if self.explain:
            evaluated = [
                *((reason.rule, reason.trace) for reason in a.fired),
                *((v.rule.id, v.explain()) for v in a.still_open),
            ]
            document["trace"] = [{"rule": rule, "tree": self._trace(trace)} for rule, trace in evaluated]
        return document

    def _reason(self, reason: Reason) -> dict[str, Any]:
        return {
            "rule": reason.rule,
            "text": reason.title,
            "pathway": reason.pathway,
            "tier": reason.tier,
            "basis": reason.basis,
            "review_needed": reason.review_needed,
            "evidence": list(reason.evidence),
            "findings": [self._finding(finding) for finding in reason.findings],
        }

    def _consideration(self, c: Consideration) -> dict[str, Any]:
        return {
            "condition": c.condition,
            "label": c.label,
            "level": c.level,
            "scores": [self._score(score) for score in c.scores],
            "because": [self._finding(finding) for finding in c.because],
            "against": [self._finding(finding) for finding in c.against],
            "look_alikes": [
                {"condition": other.pathway, "why": other.why, "evidence": list(other.evidence)}
                for other in c.look_alikes
            ],
            "unknown": list(c.unknown()),
        }

    def _score(self, score: ScoreResult) -> dict[str, Any]:
        return {
            "score": score.score,
            "title": score.title,
            "low": score.low,
            "high": score.high,
            "band": score.band,
            "settled_by": list(score.settled_by),
            "evidence": list(score.evidence),
            "items": [
                {
                    "label": entry.item.label,
                    "points": entry.item.points,
                    "answer": _truth(entry.trace),
                    "findings": [self._finding(finding) for finding in entry.trace.supporting_findings()],
                }
                for entry in score.items
            ],
        }

    def _suggestion(self, s: Suggestion) -> dict[str, Any]:
        return {
            "order": s.order,
            "label": s.label,
            "priority": s.priority,
            "within": s.within,
            "side": s.side,
            "contact": s.contact,
            "because": [self._reason(reason) for reason in s.because],
            "cautions": [
                {
                    "id": caution.id,
                    "text": caution.text,
                    "evidence": list(caution.evidence),
                    "findings": [self._finding(finding) for finding in caution.findings],
                }
                for caution in s.cautions
            ],
            "evidence": list(s.evidence),
            "already": [_source(source) for source in s.already],
        }

    def _finding(self, finding: Finding) -> dict[str, Any]:
        return {
            "key": finding.key,
            "label": wording.label(finding.key, self.knowledge),
            "status": finding.status,
            "temporality": finding.temporality,
            "side": finding.side,
            "value": finding.value.isoformat() if isinstance(finding.value, date) else finding.value,
            "unit": finding.unit,
            "onset": finding.onset.isoformat() if finding.onset else None,
            "recorded": finding.recorded.isoformat() if finding.recorded else None,
            "sources": [_source(source) for source in finding.sources],
        }

    def _trace(self, trace: Trace) -> dict[str, Any]:
        node: dict[str, Any] = {"text": trace.text, "truth": _truth(trace)}
        if trace.points is not None:
            node["points"] = trace.points
        if trace.findings:
            node["findings"] = [self._finding(finding) for finding in trace.findings]
        if trace.missing:
            node["missing"] = list(trace.missing)
        if trace.children:
            node["of"] = [self._trace(child) for child in trace.children]
        return node


def _truth(trace: Trace) -> str:
    return {True: "true", False: "false", None: "unknown"}[trace.truth]


def _source(source: Source) -> dict[str, Any]:
    return {
        "reference": source.reference,
        "element": source.element,
        "method": source.method,
        "by_clinician": source.by_clinician,
    }
