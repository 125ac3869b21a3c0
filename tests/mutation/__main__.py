"""Prints the changes of the knowledge that no example case would notice: `make mutation [ONLY=pathway-id]`.

Ends with 1 when an essential change survives.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

from service.knowledge.cases import Case, run
from service.knowledge.check import all_cases
from service.knowledge.documents import KnowledgeError
from service.knowledge.load import Documents, build, read_documents
from tests.mutation.mutants import Mutant, mutants


def is_noticed(mutant: Mutant, documents: Documents, cases: Sequence[Case]) -> bool:
    """Whether the mutant does not load, or a case comes out otherwise."""
    if "consider_when" in mutant.document:
        others = tuple(
            mutant.document if document["id"] == mutant.document["id"] else document for document in documents.pathways
        )
        changed = replace(documents, pathways=others)
    else:
        changed = replace(documents, shared=mutant.document)
    try:
        knowledge = build(changed).knowledge
    except KnowledgeError:
        return True
    return any(run(case, knowledge)[1] for case in cases)


def main(only: Iterable[str]) -> int:
    """Try every mutant of the named pathways (`definitions` for the shared file), or of all; count the survivors."""
    documents = read_documents()
    cases, _ = all_cases(build(documents))
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
            if not is_noticed(mutant, documents, ordered):
                essential_survivors += mutant.essential
                other_survivors += not mutant.essential
                kind = "ESSENTIAL" if mutant.essential else "part"
                print(f"{kind}: {name}: {mutant.place}: {mutant.change}", flush=True)  # noqa: T201 - its purpose
    print(f"{tried} changes, survivors: {essential_survivors} essential, {other_survivors} others")  # noqa: T201
    return 1 if essential_survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
