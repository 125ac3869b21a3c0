"""The shape of what is said to patients: the words of urgency.yaml, and the plain name of a condition."""

from collections.abc import Mapping

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from service.knowledge.format.parts import TIER, several_words, words
from service.triage.rules import Basis, Tier

HEADINGS = (
    "until_then",
    "could_be",
    "self_care",
    "tests",
    "prevention",
    "important",
    "ambulance",
    "only_ambulance",
    "same_day",
    "come_back",
)


class ConditionWordsFormat(Schema):
    """The name of a condition in plain words; or the reason why the pathway has none."""

    name = fields.String(validate=validate.Length(min=1))
    no_name = fields.String(validate=validate.Length(min=1))
    named_when = fields.String(validate=validate.Equal("likely"))
    basis = fields.Enum(Basis, by_value=True)
    review = fields.String(validate=validate.Equal("needed"))

    @validates_schema
    def check_one(self, data: Mapping[str, object], **_options: object) -> None:
        """One of the two, never both."""
        if ("name" in data) == ("no_name" in data):
            raise ValidationError("give either `name` or, with its reason, `no_name`")


class SafetyNetFormat(Schema):
    """When to call for help: each line goes on from `Call … if`."""

    ambulance = several_words(required=True, least=1)
    same_day = several_words(required=True, least=1)


class TierWordsFormat(Schema):
    """What a leaflet says first."""

    headline = words()
    action = words()
    why = words()


class HeadingFormat(Schema):
    """The heading of a part, and the words before and after its lines."""

    heading = words()
    lead = fields.String(validate=validate.Length(min=1))
    after = fields.String(validate=validate.Length(min=1))


class LeafletFormat(Schema):
    """The words of a patient's leaflet that do not come from a pathway."""

    basis = fields.Enum(Basis, by_value=True, required=True)
    review = fields.String(validate=validate.Equal("needed"))
    title = words()
    child = words()
    tiers = fields.Dict(keys=fields.String(validate=TIER), values=fields.Nested(TierWordsFormat), required=True)
    unsettled = fields.Nested(TierWordsFormat, required=True)
    flagged = fields.Nested(TierWordsFormat, required=True)
    left_open = fields.Nested(TierWordsFormat, required=True)
    not_checked = fields.Nested(TierWordsFormat, required=True)
    headings = fields.Dict(
        keys=fields.String(validate=validate.OneOf(HEADINGS)), values=fields.Nested(HeadingFormat), required=True
    )
    ask_first = words()
    come_back = several_words(required=True, least=1)
    closing = several_words(required=True, least=1)
    telephone = words()
    reference = words()
    milder = fields.Dict(keys=fields.String(validate=TIER), values=several_words(required=True, least=1), required=True)
    said_by_the_net = several_words(required=True)

    @validates_schema
    def check_complete(self, data: Mapping[str, Mapping[str, object]], **_options: object) -> None:
        """Every tier and every part has its words."""
        tiers = [f"tier {name}" for name in Tier if name not in data["tiers"]]
        missing = [*tiers, *(name for name in HEADINGS if name not in data["headings"])]
        if missing:
            raise ValidationError(f"no words for {', '.join(missing)}")


class PatientWordsFormat(Schema):
    """What is said to a patient: who books a visit, and who is given a leaflet."""

    too_late = fields.Dict(keys=fields.String(validate=TIER), values=words(), required=True)
    unsettled = words()
    not_checked = words()
    safety_net = fields.Nested(SafetyNetFormat, required=True)
    leaflet = fields.Nested(LeafletFormat, required=True)
