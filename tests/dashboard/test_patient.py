"""The page of one assessment: what a clinician reads there, down to where each fact was read."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.advice import pdf
from service.advice.document import Document
from service.app import create_app
from service.dashboard.presenters.changing import changes
from service.dashboard.presenters.deciding import deciding
from service.dashboard.presenters.explaining import Clause, Retelling
from service.dashboard.presenters.patient import PatientPage, patient_page
from service.knowledge.cases import NOW
from service.store import StoredAssessment
from service.triage.assess import assess
from tests.dashboard.people import desk, patient, present, sign_in
from tests.service.settings import settings
from tests.triage.patients import CASES, LIBRARY

ANN = {"id": "patient-ann", "age": 61, "sex": "female", "name": "Ann Sample"}
WORDS = "Left calf swollen since Tuesday. No chest pain."
OTHER_WELLS_ITEMS = (
    "active_cancer",
    "leg_paralysis_or_plaster",
    "bedridden_3d",
    "recent_major_surgery_12w",
    "deep_vein_tenderness",
    "entire_leg_swollen",
    "pitting_oedema_symptomatic_leg",
    "collateral_superficial_veins",
    "previous_dvt",
)
clock = [NOW]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One service for all pages; its clock moves when a test says so."""
    return create_app(settings(tmp_path_factory.mktemp("patient"), patient_ids="full"), LIBRARY, lambda: clock[0])


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    clock[0] = NOW
    yield
    clock[0] = NOW


@pytest.fixture
def viewer(app: Flask) -> FlaskClient:
    """The browser of somebody who may look."""
    return browser(app, sign_in(app, "viewer")[0])


def browser(app: Flask, token: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("legtriage", token)
    return client


def measured(key: str, value: float) -> dict[str, Any]:
    return present(key, value=value)


def absent(key: str) -> dict[str, Any]:
    return {"key": key, "status": "absent"}


def read(client: FlaskClient, id: str) -> str:  # noqa: A002
    """The page as it is read aloud: its words alone, in their order."""
    answer = client.get(f"/dashboard/assessments/{id}")
    assert answer.status_code == 200, answer.text
    return words(answer.text.split("<main", 1)[1])


def words(html: str) -> str:
    """What stands between the tags."""
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))
    return re.sub(r" ([,.:])", r"\1", text)


def page_of(app: Flask, id: str, **document: Any) -> PatientPage:  # noqa: A002
    """What the page of an assessment is made of, with this in its document instead."""
    kept = stored(app, id)
    changed = replace(kept, document=kept.document | document)
    return patient_page(changed, [changed], [], LIBRARY, NOW)


def stored(app: Flask, id: str) -> StoredAssessment:  # noqa: A002
    found = desk(app).assessor.store.assessment(id)
    assert found
    return found


@pytest.fixture(scope="module")
def suspected(app: Flask) -> str:
    """A swollen calf with cancer, told in answers and in words."""
    made = patient(
        app,
        present("calf_pain", side="left"),
        present("active_cancer"),
        present("previous_dvt"),
        measured("heart_rate", 96),
        absent("leg_cold"),
        text=WORDS,
        patient=ANN,
    )
    return str(made["id"])


def test_the_head_says_who_how_soon_and_what_could_raise_it(app: Flask, suspected: str) -> None:
    clock[0] = NOW + timedelta(hours=1)
    head = read(browser(app, sign_in(app, "viewer")[0]), suspected).split("What to do")[0]
    assert "Ann Sample 61 years, female · left side" in head
    assert "Same day Deep vein thrombosis likely" in head
    assert "Due in 3 h Target: first decision or result within 4 h" in head
    assert re.search(r"Could be: Emergency until it is known\. Ask first: \w", head)


