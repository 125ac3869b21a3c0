"""FHIR R4 resources -> findings: one reader for each type of resource."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from service.intake import naming
from service.intake import resources as r4
from service.intake.chart import Chart
from service.intake.decode import Located, decode
from service.intake.notes import Intake, Note
from service.intake.observations import read_observation
from service.intake.questionnaire import read_questionnaire
from service.intake.statements import Circumstances, Statements
from service.intake.texts import Texts, is_chief_complaint
from service.intake.times import completed_years, full_date, parse
from service.knowledge.terminology import Terminology
from service.triage.expressions import ordered_key
from service.triage.findings import Finding, Method, Source, Status, Temporality

_BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_SEXES = {"F": "female", "M": "male", "female": "female", "male": "male", "other": "other"}
_GONE = frozenset({"entered-in-error", "cancelled", "not-done", "nullified", "rejected", "draft", "noshow"})
_OVER = frozenset({"inactive", "resolved", "remission"})
_PROVISIONAL = frozenset({"provisional", "differential", "unconfirmed"})
_TAKEN_NO_MORE = frozenset({"completed", "stopped", "ended"})
_DAY = timedelta(days=1)
_EPISODE = timedelta(days=30)


def read(
    data: Mapping[str, bytes],
    terminology: Terminology,
    now: datetime,
    *,
    patient_id: str | None = None,
    encounter_id: str | None = None,
) -> Intake:
    """The findings in several pieces of FHIR JSON (prefetch values, or one Bundle), each with its name.

    Resources about anybody but the patient are left out. Nothing in the data raises an error: what cannot be used
    becomes a note.
    """
    located: list[Located] = []
    notes: list[Note] = []
    for label in sorted(data):
        found, wrong = decode(data[label], label)
        located.extend(found)
        notes.extend(wrong)
    chart = Chart(located, patient_id, encounter_id, now)
    reader = _Reader(chart, terminology, now)
    findings = tuple(reader.read())
    patient = chart.patient.resource if chart.patient else None
    who = patient if isinstance(patient, r4.Patient) else r4.Patient()
    return Intake(
        findings=findings,
        notes=tuple(sorted({*notes, *chart.notes, *reader.statements.notes, *reader.texts.notes()})),
        patient_id=patient.id if patient else patient_id,
        patient_name=naming.name(who),
        birth_date=naming.birth_date(who),
    )


class _Reader:
    def __init__(self, chart: Chart, terminology: Terminology, now: datetime) -> None:
        self.chart = chart
        self.terminology = terminology
        self.now = now
        self.statements = Statements(terminology, now)
        self.texts = Texts(self.statements)

    def read(self) -> Iterator[Finding]:
        patient = self.chart.patient
        if patient and isinstance(patient.resource, r4.Patient) and self._has_died(patient.resource):
            self._note(patient.reference, "deceased", "the patient has died: nothing was read")
            return
        for item in self.chart.resources:
            reader = _READERS.get(type(item.resource))
            if reader is not None:
                yield from reader(self, item, item.resource)

    def _note(self, reference: str, element: str, text: str) -> None:
        self.statements.notes.append(Note(reference, element, text))

    def _when(self, item: Located, element: str, text: str | None) -> datetime | None:
        return self.statements.moment(item.reference, element, text)

    @staticmethod
    def _has_died(patient: r4.Patient) -> bool:
        return bool(patient.deceased_boolean or patient.deceased_date_time)

    def patient(self, item: Located, patient: r4.Patient) -> Iterator[Finding]:
        years = completed_years(patient.birth_date, self.now)
        if years is not None:
            source = Source(item.reference, "birthDate", Method.MEASURED)
            yield Finding("age_years", Status.PRESENT, value=years, unit="a", sources=(source,))
        elif patient.birth_date:
            self._note(item.reference, "birthDate", "cannot be read: age unknown")
        born = next((e.value_code for e in patient.extension or () if e.url == _BIRTH_SEX), None)
        sex = _SEXES.get(born or "") or _SEXES.get(patient.gender or "")
        if sex:
            source = Source(item.reference, "extension" if born else "gender")
            yield Finding("sex_at_birth", Status.PRESENT, value=sex, sources=(source,))

    def condition(self, item: Located, condition: r4.Condition) -> Iterator[Finding]:
        verification = _codes(condition.verification_status)
        if "entered-in-error" in verification:
            return
        refuted = "refuted" in verification
        onset_text = condition.onset_date_time or r4.start(condition.onset_period)
        about = Circumstances(
            source=Source(item.reference, "code", by_clinician=refuted),
            status=Status.ABSENT if refuted else Status.PRESENT,
            temporality=Temporality.PAST if not refuted and self._is_over(condition) else Temporality.CURRENT,
            onset=self._when(item, "onset", onset_text),
            recorded=self._when(item, "recordedDate", condition.recorded_date),
            tied=self.chart.is_tied(item, condition.encounter),
            confirmed=not (verification & _PROVISIONAL),
            vague_onset=onset_text is None
            and any((condition.onset_age, condition.onset_range, condition.onset_string)),
            body_sites=tuple(condition.body_site or ()),
        )
        said = tuple(self.statements.findings((condition.code,), about))
        if not said or condition.note:
            noted = [note.get("text") for note in _dicts(condition.note)]
            said += tuple(self.texts.read((condition.code,), about, "code.text", said, noted))
        for finding in said:
            yield finding
            yield from self._onset_of_complaint(finding, item, onset_text)

    def _is_over(self, condition: r4.Condition) -> bool:
        if _codes(condition.clinical_status) & _OVER:
            return True
        end = condition.abatement_date_time or (condition.abatement_period and condition.abatement_period.end)
        if end:
            moment = parse(end, self.now)
            return moment is not None and moment <= self.now
        return condition.abatement_age is not None or condition.abatement_string is not None

    def _onset_of_complaint(self, finding: Finding, item: Located, onset: str | None) -> Iterator[Finding]:
        """The onset of a current complaint is the onset of the symptoms."""
        began = full_date(onset)
        current = finding.status is Status.PRESENT and finding.temporality is Temporality.CURRENT
        if began and current and finding.key in self.terminology.complaints:
            source = Source(item.reference, "onset")
            yield Finding(
                "symptom_onset_date", Status.PRESENT, value=began, recorded=finding.recorded, sources=(source,)
            )

    def observation(self, item: Located, observation: r4.Observation) -> Iterator[Finding]:
        tied = self.chart.is_tied(item, observation.encounter)
        yield from read_observation(item.reference, observation, self.statements, tied=tied)
        if observation.value_string and is_chief_complaint(observation, self.terminology.lexicon):
            when = observation.effective_date_time or r4.start(observation.effective_period) or observation.issued
            about = Circumstances(Source(item.reference), recorded=self._when(item, "effective", when), tied=tied)
            yield from self.texts.read((), about, "", (), [observation.value_string])

    def medication(
        self,
        item: Located,
        use: r4.MedicationRequest | r4.MedicationStatement | r4.MedicationAdministration,
    ) -> Iterator[Finding]:
        if use.status in _GONE | {"intended", "not-taken"} or getattr(use, "do_not_perform", None):
            return
        if getattr(use, "intent", None) in {"proposal", "plan"}:
            return
        medicine = self.chart.medicine(use.medication_codeable_concept, use.medication_reference, use.contained)
        if medicine is None:
            self._note(item.reference, "medication", "the medicine is not named and was not sent: not known")
            return
        last = (
            r4.end(use.effective_period)
            or use.effective_date_time
            or getattr(use, "authored_on", None)
            or getattr(use, "date_asserted", None)
        )
        recorded = self._when(item, "date", last)
        over = use.status in _TAKEN_NO_MORE
        if isinstance(use, r4.MedicationAdministration) and recorded and self.now - recorded <= _DAY:
            over = False  # A dose that was given today: the medicine is in use.
        about = Circumstances(
            source=Source(item.reference, "medication"),
            temporality=Temporality.PAST if over else Temporality.CURRENT,
            recorded=recorded,
        )
        named = self.statements.medicines(medicine)
        for key in sorted(named):
            if "Medication" in self.terminology.findings[key].read_from:
                yield from self.statements.state(named[key], None, about)

    def procedure(self, item: Located, procedure: r4.Procedure) -> Iterator[Finding]:
        if procedure.status in _GONE | {"preparation"}:
            return
        period = procedure.performed_period
        about = Circumstances(
            source=Source(item.reference, "code"),
            recorded=self._when(item, "performed", procedure.performed_date_time or r4.end(period) or r4.start(period)),
            tied=self.chart.is_tied(item, procedure.encounter),
            body_sites=tuple(procedure.body_site or ()),
        )
        yield from self.statements.findings((procedure.code, procedure.category), about)
        yield from self._order_done(item, procedure.code, about, tuple(procedure.body_site or ()))

    def encounter(self, item: Located, encounter: r4.Encounter) -> Iterator[Finding]:
        if encounter.status in _GONE:
            return
        about = Circumstances(
            source=Source(item.reference, "reasonCode"),
            recorded=self._when(item, "period", r4.start(encounter.period)),
            tied=not self.chart.current_encounters.isdisjoint(item.names),
        )
        yield from self._reasons(encounter.reason_code, about)

    def family(self, item: Located, history: r4.FamilyMemberHistory) -> Iterator[Finding]:
        if history.status in _GONE:
            return
        about = Circumstances(Source(item.reference, "condition.code"), temporality=Temporality.FAMILY)
        yield from self.statements.findings((c.code for c in history.condition or ()), about)

    def allergy(self, item: Located, allergy: r4.AllergyIntolerance) -> Iterator[Finding]:
        verification = _codes(allergy.verification_status)
        if "entered-in-error" in verification or _codes(allergy.clinical_status) & _OVER:
            return
        refuted = "refuted" in verification
        about = Circumstances(
            source=Source(item.reference, "code", by_clinician=refuted),
            status=Status.ABSENT if refuted else Status.PRESENT,
            recorded=self._when(item, "recordedDate", allergy.recorded_date),
        )
        concepts = (allergy.code, *(reaction.substance for reaction in allergy.reaction or ()))
        for meaning, concept in self.statements.meanings(concepts):
            if "AllergyIntolerance" in self.terminology.findings[meaning.key].read_from:
                yield from self.statements.state(meaning, concept, about)

    def device(self, item: Located, device: r4.Device) -> Iterator[Finding]:
        if device.status in _GONE | {"inactive"}:
            return
        yield from self.statements.findings((device.type,), Circumstances(Source(item.reference, "type")))

    def flag(self, item: Located, flag: r4.Flag) -> Iterator[Finding]:
        if flag.status in _GONE:
            return
        about = Circumstances(
            source=Source(item.reference, "code"),
            temporality=Temporality.PAST if flag.status == "inactive" else Temporality.CURRENT,
            recorded=self._when(item, "period", r4.start(flag.period)),
        )
        yield from self.statements.findings((flag.code,), about)

    def service_request(self, item: Located, request: r4.ServiceRequest) -> Iterator[Finding]:
        if request.status in _GONE | {"revoked"} or request.do_not_perform:
            return
        about = Circumstances(
            source=Source(item.reference, "reasonCode"),
            recorded=self._when(item, "authoredOn", request.authored_on),
            tied=self.chart.is_tied(item, request.encounter),
            confirmed=False,  # A test is asked for because something is suspected.
            body_sites=tuple(request.body_site or ()),
        )
        yield from self._reasons(request.reason_code, about)
        if request.intent not in {"proposal", "plan"}:
            yield from self._order_done(item, request.code, about, about.body_sites)

    def report(self, item: Located, report: r4.DiagnosticReport) -> Iterator[Finding]:
        if report.status in _GONE:
            return
        period = report.effective_period
        moment = report.effective_date_time or r4.end(period) or r4.start(period) or report.issued
        about = Circumstances(Source(item.reference, "code"), recorded=self._when(item, "effective", moment))
        yield from self._order_done(item, report.code, about, ())

    def _order_done(
        self,
        item: Located,
        code: r4.CodeableConcept | None,
        about: Circumstances,
        sites: tuple[r4.CodeableConcept, ...],
    ) -> Iterator[Finding]:
        """That an order of ours is already placed or done in this episode."""
        if about.recorded is not None and self.now - about.recorded > _EPISODE and not about.tied:
            return
        orders, coded_side, side = self.statements.placed_order(code, sites)
        if len(orders) == 1:
            source = Source(item.reference, "code")
            yield Finding(
                ordered_key(*orders),
                Status.PRESENT,
                side=coded_side or side,
                recorded=about.recorded,
                sources=(source,),
            )

    def appointment(self, item: Located, appointment: r4.Appointment) -> Iterator[Finding]:
        if appointment.status in _GONE:
            return
        about = Circumstances(
            Source(item.reference, "reasonCode"), recorded=self._when(item, "created", appointment.created)
        )
        yield from self._reasons(appointment.reason_code, about)

    def _reasons(self, reasons: list[r4.CodeableConcept] | None, about: Circumstances) -> Iterator[Finding]:
        """What the reasons of a visit or a request say, by their codes or else in words."""
        if reasons:
            coded = tuple(self.statements.findings(reasons, about))
            yield from coded
            yield from self.texts.read(reasons, about, "reasonCode.text", coded)

    def questionnaire(self, item: Located, response: r4.QuestionnaireResponse) -> Iterator[Finding]:
        if response.status in _GONE:
            return
        authored = self._when(item, "authored", response.authored)
        tied = self.chart.is_tied(item, response.encounter)
        yield from read_questionnaire(item.reference, response, authored, self.statements, tied=tied)


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _codes(status: r4.CodeableConcept | str | None) -> frozenset[str]:
    if status is None:
        return frozenset()
    if isinstance(status, str):
        return frozenset({status})
    return frozenset(coding.code for coding in status.coding or () if coding.code)


_READERS: Mapping[type, Callable[[_Reader, Located, Any], Iterable[Finding]]] = {
    r4.Patient: _Reader.patient,
    r4.Condition: _Reader.condition,
    r4.Observation: _Reader.observation,
    r4.MedicationRequest: _Reader.medication,
    r4.MedicationStatement: _Reader.medication,
    r4.MedicationAdministration: _Reader.medication,
    r4.Procedure: _Reader.procedure,
    r4.Encounter: _Reader.encounter,
    r4.FamilyMemberHistory: _Reader.family,
    r4.AllergyIntolerance: _Reader.allergy,
    r4.Device: _Reader.device,
    r4.Flag: _Reader.flag,
    r4.ServiceRequest: _Reader.service_request,
    r4.DiagnosticReport: _Reader.report,
    r4.Appointment: _Reader.appointment,
    r4.QuestionnaireResponse: _Reader.questionnaire,
}
