"""Prints the changes of the knowledge that no example case would notice: `make mutation [ONLY=pathway-id]`.

Ends with 1 when an essential change survives.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

from service.knowledge.cases import Case, run
from service.knowledge.check import all_cases
from service.knowledge.compile import Compiler
from service.knowledge.documents import KnowledgeError, Located
from service.knowledge.library import Library
from service.knowledge.load import Documents, build, read_documents
from service.knowledge.site import SitePolicy
from service.triage.knowledge import Knowledge
from tests.mutation.mutants import Mutant, mutants


def is_noticed(mutant: Mutant, documents: Documents, library: Library, cases: Sequence[Case]) -> bool:
    """Whether the mutant does not load, or a case comes out otherwise."""
    try:
        knowledge = _changed(mutant.document, documents, library)
    except KnowledgeError:
        return True
    return any(run(case, knowledge)[1] for case in cases)


def _changed(document: Located, documents: Documents, library: Library) -> Knowledge:
    """The knowledge with one document changed; of pathways only the changed one is compiled again."""
    if "consider_when" not in document:
        return build(replace(documents, shared=document)).knowledge
    old = library.knowledge
    compiler = Compiler(old.findings, old.orders, frozenset(library.evidence), SitePolicy())
    compiler.shared(documents.shared)
    pathway = compiler.pathway(document)
    if pathway is None:
        raise KnowledgeError(compiler.problems)
    return Knowledge(
        version=old.version,
        digest=old.digest,
        findings=old.findings,
        orders=old.orders,
        tiers=old.tiers,
        pathways=[pathway if other.id == pathway.id else other for other in old.pathways],
        cautions=old.cautions,
        withholds=old.withholds,
        questions_at_once=old.questions_at_once,
    )


def main(only: Iterable[str]) -> int:
    """Try every mutant of the named pathways (`definitions` for the shared file), or of all; count the survivors."""
    documents = read_documents()
    library = build(documents)
    cases, _ = all_cases(library)
    wanted = set(only)
    tried = essential_survivors = other_survivors = 0
    for document in (*documents.pathways, documents.shared):
        name = document.get("id", "definitions")
        if wanted and name not in wanted:
            continue
        # The pathway's own cases come first: most mutants do not outlive them.
        ordered = sorted(cases, key=lambda case: case.pathway != name)
        for mutant in mutants(document):
            tried += 1
            if not is_noticed(mutant, documents, library, ordered):
                essential_survivors += mutant.essential
                other_survivors += not mutant.essential
                kind = "ESSENTIAL" if mutant.essential else "part"
                print(f"{kind}: {name}: {mutant.place}: {mutant.change}", flush=True)  # noqa: T201 - its purpose
    print(f"{tried} changes, survivors: {essential_survivors} essential, {other_survivors} others")  # noqa: T201
    return 1 if essential_survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