def test_a_suggestion_tells_why_clause_by_clause_down_to_the_source(viewer: FlaskClient, suspected: str) -> None:
    text = read(viewer, suspected)
    scan = text.split("What to do")[1].split("Proximal leg-vein duplex ultrasound, left side", 1)[1]
    scan = scan.split("Emergency department")[0]
    assert "within 4 h as soon as possible" in scan
    assert "Why? Wells score 2 or more, DVT likely" in scan
    assert "rule dvt-likely. Cited source. It applies because all of this is so:" in scan
    assert re.search(r"Yes Two-level Wells DVT score: likely: 2 points so far, \d items not known", scan)
    assert "+1 ✓ Yes Active cancer (treatment now or within 6 months, or palliative) Intake, answer 2, stated" in scan
    assert "Not known Entire leg swollen not known, +1 if so" in scan
    assert "NG158 1.1.2-1.1.3 (opens another site) NICE NG158 Venous thromboembolic diseases grade A, guideline" in scan


def test_evidence_leads_to_its_source_without_telling_it_where_from(viewer: FlaskClient, suspected: str) -> None:
    html = viewer.get(f"/dashboard/assessments/{suspected}").text
    links = re.findall(r'<a href="(https://[^"]+)"([^>]*)>', html)
    assert links
    assert all('rel="noopener noreferrer external"' in rest for _, rest in links)


def test_what_only_words_say_is_to_be_confirmed_and_has_its_place_in_them(viewer: FlaskClient, suspected: str) -> None:
    known = read(viewer, suspected).split("What is known")[1]
    line = re.search(r"Calf swelling, size not measured.*?to be confirmed.*?characters (\d+) to (\d+)", known)
    assert line
    assert WORDS[int(line[1]) : int(line[2])] == "calf swollen"
    assert "not counted until somebody confirms it: Chest pain: no" in known.split("Data to check")[1]
    assert re.search(r"Cold leg or foot ○ Absent", known)
    assert re.search(r"Heart rate ● Measured 96 /min . . Intake, answer 4, measured, 22 Nov 2026, 12:00", known)


def every_clause(clauses: tuple[Clause, ...]) -> Iterator[Clause]:
    for each in clauses:
        yield each
        yield from every_clause(each.parts)


def deciding_statements(clauses: tuple[Clause, ...]) -> set[str]:
    own = {finding.statement for each in clauses for finding in each.findings}
    return own.union(*(deciding_statements(tuple(p for p in each.parts if p.decides)) for each in clauses))


def test_the_explanation_of_every_rule_is_the_one_that_was_given() -> None:
    """Told again from what is kept, no rule rests on other findings, and no clause that decided is lost."""
    told = 0
    for case in CASES[::6]:  # they come pathway by pathway, so that all pathways are met; all of them take 15 s
        assessment = assess(case.findings, LIBRARY.knowledge, NOW)
        document = orjson.loads(orjson.dumps(Document(assessment, LIBRARY).write([])))
        retelling = Retelling(document, LIBRARY)
        assert retelling.same_verdict, case.name
        orders = [*document["workup"], *document["referrals"]]
        for reason in [*document["urgency"]["because"], *(each for order in orders for each in order["because"])]:
            explanation = retelling.explain(reason)
            assert not explanation.trouble, (case.name, explanation.rule)
            rests_on = {finding.statement for finding in explanation.findings}
            assert rests_on <= deciding_statements(explanation.conditions), (case.name, explanation.rule)
            assert all(clause.text or clause.joined for clause in every_clause(explanation.conditions))
            told += 1
    assert told > 1000


def test_what_could_do_harm_or_is_not_due_is_told_with_its_reason(app: Flask, viewer: FlaskClient) -> None:
    made = patient(
        app,
        present("calf_pain", side="left"),
        present("leg_swelling_unilateral", side="left"),
        present("on_anticoagulant"),
        patient={"id": "patient-blood"},
    )
    text = read(viewer, made["id"])
    assert "D-dimer (quantitative): On an anticoagulant a D-dimer cannot exclude a clot; scan instead." in text
    assert "Age and sex not known · left side" in text
    assert "patient-blood" in text.split("What to do")[0]


def test_an_unlikely_condition_stands_among_what_was_set_aside(app: Flask, viewer: FlaskClient) -> None:
    made = patient(
        app,
        present("calf_pain", side="right"),
        present("leg_swelling_unilateral", side="right"),
        measured("d_dimer_feu", 120),
        measured("calf_circumference_difference_cm", 1),
        *(absent(key) for key in OTHER_WELLS_ITEMS),
        patient={"id": "patient-low", "age": 40, "sex": "male"},
    )
    text = read(viewer, made["id"])
    aside = text.split("What was set aside, and why")[1]
    assert "Deep vein thrombosis unlikely" in aside
    assert re.search(r"Suspected deep vein thrombosis stood down All that the rule dvt-suspected asks for holds", aside)
    assert "D-dimer (FEU): 120" in aside


