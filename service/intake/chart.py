"""The resources of one patient, ready to be looked up: who it is, which visit is now, which medicine is meant."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import msgspec

from service.intake.decode import Located
from service.intake.notes import Note
from service.intake.resources import Appointment, CodeableConcept, Encounter, Medication, Patient, Reference
from service.intake.times import parse

_OPEN_ENCOUNTERS = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_LONGEST_ENCOUNTER = timedelta(days=30)
_CONTAINED = msgspec.json.Decoder(Medication)


class Chart:
    """One patient's resources. Those that say they are about somebody else are left out, with a note."""

    def __init__(
        self, located: Iterable[Located], patient_id: str | None, encounter_id: str | None, now: datetime
    ) -> None:
        """Index the resources; without a `patient_id` the one Patient resource says whose chart it is."""
        self._now = now
        self.notes: list[Note] = []
        every = _each_once(located)
        patients = [item for item in every if isinstance(item.resource, Patient)]
        names = {f"Patient/{patient_id}"} if patient_id else {plain_reference(item.reference) for item in patients}
        if not names:
            names = {plain_reference(whose) for item in every if (whose := _whose(item)) and "Patient/" in whose}
        if len(names) > 1:
            self.notes.append(Note("Patient", "", "several patients in one set of data: nothing was read", lost=True))
            every = []
        addresses = {name for item in patients if plain_reference(item.reference) in names for name in item.names}
        self.patient_names = frozenset(names | addresses)
        self.resources = [item for item in every if self._is_about_patient(item)]
        self.patient = next((i for i in self.resources if isinstance(i.resource, Patient)), None)
        self._medications = {
            name: item.resource.code for item in every if isinstance(item.resource, Medication) for name in item.names
        }
        self.current_encounters = {f"Encounter/{encounter_id}"} if encounter_id else set()
        self.current_conditions: set[str] = set()
        for item in self.resources:
            if isinstance(item.resource, Encounter):
                self._take_encounter(item, item.resource, encounter_id)

    def _take_encounter(self, item: Located, encounter: Encounter, encounter_id: str | None) -> None:
        if encounter_id is None and encounter.status in _OPEN_ENCOUNTERS and self._is_recent(encounter):
            self.current_encounters.update(item.names)
        if not self.current_encounters.isdisjoint(item.names):
            references = [
                *(encounter.reason_reference or ()),
                *(diagnosis.condition for diagnosis in encounter.diagnosis or ()),
            ]
            self.current_conditions.update(plain_reference(r.reference) for r in references if r and r.reference)

    def _is_recent(self, encounter: Encounter) -> bool:
        """Whether an encounter that was never closed can still be going on."""
        began = parse(encounter.period.start if encounter.period else None, self._now)
        return began is None or self._now - began <= _LONGEST_ENCOUNTER

    def _is_about_patient(self, item: Located) -> bool:
        """Whether the resource is the patient's, as far as it says whose it is."""
        whose = item.reference if isinstance(item.resource, Patient) else _whose(item)
        if not whose or whose.startswith("#") or not self.patient_names or _is_named(whose, self.patient_names):
            return True
        self.notes.append(Note(item.reference, "subject", "is about another patient: not used"))
        return False

    def is_tied(self, item: Located, encounter: Reference | None) -> bool:
        """Whether the resource belongs to the current encounter."""
        if encounter and encounter.reference and _is_named(encounter.reference, self.current_encounters):
            return True
        # Most visits name no reason, and then no resource needs to be looked at.
        return bool(self.current_conditions) and not self.current_conditions.isdisjoint(
            map(plain_reference, item.names)
        )

    def medicine(
        self, concept: CodeableConcept | None, reference: Reference | None, contained: list[msgspec.Raw] | None
    ) -> CodeableConcept | None:
        """The medicine by its code, or through the reference to a Medication, contained or beside it."""
        if concept is not None or reference is None:
            return concept
        name = reference.reference or ""
        if not name.startswith("#"):
            # A medicine that was not sent may still be known by the name beside the reference.
            by_name = CodeableConcept(text=reference.display) if reference.display else None
            return self._medications.get(name) or self._medications.get(plain_reference(name)) or by_name
        for raw in contained or ():
            try:
                medication = _CONTAINED.decode(raw)
            except (msgspec.DecodeError, RecursionError):
                continue
            if medication.id == name[1:]:
                return medication.code
        return None


def _each_once(located: Iterable[Located]) -> list[Located]:
    """The same resource may come by several prefetch keys; equal copies count once."""
    seen: dict[str, list[object]] = {}
    every = []
    for item in located:
        copies = seen.setdefault(item.reference, [])
        if item.resource not in copies:
            copies.append(item.resource)
            every.append(item)
    return every


def _whose(item: Located) -> str:
    """Whom the resource says it is about, or an empty string."""
    resource = item.resource
    if isinstance(resource, Appointment):
        actors = [p.actor.reference or "" for p in resource.participant or () if p.actor]
        return next((actor for actor in actors if "Patient/" in actor), "")
    about: Reference | None = getattr(resource, "subject", None) or getattr(resource, "patient", None)
    return (about.reference or "") if about else ""


def plain_reference(reference: str) -> str:
    """A reference, relative or absolute, with or without version, as `Type/id`."""
    return "/".join(reference.split("/_history/", maxsplit=1)[0].split("/")[-2:])


def _is_named(reference: str, names: Collection[str]) -> bool:
    return reference in names or plain_reference(reference) in names
