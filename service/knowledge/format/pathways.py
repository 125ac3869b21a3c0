"""The shape of pathway files, of what they share and of a site policy. Anything not named here is an error."""

from marshmallow import Schema, fields, validate

from service.knowledge.format.parts import ACT, DURATION, IDENTIFIER, NAME, REGION, TIER, several_words, words
from service.knowledge.format.patients import ConditionWordsFormat
from service.triage.rules import AdviceKind, Audience, Basis


class Definition(Schema):
    """A condition with a name of its own."""

    label = words()
    when = words()
    evidence = several_words(required=True, least=1)
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)


class NamedNumber(Schema):
    """A number with a name of its own."""

    label = words()
    unit = fields.String()
    equals = words()
    by_region = fields.Dict(keys=fields.String(validate=REGION), values=fields.String(required=True))
    evidence = several_words(required=True, least=1)
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)


class ScoreItemFormat(Schema):
    """One item of a score."""

    points = fields.Integer(required=True, strict=True)
    label = words()
    when = words()
    judged_by = fields.String(validate=validate.Equal("clinician"))


class ScoreFormat(Schema):
    """A clinical score."""

    title = words()
    evidence = several_words(required=True, least=1)
    items = fields.List(fields.Nested(ScoreItemFormat), required=True, validate=validate.Length(min=1))
    bands = fields.Dict(
        keys=fields.String(validate=IDENTIFIER),
        values=fields.String(validate=validate.Regexp(r"^(<=|>=) -?\d+$|^-?\d+ to -?\d+$")),
        required=True,
    )


class OrderFormat(Schema):
    """An order that a rule places."""

    order = words()
    within = fields.String(validate=DURATION)


class AvoidFormat(Schema):
    """An order that a rule advises against."""

    order = words()
    why = words()
    over = several_words()


class AdviceFormat(Schema):
    """A piece of advice."""

    kind = fields.Enum(AdviceKind, by_value=True, required=True)
    text = words()
    evidence = several_words()
    basis = fields.Enum(Basis, by_value=True)
    acts = fields.List(fields.String(validate=ACT), validate=validate.Length(min=1))
    audience = fields.Enum(Audience, by_value=True)


class RuleFormat(Schema):
    """A rule."""

    id = fields.String(required=True, validate=NAME)
    title = words()
    when = words()
    unless = fields.String()
    tier = fields.String(validate=TIER)
    seen_within = fields.String(validate=DURATION)  # what a patient's leaflet says, where no order has a time limit
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)
    review = fields.String(validate=validate.Equal("needed"))
    note = fields.String()
    evidence = several_words(required=True, least=1)
    orders = fields.List(fields.Nested(OrderFormat))
    avoid = fields.List(fields.Nested(AvoidFormat))
    advice = fields.List(fields.Nested(AdviceFormat))


class ExpectFormat(Schema):
    """What a case must come to."""

    in_scope = fields.Boolean()
    tier = fields.String(validate=TIER)
    could_be = fields.String(validate=TIER)
    orders = several_words()
    not_orders = several_words()
    avoid = several_words()
    asks = several_words()
    considers = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.OneOf(["likely", "possible", "unlikely"]))
    )
    does_not_consider = several_words()
    against = fields.Dict(keys=fields.String(), values=several_words())
    cautions = several_words()
    no_cautions = several_words()
    withholds = several_words()
    advises = several_words()
    does_not_advise = several_words()


class CaseFormat(Schema):
    """An example patient with what must come of it."""

    name = words()
    given = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=False), required=True)
    rules = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.OneOf(["fires", "does not fire", "unknown"]))
    )
    expect = fields.Nested(ExpectFormat)
    from_ = fields.String(data_key="from")


class LookAlikeFormat(Schema):
    """Another pathway that cannot be told apart at the bedside."""

    pathway = fields.String(required=True, validate=NAME)
    why = words()
    evidence = several_words(required=True, least=1)


class PathwayFormat(Schema):
    """A pathway file."""

    id = fields.String(required=True, validate=NAME)
    title = words()
    about = words()
    patient = fields.Nested(ConditionWordsFormat, required=True)
    evidence = several_words(required=True, least=1)
    not_verified = several_words()
    catch_all = fields.Boolean()
    released = fields.Date(required=True)
    revised = fields.Date()
    review_date = fields.Date(required=True)
    owner = words()
    consider_when = words()
    not_for = fields.String()
    likely_when = fields.String()
    unlikely_when = fields.String()
    against_when = fields.String()
    look_alikes = fields.List(fields.Nested(LookAlikeFormat))
    definitions = fields.Dict(keys=fields.String(validate=IDENTIFIER), values=fields.Nested(Definition))
    numbers = fields.Dict(keys=fields.String(validate=IDENTIFIER), values=fields.Nested(NamedNumber))
    scores = fields.Dict(keys=fields.String(validate=IDENTIFIER), values=fields.Nested(ScoreFormat))
    rules = fields.List(fields.Nested(RuleFormat), required=True, validate=validate.Length(min=1))
    cases = fields.List(fields.Nested(CaseFormat), required=True, validate=validate.Length(min=1))


class WarningFormat(Schema):
    """A text with the condition under which it is said."""

    id = fields.String(required=True, validate=NAME)
    when = words()
    unless = fields.String()
    text = words()
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)
    evidence = several_words(required=True, least=1)


class CautionFormat(WarningFormat):
    """A warning that goes with some orders."""

    orders = several_words(required=True, least=1)
    warns = fields.Boolean()


class WithholdingFormat(WarningFormat):
    """Acts that are not advised while they could do harm."""

    acts = fields.List(fields.String(validate=ACT), required=True, validate=validate.Length(min=1))


class SharedFormat(Schema):
    """definitions.yaml: what several pathways use."""

    version = words()
    definitions = fields.Dict(keys=fields.String(validate=IDENTIFIER), values=fields.Nested(Definition))
    numbers = fields.Dict(keys=fields.String(validate=IDENTIFIER), values=fields.Nested(NamedNumber))
    cautions = fields.List(fields.Nested(CautionFormat))
    withholds = fields.List(fields.Nested(WithholdingFormat))


class LocalOrderFormat(Schema):
    """An order as a site calls it."""

    label = fields.String(validate=validate.Length(min=1))
    contact = fields.String(validate=validate.Length(min=1))
    within = fields.Dict(keys=fields.String(validate=TIER), values=fields.String(validate=DURATION))


class SiteFormat(Schema):
    """A site policy."""

    site = fields.String(required=True, validate=NAME)
    region = fields.String(validate=REGION)
    pathways_off = fields.Dict(keys=fields.String(), values=fields.String(validate=validate.Length(min=1)))
    orders = fields.Dict(keys=fields.String(), values=fields.Nested(LocalOrderFormat))
    tiers = fields.Dict(keys=fields.String(validate=TIER), values=fields.String(validate=validate.Length(min=1)))