def test_what_is_due_first_comes_first(app: Flask, viewer: FlaskClient) -> None:
    numb = (present("low_back_pain"), present("saddle_numbness"), present("leg_weakness", side="bilateral"))
    made = patient(app, *numb, patient={"id": "patient-numb", "age": 47})
    html = viewer.get(f"/dashboard/assessments/{made['id']}").text
    dues = [int(hours) for hours in re.findall(r'suggestion-when"><b>within (\d+) h</b> <span>immediately', html)]
    assert len(set(dues)) > 1
    assert dues == sorted(dues)


def test_the_places_of_pain_are_marked_on_the_right_leg(app: Flask, viewer: FlaskClient) -> None:
    def marks(*findings: dict[str, Any]) -> tuple[int, int, str]:
        made = patient(app, *findings, patient={"id": "patient-map"})
        html = viewer.get(f"/dashboard/assessments/{made['id']}").text
        return html.count("leg-present"), html.count("leg-unsided"), words(html)

    one, none, text = marks(present("calf_pain", side="left"))
    assert (one, none) == (1, 0)
    assert "Calf pain, left." in text.split("Where it hurts")[1]
    assert marks(present("calf_pain", side="bilateral"))[:2] == (2, 0)
    unsided, text = marks(present("calf_pain"))[1:]
    assert unsided == 2
    assert "On which leg is not known." in text


def test_earlier_assessments_tell_what_changed_and_a_newer_one_is_pointed_to(app: Flask) -> None:
    who = {"id": "patient-again", "age": 50, "sex": "male"}
    hot = patient(app, present("calf_pain", side="left"), present("leg_swelling_unilateral", side="left"), patient=who)
    clock[0] = NOW + timedelta(days=1)
    cool = patient(app, present("calf_pain", side="left"), measured("heart_rate", 80), patient=who)
    clock[0] = NOW + timedelta(days=2)
    last = patient(app, present("calf_pain", side="left"), measured("heart_rate", 118), patient=who)

    viewer = browser(app, sign_in(app, "viewer")[0])
    newest = read(viewer, last["id"])
    history = newest.split("Assessments of this patient")[1].split("Decisions")[0]
    assert "Changed: Heart rate: 80 /min → Heart rate: 118 /min" in history
    assert "Urgency: Same day →" in history
    assert "Not told again: One leg swollen, left" in history
    assert "The first that is kept." in history
    assert "118 /min rising" in newest.split("Measured over time")[1]
    assert "There is a newer assessment" not in newest

    oldest = viewer.get(f"/dashboard/assessments/{hot['id']}").text
    assert "There is a newer assessment of this patient" in words(oldest)
    assert "This one was more urgent: it stays on the worklist until somebody decides." in words(oldest)
    assert f'href="/dashboard/assessments/{last["id"]}"' in oldest
    assert cool["id"] in oldest
    assert "patient-ann" not in oldest


def test_with_other_knowledge_the_page_says_so_and_what_it_would_say(app: Flask, suspected: str) -> None:
    kept = stored(app, suspected).document
    old = {"version": "2020.1.0", "digest": "0" * 64}
    urgency = kept["urgency"] | {"because": [kept["urgency"]["because"][0] | {"rule": "a-rule-of-old"}]}
    page = page_of(app, suspected, knowledge=old, urgency=urgency | {"tier": "urgent"})
    assert not page.knowledge.same
    assert page.knowledge.verdict_today == "Same day, could be emergency"
    assert page.tier == "urgent"
    (reason,) = page.reasons
    assert not reason.conditions
    assert reason.trouble.startswith("With the knowledge of today this rule would not apply.")
    assert [finding.statement for finding in reason.findings]

    other = [urgency["because"][0] | {"rule": kept["urgency"]["because"][0]["rule"], "findings": []}]
    (reason,) = page_of(app, suspected, knowledge=old, urgency=urgency | {"because": other}).reasons
    assert reason.trouble.startswith("With the knowledge of today this rule rests on other findings.")


