"""What a change of the knowledge means: in words, and for whom; and who answers for it."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.advice.document import Document
from service.cli import main
from service.intake.stored import read_findings
from service.knowledge.cases import NOW, given
from service.knowledge.documents import KnowledgeError
from service.knowledge.governance import overdue, source_attributes
from service.knowledge.load import load
from service.triage.assess import assess
from tests.knowledge.toy import grow

PATHWAY = "pathways/hot-knee.yaml"


def diff(tmp_path: Path, changes: dict[str, str], *options: str, file: str = PATHWAY) -> Result:
    """What `knowledge diff` prints when each text in the file is replaced by another."""
    old, new = grow(tmp_path / "old"), grow(tmp_path / "new")
    text = (new / file).read_text()
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    (new / file).write_text(text)
    return CliRunner().invoke(main, ["knowledge", "diff", str(old), str(new), *options], catch_exceptions=False)


def test_the_same_knowledge_has_nothing_to_tell(tmp_path: Path) -> None:
    assert diff(tmp_path, {}).stdout == "\nOf 3 patients these would be told otherwise:\n"


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        (PATHWAY, "tier: same_day", "tier: emergency", 'rule knee-hot: tier was "same_day", is now "emergency"'),
        (
            PATHWAY,
            "when: temperature >= limit",
            "when: temperature > limit",
            'rule knee-fever: the condition was "temperature >= limit", is now "temperature > limit"',
        ),
        (
            PATHWAY,
            "    unless: score(knee_score) is hot\n",
            "",
            'rule knee-fever: what stands it down was "score(knee_score) is hot", is now nothing',
        ),
        (PATHWAY, "{points: 1, label: Hot", "{points: 2, label: Hot", "score knee_score: items was [{points: 1"),
        (PATHWAY, "- {order: scan}", "- {order: scan, within: P1D}", 'is now [{order: "scan", within: "P1D"}]'),
        (PATHWAY, "id: knee-fever", "id: knee-heat", "hot-knee, rule knee-fever is gone: Fever"),
        (PATHWAY, "id: knee-fever", "id: knee-heat", "hot-knee, rule knee-heat is new: Fever"),
        (PATHWAY, "review_date: 2027", "review_date: 2028", "review_date was 2027-01-01, is now 2028-01-01"),
        (PATHWAY, "id: hot-knee", "id: warm-knee", "pathway warm-knee is new: Hot knee"),
        ("definitions.yaml", 'equals: "38"', 'equals: "39"', 'number limit: equals was "38", is now "39"'),
        ("definitions.yaml", "Ask about", "Ask for", "caution metal: text was"),
    ],
)
def test_a_change_is_told_in_words(tmp_path: Path, file: str, before: str, after: str, told: str) -> None:
    assert told in diff(tmp_path, {before: after}, file=file).stdout


def test_the_patients_whose_tier_or_orders_would_change_are_named(tmp_path: Path) -> None:
    changes = {"tier: same_day\n    evidence": "tier: emergency\n    evidence", "within: PT4H": "within: PT1H"}
    lines = diff(tmp_path, changes).stdout.splitlines()
    assert lines[lines.index("Of 3 patients these would be told otherwise:") + 1 :] == [
        "hot-knee: hot: tier same_day -> emergency; could be same_day -> emergency; - ref_knee PT4H; + ref_knee PT1H",
        "hot-knee: pain: could be same_day -> emergency",
    ]


def test_stored_assessments_are_compared_too(tmp_path: Path) -> None:
    library = load(grow(tmp_path / "old"))
    findings = [
        given(key, value, library.knowledge) for key, value in {"knee_pain": "left", "knee_hot": "present"}.items()
    ]
    written = Document(assess(findings, library.knowledge, NOW), library).write([])
    stored = tmp_path / "stored"
    stored.mkdir()
    (stored / "one.json").write_text(json.dumps(written))
    result = diff(tmp_path, {"tier: same_day\n    evidence": "tier: urgent\n    evidence"}, "--on", str(stored))
    assert "Of 1 patients" in result.stdout
    assert "one.json: tier same_day -> urgent" in result.stdout
    (stored / "two.json").write_text('{"created": "2026-11-22T12:00:00+00:00"}')
    assert "two.json is not a stored assessment" in diff(tmp_path, {}, "--on", str(stored)).stderr


def test_findings_come_back_from_json_as_they_were() -> None:
    library = load()
    said = {
        "calf_pain": "left",
        "age_years": 60,
        "symptom_onset_date": "3 days ago",
        "symptom_side": "left",
        "previous_dvt": "family",
        "active_cancer": "absent",
    }
    findings = [given(key, value, library.knowledge)._replace(recorded=NOW) for key, value in said.items()]
    assessment = assess(findings, library.knowledge, NOW)
    written = json.loads(json.dumps(Document(assessment, library).write([])))
    assert read_findings(written, library.terminology) == assessment.findings


def test_a_pathway_past_its_review_date_is_named(tmp_path: Path) -> None:
    library = load(grow(tmp_path))
    assert [*overdue(library, date(2027, 1, 1))] == []
    assert [*overdue(library, date(2027, 1, 2))] == [("hot-knee", date(2027, 1, 1))]


def test_the_thirteen_source_attributes_are_read_off_the_rules() -> None:
    library = load()
    for pathway in library.pathways:
        attributes = {attribute.id: attribute.text for attribute in source_attributes(library, pathway)}
        assert len(attributes) == 13
        assert all(attributes.values())
    dvt = {attribute.id: attribute.text for attribute in source_attributes(library, "deep-vein-thrombosis")}
    assert "NICE NG158" in dvt["citation"]
    assert (dvt["sex"], dvt["race"]) == ("Sex used for clinical purposes", "Not used")
    assert "Age" in dvt["date_of_birth"]
    assert dvt["dates"].startswith("released 20")


def test_an_attribute_that_names_an_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="unknown key `shoe_size`"):
        load(grow(tmp_path, "governance.yaml", "keys: [temperature]", "keys: [shoe_size]"))


def test_the_command_shows_who_answers_for_a_pathway() -> None:
    shown = CliRunner().invoke(main, ["knowledge", "show", "deep-vein-thrombosis"]).stdout
    assert "Use of race: Not used" in shown
    assert "Developer:" in shown
