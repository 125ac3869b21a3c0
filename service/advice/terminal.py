"""Assessment -> tables that are pleasant to read in a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from service.advice import wording
from service.knowledge.library import Library
from service.triage.assessment import Assessment, Suggestion
from service.triage.trace import Trace

_COLOURS = {
    "emergency": "bold white on red",
    "same_day": "bold red",
    "urgent": "bold yellow",
    "routine": "bold cyan",
    "self_care": "bold green",
}
_MARKS = {True: ("yes", "green"), False: ("no", "dim"), None: ("?", "yellow")}


def show(
    assessment: Assessment, library: Library, notes: Sequence[str], console: Console, *, explain: bool = False
) -> None:
    """Print the assessment; with `explain` also what decided every rule that fired."""
    for part in _parts(assessment, library, notes):
        console.print(part)
    if explain:
        for reason in assessment.fired:
            evidence = ", ".join(reason.evidence)
            tree = Tree(Text(f"{reason.rule}: {wording.reason_title(reason)} [{evidence}]", style="bold"))
            _grow(tree, reason.trace, library)
            console.print(tree)


def _parts(assessment: Assessment, library: Library, notes: Sequence[str]) -> Iterable[RenderableType]:
    knowledge = library.knowledge
    urgency = assessment.urgency
    if urgency.tier is None:
        yield Text("No current leg complaint: out of scope, nothing to say.", style="dim")
    else:
        could_be = knowledge.tiers[urgency.could_be].name if urgency.could_be else ""
        yield Panel(
            Group(
                Text(wording.headline(assessment, knowledge), style=_COLOURS[urgency.tier]),
                Text(f"Target: {urgency.target}. Could be: {could_be}."),
            ),
            title="Urgency",
            title_align="left",
        )
        for reason in urgency.because:
            found = "; ".join(f"{wording.statement(f, knowledge)} [{wording.sources(f)}]" for f in reason.findings)
            yield Text(f"  {wording.reason_title(reason)} ({', '.join(reason.evidence)}): {found}")
    yield from _tables(assessment, library)
    if notes:
        yield _table("Data to check", ["note"], [[note] for note in notes])


def _tables(assessment: Assessment, library: Library) -> Iterable[RenderableType]:
    knowledge = library.knowledge
    considered = [[c.label, c.level, "; ".join(map(wording.score_line, c.scores))] for c in assessment.considerations]
    orders = [_order_row(order) for order in (*assessment.workup, *assessment.referrals)]
    questions = [
        [q.text, knowledge.tiers[q.could_raise_to].name if q.could_raise_to else "the orders"]
        for q in assessment.questions
    ]
    for title, columns, rows in (
        ("Do", ["order", "priority", "because", "cautions"], orders),
        ("Avoid", ["order", "why"], wording.avoidances(assessment)),
        ("Ask", ["question", "could raise to"], questions),
        ("Consider", ["condition", "level", "scores"], considered),
        ("Advise", ["kind", "text"], [[text.kind, text.text] for text in assessment.advice]),
        ("Do not advise", ["text", "why"], [[w.advice.text, w.because] for w in assessment.withheld]),
    ):
        if rows:
            yield _table(title, columns, rows)


def _order_row(order: Suggestion) -> list[str]:
    title = wording.order_title(order)
    if order.already:
        title += f" (already: {', '.join(source.reference for source in order.already)})"
    because = "; ".join(map(wording.reason_title, order.because))
    return [title, order.priority or "", because, " ".join(caution.text for caution in order.cautions)]


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", expand=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _grow(tree: Tree, trace: Trace, library: Library) -> None:
    mark, colour = _MARKS[trace.truth]
    line = Text.assemble((f"{mark} ", colour), trace.text)
    if trace.points is not None:
        line.append(f" ({trace.points:+d})")
    for finding in trace.findings:
        line.append(f" <- {wording.statement(finding, library.knowledge)} [{wording.sources(finding)}]", style="dim")
    branch = tree.add(line)
    for child in trace.deciding():
        _grow(branch, child, library)
