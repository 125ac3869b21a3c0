"""Pathway documents -> compiled pathways. Every mistake becomes a problem at its place in the file."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from service.knowledge.documents import Located, Problem
from service.knowledge.site import SitePolicy
from service.triage.expressions import ExpressionError, Scope, Term, parse_condition, parse_number
from service.triage.knowledge import FindingDefinition, OrderDefinition
from service.triage.logic import AllOf, Condition, Constant, Named, Unless
from service.triage.quantities import Literal, Number
from service.triage.rules import (
    AdviceKind,
    AdviceText,
    Audience,
    AvoidAdvice,
    Basis,
    Caution,
    LookAlike,
    OrderAdvice,
    Pathway,
    Rule,
    Tier,
    Withholding,
)
from service.triage.scores import Band, Score, ScoreItem

Compiled = TypeVar("Compiled", Condition, Number)

NEVER = Constant(truth=False, text="never")
_NOTHING = Literal(0, "nothing")


class Compiler:
    """Compiles documents one after the other; what goes wrong is gathered in `problems`."""

    def __init__(
        self,
        findings: Mapping[str, FindingDefinition],
        orders: Mapping[str, OrderDefinition],
        evidence: frozenset[str],
        site: SitePolicy,
    ) -> None:
        """Start with the vocabulary, the orders, the ids of the evidence and what the site does its own way."""
        self._site = site
        self._terms = {key: Term(item.label, item.type, item.unit) for key, item in findings.items()}
        self._orders = {key: order.label for key, order in orders.items()}
        self._evidence = evidence
        self._shared = Scope(self._terms, self._orders)
        self._rule_ids: set[str] = set()
        self._score_names: set[str] = set()
        self.problems: list[Problem] = []

    def shared(self, document: Located) -> None:
        """Take in the definitions and numbers that every pathway may use."""
        self._add_names(document, self._shared)

    def pathway(self, document: Located) -> Pathway | None:
        """Compile one pathway file, or None when it has problems."""
        before = len(self.problems)
        scope = Scope(
            self._terms,
            self._orders,
            dict(self._shared.definitions),
            dict(self._shared.numbers),
        )
        self._check_evidence(document)
        self._add_names(document, scope)
        for name, entry in document.get("scores", {}).items():
            scope.scores[name] = self._score(name, entry, scope)
        considers = Named(
            f"{document['title']} comes into question",
            self._guarded(document, "consider_when", "not_for", scope),
        )
        rules = tuple(self._rule(entry, document["id"], considers, scope) for entry in document["rules"])
        pathway = Pathway(
            id=document["id"],
            title=document["title"],
            considers=considers,
            likely=self._condition(document, "likely_when", scope) if "likely_when" in document else NEVER,
            unlikely=self._condition(document, "unlikely_when", scope) if "unlikely_when" in document else NEVER,
            against=self._condition(document, "against_when", scope) if "against_when" in document else NEVER,
            scores=tuple(scope.scores.values()),
            rules=rules,
            look_alikes=tuple(self._look_alike(entry) for entry in document.get("look_alikes", ())),
            catch_all=bool(document.get("catch_all")),
        )
        return pathway if len(self.problems) == before else None

    def ask_unless(self, entry: Located) -> Condition:
        """Compile the condition under which a finding is not asked for."""
        return self._condition(entry, "ask_unless", self._shared)

    def caution(self, entry: Located) -> Caution:
        """Compile one caution."""
        self._check_evidence(entry)
        self._check_orders(entry, entry["orders"])
        when = self._guarded(entry, "when", "unless", self._shared)
        return Caution(
            entry["id"],
            tuple(entry["orders"]),
            when,
            entry["text"],
            tuple(entry["evidence"]),
            warns=bool(entry.get("warns")),
        )

    def withholding(self, entry: Located) -> Withholding:
        """Compile what is not advised while it could do harm."""
        self._check_evidence(entry)
        when = self._guarded(entry, "when", "unless", self._shared)
        return Withholding(entry["id"], frozenset(entry["acts"]), when, entry["text"], tuple(entry["evidence"]))

    def _look_alike(self, entry: Located) -> LookAlike:
        self._check_evidence(entry)
        return LookAlike(entry["pathway"], entry["why"], tuple(entry["evidence"]))

    def _add_names(self, document: Located, scope: Scope) -> None:
        for name, entry in document.get("definitions", {}).items():
            self._check_evidence(entry)
            self._check_new_name(name, document["definitions"], scope)
            scope.definitions[name] = Named(entry["label"], self._condition(entry, "when", scope))
        for name, entry in document.get("numbers", {}).items():
            self._check_evidence(entry)
            self._check_new_name(name, document["numbers"], scope)
            scope.numbers[name] = self._number(entry, scope)

    def _number(self, entry: Located, scope: Scope) -> Number:
        """The number, or what it is in the site's region; that of the other regions is checked all the same."""
        number = self._compile(parse_number, entry, "equals", scope) or _NOTHING
        for region in entry.get("by_region", ()):
            regional = self._compile(parse_number, entry["by_region"], region, scope)
            if region == self._site.region and regional is not None:
                number = regional
        return number

    def _check_new_name(self, name: str, holder: Located, scope: Scope) -> None:
        if name in self._terms or name in scope.definitions or name in scope.numbers:
            self.problems.append(holder.problem(f"`{name}` is already the name of something else", name))

    def _score(self, name: str, entry: Located, scope: Scope) -> Score:
        self._check_evidence(entry)
        if name in self._score_names:
            self.problems.append(entry.problem(f"score `{name}` stands twice"))
        self._score_names.add(name)
        items = tuple(
            ScoreItem(
                item["points"],
                item["label"],
                self._condition(item, "when", scope),
                judged_by_clinician=item.get("judged_by") == "clinician",
            )
            for item in entry["items"]
        )
        bands = tuple(_band(band, limits) for band, limits in entry["bands"].items())
        points = [item.points for item in items]
        for score in range(sum(p for p in points if p < 0), sum(p for p in points if p > 0) + 1):
            if sum(band.holds(score, score) is True for band in bands) != 1:
                self.problems.append(entry.problem(f"a score of {score} must lie in exactly one band", "bands"))
        return Score(name, entry["title"], items, bands, tuple(entry["evidence"]))

    def _rule(self, entry: Located, pathway: str, considers: Condition, scope: Scope) -> Rule:
        self._check_evidence(entry)
        if entry["id"] in self._rule_ids:
            self.problems.append(entry.problem(f"rule `{entry['id']}` stands twice", "id"))
        self._rule_ids.add(entry["id"])
        for item in (*entry.get("orders", ()), *entry.get("avoid", ())):
            self._check_orders(item, [item["order"]], "order")
        return Rule(
            id=entry["id"],
            title=entry["title"],
            pathway=pathway,
            condition=AllOf((considers, self._guarded(entry, "when", "unless", scope)), entry["title"]),
            tier=Tier(entry["tier"]) if "tier" in entry else None,
            basis=Basis(entry.get("basis", Basis.CITED)),
            evidence=tuple(entry["evidence"]),
            orders=tuple(
                OrderAdvice(item["order"], self._within(item, entry.get("tier"))) for item in entry.get("orders", ())
            ),
            avoid=tuple(
                AvoidAdvice(item["order"], item["why"], tuple(item.get("over", ()))) for item in entry.get("avoid", ())
            ),
            advice=tuple(self._advice(item, entry) for item in entry.get("advice", ())),
            review_needed="review" in entry,
        )

    def _within(self, item: Located, tier: str | None) -> str | None:
        local = self._site.orders.get(item["order"])
        within: str | None = item.get("within")
        return local.within.get(tier, within) if local and tier else within

    def _advice(self, item: Located, rule: Located) -> AdviceText:
        self._check_evidence(item)
        return AdviceText(
            AdviceKind(item["kind"]),
            item["text"],
            tuple(item.get("evidence", rule["evidence"])),
            tuple(item.get("acts", ())),
            Audience(item.get("audience", Audience.CLINICIAN)),
        )

    def _check_evidence(self, entry: Located) -> None:
        for reference in entry.get("evidence", ()):
            if reference.split(" ", 1)[0] not in self._evidence:
                self.problems.append(entry.problem(f"unknown evidence `{reference}`", "evidence"))

    def _check_orders(self, entry: Located, orders: list[str], key: str = "orders") -> None:
        for order in orders:
            if order not in self._orders:
                self.problems.append(entry.problem(f"unknown order `{order}`", key))

    def _guarded(self, entry: Located, when: str, unless: str, scope: Scope) -> Condition:
        """The condition at `when`, which the one at `unless` stands down only when it is certain."""
        condition = self._condition(entry, when, scope)
        if unless not in entry:
            return condition
        return AllOf((condition, Unless(self._condition(entry, unless, scope))), "all of")

    def _condition(self, entry: Located, key: str, scope: Scope) -> Condition:
        return self._compile(parse_condition, entry, key, scope) or NEVER

    def _compile(
        self, parse: Callable[[str, Scope], Compiled], entry: Located, key: str, scope: Scope
    ) -> Compiled | None:
        try:
            return parse(entry[key], scope)
        except ExpressionError as error:
            self.problems.append(entry.problem(error.message, key, line=error.line, column=error.column))
            return None


def _band(name: str, limits: str) -> Band:
    words = limits.split()
    if words[0] == "<=":
        return Band(name, high=int(words[1]))
    if words[0] == ">=":
        return Band(name, low=int(words[1]))
    return Band(name, int(words[0]), int(words[2]))
