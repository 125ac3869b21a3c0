"""The patient's leaflet: what it says at each tier, what it never says, and that it fits on one page."""

import re
import sys
import zlib
from base64 import b64encode
from collections import defaultdict
from functools import cache
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from weasyprint import HTML  # type: ignore[import-untyped]

from service.advice.document import Document
from service.advice.leaflet import leaflet
from service.advice.leaflet_page import (
    leaflet_body,
    leaflet_html,
    leaflet_style,
    leaflet_style_source,
)
from service.advice.leaflet_parts import Leaflet
from service.advice.pdf import PdfUnavailableError, pdf_of
from service.knowledge.cases import NOW, given
from service.knowledge.check import all_cases
from service.knowledge.library import Library
from service.knowledge.load import load
from service.triage.assess import assess
from service.triage.rules import Tier

ID = "4f11d049-2141-5b2c-9263-2ad809fbac1d"
DOSE = re.compile(r"\d\s*(mg|g|ml|mcg|micrograms?|units?)\b", re.IGNORECASE)
CLAIMS = re.compile(
    r"\byou(r child)? (have|has|suffer from) (a |an )?(blood clot|torn|broken|infection|fracture)|\b(is|are) due to\b"
)
LONGEST_SENTENCE = 36
STRAIN: dict[str, object] = {
    "age_years": 36,
    "sex_at_birth": "male",
    "calf_pain": "left",
    "sprint_or_stretch_mechanism": "left",
    "on_anticoagulant": "absent",
}


@cache
def library() -> Library:
    return load()


def document(**findings: object) -> dict[str, Any]:
    known = library().knowledge
    read = [given(key, value, known) for key, value in findings.items()]
    return Document(assess(read, known, NOW), library()).write([]) | {"id": ID}


def page(**findings: object) -> Leaflet:
    return leaflet(document(**findings), library())


def said(page: Leaflet) -> str:
    """All that a reader sees, without tags."""
    return plain(unescape(re.sub(r"<[^>]+>", " ", leaflet_body(page))))


def advised(**findings: object) -> str:
    """The self-care on a leaflet that has room for all of it, since no sign has to come first."""
    written = document(**findings)
    written["urgency"]["could_be"] = written["urgency"]["tier"]
    return " ".join(leaflet(written, library()).self_care.lines)


def unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def plain(text: str) -> str:
    return " ".join(text.split())


@cache
def everybody() -> tuple[tuple[dict[str, Any], Leaflet], ...]:
    """The leaflet of every example patient of the knowledge, with the document it was written from."""
    known = library().knowledge
    documents = [
        Document(assess(case.findings, known, NOW), library()).write([]) | {"id": ID}
        for case in all_cases(library())[0]
    ]
    return tuple((each, leaflet(each, library())) for each in documents)