def test_the_same_knowledge_needs_no_warning(viewer: FlaskClient, suspected: str) -> None:
    text = read(viewer, suspected)
    assert "The knowledge has changed since" not in text
    assert "cannot be told again" not in text


def test_without_a_complaint_nothing_is_suggested_and_the_page_says_why(app: Flask, viewer: FlaskClient) -> None:
    made = patient(app, present("active_cancer"), patient={"id": "patient-well"})
    text = read(viewer, made["id"])
    assert "Out of scope" in text
    assert "That does not mean that nothing is wrong." in text


def test_decisions_are_listed_with_who_and_why(app: Flask) -> None:
    made = patient(app, present("calf_pain", side="left"), patient={"id": "patient-decided"})
    token, session = sign_in(app, "clinician")
    client = browser(app, token)
    path = f"/dashboard/assessments/{made['id']}"
    decided = {"csrf": session.kept.csrf, "version": "1", "action": "override", "reason": "other-diagnosis"}
    answer = client.post(f"{path}/decisions", data=decided | {"comment": "<b>tendon</b>"})
    assert answer.status_code == 303, answer.text
    log = words(client.get(path).text.split('id="log"')[1])
    assert "clinician Override the whole assessment" in log
    assert "<b>tendon</b>" in log


def test_what_was_answered_here_says_by_whom(app: Flask) -> None:
    made = patient(app, present("calf_pain", side="left"), patient={"id": "patient-answered", "age": 30})
    token, session = sign_in(app, "clinician")
    client = browser(app, token)
    path = f"/dashboard/assessments/{made['id']}"
    sent = {"csrf": session.kept.csrf, "finding": "leg_cold", "answer": "absent"}
    answer = client.post(f"{path}/answers", data=sent, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    known = words(answer.text).split("What is known")[1]
    assert re.search(r"Cold leg or foot ○ Absent . . . Answered here by clinician, 22 Nov 2026, 12:00", known)


@pytest.mark.parametrize(("findings", "first"), [(("calf_pain",), True), (("calf_pain", "one_sided"), False)])
def test_questions_come_first_where_only_an_answer_can_tell_whether_it_is_urgent(
    app: Flask, viewer: FlaskClient, findings: tuple[str, ...], *, first: bool
) -> None:
    told = [present("leg_swelling_unilateral" if key == "one_sided" else key, side="left") for key in findings]
    made = patient(app, *told, patient={"id": "patient-order", "age": 30})
    text = read(viewer, made["id"])
    assert (text.index("An answer triages anew") < text.index("What to do")) is first


def test_names_and_words_of_others_are_inert(app: Flask, viewer: FlaskClient) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    made = patient(app, present("calf_pain", side="left"), patient={"id": "patient-x", "name": evil})
    html = viewer.get(f"/dashboard/assessments/{made['id']}").text
    assert "alert(1)" in html
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_an_assessment_that_is_not_theirs_is_not_there(app: Flask, suspected: str) -> None:
    other = patient(app, present("calf_pain"), patient={"id": "patient-else"})["id"]
    client = stored(app, suspected).client
    far = browser(app, sign_in(app, "viewer", login="far", client="another-hospital")[0])
    sessions = desk(app).sessions
    user = sign_in(app, "viewer")[1].user
    token, _ = sessions.open(user, address=None, client=client, patient=stored(app, suspected).patient)
    bounded = browser(app, token)
    for end in ("", ".pdf"):
        assert far.get(f"/dashboard/assessments/{suspected}{end}").status_code == 404
        assert bounded.get(f"/dashboard/assessments/{other}{end}").status_code == 404
        assert bounded.get(f"/dashboard/assessments/no-such-id{end}").status_code == 404
    assert bounded.get(f"/dashboard/assessments/{suspected}").status_code == 200


def test_whoever_looks_or_prints_is_told_to_the_audit(app: Flask, viewer: FlaskClient, suspected: str) -> None:
    viewer.get(f"/dashboard/assessments/{suspected}")
    viewer.get(f"/dashboard/assessments/{suspected}.pdf")
    told = desk(app).assessor.store.audit(limit=2, subject=suspected)
    assert [each.action for each in told] == ["print: assessment", "view: assessment"]


def test_the_pdf_is_whole_tagged_and_named_without_the_patient(viewer: FlaskClient, suspected: str) -> None:
    answer = viewer.get(f"/dashboard/assessments/{suspected}.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert len(answer.data) > 30_000
    assert answer.headers["Content-Disposition"] == f'inline; filename="assessment-{suspected[:8]}.pdf"'


def test_a_machine_that_draws_no_pdf_says_how_to_print(
    viewer: FlaskClient, suspected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: str) -> bytes:
        raise pdf.PdfUnavailableError

    monkeypatch.setattr("service.dashboard.views.patient.pdf_of", away)
    answer = viewer.get(f"/dashboard/assessments/{suspected}.pdf")
    assert answer.status_code == 406
    assert "Print the page from the browser instead." in answer.text


@pytest.mark.parametrize("given", ["1961", "1961-04"])
def test_a_birth_date_of_which_only_the_year_is_known_opens_the_page(app: Flask, given: str) -> None:
    made = patient(app, present("calf_pain"), patient={"id": f"born-{given}", "age": 64})
    kept = replace(stored(app, made["id"]), birth_date=given)
    assert f"born {given}" in patient_page(kept, [kept], [], LIBRARY, NOW).about


def test_an_infant_is_as_old_on_the_page_as_on_the_worklist(app: Flask, viewer: FlaskClient) -> None:
    made = patient(app, present("calf_pain"), patient={"id": "infant", "age": 0.5})
    assert "6 months" in read(viewer, made["id"]).split("What to do")[0]


def test_patients_whose_ids_begin_alike_are_told_apart(app: Flask, viewer: FlaskClient) -> None:
    for last in "12":
        made = patient(app, present("calf_pain"), patient={"id": f"record-10000{last}", "age": 50})
        assert f"Patient record-10000{last}" in read(viewer, made["id"])
        assert f"Patient record-10000{last}" in words(viewer.get("/dashboard/").text)


def test_orders_stand_in_the_same_order_where_they_are_explained_and_where_they_are_decided(app: Flask) -> None:
    made = patient(app, present("low_back_pain"), present("saddle_numbness"), patient={"id": "cauda", "age": 47})
    page = page_of(app, made["id"])
    lines = deciding(stored(app, made["id"]), [], [], "clinician").orders
    assert len({line.within for line in page.suggestions}) > 1
    assert [line.order for line in lines] == [line.order for line in page.suggestions]


def test_each_question_says_for_which_danger_it_asks(app: Flask, viewer: FlaskClient, suspected: str) -> None:
    text = read(viewer, suspected).split("Open questions", 2)[2]
    assert re.search(r"could be emergency (Acute limb ischaemia|Pulmonary embolism|Cauda equina syndrome)", text)


def test_who_is_assessed_again_still_waits_since_before(app: Flask) -> None:
    who = {"id": "asked-again", "age": 70, "name": "Ottilie Again"}
    signs = (
        present("calf_pain", side="left"),
        present("active_cancer"),
        present("leg_swelling_unilateral", side="left"),
    )
    patient(app, *signs, patient=who)
    clock[0] = NOW + timedelta(hours=5)
    again = patient(app, *signs, absent("chest_pain"), patient=who)
    viewer = browser(app, sign_in(app, "viewer")[0])
    assert "Breached 1 h ago" in read(viewer, again["id"]).split("What to do")[0]
    row = words(viewer.get("/dashboard/").text).split("Ottilie Again")[0].rsplit("Same day", 1)[1]
    assert "Breached 1 h ago" in row
    assert "waits 5 h" in row


def test_a_new_reason_for_the_same_urgency_is_told_as_a_change(app: Flask) -> None:
    signs = (present("calf_pain", side="left"), present("leg_swelling_unilateral", side="left"))
    before = stored(app, patient(app, *signs, patient={"id": "cold", "age": 70})["id"])
    cold = patient(app, *signs, present("leg_cold", side="left"), patient={"id": "cold", "age": 70})
    told = changes(before, stored(app, cold["id"]), LIBRARY)
    assert told.tier.way == "same"
    assert any("cold" in reason for reason in told.reasons)
    assert not told.none
