"""The wire form of an intake: structured answers about one patient."""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

OLDEST = 130


class IntakePatientSchema(Schema):
    """Who the answers are about; age in years, or the date of birth."""

    id = fields.String(validate=validate.Length(min=1, max=128))
    age = fields.Float(validate=validate.Range(0, OLDEST), allow_nan=False)
    birth_date = fields.Date(data_key="birthDate")
    sex = fields.String(validate=validate.OneOf(["female", "male", "other", "unknown"]))


class IntakeFindingSchema(Schema):
    """One answer: a key of the vocabulary, its status, and where it applies side, value and onset.

    Whether the key exists and what kind of value it takes is checked against the vocabulary, not here.
    """

    key = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["present", "absent", "unknown"]))
    temporality = fields.String(validate=validate.OneOf(["current", "past", "family"]), load_default="current")
    side = fields.String(validate=validate.OneOf(["left", "right", "bilateral"]))
    value = fields.Raw()
    unit = fields.String()
    onset = fields.Date()


class IntakeSchema(Schema):
    """An intake: the patient, the findings, and perhaps the patient's own words."""

    patient = fields.Nested(IntakePatientSchema, load_default=dict)
    findings = fields.List(fields.Nested(IntakeFindingSchema), required=True)
    text = fields.String()

    @validates_schema
    def _one_age(self, data: dict[str, object], **_options: object) -> None:
        patient = data.get("patient")
        if isinstance(patient, dict) and "age" in patient and "birth_date" in patient:
            raise ValidationError("Give the age or the birth date, not both.", "patient")
