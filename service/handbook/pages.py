"""The library -> the handbook's files: Markdown pages, a picture for each pathway, and the same pages as HTML."""

import re
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt

from service.advice import wording
from service.handbook.diagram import diagram
from service.handbook.words import lines, names_used, own_conditions, whom
from service.knowledge.governance import source_attributes
from service.knowledge.library import Library
from service.triage.logic import Constant
from service.triage.rules import Pathway
from service.triage.scores import Band

LEVELS = (("Likely when", "likely"), ("Unlikely when", "unlikely"), ("What speaks against it", "against"))
_ENVIRONMENT = Environment(
    loader=PackageLoader("service.handbook"),
    autoescape=select_autoescape(["html.j2", "svg.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def markdown_pages(library: Library) -> dict[str, str]:
    """Every Markdown page and picture of the handbook, by file name."""
    knowledge = library.knowledge
    titles = {pathway.id: pathway.title for pathway in knowledge.pathways}
    counts = {name: len(document["cases"]) for name, document in library.pathways.items()}
    files = {
        "index.md": _render(
            "index.md.j2",
            version=knowledge.version,
            pathways=knowledge.pathways,
            counts=counts,
            total_rules=len(knowledge.rules),
            total_cases=sum(counts.values()),
        ),
        "tiers.md": _render("tiers.md.j2", tiers=knowledge.tiers.values(), rules=knowledge.rules, titles=titles),
        "safety.md": _render(
            "safety.md.j2",
            cautions=[
                {
                    "text": caution.text,
                    "orders": [knowledge.orders[order] for order in caution.orders],
                    "evidence": caution.evidence,
                    "lines": [*lines(caution.when)],
                }
                for caution in knowledge.cautions
            ],
            withholds=[
                {"text": w.text, "acts": sorted(w.acts), "evidence": w.evidence, "lines": [*lines(w.when)]}
                for w in knowledge.withholds
            ],
        ),
        "vocabulary.md": _render("vocabulary.md.j2", findings=_findings(library)),
        "sources.md": _render("sources.md.j2", sources=library.evidence.values()),
    }
    for pathway in knowledge.pathways:
        files[f"{pathway.id}.md"] = _pathway_page(pathway, library, titles)
        files[f"{pathway.id}.svg"] = _render("diagram.svg.j2", picture=diagram(pathway, library))
    return files


def html_page(markdown: str) -> str:
    """A Markdown page as a page of its own; links to other pages lead to their HTML."""
    body = html_body(markdown, lambda name: f"{name}.html")
    return _render("page.html.j2", title=title_of(markdown), body=body)


def html_body(markdown: str, address: Callable[[str], str]) -> str:
    """A Markdown page as HTML that stands in another page; `address` is where the page of a name is found."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    # A strict policy lets no element style itself, and a heading without words is none.
    plain = body.replace('style="text-align:right"', 'class="text-end"').replace("<th></th>", "<td></td>")
    return re.sub(r'href="([\w-]+)\.md"', lambda link: f'href="{address(link[1])}"', plain)


def title_of(markdown: str) -> str:
    """The heading of a Markdown page."""
    title = re.search(r"^# (.+)$", markdown, re.MULTILINE)
    return title[1] if title else "Clinical handbook"


def _render(template: str, **values: object) -> str:
    text = _ENVIRONMENT.get_template(template).render(**values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _pathway_page(pathway: Pathway, library: Library, titles: Mapping[str, str]) -> str:
    knowledge = library.knowledge
    document = library.pathways[pathway.id]
    rules = [rule for rule in knowledge.rules if rule.pathway == pathway.id]
    levels = [(label, getattr(pathway, name)) for label, name in LEVELS]
    return _render(
        "pathway.md.j2",
        document=document,
        pathway=pathway,
        titles=titles,
        whom=[*lines(whom(pathway))],
        levels=[(label, [*lines(condition)]) for label, condition in levels if not isinstance(condition, Constant)],
        band_words=band_words,
        look_alikes=knowledge.look_alikes[pathway.id],
        within=wording.within,
        rules=rules,
        tiers=knowledge.tiers,
        orders=knowledge.orders,
        conditions={
            rule.id: [line for part in own_conditions(rule.condition, pathway) for line in lines(part)]
            for rule in rules
        },
        notes={entry["id"]: entry["note"] for entry in document["rules"] if "note" in entry},
        names=[(name, [*lines(condition)]) for name, condition in names_used(pathway, rules).items()],
        cases=_cases(document),
        sources=[source for source in map(library.evidence_for, document["evidence"]) if source],
        attributes=source_attributes(library, pathway.id),
    )


def band_words(band: Band) -> str:
    """The points of a score that lie in the band."""
    if band.low == -inf:
        return f"{band.high:g} or less"
    return f"{band.low:g} or more" if band.high == inf else f"{band.low:g} to {band.high:g}"


def _cases(document: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for case in document["cases"]:
        expect = case.get("expect", {})
        yield {
            "name": case["name"],
            "from_": case.get("from"),
            "tier": expect.get("tier", ""),
            "could_be": expect.get("could_be", ""),
            "orders": ", ".join(expect.get("orders", ())),
            "avoid": ", ".join(expect.get("avoid", ())),
        }


def _findings(library: Library) -> Iterable[dict[str, Any]]:
    codes: dict[str, list[str]] = {}
    for entry in library.terminology.entries:
        mark = ("†" if entry.sole_source else "") + ("‡" if entry.meaning.prompts_only else "")
        codes.setdefault(entry.meaning.key, []).append(
            f"{entry.system} {entry.code}{'…' if entry.prefix else ''}{mark}"
        )
    for finding in sorted(library.knowledge.findings.values(), key=lambda finding: finding.label.lower()):
        yield {
            "label": finding.label,
            "key": finding.key,
            "red_flag": finding.red_flag,
            "codes": codes.get(finding.key, []),
        }
