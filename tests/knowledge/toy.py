"""A small, sound knowledge tree about a hot knee, written out so that tests can break one thing of it."""

from pathlib import Path

from service.knowledge.cases import NOW, given
from service.knowledge.library import Library
from service.triage.assess import assess
from service.triage.assessment import Assessment

FILES = {
    "definitions.yaml": """\
version: "1"
definitions:
  knee_trouble:
    label: Trouble with the knee
    when: knee_pain or knee_hot
    evidence: [BOOK 1]
numbers:
  limit:
    label: Fever limit
    equals: "38"
    evidence: [BOOK 2]
cautions:
  - id: metal
    orders: [scan]
    when: implant
    text: Ask about the implant.
    evidence: [BOOK]
""",
    "urgency.yaml": """\
tiers:
  - {id: emergency, name: Emergency, target: now, priority: stat, indicator: critical}
  - {id: same_day, name: Same day, target: today, latest: P1D, priority: asap, indicator: warning}
  - {id: urgent, name: Urgent, target: this week, priority: urgent, indicator: warning}
  - {id: routine, name: Routine, target: some day, priority: routine, indicator: info}
  - {id: self_care, name: Self-care, target: never, indicator: info}
questions_at_once: 5
patients:
  too_late: {}
  unsettled: Ask
  not_checked: Tell
  safety_net: {ambulance: [it burns], same_day: [it smokes]}
  leaflet:
    basis: proposal
    title: Your knee
    child: Your child
    tiers:
      emergency: &words {headline: Go, action: Go now, why: Because}
      same_day: *words
      urgent: *words
      routine: *words
      self_care: *words
    unsettled: *words
    flagged: *words
    left_open: *words
    not_checked: *words
    headings:
      until_then: &heading {heading: Read}
      could_be: *heading
      self_care: *heading
      important: *heading
      tests: *heading
      prevention: *heading
      ambulance: *heading
      only_ambulance: *heading
      same_day: *heading
      come_back: *heading
    ask_first: Ask
    come_back: [Come]
    closing: [Bye]
    telephone: Telephone
    reference: Reference
    milder: {}
    said_by_the_net: []
""",
    "evidence.yaml": """\
evidence:
  BOOK: {title: A book about knees, grade: A, url: "https://book.example.org/"}
""",
    "orders.yaml": """\
orders:
  scan:
    label: Scan of the knee
    kind: imaging
    lateral: true
    category: {system: snomed, code: "1", display: Imaging}
    codes:
      - {system: loinc, code: "10", display: Scan of the left knee, side: left}
      - {system: loinc, code: "11", display: Scan of a knee, side: unspecified}
  ref_knee:
    label: Knee surgeon
    kind: referral
    category: {system: snomed, code: "2", display: Referral}
""",
    "vocabulary/recency.yaml": """\
classes:
  ever: {undated: current, meaning: Once true it stays true}
  recent: {undated: unknown, within: P1Y2M3W4DT5H, from_onset: true, meaning: Not long ago}
""",
    "governance.yaml": """\
developer: The tests
funding: None
attributes:
  sex: {label: Use of sex, keys: []}
  health_status: {label: Use of health status, keys: [temperature]}
""",
    "vocabulary/units.yaml": """\
spellings: {celsius: Cel}
""",
    "vocabulary/answers.yaml": """\
answers:
  - {system: snomed, code: "3", display: "Yes", means: present}
""",
    "vocabulary/knee.yaml": """\
group: knee
findings:
  knee_pain:
    label: Knee pain
    type: boolean
    lateral: true
    complaint: true
    recency: recent
    question: {patient: Does the knee hurt?}
    past_sets: knee_pain_before
    codes:
      - {system: icd10cm, code: "X1", prefix: true, display: Knee pain, laterality: {at: 3, right: "13", left: "2"}}
      - {system: snomed, code: "4", display: Joint pain, broader: true, sets: knee_trouble_any}
  knee_hot:
    label: Hot knee
    type: boolean
    red_flag: true
    recency: recent
    question: {clinician: Is the knee hot?}
  knee_pain_before: {label: Knee pain before, type: boolean, recency: ever}
  knee_trouble_any: {label: Any joint pain, type: boolean, recency: ever}
  implant:
    label: Implant
    type: boolean
    recency: ever
    question: {patient: Do you have an implant?}
    ask_unless: knee_hot
  temperature: {label: Temperature, type: quantity, unit: Cel, recency: recent}
""",
    "questionnaire.yaml": """\
title: Your knee
intro: Please answer.
answers: {present: "Yes", absent: "No", left: Left, right: Right, bilateral: Both}
languages: [de]
groups:
  - id: knee
    title: The knee
    items:
      - {key: knee_pain, help: Now}
      - {key: implant, when_any: [knee_pain]}
""",
    "translations/de.yaml": """\
language: de
review: needed
texts:
  Your knee: Ihr Knie
  Please answer.: Bitte antworten Sie.
  The knee: Das Knie
  Does the knee hurt?: Tut das Knie weh?
  Now: Jetzt
  Do you have an implant?: Haben Sie ein Implantat?
  "Yes": Ja
  "No": Nein
  Left: Links
  Right: Rechts
  Both: Beide
""",
    "pathways/hot-knee.yaml": """\
id: hot-knee
title: Hot knee
about: A knee that is hot.
patient: {name: a hot knee}
evidence: [BOOK 1]
released: 2026-01-01
review_date: 2027-01-01
owner: the tests
consider_when: knee_trouble
not_for: implant
likely_when: knee_hot
scores:
  knee_score:
    title: Knee score
    evidence: [BOOK 3]
    items:
      - {points: 1, label: Hot, when: knee_hot}
    bands: {cold: "-1 to 0", hot: ">= 1"}
rules:
  - id: knee-hot
    title: The knee is hot
    when: knee_hot
    tier: same_day
    evidence: [BOOK 4]
    orders:
      - {order: ref_knee, within: PT4H}
    avoid:
      - {order: scan, why: See it first.}
  - id: knee-fever
    title: Fever
    when: temperature >= limit
    unless: score(knee_score) is hot
    tier: urgent
    evidence: [BOOK 5]
    orders:
      - {order: scan}
    advice:
      - {kind: safety_net, text: Come back., evidence: [BOOK 6]}
cases:
  - name: hot
    given: {knee_pain: left, knee_hot: present, temperature: 37}
    rules: {knee-hot: fires, knee-fever: does not fire}
    expect: {tier: same_day, orders: [ref_knee PT4H], avoid: [scan]}
  - name: fever
    given: {knee_pain: left, knee_hot: absent, temperature: 39 Cel}
    rules: {knee-hot: does not fire, knee-fever: fires}
    expect: {tier: urgent, orders: [scan left]}
  - name: pain
    given: {knee_pain: left}
    rules: {knee-hot: unknown, knee-fever: unknown}
    expect: {could_be: same_day, asks: [knee_hot]}
""",
}


def grow(root: Path, file: str = "", old: str = "", new: str = "") -> Path:
    """Write the tree under `root`, with `old` in `file` replaced by `new`; it must be there, and once."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == file:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new) if name == file else text)
    return root


def told(library: Library, **facts: object) -> Assessment:
    """What is said of a patient with a painful knee and these findings."""
    knowledge = library.knowledge
    findings = [given(key, value, knowledge) for key, value in {"knee_pain": "left", **facts}.items()]
    return assess(findings, knowledge, NOW)


def line_of(root: Path, file: str, words: str) -> int:
    """The first line of the file that holds the words, counted from 1."""
    lines = (root / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)
