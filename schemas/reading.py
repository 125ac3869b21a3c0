"""The query parameters of lists, and what lists and statistics look like."""

from marshmallow import Schema, fields, validate

from schemas.members import DECISIONS, TIERS, many, moment, number, string

MOST_ITEMS = 200


class PageQuerySchema(Schema):
    """Which part of a list."""

    tier = fields.String(validate=validate.OneOf(TIERS))
    status = fields.String(validate=validate.OneOf(DECISIONS))
    cursor = fields.String(
        validate=validate.Length(min=1, max=200), metadata={"description": "`next` of the page before."}
    )
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, MOST_ITEMS), metadata={"description": "At most so many items."}
    )


class ExplainQuerySchema(Schema):
    """How much to tell."""

    explain = fields.Boolean(
        load_default=False,
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Add `trace`: how every rule that fired or is open was evaluated."},
    )


class IdempotencySchema(Schema):
    """What makes it safe to send a request again."""

    key = fields.String(
        data_key="Idempotency-Key",
        validate=[
            validate.Length(min=1, max=255),
            validate.Regexp("^[ -~]+$", error="Printable ASCII characters are needed."),
        ],
        metadata={
            "description": "What the client calls this request. Sent again with the same body, it gives the assessment "
            "that was made, without its trace; with another one, 422."
        },
    )


class PeriodQuerySchema(Schema):
    """Which days."""

    since = fields.Date(metadata={"description": "The first day, in UTC; 30 days before `until` if not given."})
    until = fields.Date(metadata={"description": "The last day, in UTC; today if not given."})


class RuleOverridesSchema(Schema):
    """How often what a rule said was overridden."""

    rule = string()
    answered = number("How often a clinician accepted or overrode it.")
    overridden = number()
    rate = fields.Float(required=True)


class StatisticsSchema(Schema):
    """What a period came to: counts alone, no patients."""

    since = moment()
    until = moment("Not included.")
    assessments = number()
    by_service = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    by_tier = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "The tiers, `none` and `out_of_scope`."},
    )
    by_status = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    override_rates = many(RuleOverridesSchema)
    median_seconds_to_acknowledge = fields.Float(
        required=True, allow_none=True, metadata={"description": "To the first decision; null where there is none."}
    )