@cache
def sample() -> tuple[Leaflet, ...]:
    """Some sixty different leaflets: the fullest of every tier, then others."""
    by_tier: dict[Tier | None, list[Leaflet]] = defaultdict(list)
    for each in dict.fromkeys(page for _, page in everybody()):
        by_tier[each.tier].append(each)
    chosen = []
    for pages in by_tier.values():
        pages.sort(key=lambda page: -len(said(page)))
        chosen += [*pages[:8], *pages[8 :: max(1, len(pages) // 5)]]
    return tuple(chosen)


def test_an_emergency_is_one_instruction_and_nothing_to_try_or_guess() -> None:
    urgent = page(age_years=70, leg_pain="left", sudden_onset="present", leg_cold="left", leg_pale="left")
    assert urgent.tier is Tier.EMERGENCY
    assert "ambulance" in urgent.action
    assert urgent.until_then.lines == ("Do not raise, bandage or warm the leg.",)
    for part in (urgent.could_be, urgent.self_care, urgent.tests, urgent.prevention, urgent.come_back):
        assert not part.lines
    assert "telephone" not in said(urgent)


def test_same_day_says_today_and_keeps_what_the_patient_must_not_do() -> None:
    clot = page(age_years=65, calf_circumference_difference_cm="4 cm left", calf_pain="left", active_cancer="present")
    assert clot.tier is Tier.SAME_DAY
    assert "today" in clot.headline
    assert any("not massage" in line for line in clot.until_then.lines)
    assert "blood clot in a leg vein" not in said(clot)


def test_while_an_emergency_is_open_the_signs_come_before_self_care() -> None:
    strain = page(**STRAIN)
    assert (strain.tier, strain.unsettled) == (Tier.SELF_CARE, True)
    text = said(strain)
    assert "Call us today if you are not sure" in text
    assert text.index("Call an ambulance if") < text.index("Protect the leg")


def test_once_nothing_is_open_the_advice_comes_first() -> None:
    settled = document(**STRAIN)
    settled["urgency"]["could_be"] = "self_care"
    text = said(leaflet(settled, library()))
    assert "not sure" not in text
    assert text.index("You can start to look after your leg yourself") < text.index("Protect the leg")
    assert text.index("Protect the leg") < text.index("Call an ambulance if")


def test_what_it_could_be_is_named_in_plain_words_and_never_claimed() -> None:
    strain = page(**STRAIN)
    assert strain.could_be.lines == ("a pulled or torn calf muscle",)
    assert "Only a doctor or nurse who examines you can tell" in said(strain)


def test_a_frightening_cause_is_named_only_once_it_is_likely() -> None:
    tame = document(**STRAIN)
    [entry] = [entry for entry in tame["considerations"] if entry["condition"] == "deep-vein-thrombosis"]
    assert entry["level"] == "possible"
    assert "clot in a leg vein" not in said(leaflet(tame, library()))
    entry["level"] = "likely"
    assert "clot in a leg vein" in said(leaflet(tame, library()))
    entry["level"] = "unlikely"
    assert "clot in a leg vein" not in said(leaflet(tame, library()))


def test_out_of_scope_gives_the_warning_signs_and_no_reassurance() -> None:
    nothing = page(age_years=40)
    assert nothing.tier is None
    assert "please tell us today" in nothing.action
    assert nothing.ambulance.lines
    assert nothing.same_day.lines
    assert not nothing.self_care.lines


def test_urgent_is_never_later_than_two_weeks_and_as_soon_as_the_soonest_order() -> None:
    urgent = document(**(STRAIN | {"kicked_in_heel_sensation": "present"}))
    urgent["urgency"]["because"] = []
    order = {"order": "xr_knee", "within": "P6W", "already": []}
    for orders, words in (
        ([order], "within 2 weeks"),
        ([order, order | {"within": "P1W"}], "within 1 week"),
        ([order, order | {"within": "P1D"}], "today or tomorrow"),
        ([order, order | {"within": "PT4H"}], "seen today"),
        ([order, order | {"within": "P1D", "already": [{"reference": "x"}]}], "within 2 weeks"),
    ):
        urgent["workup"], urgent["referrals"] = orders, []
        assert words in said(leaflet(urgent, library()))


def test_a_rule_that_orders_nothing_tells_by_when_to_be_seen() -> None:
    urgent = page(**(STRAIN | {"kicked_in_heel_sensation": "present"}))
    assert urgent.tier is Tier.URGENT
    assert urgent.afterwards is not None
    assert "seen today" in urgent.afterwards.action


def test_a_child_is_spoken_of_to_the_parent() -> None:
    assert "about your child" in said(page(age_years=9, leg_pain="left"))
    assert "your child" not in said(page(age_years=16, leg_pain="left"))
    assert "your child" not in said(page(leg_pain="left"))


NSAID: dict[str, object] = {
    "age_years": 40,
    "sex_at_birth": "male",
    "leg_pain": "left",
    "on_nsaid": "present",
    "on_anticoagulant": "absent",
}
CRAMP: dict[str, object] = {"age_years": 68, "leg_cramp": "left"}
SORE: dict[str, object] = {"age_years": 30, "post_exercise_soreness": "bilateral"}
HARM: list[tuple[dict[str, object], dict[str, object], str]] = [
    (NSAID, {"on_anticoagulant": "present"}, "Take your anti-inflammatory"),
    (NSAID, {"ckd": "present"}, "Take your anti-inflammatory"),
    (NSAID, {"sex_at_birth": "female", "pregnant": "present"}, "Take your anti-inflammatory"),
    (NSAID, {"gestational_age_weeks": 24, "sex_at_birth": "female"}, "Take your anti-inflammatory"),
    (NSAID, {"heart_failure": "present"}, "Take your anti-inflammatory"),
    (NSAID, {"age_years": 15}, "Take your anti-inflammatory"),
    (STRAIN, {"known_pad": "present"}, "elastic bandage"),
    (STRAIN, {"pedal_pulses_absent": "left"}, "Raise the leg"),
    (STRAIN, {"numbness": "left"}, "Ice is for comfort"),
    (STRAIN, {"focal_tibial_tenderness": "left"}, "Protect the leg"),
    (STRAIN, {"superficial_cord": "left"}, "elastic bandage"),
    (CRAMP, {"current_dvt_dx": "left"}, "Massage of the calf"),
    (CRAMP, {"d_dimer_feu": 900}, "Massage of the calf"),
    (SORE, {"leg_cold": "left"}, "Warmth or cold"),
    (SORE, {"leg_cyanosis": "left"}, "Warmth or cold"),
]


@pytest.mark.parametrize(("who", "against", "words"), HARM)
def test_what_could_harm_this_patient_is_not_on_the_leaflet(
    who: dict[str, object], against: dict[str, object], words: str
) -> None:
    assert words in advised(**who)
    assert words not in advised(**(who | against))


def test_what_one_rule_withholds_no_other_rule_says() -> None:
    strain = document(**STRAIN)
    text = next(entry for entry in strain["advice"] if entry["text"].startswith("Protect the leg"))
    assert text["text"] in said(leaflet(strain, library()))
    strain["withheld"] = [{"text": text["text"], "why": "it could harm"}]
    assert text["text"] not in said(leaflet(strain, library()))


def test_nobody_who_must_be_seen_today_reads_of_self_care_causes_or_tests() -> None:
    hot = [each for _, each in everybody() if each.hot]
    assert hot
    for each in hot:
        for part in (each.self_care, each.could_be, each.tests, each.prevention):
            assert not part.lines
        assert each.afterwards is None
        assert not re.search("(Come back|Call|Get help|Be seen) the same day", " ".join(each.until_then.lines))


def test_nobody_with_an_open_emergency_is_told_first_that_it_can_wait() -> None:
    for written, each in everybody():
        could_be, tier = written["urgency"]["could_be"], written["urgency"]["tier"]
        if could_be in {"emergency", "same_day"} and tier not in {"emergency", "same_day"}:
            assert each.headline == library().patient_words.leaflet.unsettled.headline
            assert "Call us today" in each.action


def test_no_leaflet_has_words_for_clinicians_a_withheld_text_a_dose_or_a_claim() -> None:
    for written, each in everybody():
        text = said(each)
        for entry in written["advice"]:
            if entry["audience"] == "clinician":
                assert plain(entry["text"]) not in text
        for entry in written["withheld"]:
            assert plain(entry["text"]) not in text
        assert not DOSE.search(text)
        assert not CLAIMS.search(text)


def test_advice_for_patients_names_no_dose_and_keeps_its_sentences_short() -> None:
    for document in library().pathways.values():
        for rule in document["rules"]:
            for entry in rule.get("advice", ()):
                if entry.get("audience") == "patient":
                    assert not DOSE.search(entry["text"])
                    for sentence in re.split(r"[.!?:;]\s", entry["text"]):
                        assert len(sentence.split()) <= LONGEST_SENTENCE, sentence


def test_every_cause_and_test_on_a_leaflet_has_a_plain_name() -> None:
    words = library().patient_words
    unnamed = {name for name in library().pathways if name not in words.conditions}
    assert unnamed == {"leg-complaint", "medicine-safety", "vital-signs", "child-with-leg-pain"}
    for name in (*(entry.name for entry in words.conditions.values()), *words.orders.values()):
        assert not re.search("thrombo|embol|isch|itis|opathy|syndrome|duplex|angiogra", name)


def test_every_leaflet_is_one_page_of_a4_and_of_letter() -> None:
    for each in sample():
        html = leaflet_html(each).replace("size: A4", "size: 210mm 279.4mm")  # as narrow as A4, as low as Letter
        assert len(HTML(string=html).render().pages) == 1, said(each)


def test_a_full_page_gives_up_prevention_first_and_never_a_sign() -> None:
    crowded = document(**STRAIN)
    crowded["advice"] += [
        {"kind": kind, "text": f"{kind} {number} " + "word " * 30, "audience": "patient"}
        for kind in ("self_care", "prevention")
        for number in range(12)
    ]
    full = leaflet(crowded, library())
    assert not full.prevention.lines
    assert full.self_care.lines[0].startswith("Protect the leg")
    assert full.self_care.lines[-1] == library().patient_words.leaflet.ask_first
    assert full.could_be.lines
    assert full.important.lines == page(**STRAIN).important.lines
    assert full.ambulance == page(**STRAIN).ambulance


def test_the_page_is_complete_well_formed_and_reads_in_order() -> None:
    for each in sample():
        html = leaflet_html(each)
        reader = Reader()
        reader.feed(html)
        reader.close()
        assert not reader.open
        assert reader.language == "en"
        assert reader.headings[0] == "h1"
        assert set(reader.headings[1:]) == {"h2"}
        assert not re.search(r"(src|href)=|url\(|@import|<script", html)


def test_what_a_document_says_is_never_markup() -> None:
    hostile = document(**STRAIN)
    hostile["id"] = "<script>alert(1)</script>"
    hostile["advice"].append({"kind": "self_care", "text": "<img src=x onerror=alert(1)>", "audience": "patient"})
    html = leaflet_html(leaflet(hostile, library()))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_the_style_stands_in_the_page_or_is_linked() -> None:
    each = page(**STRAIN)
    inline = re.search(r"<style>(.*?)</style>", leaflet_html(each), re.DOTALL)
    assert inline
    digest = b64encode(sha256(inline[1].encode()).digest()).decode()
    assert leaflet_style_source() == f"'sha256-{digest}'"
    linked = leaflet_html(each, stylesheet="/static/leaflet.css")
    assert '<link rel="stylesheet" href="/static/leaflet.css">' in linked
    assert "<style" not in linked
    assert all(rule.lstrip().startswith((".leaflet", "@", "/*", "}")) for rule in leaflet_style().splitlines() if rule)


def test_the_pdf_is_tagged_titled_and_the_same_every_time() -> None:
    html = leaflet_html(page(**STRAIN))
    pdf = pdf_of(html)
    assert pdf.startswith(b"%PDF-")
    assert pdf == pdf_of(html)
    inside = b"".join(unpacked(stream) for stream in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL))
    assert b"/StructTreeRoot" in inside
    assert b"/Lang (en)" in inside
    assert b"Check these signs first" in inside
    assert b"pdfuaid" in inside


def test_the_pdf_fetches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("article { display: none }")
    html = leaflet_html(page(**STRAIN))
    linked = html.replace("</head>", f'<link rel="stylesheet" href="{secret.as_uri()}"></head>')
    assert len(pdf_of(linked)) > len(pdf_of("<html lang=en><title>x</title><p>x</p>")) + 1000


def test_a_machine_without_pango_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPango:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango'")

    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoPango(), *sys.meta_path])
    with pytest.raises(PdfUnavailableError):
        pdf_of("<p>x</p>")


