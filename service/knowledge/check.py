"""The guard over the knowledge: everything that loading cannot see is checked here, by running the cases."""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from service.knowledge.cases import NOW, Case, fired_rules, read_cases, run
from service.knowledge.documents import KnowledgeError, Located, Problem
from service.knowledge.library import Library
from service.knowledge.load import ROOT, load
from service.triage.assess import assess
from service.triage.conflicts import settle
from service.triage.knowledge import Knowledge, holds
from service.triage.rules import Rule

_NAMES = ("definitions", "numbers", "scores")
_KINDS = ("fires", "does not fire", "unknown")


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked: how much there is of everything."""

    findings: int
    orders: int
    pathways: int
    rules: int
    cases: int
    evidence: int
    digest: str


def check(root: Path = ROOT) -> Report:
    """Load the knowledge, run every case and look for contradictions; KnowledgeError lists what is wrong."""
    library = load(root)
    knowledge = library.knowledge
    cases, problems = all_cases(library)
    fires: dict[str, list[Case]] = defaultdict(list)
    names = _known_names(library)
    for case in cases:
        assessment, failures = run(case, knowledge)
        problems.extend(failures)
        problems.extend(_unknown_names(case, names))
        for rule in fired_rules(assessment):
            fires[rule].append(case)
    problems.extend(_coverage_problems(library, cases, fires))
    problems.extend(_contradictions(library, fires))
    problems.extend(_unused_names(library))
    if problems:
        raise KnowledgeError(problems)
    return Report(
        findings=len(knowledge.findings),
        orders=len(knowledge.orders),
        pathways=len(knowledge.pathways),
        rules=len(knowledge.rules),
        cases=len(cases),
        evidence=len(library.evidence),
        digest=knowledge.digest,
    )


def all_cases(library: Library) -> tuple[list[Case], list[Problem]]:
    """Every case of every pathway, and what could not be understood of them."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for document in library.pathways.values():
        read, wrong = read_cases(document, library.knowledge)
        cases.extend(read)
        problems.extend(wrong)
    return cases, problems


def _known_names(library: Library) -> Mapping[str, Container[str]]:
    """What a case may name, by kind; a caution by itself or after its order."""
    knowledge = library.knowledge
    pairs = {f"{order} {caution.id}" for caution in knowledge.cautions for order in caution.orders}
    return {
        "rule": {rule.id for rule in knowledge.rules},
        "order": knowledge.orders,
        "key": knowledge.findings,
        "pathway": library.pathways,
        "caution": pairs | {caution.id for caution in knowledge.cautions},
    }


def _unknown_names(case: Case, known: Mapping[str, Container[str]]) -> Iterator[Problem]:
    expect = case.expect

    def said(*names: str) -> list[str]:
        return [word for name in names for word in expect.get(name, ())]

    keys = [*said("asks"), *chain.from_iterable(expect.get("against", {}).values())]
    orders = [line.split()[0] for line in said("orders", "not_orders", "avoid")]
    pathways = said("considers", "does_not_consider", "against")
    for what, part, names in (
        ("rule", "rules", case.rules),
        ("order", "expect", orders),
        ("key", "expect", keys),
        ("pathway", "expect", pathways),
        ("caution", "expect", said("cautions", "no_cautions")),
    ):
        for name in names:
            if name not in known[what]:
                yield case.problem(f"unknown {what} `{name}`", part)


def _coverage_problems(library: Library, cases: Iterable[Case], fires: Mapping[str, list[Case]]) -> Iterator[Problem]:
    shown: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for rule, kind in case.rules.items():
            shown[rule].add(kind)
    for entry in _rule_entries(library):
        rule = entry["id"]
        if rule not in fires:
            yield entry.problem(f"rule `{rule}` is unreachable: no case makes it fire", "id")
        missing = [kind for kind in _KINDS if kind not in shown[rule]]
        if missing:
            yield entry.problem(f"rule `{rule}` has no case that shows: {', '.join(missing)}", "id")


def _rule_entries(library: Library) -> Iterator[Located]:
    for document in library.pathways.values():
        yield from document["rules"]


def _contradictions(library: Library, fires: Mapping[str, list[Case]]) -> Iterator[Problem]:
    """Two rules of one tier that fire for the same patient, one placing an order that the other avoids."""
    entries = {entry["id"]: entry for entry in _rule_entries(library)}
    for ordering in library.knowledge.rules:
        wanted = {advice.order for advice in ordering.orders}
        for avoiding in library.knowledge.rules:
            if avoiding.tier is not ordering.tier:
                continue
            for avoid in avoiding.avoid:
                if avoid.order in wanted and ordering.id not in avoid.over:
                    witness = _both_fire(ordering, avoiding, fires, library.knowledge)
                    if witness:
                        yield entries[avoiding.id].problem(
                            f"rule `{avoiding.id}` avoids `{avoid.order}`, which rule `{ordering.id}` orders at the "
                            f"same tier for the same patient ({witness}); name it under `over` or make one of them "
                            "exclude the other",
                            "avoid",
                        )


def _both_fire(first: Rule, second: Rule, fires: Mapping[str, list[Case]], knowledge: Knowledge) -> str | None:
    """A patient for whom both rules fire: a case of one, with what the other rule looks at from a case of the other."""
    for one in fires.get(first.id, ()):
        for other in fires.get(second.id, ()):
            for base, added, rule in ((one, other, second), (other, one, first)):
                wanted = rule.condition.keys()
                merged = {finding.key: finding for finding in base.findings}
                merged.update({finding.key: finding for finding in added.findings if finding.key in wanted})
                facts, _ = settle(merged.values(), knowledge.red_flags, NOW)
                if not (holds(first.condition, facts) and holds(second.condition, facts)):
                    continue  # told before the whole assessment is made: there are very many pairs
                if {first.id, second.id} <= fired_rules(assess(merged.values(), knowledge, NOW)):
                    return f"case `{base.name}` with case `{added.name}`"
    return None


def _unused_names(library: Library) -> Iterator[Problem]:
    """Definitions, numbers and scores that no expression uses."""
    everything = " ".join(_expressions([*library.pathways.values(), library.shared]))
    for document in (*library.pathways.values(), library.shared):
        own = everything if document is library.shared else " ".join(_expressions(document))
        for kind in _NAMES:
            for name in document.get(kind, ()):
                if not re.search(rf"\b{name}\b", own):
                    yield document[kind].problem(f"`{name}` is not used", name)


def _expressions(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if isinstance(value, str) and (key.endswith("when") or key in {"unless", "not_for", "equals"}):
                yield value
            elif key == "by_region":
                yield from value.values()
            elif key != "cases":
                yield from _expressions(value)
    elif isinstance(node, list):
        for item in node:
            yield from _expressions(item)
