"""What the knowledge may say of advice that could do harm, of what speaks against a condition, and of look-alikes."""

from pathlib import Path

import pytest

from service.knowledge.check import check
from service.knowledge.documents import KnowledgeError
from service.knowledge.load import load
from tests.knowledge.toy import FILES, grow, told

PATHWAY = "pathways/hot-knee.yaml"
WITHHOLDS = """\
withholds:
  - {id: no-rubbing, acts: [massage], when: implant, text: Do not rub over metal., evidence: [BOOK 7]}
"""
RUB = "      - {kind: self_care, text: Rub it., acts: [massage], audience: patient}\n"
OTHER = (
    FILES[PATHWAY]
    .replace("id: hot-knee\ntitle: Hot knee", "id: stiff-knee\ntitle: Stiff knee")
    .replace("not_for: implant\nlikely_when: knee_hot\n", "against_when: temperature >= limit\n")
    .replace("knee-hot", "stiff-hot")
    .replace("knee-fever", "stiff-fever")
    .replace("knee_score", "stiff_score")
    .replace("scores:", "look_alikes:\n  - {pathway: hot-knee, why: Both hurt., evidence: [BOOK 8]}\nscores:")
)


@pytest.fixture
def rubbed(tmp_path: Path) -> Path:
    """Knowledge whose fever rule advises to rub the knee, unless there is metal in it."""
    grow(tmp_path, PATHWAY, "    advice:\n", "    advice:\n" + RUB)
    text = (tmp_path / PATHWAY).read_text().replace("not_for: implant\n", "")
    (tmp_path / PATHWAY).write_text(text)
    (tmp_path / "definitions.yaml").write_text(FILES["definitions.yaml"] + WITHHOLDS)
    return tmp_path


def test_advice_is_given_while_nothing_says_that_it_could_do_harm(rubbed: Path) -> None:
    for known in ({}, {"implant": "absent"}):
        patient = told(load(rubbed), temperature=39, **known)
        assert [text.text for text in patient.advice] == ["Rub it.", "Come back."]
        assert patient.withheld == ()


def test_advice_that_could_do_harm_is_withheld_with_its_reason(rubbed: Path) -> None:
    patient = told(load(rubbed), temperature=39, implant="present")
    assert [text.text for text in patient.advice] == ["Come back."]
    (withheld,) = patient.withheld
    assert (withheld.advice.text, withheld.because, withheld.evidence) == (
        "Rub it.",
        "Do not rub over metal.",
        ("BOOK 7",),
    )
    assert [finding.key for finding in withheld.findings] == ["implant"]


def test_what_is_not_advised_anyway_is_not_withheld(rubbed: Path) -> None:
    assert told(load(rubbed), implant="present").withheld == ()
    hot = told(load(rubbed), implant="present", knee_hot="present")
    assert (hot.urgency.tier, hot.withheld) == ("same_day", ())


def test_what_speaks_against_a_condition_stands_beside_it_and_lowers_no_tier(tmp_path: Path) -> None:
    grow(tmp_path)
    (tmp_path / "pathways/stiff-knee.yaml").write_text(OTHER)
    for temperature, against in ((37, []), (39, ["temperature"])):
        patient = told(load(tmp_path), knee_hot="present", temperature=temperature)
        (stiff,) = [c for c in patient.considerations if c.condition == "stiff-knee"]
        assert [finding.key for finding in stiff.against] == against
        assert (stiff.level, patient.urgency.tier) == ("possible", "same_day")


def test_a_look_alike_is_named_only_while_it_is_considered_itself(tmp_path: Path) -> None:
    grow(tmp_path)
    (tmp_path / "pathways/stiff-knee.yaml").write_text(OTHER)
    for implant, names in (("absent", ["hot-knee"]), ("present", [])):
        patient = told(load(tmp_path), implant=implant)
        (stiff,) = [c for c in patient.considerations if c.condition == "stiff-knee"]
        assert [other.pathway for other in stiff.look_alikes] == names
        for hot in (c for c in patient.considerations if c.condition == "hot-knee"):
            assert [other.pathway for other in hot.look_alikes] == ["stiff-knee"]


def test_a_look_alike_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    grow(tmp_path)
    (tmp_path / "pathways/stiff-knee.yaml").write_text(OTHER.replace("pathway: hot-knee", "pathway: cold-knee"))
    with pytest.raises(KnowledgeError, match="unknown pathway `cold-knee`"):
        check(tmp_path)
