"""A mistake in the knowledge stops the start, and says in which file and line, and why."""

from datetime import timedelta
from pathlib import Path

import pytest

from service.knowledge.check import check
from service.knowledge.documents import KnowledgeError
from service.knowledge.load import ROOT, load
from service.knowledge.terminology import FINDING_SYSTEM
from service.knowledge.times import duration
from tests.knowledge.toy import FILES, grow, line_of

PATHWAY = "pathways/hot-knee.yaml"
VOCABULARY = "vocabulary/knee.yaml"
SHARED = "definitions.yaml"
CALM = "  - id: knee-calm\n    title: Calm\n    when: knee_pain and not knee_pain\n    evidence: [BOOK]\ncases:\n"
AVOIDING = "    avoid:\n      - {order: scan, why: See it first.}\n"
FEVER = "    given: {knee_pain: left, knee_hot: absent, temperature: 39 Cel}\n"


def mistakes(root: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        check(root)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def test_sound_knowledge_passes_and_is_counted(tmp_path: Path) -> None:
    report = check(grow(tmp_path))
    assert (report.findings, report.orders, report.pathways, report.rules, report.cases, report.evidence) == (
        6,
        2,
        1,
        2,
        3,
        1,
    )


def test_the_digest_changes_with_any_byte(tmp_path: Path) -> None:
    digests = {
        load(grow(tmp_path)).knowledge.digest,
        load(grow(tmp_path, SHARED, "trouble", "trouble")).knowledge.digest,
    }
    assert len(digests) == 1
    for file in FILES:
        grow(tmp_path)
        (tmp_path / file).write_text(FILES[file] + "# a remark\n")
        digests.add(load(tmp_path).knowledge.digest)
    assert len(digests) == 1 + len(FILES)


# Each line: the file, what is written there, what is written instead, words on the line that must be named,
# and the reason that must be given.
MISTAKES = {
    "an unknown key in a rule": (
        PATHWAY,
        "when: knee_hot\n    tier",
        "when: knee_hott\n    tier",
        "when: knee_hott",
        "unknown key `knee_hott`",
    ),
    "an unknown key in a definition": (
        SHARED,
        "knee_pain or knee_hot",
        "knee_pain or hot_knee",
        "or hot_knee",
        "unknown key `hot_knee`",
    ),
    "an unknown key in a number": (SHARED, 'equals: "38"', "equals: cold", "equals: cold", "unknown key `cold`"),
    "an unknown key in a score": (
        PATHWAY,
        "label: Hot, when: knee_hot",
        "label: Hot, when: hot",
        "label: Hot",
        "unknown key `hot`",
    ),
    "an unknown key in a caution": (
        SHARED,
        "when: implant",
        "when: implants",
        "when: implants",
        "unknown key `implants`",
    ),
    "an unknown key in not_for": (PATHWAY, "not_for: implant", "not_for: age", "not_for: age", "unknown key `age`"),
    "an unknown key in consider_when": (
        PATHWAY,
        "consider_when: knee_trouble",
        "consider_when: knee",
        "consider_when",
        "unknown key `knee`",
    ),
    "an unknown key in ask_unless": (
        VOCABULARY,
        "ask_unless: knee_hot",
        "ask_unless: male",
        "ask_unless: male",
        "unknown key `male`",
    ),
    "an unknown key in unless": (
        PATHWAY,
        "unless: score(knee_score) is hot",
        "unless: x",
        "unless: x",
        "unknown key `x`",
    ),
    "an unknown band": (
        PATHWAY,
        "unless: score(knee_score) is hot",
        "unless: score(knee_score) is warm",
        "is warm",
        "no band `warm`",
    ),
    "an unknown score": (PATHWAY, "score(knee_score)", "score(hip_score)", "hip_score", "unknown score `hip_score`"),
    "a quantity without a comparison": (
        PATHWAY,
        "temperature >= limit",
        "temperature",
        "when: temperature",
        "compare it with something",
    ),
    "an expression that is none": (
        PATHWAY,
        "temperature >= limit",
        "temperature >=",
        "when: temperature",
        "not an expression",
    ),
    "an empty expression": (
        PATHWAY,
        "when: temperature >= limit",
        'when: ""',
        'when: ""',
        "Shorter than minimum length",
    ),
    "an unknown field of a rule": (
        PATHWAY,
        "tier: urgent\n    evidence",
        "teir: urgent\n    evidence",
        "teir",
        "`teir`: Unknown field",
    ),
    "an unknown field of a finding": (
        VOCABULARY,
        "red_flag: true",
        "redflag: true",
        "redflag",
        "`redflag`: Unknown field",
    ),
    "an unknown field of a case": (
        PATHWAY,
        "could_be: same_day",
        "might_be: same_day",
        "might_be",
        "`might_be`: Unknown field",
    ),
    "an unknown field of definitions": (SHARED, "cautions:", "caution:", "- id: metal", "`caution`: Unknown field"),
    "a number that is not text": (SHARED, 'equals: "38"', "equals: 38", "equals: 38", "`equals`: Not a valid string"),
    "a field that is missing": (PATHWAY, "    title: Fever\n", "", "id: knee-fever", "`title`: Missing data"),
    "a tier that does not exist": (
        PATHWAY,
        "tier: urgent\n    evidence",
        "tier: soon\n    evidence",
        "tier: soon",
        "Must be one of",
    ),
    "a duration that is none": (PATHWAY, "within: PT4H", "within: 4 hours", "within: 4 hours", "write a duration"),
    "a kind of advice that does not exist": (
        PATHWAY,
        "kind: safety_net",
        "kind: warning",
        "kind: warning",
        "Must be one of",
    ),
    "a basis that does not exist": (
        PATHWAY,
        "tier: urgent\n",
        "tier: urgent\n    basis: not_verified\n",
        "not_verified",
        "`basis`: Must be one of: cited, proposal",
    ),
    "a band that is no range": (PATHWAY, 'hot: ">= 1"', "hot: many", "hot: many", "does not match expected pattern"),
    "a type that does not exist": (VOCABULARY, "type: quantity", "type: number", "type: number", "Must be one of"),
    "a key written with a capital": (
        VOCABULARY,
        "  implant:\n",
        "  Implant:\n",
        "  label: Implant",
        "use lower-case letters",
    ),
    "a key that is given twice": (
        PATHWAY,
        "title: Fever\n",
        "title: Fever\n    title: Cold\n",
        "title: Fever",
        "`title` is given twice",
    ),
    "a finding that is given twice": (
        VOCABULARY,
        "  knee_hot:\n",
        "  knee_pain:\n",
        "  knee_pain:",
        "`knee_pain` is given twice",
    ),
    "text that is not YAML": (PATHWAY, "rules:\n", "rules: [\n", "- id: knee-hot", "not YAML"),
    "a list for a file": ("evidence.yaml", FILES["evidence.yaml"], "- BOOK\n", "- BOOK", "the file must be a mapping"),
    "an empty file": ("evidence.yaml", FILES["evidence.yaml"], "\n", "", "the file must be a mapping"),
    "a date that is none": (PATHWAY, "2027-01-01", "2027-13-01", "2027-13-01", "not a value: month must be in 1..12"),
    "a number that is none": (PATHWAY, "points: 1", "points: !!int one", "!!int", "not a value: invalid literal"),
    "a key that is a list": (PATHWAY, "owner: the tests", "[owner]: the tests", "[owner]", "a key must be plain text"),
    "a control character": (PATHWAY, "A knee that is hot", "A \x07", "about: A", "control characters are not allowed"),
    "a window of time that is none": (
        "vocabulary/recency.yaml",
        "P1Y2M3W4DT5H",
        "a year",
        "a year",
        "write a window",
    ),
    "a tier that is left out": (
        "urgency.yaml",
        "id: routine",
        "id: urgent",
        "id: emergency",
        "must stand here once",
    ),
    "a tier that stands twice": (
        "urgency.yaml",
        "id: routine",
        "id: urgent",
        "id: emergency",
        "must stand here once",
    ),
    "an empty order line": (PATHWAY, "orders: [scan left]", 'orders: [""]', 'orders: [""]', "must not be empty"),
    "an unknown rule to go over": (PATHWAY, "first.}", "first., over: [x]}", "over: [x]", "unknown rule `x`"),
    "an unknown order in a rule": (PATHWAY, "- {order: scan}", "- {order: x_ray}", "x_ray", "unknown order `x_ray`"),
    "an unknown order to avoid": (PATHWAY, "{order: scan, why", "{order: x_ray, why", "x_ray", "unknown order `x_ray`"),
    "an unknown order of a caution": (SHARED, "orders: [scan]", "orders: [x_ray]", "x_ray", "unknown order `x_ray`"),
    "unknown evidence of a rule": (
        PATHWAY,
        "evidence: [BOOK 4]",
        "evidence: [BOOK 4, LORE 1]",
        "LORE",
        "unknown evidence `LORE 1`",
    ),
    "unknown evidence of a pathway": (
        PATHWAY,
        "evidence: [BOOK 1]",
        "evidence: [LORE]",
        "LORE",
        "unknown evidence `LORE`",
    ),
    "unknown evidence of a score": (
        PATHWAY,
        "evidence: [BOOK 3]",
        "evidence: [LORE]",
        "LORE",
        "unknown evidence `LORE`",
    ),
    "unknown evidence of advice": (
        PATHWAY,
        "evidence: [BOOK 6]",
        "evidence: [LORE]",
        "LORE",
        "unknown evidence `LORE`",
    ),
    "unknown evidence of a definition": (SHARED, "[BOOK 1]", "[LORE]", "LORE", "unknown evidence `LORE`"),
    "unknown evidence of a number": (SHARED, "[BOOK 2]", "[LORE]", "LORE", "unknown evidence `LORE`"),
    "unknown evidence of a caution": (SHARED, "[BOOK]", "[LORE]", "LORE", "unknown evidence `LORE`"),
    "no evidence": (PATHWAY, "    evidence: [BOOK 5]\n", "", "id: knee-fever", "`evidence`: Missing data"),
    "empty evidence": (PATHWAY, "evidence: [BOOK 5]", "evidence: []", "evidence: []", "Shorter than minimum length"),
    "a rule id that is given twice": (PATHWAY, "id: knee-fever", "id: knee-hot", "", "rule `knee-hot` stands twice"),
    "a definition named like a finding": (
        SHARED,
        "  knee_trouble:",
        "  knee_pain:",
        "label: Trouble",
        "`knee_pain` is already the name",
    ),
    "a number named like a definition": (
        SHARED,
        "  limit:",
        "  knee_trouble:",
        "label: Fever limit",
        "`knee_trouble` is already the name",
    ),
    "a red flag without a question": (
        VOCABULARY,
        "    question: {clinician: Is the knee hot?}\n",
        "",
        "label: Hot knee",
        "red flag `knee_hot` has no question text",
    ),
    "a quantity without a unit": (VOCABULARY, "unit: Cel, ", "", "label: Temperature", "a quantity needs a unit"),
    "a class of recency that does not exist": (
        VOCABULARY,
        "type: boolean, recency: ever}\n  knee_trouble_any",
        "type: boolean, recency: never}\n  knee_trouble_any",
        "recency: never",
        "unknown recency class `never`",
    ),
    "past_sets that names nothing": (
        VOCABULARY,
        "past_sets: knee_pain_before",
        "past_sets: knee_pain_then",
        "past_sets",
        "unknown key `knee_pain_then`",
    ),
    "sets that names nothing": (
        VOCABULARY,
        "sets: knee_trouble_any",
        "sets: joint_pain",
        "sets: joint_pain",
        "unknown key `joint_pain`",
    ),
    "a case with an unknown key": (
        PATHWAY,
        "temperature: 37",
        "temprature: 37",
        "temprature",
        "case `hot`: unknown key `temprature`",
    ),
    "a case with an unknown order": (
        PATHWAY,
        "temperature: 37",
        "ordered: x_ray",
        "x_ray",
        "case `hot`: unknown order `x_ray`",
    ),
    "a case in another unit": (PATHWAY, "39 Cel", "102 degF", "102 degF", "is given in degF, the vocabulary has Cel"),
    "a case with a value that is none": (
        PATHWAY,
        "knee_hot: absent",
        "knee_hot: no way",
        "no way",
        "`knee_hot: no way` is not understood",
    ),
    "a case of an unknown rule": (
        PATHWAY,
        "knee-hot: unknown",
        "knee-cold: unknown",
        "knee-cold",
        "unknown rule `knee-cold`",
    ),
    "a case that expects an unknown order": (
        PATHWAY,
        "avoid: [scan]",
        "avoid: [scan, x_ray]",
        "x_ray",
        "unknown order `x_ray`",
    ),
    "a case that asks an unknown key": (
        PATHWAY,
        "asks: [knee_hot]",
        "asks: [heat]",
        "asks: [heat]",
        "unknown key `heat`",
    ),
    "a case that considers an unknown pathway": (
        PATHWAY,
        "asks: [knee_hot]",
        "considers: {cold-knee: possible}",
        "cold-knee",
        "unknown pathway `cold-knee`",
    ),
    "a case of the wrong tier": (
        PATHWAY,
        "expect: {tier: urgent",
        "expect: {tier: routine",
        "tier: routine",
        "case `fever`: tier: expected routine, got urgent",
    ),
    "a case that could be something else": (
        PATHWAY,
        "could_be: same_day",
        "could_be: urgent",
        "could_be: urgent",
        "case `pain`: could_be: expected urgent, got same_day",
    ),
    "a case whose rule does not fire": (
        PATHWAY,
        "knee-hot: unknown, knee-fever: unknown",
        "knee-hot: fires, knee-fever: unknown",
        "knee-hot: fires, knee-fever: unknown",
        "rule `knee-hot` should say `fires`, says `unknown`",
    ),
    "a case whose order is not placed": (
        PATHWAY,
        "[scan left]",
        "[scan right]",
        "scan right",
        "`scan right` is missing",
    ),
    "a case whose order is placed": (
        PATHWAY,
        "orders: [scan left]",
        "not_orders: [scan]",
        "not_orders",
        "`scan` should not be there",
    ),
    "a case that avoids nothing": (
        PATHWAY,
        "orders: [scan left]",
        "avoid: [scan]",
        "expect: {tier: urgent",
        "`scan` is missing",
    ),
    "a case that asks something else": (
        PATHWAY,
        "asks: [knee_hot]",
        "asks: [temperature]",
        "asks:",
        "`temperature` is missing",
    ),
    "a case out of scope": (
        PATHWAY,
        "asks: [knee_hot]",
        "in_scope: false",
        "in_scope",
        "in_scope: expected False, got True",
    ),
    "a case of another likelihood": (
        PATHWAY,
        "asks: [knee_hot]",
        "considers: {hot-knee: likely}",
        "hot-knee: likely",
        "expected likely, got possible",
    ),
    "a case without its advice": (
        PATHWAY,
        "orders: [scan left]",
        "advises: [Go home]",
        "Go home",
        "no advice says `Go home`",
    ),
    "a case that considers": (
        PATHWAY,
        "orders: [scan left]",
        "does_not_consider: [hot-knee]",
        "[hot-knee]",
        "does_not_consider: `hot-knee` should not be there",
    ),
    "a case without what speaks against": (
        PATHWAY,
        "orders: [scan left]",
        "against: {hot-knee: [implant]}",
        "{hot-knee: [implant]}",
        "against: `implant` is missing among []",
    ),
    "a caution of a case that is unknown": (
        PATHWAY,
        "orders: [scan left]",
        "no_cautions: [scan typo]",
        "typo",
        "unknown caution `scan typo`",
    ),
    "a case with advice": (
        PATHWAY,
        "orders: [scan left]",
        "does_not_advise: [Come back]",
        "Come back]",
        "advice says `Come back`",
    ),
    "a case that withholds nothing": (
        PATHWAY,
        "orders: [scan left]",
        "withholds: [An implant]",
        "An implant",
        "nothing is withheld because `An implant`",
    ),
    "a case without its caution": (
        PATHWAY,
        "orders: [scan left]",
        "cautions: [metal]",
        "[metal]",
        "`metal` is missing",
    ),
    "an unknown caution of a case": (
        PATHWAY,
        "orders: [scan left]",
        "no_cautions: [wood]",
        "[wood]",
        "unknown caution `wood`",
    ),
    "a definition that nothing uses": (
        PATHWAY,
        "scores:\n",
        "definitions:\n  warm: {label: Warm, when: knee_hot, evidence: [BOOK]}\nscores:\n",
        "warm:",
        "`warm` is not used",
    ),
    "an order that is no mapping": (
        PATHWAY,
        "- {order: ref_knee, within: PT4H}",
        "- ref_knee",
        "- ref_knee",
        "Invalid input type",
    ),
    "a score that no band holds": (
        PATHWAY,
        'bands: {cold: "-1 to 0"',
        'bands: {cold: "-1 to -1"',
        "bands:",
        "a score of 0 must lie in exactly one band",
    ),
    "a score that two bands hold": (
        PATHWAY,
        'bands: {cold: "-1 to 0"',
        'bands: {cold: "-1 to 1"',
        "bands:",
        "a score of 1 must lie in exactly one band",
    ),
    "two cases of one name": (PATHWAY, "- name: pain", "- name: fever", "", "48:11: case `fever` stands twice"),
    "a pathway without words for patients": (
        PATHWAY,
        "patient: {name: a hot knee}\n",
        "",
        "",
        "`patient`: Missing data",
    ),
    "a pathway that has a plain name and none": (
        PATHWAY,
        "patient: {name: a hot knee}",
        "patient: {name: a hot knee, no_name: It is none}",
        "patient:",
        "give either `name` or, with its reason, `no_name`",
    ),
    "a tier without words for a leaflet": (
        "urgency.yaml",
        "      routine: *words\n",
        "",
        "",
        "no words for tier routine",
    ),
    "a text left out of leaflets that nobody says": (
        "urgency.yaml",
        "said_by_the_net: []",
        "said_by_the_net: [Hop]",
        "said_by_the_net:",
        "no pathway tells the patient `Hop`",
    ),
    "a beginning left out of leaflets that nobody says": (
        "urgency.yaml",
        "milder: {}",
        "milder: {emergency: [Hop]}",
        "milder:",
        "no pathway tells the patient `Hop …`",
    ),
    "a rule no case shows to be unknown": (
        PATHWAY,
        "rules: {knee-hot: unknown, ",
        "rules: {",
        "id: knee-hot",
        "rule `knee-hot` has no case that shows: unknown",
    ),
    "a rule that no case makes fire": (PATHWAY, "cases:\n", CALM, "id: knee-calm", "rule `knee-calm` is unreachable"),
    "a rule without any case": (
        PATHWAY,
        "cases:\n",
        CALM,
        "id: knee-calm",
        "`knee-calm` has no case that shows: fires, does not fire, unknown",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, mistake: str) -> None:
    file, old, new, words, reason = MISTAKES[mistake]
    named = mistakes(grow(tmp_path, file, old, new))
    found = [problem for problem in named if reason in problem]
    assert found, named
    if words:
        assert any(problem.startswith(f"{file}:{line_of(tmp_path, file, words)}:") for problem in found), found


@pytest.mark.parametrize("file", [file for file in FILES if not file.startswith("pathways")])
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    grow(tmp_path)
    (tmp_path / file).unlink()
    named = mistakes(tmp_path)
    if file == VOCABULARY:
        assert any("unknown key `knee_pain`" in problem for problem in named)
    else:
        assert f"{file}:1:1: the file is missing" in named


def test_every_mistake_is_named_at_once_and_in_order(tmp_path: Path) -> None:
    grow(tmp_path, PATHWAY, "tier: urgent\n    evidence", "tier: soon\n    evidence")
    (tmp_path / "evidence.yaml").unlink()
    (tmp_path / VOCABULARY).write_text("group: knee\n")
    assert [problem.split(":")[0] for problem in mistakes(tmp_path)] == ["evidence.yaml", PATHWAY, VOCABULARY]


def test_a_column_points_into_the_expression(tmp_path: Path) -> None:
    root = grow(tmp_path, PATHWAY, "when: temperature >= limit", "when: temperature >= limt")
    line, column = line_of(root, PATHWAY, "limt"), len("    when: temperature >= l")
    assert f"{PATHWAY}:{line}:{column}: unknown key `limt`" in mistakes(root)


def test_a_line_points_into_a_block(tmp_path: Path) -> None:
    root = grow(tmp_path, PATHWAY, "when: temperature >= limit", "when: |\n      temperature >= limit\n      and limt")
    (named,) = [problem for problem in mistakes(root) if "unknown key `limt`" in problem]
    assert named.startswith(f"{PATHWAY}:{line_of(root, PATHWAY, 'and limt')}:")


@pytest.mark.parametrize(
    ("instead", "is_resolved"),
    [
        (AVOIDING, False),
        (AVOIDING.replace("first.}", "first., over: [knee-fever]}"), True),
        (AVOIDING.replace("order: scan", "order: ref_knee"), True),
        ("", True),
    ],
    ids=["both", "one goes over the other", "another order", "neither"],
)
def test_two_rules_of_one_tier_may_not_order_and_avoid_the_same(
    tmp_path: Path, instead: str, *, is_resolved: bool
) -> None:
    text = FILES[PATHWAY].replace("    unless: score(knee_score) is hot\n    tier: urgent", "    tier: same_day")
    text = text.replace("knee_hot: present, temperature: 37", "knee_hot: present").replace(AVOIDING, instead)
    grow(tmp_path)
    (tmp_path / PATHWAY).write_text(text)
    reason = "rule `knee-hot` avoids `scan`, which rule `knee-fever` orders at the same tier for the same patient"
    named = [problem for problem in mistakes(tmp_path) if reason in problem]
    if is_resolved:
        assert not named
    else:
        assert named[0].startswith(f"{PATHWAY}:{line_of(tmp_path, PATHWAY, 'why: See it first')}:")


def test_the_same_score_in_two_pathways_is_refused(tmp_path: Path) -> None:
    grow(tmp_path)
    other = FILES[PATHWAY].replace("id: hot-knee", "id: warm-knee").replace("knee-hot", "knee-warm")
    (tmp_path / "pathways/warm-knee.yaml").write_text(other.replace("knee-fever", "knee-cold"))
    assert any("score `knee_score` stands twice" in problem for problem in mistakes(tmp_path))


def test_knowledge_without_any_pathway_is_refused(tmp_path: Path) -> None:
    grow(tmp_path)
    (tmp_path / PATHWAY).unlink()
    assert "pathways:1:1: there is no pathway; without one nothing would ever be said" in mistakes(tmp_path)


def test_two_pathways_may_not_have_one_name(tmp_path: Path) -> None:
    grow(tmp_path)
    other = FILES[PATHWAY].replace("knee-hot", "knee-warm").replace("knee-fever", "knee-cold")
    (tmp_path / "pathways/warm-knee.yaml").write_text(other.replace("knee_score", "warm_score"))
    assert any("pathway `hot-knee` stands twice" in problem for problem in mistakes(tmp_path))


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    grow(tmp_path)
    (tmp_path / PATHWAY).write_bytes(FILES[PATHWAY].replace("A knee", "Ä knee").encode("latin-1"))
    assert any(problem.startswith(f"{PATHWAY}:") and "not UTF-8 text" in problem for problem in mistakes(tmp_path))


def test_a_finding_in_two_groups_is_refused(tmp_path: Path) -> None:
    grow(tmp_path)
    (tmp_path / "vocabulary/leg.yaml").write_text(
        "group: leg\nfindings:\n  implant: {label: Implant, type: boolean, recency: ever}\n"
    )
    assert any("`implant` is already in another group" in problem for problem in mistakes(tmp_path))


def test_a_pathway_may_have_names_of_its_own(tmp_path: Path) -> None:
    own = "definitions:\n  warm: {label: Warm, when: temperature >= mild, evidence: [BOOK]}\n"
    own += "numbers:\n  mild: {label: Mild, equals: limit - 1, evidence: [BOOK]}\nrules:\n"
    named = mistakes(grow(tmp_path, PATHWAY, "rules:\n  - id", own + "  - id"))
    assert [problem.split(": ", 1)[1] for problem in named] == ["unknown key `mild`"]


def test_a_pathway_can_use_its_own_definition(tmp_path: Path) -> None:
    own = "definitions:\n  warm: {label: Warm, when: temperature >= limit, evidence: [BOOK]}\nrules:\n  - id"
    root = grow(tmp_path, PATHWAY, "rules:\n  - id", own)
    text = (root / PATHWAY).read_text()
    (root / PATHWAY).write_text(text.replace("    when: temperature >= limit\n", "    when: warm\n"))
    assert check(root).rules == 2


@pytest.mark.parametrize(
    ("text", "hours"),
    [("PT4H", 4), ("P1D", 24), ("P2W", 336), ("P1DT2H", 26), ("P1Y", 8766), ("P1M", 730.5), ("P12M", 8766)],
)
def test_a_duration_is_read(text: str, hours: float) -> None:
    assert duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "P", "PT", "4 hours", "P1.5D", "PT30S", "p1d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        duration(text)


def test_the_real_knowledge_is_whole() -> None:
    library = load()
    vocabulary = library.knowledge.findings
    assert len(vocabulary) >= 227
    assert all(library.terminology.lookup(FINDING_SYSTEM, key) for key in vocabulary)
    assert all(vocabulary[key].question for key in library.knowledge.red_flags)
    assert set(library.terminology.findings) == set(vocabulary)
    assert set(library.orders) == set(library.knowledge.orders)
    assert len(library.pathways) == len(library.knowledge.pathways) == len([*(ROOT / "pathways").glob("*.yaml")])


def test_no_urgent_rule_hangs_on_a_code_of_one_source_alone() -> None:
    library = load()
    for rule in library.knowledge.rules:
        if rule.tier and rule.tier.is_hot:
            for key in rule.condition.keys() & library.knowledge.findings.keys():
                (meaning,) = library.terminology.lookup(FINDING_SYSTEM, key)
                assert (meaning.key, meaning.prompts_only, meaning.past_only) == (key, False, False)


def test_every_reference_of_the_real_knowledge_leads_to_its_source() -> None:
    library = load()
    for rule in library.knowledge.rules:
        for reference in rule.evidence:
            source = library.evidence_for(reference)
            assert source is not None
            assert source.title
    assert library.evidence_for("LORE 1") is None
