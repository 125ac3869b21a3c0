"""Reading the knowledge files into a `Library`. A bad file stops the start, with file, line and reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from marshmallow import Schema

from service.knowledge.compile import Compiler
from service.knowledge.documents import KnowledgeError, Located, Problem, read
from service.knowledge.format.lexicon import LexiconFormat
from service.knowledge.format.pathways import PathwayFormat, SharedFormat
from service.knowledge.format.questionnaire import QuestionnaireFormat, TranslationFormat
from service.knowledge.format.vocabulary import (
    AnswersFormat,
    EvidenceFormat,
    GovernanceFormat,
    OrdersFormat,
    RecencyFormat,
    UnitsFormat,
    UrgencyFormat,
    VocabularyFormat,
)
from service.knowledge.library import Coding, Evidence, Library, OrderCoding
from service.knowledge.patients import patient_problems, patient_words
from service.knowledge.phrasebook import build_lexicon, lexicon_problems
from service.knowledge.questionnaire import FormCompiler
from service.knowledge.site import LocalOrder, SitePolicy, read_site_policy
from service.knowledge.terminology import (
    ORDER_SYSTEM,
    SYSTEM_URLS,
    CodeEntry,
    CodeMeaning,
    FindingRecord,
    Recency,
    Terminology,
    frozen,
    medicine_names,
)
from service.knowledge.times import duration
from service.triage.knowledge import FindingDefinition, Knowledge, OrderDefinition, TierDefinition
from service.triage.logic import Condition
from service.triage.rules import Tier

ROOT = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Documents:
    """The knowledge files as read, each already of the right shape."""

    shared: Located
    recency: Located
    units: Located
    answers: Located
    vocabulary: tuple[Located, ...]
    orders: Located
    evidence: Located
    urgency: Located
    governance: Located
    pathways: tuple[Located, ...]
    questionnaire: Located
    translations: tuple[Located, ...]
    lexicon: tuple[Located, ...]
    digest: str

    def findings(self) -> Iterable[tuple[str, Located, Located]]:
        """Every finding: its key, its entry and the mapping that holds it."""
        for document in self.vocabulary:
            for key, entry in document["findings"].items():
                yield key, entry, document["findings"]


def load(root: Path = ROOT, site_policy: Path | None = None) -> Library:
    """Read and compile the knowledge under `root`, with what one site does its own way.

    KnowledgeError lists everything that is wrong.
    """
    return build(read_documents(root), read_site_policy(site_policy))


def read_documents(root: Path = ROOT) -> Documents:
    """Read every knowledge file under `root` and check its shape."""
    problems: list[Problem] = []

    def one(path: Path, schema: Schema) -> Located:
        try:
            return read(path, root, schema)
        except KnowledgeError as error:
            problems.extend(error.problems)
        return Located()

    vocabulary = root / "vocabulary"
    tables = {vocabulary / f"{name}.yaml" for name in ("recency", "units", "answers")}
    groups = sorted(set(vocabulary.glob("*.yaml")) - tables)
    questionnaire = one(root / "questionnaire.yaml", QuestionnaireFormat())
    translations = root / "translations"
    languages = {translations / f"{name}.yaml" for name in questionnaire.get("languages", ())}
    languages |= {*translations.glob("*.yaml")}
    documents = Documents(
        shared=one(root / "definitions.yaml", SharedFormat()),
        recency=one(vocabulary / "recency.yaml", RecencyFormat()),
        units=one(vocabulary / "units.yaml", UnitsFormat()),
        answers=one(vocabulary / "answers.yaml", AnswersFormat()),
        vocabulary=tuple(one(path, VocabularyFormat()) for path in groups),
        orders=one(root / "orders.yaml", OrdersFormat()),
        evidence=one(root / "evidence.yaml", EvidenceFormat()),
        urgency=one(root / "urgency.yaml", UrgencyFormat()),
        governance=one(root / "governance.yaml", GovernanceFormat()),
        pathways=tuple(one(path, PathwayFormat()) for path in sorted((root / "pathways").glob("*.yaml"))),
        questionnaire=questionnaire,
        translations=tuple(one(path, TranslationFormat()) for path in sorted(languages)),
        lexicon=tuple(one(path, LexiconFormat()) for path in sorted((root / "lexicon").glob("*.yaml"))),
        digest=_digest(root),
    )
    if problems:
        raise KnowledgeError(problems)
    return documents


def _digest(root: Path) -> str:
    digest = sha256()
    for path in sorted(root.rglob("*.yaml")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def build(documents: Documents, site: SitePolicy = SitePolicy()) -> Library:  # noqa: B008 - immutable
    """Compile documents of the right shape; KnowledgeError when what they say does not fit together."""
    latest = {entry["id"]: entry["latest"] for entry in documents.urgency["tiers"] if "latest" in entry}
    problems = [
        *_vocabulary_problems(documents),
        *_whole_problems(documents),
        *_unknown_names(documents),
        *patient_problems(documents.urgency, documents.pathways),
        *lexicon_problems(documents.lexicon, {key: entry["type"] for key, entry, _ in documents.findings()}),
        *site.problems((d["id"] for d in documents.pathways), documents.orders["orders"], latest),
    ]
    evidence = {
        key: Evidence(key, entry["title"], entry.get("grade"), entry.get("url"))
        for key, entry in documents.evidence["evidence"].items()
    }
    findings = {key: _finding(key, entry) for key, entry, _ in documents.findings()}
    orders = {
        key: _order(key, entry, site.orders.get(key, LocalOrder())) for key, entry in documents.orders["orders"].items()
    }
    compiler = Compiler(findings, orders, frozenset(evidence), site)
    compiler.shared(documents.shared)
    unless: dict[str, Condition] = {}
    for key, entry, _ in documents.findings():
        if "ask_unless" in entry:
            condition = unless.setdefault(entry["ask_unless"], compiler.ask_unless(entry))
            findings[key] = replace(findings[key], ask_unless=condition)
    pathways = [compiler.pathway(document) for document in documents.pathways]
    cautions = [compiler.caution(entry) for entry in documents.shared.get("cautions", ())]
    withholds = [compiler.withholding(entry) for entry in documents.shared.get("withholds", ())]
    form_compiler = FormCompiler(findings)
    form = form_compiler.form(documents.questionnaire, documents.translations)
    problems += compiler.problems + form_compiler.problems
    if problems:
        raise KnowledgeError(problems)
    tiers = {Tier(entry["id"]): _tier(entry, site.tier_targets) for entry in documents.urgency["tiers"]}
    knowledge = Knowledge(
        version=documents.shared["version"] + site.suffix,
        digest=_with_site(documents.digest, site),
        findings=findings,
        orders=orders,
        tiers=tiers,
        pathways=[pathway for pathway in pathways if pathway and pathway.id not in site.off],
        cautions=cautions,
        withholds=withholds,
        questions_at_once=documents.urgency["questions_at_once"],
    )
    return Library(
        knowledge=knowledge,
        terminology=_terminology(documents),
        orders={key: _order_coding(entry) for key, entry in documents.orders["orders"].items()},
        evidence=evidence,
        patient_words=patient_words(documents.urgency["patients"], documents.pathways, documents.orders["orders"]),
        pathways={document["id"]: document for document in documents.pathways if document["id"] not in site.off},
        shared=documents.shared,
        governance=documents.governance,
        site=site,
        form=form,
    )


def _finding(key: str, entry: Mapping[str, Any]) -> FindingDefinition:
    question = entry.get("question", {})
    return FindingDefinition(
        key=key,
        label=entry["label"],
        type=entry["type"],
        unit=entry.get("unit"),
        lateral=bool(entry.get("lateral")),
        complaint=bool(entry.get("complaint")),
        red_flag=bool(entry.get("red_flag")),
        question=question.get("clinician") or question.get("patient"),
        patient_question=question.get("patient"),
        ask_rank=entry.get("ask_rank"),
    )


def _order(key: str, entry: Mapping[str, Any], local: LocalOrder) -> OrderDefinition:
    return OrderDefinition(
        key,
        local.label or entry["label"],
        entry["kind"],
        lateral=bool(entry.get("lateral")),
        contact=local.contact,
        results=tuple(entry.get("results", ())),
        repeat_of=entry.get("repeat_of"),
    )


def _tier(entry: Mapping[str, Any], targets: Mapping[str, str]) -> TierDefinition:
    target = targets.get(entry["id"], entry["target"])
    within = duration(entry["within"]) if "within" in entry else None
    return TierDefinition(Tier(entry["id"]), entry["name"], target, entry.get("priority"), entry["indicator"], within)


def _with_site(digest: str, site: SitePolicy) -> str:
    """The digest of the knowledge as this site uses it."""
    return sha256(f"{digest} {site.digest}".encode()).hexdigest() if site.digest else digest


def _whole_problems(documents: Documents) -> Iterable[Problem]:
    """What is wrong between the files: tiers left out or given twice, names used twice."""
    tiers = [entry["id"] for entry in documents.urgency["tiers"]]
    if sorted(tiers) != sorted(Tier):
        yield documents.urgency.problem(f"each of {', '.join(Tier)} must stand here once", "tiers")
    silent = {entry["id"] for entry in documents.urgency["tiers"] if "within" in entry}
    for tier in sorted(silent - documents.urgency["patients"]["too_late"].keys()):
        yield documents.urgency.problem(f"no words for a patient at tier {tier}", "patients")
    if not documents.pathways:
        yield Problem("pathways", 1, 1, "there is no pathway; without one nothing would ever be said")
    pathways: set[str] = set()
    for document in documents.pathways:
        if document["id"] in pathways:
            yield document.problem(f"pathway `{document['id']}` stands twice", "id")
        pathways.add(document["id"])


def _unknown_names(documents: Documents) -> Iterable[Problem]:
    """Pathways and rules that are named and are not there."""
    pathways = {document["id"] for document in documents.pathways}
    rules = [rule for document in documents.pathways for rule in document["rules"]]
    ids = {rule["id"] for rule in rules}
    keys = {key for key, _, _ in documents.findings()}
    for attribute in documents.governance["attributes"].values():
        for key in attribute["keys"]:
            if key not in keys:
                yield attribute.problem(f"unknown key `{key}`", "keys")
    for document in documents.pathways:
        for entry in document.get("look_alikes", ()):
            if entry["pathway"] not in pathways:
                yield entry.problem(f"unknown pathway `{entry['pathway']}`", "pathway")
    for avoid in (avoid for rule in rules for avoid in rule.get("avoid", ())):
        for over in avoid.get("over", ()):
            if over not in ids:
                yield avoid.problem(f"unknown rule `{over}`", "over")


def _vocabulary_problems(documents: Documents) -> Iterable[Problem]:
    keys: set[str] = set()
    for key, entry, holder in documents.findings():
        if key in keys:
            yield holder.problem(f"`{key}` is already in another group", key)
        keys.add(key)
        yield from _finding_problems(key, entry, holder, documents)
    for _, entry, _ in documents.findings():
        named = [(entry, name) for name in ("past_sets", "family_sets", "bilateral_sets", "named_sets")]
        named += [(code, "sets") for code in entry.get("codes", ())]
        for place, name in named:
            if name in place and place[name] not in keys:
                yield place.problem(f"unknown key `{place[name]}`", name)


def _finding_problems(key: str, entry: Located, holder: Located, documents: Documents) -> Iterable[Problem]:
    if entry.get("red_flag") and not entry.get("question"):
        yield holder.problem(f"red flag `{key}` has no question text", key)
    if entry["recency"] not in documents.recency["classes"]:
        yield entry.problem(f"unknown recency class `{entry['recency']}`", "recency")
    if entry["type"] == "quantity" and "unit" not in entry:
        yield entry.problem("a quantity needs a unit")


def _terminology(documents: Documents) -> Terminology:
    classes = {
        name: Recency(
            name,
            duration(entry["within"]) if "within" in entry else None,
            entry["undated"] == "current",
            bool(entry.get("from_onset")),
        )
        for name, entry in documents.recency["classes"].items()
    }
    records = {
        key: FindingRecord(
            key=key,
            label=entry["label"],
            type=entry["type"],
            unit=entry.get("unit"),
            molar_mass=entry.get("molar_mass"),
            recency=classes[entry["recency"]],
            lateral=bool(entry.get("lateral")) or "bilateral_sets" in entry,
            read_from=entry.get("sources", ""),
            past_sets=entry.get("past_sets"),
            family_sets=entry.get("family_sets"),
            bilateral_sets=entry.get("bilateral_sets"),
            confirmed_only=bool(entry.get("confirmed_only")),
            named_sets=entry.get("named_sets"),
        )
        for key, entry, _ in documents.findings()
    }
    entries = tuple(_code_entry(key, code) for key, entry, _ in documents.findings() for code in entry.get("codes", ()))
    order_codes: dict[tuple[str, str], tuple[tuple[str, str | None], ...]] = {}
    for key, entry in documents.orders["orders"].items():
        order_codes[ORDER_SYSTEM, key] = ((key, None),)
        for code in () if entry.get("repeat_of") else entry.get("codes", ()):
            name = (SYSTEM_URLS[code["system"]], code["code"])
            order_codes[name] = (*order_codes.get(name, ()), (key, _side(code)))
    complaints = frozenset(key for key, entry, _ in documents.findings() if entry.get("complaint"))
    answers = {
        (SYSTEM_URLS[answer["system"]], answer["code"]): answer["means"] for answer in documents.answers["answers"]
    }
    return Terminology(
        findings=records,
        entries=entries,
        unit_spellings=documents.units["spellings"],
        order_codes=order_codes,
        complaints=complaints,
        answers=answers,
        red_flags=frozenset(key for key, entry, _ in documents.findings() if entry.get("red_flag")),
        lexicon=build_lexicon(documents.lexicon, medicine_names(entries, records), documents.units["spellings"]),
    )


def _code_entry(key: str, code: Mapping[str, Any]) -> CodeEntry:
    broader = bool(code.get("broader"))
    laterality = code.get("laterality", {})
    meaning = CodeMeaning(
        key=code.get("sets", key),
        side=_side(code),
        prompts_only=broader and "sets" not in code,
        needs_leg_site=bool(code.get("needs_leg_site")),
        past_only=bool(code.get("past_only")),
        as_value=code.get("use") == "value",
        answers=frozen(code.get("answers", {})),
    )
    return CodeEntry(
        system=code["system"],
        code=code["code"],
        display=code["display"],
        meaning=meaning,
        prefix=bool(code.get("prefix")),
        laterality_at=laterality.get("at"),
        laterality={mark: side for side in ("right", "left", "bilateral") for mark in laterality.get(side, "")},
        sole_source=bool(code.get("sole_source")),
        names=tuple(code.get("names", ())),
    )


def _side(code: Mapping[str, Any]) -> str | None:
    side = code.get("side")
    return None if side == "unspecified" else side


def _order_coding(entry: Mapping[str, Any]) -> OrderCoding:
    return OrderCoding(
        category=_coding(entry["category"]),
        codes=tuple((_side(code), _coding(code)) for code in entry.get("codes", ())),
    )


def _coding(code: Mapping[str, Any]) -> Coding:
    return Coding(SYSTEM_URLS[code["system"]], code["code"], code["display"])
