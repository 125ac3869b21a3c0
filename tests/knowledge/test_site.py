"""A site's own way: its region, the pathways it does not want, local names, numbers and time targets."""

from pathlib import Path

import pytest

from service.knowledge.cases import NOW, given
from service.knowledge.documents import KnowledgeError
from service.knowledge.library import Library
from service.knowledge.load import load
from service.triage.assess import assess
from tests.knowledge.toy import grow, told

SITE = """\
site: northfield
region: us
pathways_off: {}
orders:
  ref_knee: {label: Knee clinic, contact: bleep 123, within: {same_day: PT2H}}
tiers: {same_day: by six tonight}
"""
REGIONS = """equals: "38"\n    by_region: {us: "39", uk: "37"}"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Knowledge with a fever limit that differs by region."""
    return grow(tmp_path, "definitions.yaml", 'equals: "38"', REGIONS)


def library(root: Path, site: str | None) -> Library:
    """The knowledge as the site uses it."""
    if site is None:
        return load(root)
    policy = root.parent / f"{root.name}-site.yaml"
    policy.write_text(site)
    return load(root, policy)


def mistakes(root: Path, site: str) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        library(root, site)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("region", "fever_at"), [(None, [38, 38.5, 39]), ("region: us\n", [39]), ("region: uk\n", [37, 38, 38.5, 39])]
)
def test_the_region_picks_the_thresholds_that_differ(root: Path, region: str | None, fever_at: list[float]) -> None:
    ours = library(root, None if region is None else "site: northfield\n" + region)
    tiers = {t: told(ours, temperature=t, knee_hot="absent").urgency.tier for t in (36, 37, 38, 38.5, 39)}
    assert [temperature for temperature, tier in tiers.items() if tier == "urgent"] == fever_at


def test_an_order_has_the_local_name_number_and_time(root: Path) -> None:
    here = told(library(root, SITE), knee_hot="present")
    (referral,) = here.referrals
    assert (referral.label, referral.contact, referral.within) == ("Knee clinic", "bleep 123", "PT2H")
    assert here.urgency.target == "by six tonight"
    (elsewhere,) = told(library(root, None), knee_hot="present").referrals
    assert (elsewhere.label, elsewhere.contact, elsewhere.within) == ("Knee surgeon", None, "PT4H")


def test_a_pathway_that_is_off_says_nothing(root: Path) -> None:
    off = told(library(root, SITE.replace("{}", "{hot-knee: Another service does it.}")), knee_hot="present")
    assert (off.urgency.tier, off.considerations, off.fired) == ("self_care", (), ())


def test_version_and_digest_name_the_site(root: Path) -> None:
    plain, here = library(root, None).knowledge, library(root, SITE).knowledge
    assert (plain.version, here.version) == ("1", "1+northfield.us")
    assert library(root, "site: northfield\n").knowledge.version == "1+northfield"
    changed = library(root, SITE.replace("bleep 123", "bleep 124")).knowledge
    assert len({plain.digest, here.digest, changed.digest}) == 3
    assert told(library(root, SITE), knee_hot="present").knowledge_version == "1+northfield.us"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("{}", "{cold-knee: Not here.}", 3, "unknown pathway `cold-knee`"),
        ("{}", '{hot-knee: ""}', 3, "`hot-knee`: Shorter than minimum length 1."),
        ("ref_knee:", "ref_hip:", 5, "unknown order `ref_hip`"),
        ("PT2H", "P2D", 5, "P2D is later than P1D, the latest at tier `same_day`"),
        ("PT2H", "2 hours", 5, "write a duration"),
        ("within: {same_day: PT2H}", "within: {self_care: PT2H}", 5, "tier `self_care` has no time target"),
        ("region: us", "region: mars", 2, "Must be one of: uk, us."),
        ("site: northfield", "size: northfield", 1, "Unknown field."),
        ("tiers: {same_day", "tiers: {tomorrow", 6, "Must be one of"),
    ],
)
def test_a_mistake_is_named_with_its_place(root: Path, old: str, new: str, line: int, reason: str) -> None:
    named = mistakes(root, SITE.replace(old, new))
    assert any(problem.startswith(f"{root.name}-site.yaml:{line}:") and reason in problem for problem in named), named


def test_a_regional_threshold_is_checked_whatever_the_region(root: Path) -> None:
    shared = root / "definitions.yaml"
    shared.write_text(shared.read_text().replace('us: "39"', "us: warm"))
    with pytest.raises(KnowledgeError, match="unknown key `warm`"):
        load(root)


@pytest.mark.parametrize(
    ("region", "index", "fires"), [(None, 1.35, False), ("us", 1.35, False), ("uk", 1.35, True), ("us", 1.45, True)]
)
def test_the_regions_read_a_high_pressure_index_each_in_their_way(
    tmp_path: Path, region: str | None, index: float, *, fires: bool
) -> None:
    policy = tmp_path / "site.yaml"
    policy.write_text(f"site: northfield\nregion: {region}\n" if region else "site: northfield\n")
    knowledge = load(site_policy=policy).knowledge
    said = {"age_years": 70, "claudication_pattern": "left", "abi": index}
    assessment = assess([given(key, value, knowledge) for key, value in said.items()], knowledge, NOW)
    assert ("pad-abi-noncompressible" in {reason.rule for reason in assessment.fired}) is fires


def test_a_site_policy_that_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"^nowhere\.yaml:1:1: the file is missing$"):
        load(root, root / "nowhere.yaml")
