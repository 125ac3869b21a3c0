"""The wire form of what a clinician decides about an assessment."""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from schemas.members import DECISIONS, StrictSchema, keepable, many, moment, number, string, word

ACTIONS = ("acknowledge", "accept", "override", "undo")
MOST_COMMENT = 2000  # characters
REASONS = ("already-done", "other-diagnosis", "not-indicated", "patient-declined", "not-available", "data-wrong")
"""The codes of the reasons that cards offer, too."""


class DecisionRequestSchema(StrictSchema):
    """A decision about an assessment, or about one order of it."""

    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    order = fields.String(
        validate=validate.Length(min=1, max=128),
        metadata={"description": "The order it is about, one of the assessment's; without it, all of them."},
    )
    reason = fields.String(
        validate=validate.OneOf(REASONS), metadata={"description": "Why, as a code. An override needs one."}
    )
    comment = fields.String(
        validate=[validate.Length(min=1, max=MOST_COMMENT), keepable],
        metadata={"description": "The clinician's own words."},
    )

    @validates_schema
    def _reason_of_override(self, data: dict[str, object], **_options: object) -> None:
        if data["action"] == "override" and "reason" not in data:
            raise ValidationError("An override needs a reason.", "reason")


class DecisionSchema(Schema):
    """A decision that was made."""

    action = word((*ACTIONS, "claim", "release", "hand_over"))
    order = string(null=True)
    reason = string(null=True)
    comment = string(null=True)
    actor = string("The name of the key it was made with, or the login of the user.")
    assignee = string("Who looks after it from then on, if that was decided.", null=True)
    at = moment()


class DecisionsSchema(Schema):
    """What became of an assessment, and all decisions about it, the first one first."""

    status = word(DECISIONS)
    version = number("Counts up with every decision.")
    items = many(DecisionSchema)
