"""The explanation of an evaluated condition: its truth, what decided it, what is missing."""

from collections.abc import Collection
from typing import TypeAlias

from service.triage.findings import Finding

Truth: TypeAlias = bool | None


class Trace:
    """The explanation of one evaluated condition: its truth, its words, and what decided it or is missing.

    `contrary` marks a trace whose child counts with the opposite truth (a negation). `points` is set on the items
    of a score, all of which count once they are known.
    """

    __slots__ = ("_missing_keys", "_supporting", "children", "findings", "missing", "text", "truth")
    contrary = False
    points: int | None = None

    def __init__(
        self,
        truth: Truth,
        text: str,
        children: tuple["Trace", ...] = (),
        findings: tuple[Finding, ...] = (),
        missing: tuple[str, ...] = (),
    ) -> None:
        """Keep the answer; `findings` and `missing` are the condition's own, not those of its parts."""
        self.truth = truth
        self.text = text
        self.children = children
        self.findings = findings
        self.missing = missing

    def supporting_findings(self) -> tuple[Finding, ...]:
        """The findings that decided the condition, each once, in the order of the text; none while unknown.

        What decides a condition are the parts of the same truth: all parts of an `and` that holds, the part of an
        `or` that holds. Worked out once for each trace, since rules share the conditions of their pathway.
        """
        if self.truth is None:
            return ()
        try:
            return self._supporting
        except AttributeError:
            found = dict.fromkeys(self.findings)
            for child in self.deciding():
                found.update(dict.fromkeys(child.supporting_findings()))
            self._supporting: tuple[Finding, ...] = tuple(found)
            return self._supporting

    def deciding(self) -> list["Trace"]:
        """The parts that made the condition what it is: those of the same truth, or all known items of a score."""
        return [
            child
            for child in self.children
            if self.contrary
            or child.truth is self.truth
            or (child.points is not None and None not in {child.truth, self.truth})
        ]

    def missing_keys(self) -> Collection[str]:
        """The keys whose answer could settle the condition, each once; empty when it is settled."""
        if self.truth is not None:
            return ()
        try:
            return self._missing_keys
        except AttributeError:
            self._missing_keys: dict[str, None] = {}
            Trace.gather(self, self._missing_keys)
            return self._missing_keys

    def gather(self, missing: dict[str, None]) -> None:
        """Add the missing keys of this unknown trace to those already gathered."""
        for key in self.missing:
            missing[key] = None
        for child in self.children:
            if child.truth is None:
                if child.children:
                    child.gather(missing)
                else:  # A leaf: most traces are, so they are spared the call.
                    for key in child.missing:
                        missing[key] = None


class Shared(Trace):
    """A trace that many rules have in common, so what it misses is gathered once."""

    __slots__ = ()

    def gather(self, missing: dict[str, None]) -> None:
        """Add the keys gathered before."""
        missing.update(self.missing_keys())  # type: ignore[arg-type]


class Negation(Trace):
    """The trace of a `not`."""

    __slots__ = ()
    contrary = True


class ItemTrace(Trace):
    """The trace of one item of a score."""

    __slots__ = ("points",)

    def __init__(self, points: int, label: str, trace: Trace) -> None:
        """Keep the item's answer with its points."""
        super().__init__(trace.truth, label, (trace,))
        self.points = points
