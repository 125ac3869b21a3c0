"""The explanation of an evaluated condition: its truth, what decided it, what is missing."""

from typing import TypeAlias

from service.triage.findings import Finding

Truth: TypeAlias = bool | None


class Trace:
    """The explanation of one evaluated condition: its truth, its words, and what decided it or is missing.

    `findings` and `missing` are the condition's own, not those of its parts. `contrary` marks a trace whose child
    counts with the opposite truth (a negation). `points` is set on the items of a score, all of which count once
    they are known.
    """

    __slots__ = ("children", "contrary", "findings", "missing", "points", "text", "truth")

    def __init__(
        self,
        truth: Truth,
        text: str,
        children: tuple["Trace", ...] = (),
        findings: tuple[Finding, ...] = (),
        missing: tuple[str, ...] = (),
        *,
        contrary: bool = False,
        points: int | None = None,
    ) -> None:
        """Keep the answer."""
        self.truth = truth
        self.text = text
        self.children = children
        self.findings = findings
        self.missing = missing
        self.contrary = contrary
        self.points = points

    def supporting_findings(self) -> tuple[Finding, ...]:
        """The findings that decided the condition, each once, in the order of the text; none while unknown.

        What decides a condition are the parts of the same truth: all parts of an `and` that holds, the part of an
        `or` that holds.
        """
        found: dict[Finding, None] = {}
        self._gather(found)
        return tuple(found)

    def _gather(self, found: dict[Finding, None]) -> None:
        if self.truth is not None:
            for finding in self.findings:
                found[finding] = None
            for child in self.deciding():
                child._gather(found)  # noqa: SLF001 - a trace like this one

    def deciding(self) -> list["Trace"]:
        """The parts that made the condition what it is: those of the same truth, or all known items of a score."""
        return [
            child
            for child in self.children
            if self.contrary
            or child.truth is self.truth
            or (child.points is not None and None not in {child.truth, self.truth})
        ]