class Reader(HTMLParser):
    """Which elements are still open, the language, and the headings in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.language: str | None = None
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.language = dict(attrs)["lang"]
        if re.fullmatch(r"h\d", tag):
            self.headings.append(tag)
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("sign", ["leg_cyanosis", "leg_cold", "numbness", "leg_pale"])
def test_who_told_a_danger_sign_that_no_rule_could_judge_is_to_be_checked_today(sign: str) -> None:
    told = page(age_years=70, **{sign: "left"})
    assert told.tier is Tier.SELF_CARE
    assert told.unsettled
    assert told.afterwards == library().patient_words.leaflet.flagged
    assert not told.self_care.lines
    assert "no appointment" not in said(told)


def test_a_danger_sign_of_the_family_changes_nothing_for_the_patient() -> None:
    assert (
        page(age_years=70, leg_pain="left", gangrene="family").afterwards
        == (library().patient_words.leaflet.tiers[Tier.SELF_CARE])
    )


def test_the_signs_name_a_leg_that_has_long_been_cold_or_blue_and_dark_urine() -> None:
    signs = " ".join(page(age_years=70, calf_pain="left", leg_cramp="left").same_day.lines)
    assert "for some time" in signs
    assert "dark like cola" in signs


def test_a_torn_tendon_is_not_named_while_no_appointment_is_thought_to_be_needed() -> None:
    assert "torn tendon" not in said(page(age_years=60, achilles_tendon_pain="left"))
