"""The shape of vocabulary, orders, evidence and urgency. Anything not named here is an error."""

from marshmallow import EXCLUDE, Schema, fields, validate

from service.knowledge.format.parts import DURATION, IDENTIFIER, TIER, WINDOW, several_words, words
from service.knowledge.format.patients import PatientWordsFormat


class Lateral(Schema):
    """Which character of an ICD-10-CM code (counted from 1, dots left out) tells the side."""

    at = fields.Integer(required=True)
    right = fields.String()
    left = fields.String()
    bilateral = fields.String()


class CodeFormat(Schema):
    """One code of a finding, an order or a category."""

    system = fields.String(required=True, validate=validate.OneOf(["snomed", "icd10cm", "loinc", "rxnorm", "atc"]))
    code = words()
    display = words()
    prefix = fields.Boolean()
    side = fields.String(validate=validate.OneOf(["left", "right", "bilateral", "unspecified"]))
    laterality = fields.Nested(Lateral)
    broader = fields.Boolean()
    sets = fields.String()
    needs_leg_site = fields.Boolean()
    past_only = fields.Boolean()
    use = fields.String(validate=validate.Equal("value"))
    answers = fields.Dict(keys=fields.String(), values=fields.String(validate=validate.OneOf(["present", "absent"])))
    sole_source = fields.Boolean()
    names = several_words()


class QuestionFormat(Schema):
    """The wording of a question."""

    patient = fields.String()
    clinician = fields.String()


class FindingFormat(Schema):
    """One key of the vocabulary."""

    label = words()
    type = fields.String(required=True, validate=validate.OneOf(["boolean", "quantity", "code", "date"]))
    unit = fields.String()
    molar_mass = fields.Float(validate=validate.Range(min=0, min_inclusive=False))
    lateral = fields.Boolean()
    complaint = fields.Boolean()
    red_flag = fields.Boolean()
    recency = words()
    ask_rank = fields.Integer()
    question = fields.Nested(QuestionFormat)
    ask_unless = fields.String()
    past_sets = fields.String()
    family_sets = fields.String()
    bilateral_sets = fields.String()
    confirmed_only = fields.Boolean()
    named_sets = fields.String()
    worse = fields.String(validate=validate.OneOf(["low", "high"]))
    codes = fields.List(fields.Nested(CodeFormat))
    sources = fields.String()
    verification = fields.String()
    notes = fields.String()


class VocabularyFormat(Schema):
    """vocabulary/<group>.yaml."""

    group = words()
    findings = fields.Dict(keys=fields.String(validate=IDENTIFIER), values=fields.Nested(FindingFormat), required=True)


class RecencyClass(Schema):
    """How old a statement may be and still be current."""

    class Meta:
        """Words for the reader stand beside the numbers."""

        unknown = EXCLUDE

    within = fields.String(validate=WINDOW)
    undated = fields.String(required=True, validate=validate.OneOf(["current", "unknown"]))
    from_onset = fields.Boolean()
    meaning = words()


class RecencyFormat(Schema):
    """vocabulary/recency.yaml."""

    classes = fields.Dict(keys=fields.String(), values=fields.Nested(RecencyClass), required=True)


class UnitsFormat(Schema):
    """vocabulary/units.yaml."""

    class Meta:
        """Words for the reader stand beside the table."""

        unknown = EXCLUDE

    spellings = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class AnswerFormat(Schema):
    """One code that answers a yes/no question."""

    system = fields.String(required=True, validate=validate.OneOf(["snomed", "loinc"]))
    code = words()
    display = words()
    means = fields.String(required=True, validate=validate.OneOf(["present", "absent"]))


class AnswersFormat(Schema):
    """vocabulary/answers.yaml."""

    answers = fields.List(fields.Nested(AnswerFormat), required=True)


class OrderDefinitionFormat(Schema):
    """One test or referral of orders.yaml."""

    class Meta:
        """The file keeps more for readers than the engine uses."""

        unknown = EXCLUDE

    label = words()
    patient = fields.String(validate=validate.Length(min=1))
    kind = words()
    lateral = fields.Boolean()
    repeat_of = fields.String()
    results = several_words()
    category = fields.Nested(CodeFormat, required=True)
    codes = fields.List(fields.Nested(CodeFormat))


class OrdersFormat(Schema):
    """orders.yaml."""

    orders = fields.Dict(keys=fields.String(), values=fields.Nested(OrderDefinitionFormat), required=True)


class EvidenceItem(Schema):
    """One source."""

    class Meta:
        """The file keeps more for readers than the engine uses."""

        unknown = EXCLUDE

    title = words()
    grade = fields.String(allow_none=True)
    url = fields.String()
    not_verified = several_words()


class EvidenceFormat(Schema):
    """evidence.yaml."""

    evidence = fields.Dict(keys=fields.String(), values=fields.Nested(EvidenceItem), required=True)


class AttributeFormat(Schema):
    """One attribute of a patient that must be declared, with the keys that stand for it."""

    label = words()
    keys = several_words(required=True)


class GovernanceFormat(Schema):
    """governance.yaml."""

    developer = words()
    funding = words()
    attributes = fields.Dict(
        keys=fields.String(validate=IDENTIFIER), values=fields.Nested(AttributeFormat), required=True
    )


class TierFormat(Schema):
    """One tier of urgency.yaml."""

    class Meta:
        """The file keeps more for readers than the engine uses."""

        unknown = EXCLUDE

    id = fields.String(required=True, validate=TIER)
    name = words()
    target = words()
    within = fields.String(validate=DURATION)
    latest = fields.String(validate=DURATION)
    priority = fields.String()
    indicator = fields.String(required=True, validate=validate.OneOf(["info", "warning", "critical"]))


class UrgencyFormat(Schema):
    """urgency.yaml."""

    class Meta:
        """The crosswalk to other scales is for readers."""

        unknown = EXCLUDE

    tiers = fields.List(fields.Nested(TierFormat), required=True)
    patients = fields.Nested(PatientWordsFormat, required=True)
    questions_at_once = fields.Integer(required=True)
