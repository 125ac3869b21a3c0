"""The wire form of an intake: structured answers about one patient, and the patient's own words."""

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from schemas.members import SIDES, STATUSES, TEMPORALITIES, Number, StrictSchema, keepable

OLDEST = 130  # years
MOST_FINDINGS = 2000
MOST_TEXT = 50_000  # characters
_LONGEST = 256  # characters of anything else


def _words(longest: int = _LONGEST, *, least: int = 0, **options: Any) -> fields.String:
    return fields.String(validate=[validate.Length(min=least, max=longest), keepable], **options)


class IntakePatientSchema(StrictSchema):
    """Who the answers are about; age in years, or the date of birth."""

    id = _words(128, least=1, metadata={"description": "As the caller names the patient."})
    name = _words(
        200, least=1, metadata={"description": "For the worklist; kept only where the site keeps identifiers."}
    )
    age = Number(
        validate=validate.Range(0, OLDEST),
        allow_nan=False,
        metadata={"description": "In years; an infant's may be fractional. Not beside `birthDate`."},
    )
    birth_date = fields.Date(data_key="birthDate")
    sex = fields.String(validate=validate.OneOf(["female", "male", "other", "unknown"]))


class IntakeFindingSchema(StrictSchema):
    """One answer: a key of the vocabulary, its status, and where it applies side, value and onset.

    Whether the key exists and what kind of value it takes is checked against the vocabulary, not here.
    """

    key = _words(required=True, metadata={"description": "One of `/api/v1/vocabulary`."})
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    temporality = fields.String(validate=validate.OneOf(TEMPORALITIES), load_default="current")
    side = fields.String(validate=validate.OneOf(SIDES))
    value = fields.Raw(
        metadata={
            "description": "For a present finding that is a quantity a number, else a code or a date.",
            "type": ["number", "string"],
        }
    )
    unit = _words(metadata={"description": "Of the value, in UCUM; without one, that of the vocabulary."})
    onset = fields.Date(metadata={"description": "When it began."})


class IntakeSchema(StrictSchema):
    """An intake: the patient, the findings, and perhaps the patient's own words."""

    patient = fields.Nested(IntakePatientSchema, load_default=dict)
    findings = fields.List(
        fields.Nested(IntakeFindingSchema), required=True, validate=validate.Length(max=MOST_FINDINGS)
    )
    text = _words(MOST_TEXT, metadata={"description": "The patient's own words, a note or a referral."})

    @pre_load
    def _not_too_many(self, data: object, **_options: object) -> object:
        """Counted before each is looked at: a body has room for millions, and they would take minutes."""
        findings = data.get("findings") if isinstance(data, dict) else None
        if isinstance(findings, list) and len(findings) > MOST_FINDINGS:
            raise ValidationError(f"Longer than maximum length {MOST_FINDINGS}.", "findings")
        return data

    @validates_schema
    def _one_age(self, data: dict[str, object], **_options: object) -> None:
        patient = data.get("patient")
        if isinstance(patient, dict) and "age" in patient and "birth_date" in patient:
            raise ValidationError("Give the age or the birth date, not both.", "patient")
