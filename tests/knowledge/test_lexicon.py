"""The lexicon: a mistake in it is named with file, line and reason, and it is part of the digest."""

from pathlib import Path

import pytest

from service.knowledge.documents import KnowledgeError
from service.knowledge.load import load
from service.knowledge.phrases import Name
from service.knowledge.words import words
from tests.knowledge.toy import grow

SOUND = """\
sites:
  knee: {leg: true, words: [knee]}
signs:
  pain: {nouns: [ache], at: {knee: knee_pain}}
names:
  knee_hot: {says: [hot knee], denies: [cool knee]}
"""


def planted(root: Path, text: str) -> Path:
    (grow(root) / "lexicon").mkdir()
    (root / "lexicon" / "knee.yaml").write_text(text)
    return root


def test_the_words_lead_to_their_finding(tmp_path: Path) -> None:
    lexicon = load(planted(tmp_path, SOUND)).terminology.lexicon
    found = lexicon.at(words("Hot knee today"), 0)
    assert found is not None
    assert (found.end, found.meanings) == (2, (Name("knee_hot"),))


def test_the_lexicon_is_part_of_the_digest(tmp_path: Path) -> None:
    one = load(planted(tmp_path / "one", SOUND)).knowledge.digest
    other = load(planted(tmp_path / "other", SOUND.replace("cool knee", "cold knee"))).knowledge.digest
    assert one != other


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("knee_hot:", "knee_hott:", "lexicon/knee.yaml:6:14: unknown key `knee_hott`"),
        ("{knee: knee_pain}", "{knee: knee_pian}", "unknown key `knee_pian`"),
        ("{knee: knee_pain}", "{elbow: knee_pain}", "unknown site `elbow`"),
        ("knee_hot:", "temperature:", "is of type quantity, not boolean"),
        ("[hot knee]", '["... knee"]', "does not begin and end with a word"),
        ("says:", "sais:", "Unknown field"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(KnowledgeError) as error:
        load(planted(tmp_path, SOUND.replace(old, new)))
    assert complaint in str(error.value)
    assert "lexicon/knee.yaml:" in str(error.value)
