"""The shape of the questionnaire and of its translations. Anything not named here is an error."""

from marshmallow import Schema, fields, validate

from service.knowledge.format.parts import IDENTIFIER, several_words, words

_REVIEW = validate.Equal("needed")


class ItemFormat(Schema):
    """One question."""

    key = words()
    help = words(required=False)
    unit = words(required=False)
    options = fields.Dict(keys=fields.String(validate=IDENTIFIER), values=words())
    repeats = fields.Boolean()
    when_any = several_words(least=1)
    when_all = several_words(least=1)


class GroupFormat(Schema):
    """Questions under one title."""

    id = fields.String(required=True, validate=IDENTIFIER)
    title = words()
    intro = words(required=False)
    layout = fields.String(validate=validate.Equal("table"))
    items = fields.List(fields.Nested(ItemFormat), required=True, validate=validate.Length(min=1))


class WordsForAnswers(Schema):
    """What the answers that many questions share are called."""

    present = words()
    absent = words()
    left = words()
    right = words()
    bilateral = words()


class QuestionnaireFormat(Schema):
    """questionnaire.yaml."""

    review = fields.String(validate=_REVIEW)
    title = words()
    intro = words()
    answers = fields.Nested(WordsForAnswers, required=True)
    languages = fields.List(fields.String(validate=validate.Regexp(r"^[a-z]{2}$")), required=True)
    groups = fields.List(fields.Nested(GroupFormat), required=True)


class TranslationFormat(Schema):
    """translations/<language>.yaml: each English text as it stood when it was translated, and its translation."""

    language = words()
    review = fields.String(required=True, validate=_REVIEW)
    texts = fields.Dict(keys=fields.String(), values=words(), required=True)
