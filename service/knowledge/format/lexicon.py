"""The shape of the lexicon: the words of free text. Every file may hold any of the parts."""

from marshmallow import Schema, fields, validate

from service.knowledge.format.parts import several_words, words
from service.knowledge.phrases import Means

_RANGE = fields.List(fields.Float(), validate=validate.Length(equal=2))


class SiteFormat(Schema):
    """A part of the body; `both` are the words that mean it on both sides."""

    leg = fields.Boolean()
    words = several_words(required=True)
    both = several_words()


class SignFormat(Schema):
    """What can be wrong with a part of the body, and the finding it is at each site."""

    nouns = several_words()
    adjectives = several_words()
    at = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    carries = fields.Boolean()
    counts_denied = fields.Boolean()
    alone = fields.String()


class NameFormat(Schema):
    """The words for one finding, and the words that deny it."""

    says = several_words()
    denies = several_words()
    leg = fields.Boolean()
    dated = fields.Boolean()


class TriggerFormat(Schema):
    """Words that change what the mentions around them say."""

    means = fields.String(required=True, validate=validate.OneOf([*Means]))
    looks = fields.String(validate=validate.OneOf(["forward", "backward", "both"]))
    reach = fields.Integer(validate=validate.Range(min=1))
    diagnoses_only = fields.Boolean()
    words = several_words(required=True, least=1)


class MeasureFormat(Schema):
    """Something measured: its names, its units with the plausible range in each, and what no unit means."""

    finding = words()
    names = several_words()
    units = fields.Dict(keys=fields.String(), values=_RANGE)
    spelled = fields.Dict(keys=fields.String(), values=fields.String())
    bare = several_words()
    alone = fields.Boolean()
    second = fields.String()
    out_of = fields.Integer()


class UnitOfTimeFormat(Schema):
    """A unit of time and its length in days."""

    days = fields.Float(required=True, validate=validate.Range(min=0))
    words = several_words(required=True)


class MomentFormat(Schema):
    """A moment in words, so many days ago."""

    days = fields.Float(required=True, validate=validate.Range(min=0))
    words = several_words(required=True)


class TimesFormat(Schema):
    """How spans and moments are written."""

    units = fields.List(fields.Nested(UnitOfTimeFormat), required=True)
    numbers = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    strokes = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    moments = fields.List(fields.Nested(MomentFormat), required=True)


class ChiefComplaintFormat(Schema):
    """The code of an observation whose value is the complaint in words."""

    system = fields.String(required=True, validate=validate.OneOf(["loinc", "snomed"]))
    code = words()
    display = words()
    verification = words()


class LexiconFormat(Schema):
    """lexicon/<part>.yaml."""

    review = fields.String(validate=validate.Equal("needed"))
    basis = fields.String(validate=validate.Equal("proposal"))
    sites = fields.Dict(keys=fields.String(), values=fields.Nested(SiteFormat))
    signs = fields.Dict(keys=fields.String(), values=fields.Nested(SignFormat))
    names = fields.Dict(keys=fields.String(), values=fields.Nested(NameFormat))
    sides = fields.Dict(
        keys=fields.String(validate=validate.OneOf(["left", "right", "bilateral", "other", "same"])),
        values=several_words(),
    )
    triggers = fields.List(fields.Nested(TriggerFormat))
    measures = fields.Dict(keys=fields.String(), values=fields.Nested(MeasureFormat))
    times = fields.Nested(TimesFormat)
    fillers = several_words()
    reporting = several_words()
    sexes = fields.Dict(
        keys=fields.String(validate=validate.OneOf(["female", "male"])), values=several_words(), required=False
    )
    chief_complaints = fields.List(fields.Nested(ChiefComplaintFormat))
