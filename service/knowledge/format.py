"""The shape of the knowledge files. Anything not named here is an unknown key, and an error."""

from marshmallow import EXCLUDE, Schema, fields, validate

from service.triage.rules import AdviceKind, Audience, Basis, Tier

_DURATION = validate.Regexp(r"^P(?:T\d+H|\d+[DW])$", error="write a duration such as PT4H, P1D or P2W")
_WINDOW = validate.Regexp(
    r"^P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T\d+H)?$", error="write a window such as P30D or PT6H"
)
_IDENTIFIER = validate.Regexp(r"^[a-z][a-z0-9_]*$", error="use lower-case letters, digits and underscores")
_PATHWAY_ID = validate.Regexp(r"^[a-z][a-z0-9-]*$", error="use lower-case letters, digits and hyphens")
_TIER = validate.OneOf([*Tier])
_ACT = validate.OneOf(
    ["compression", "elevation", "exercise", "heat", "ice", "massage", "nsaid", "opioid", "paracetamol", "stretching"]
)


def _text(**options: object) -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1), **options)  # type: ignore[arg-type]


def _texts(*, required: bool = False, least: int = 0) -> fields.List[str]:
    item = fields.String(validate=validate.Regexp(r"\S", error="must not be empty"))
    return fields.List(item, required=required, validate=validate.Length(min=least))


class Definition(Schema):
    """A condition with a name of its own."""

    label = _text()
    when = _text()
    evidence = _texts(required=True, least=1)
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)


class NamedNumber(Schema):
    """A number with a name of its own."""

    label = _text()
    unit = fields.String()
    equals = _text()
    evidence = _texts(required=True, least=1)
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)


class ScoreItemFormat(Schema):
    """One item of a score."""

    points = fields.Integer(required=True, strict=True)
    label = _text()
    when = _text()
    judged_by = fields.String(validate=validate.Equal("clinician"))


class ScoreFormat(Schema):
    """A clinical score."""

    title = _text()
    evidence = _texts(required=True, least=1)
    items = fields.List(fields.Nested(ScoreItemFormat), required=True, validate=validate.Length(min=1))
    bands = fields.Dict(
        keys=fields.String(validate=_IDENTIFIER),
        values=fields.String(validate=validate.Regexp(r"^(<=|>=) -?\d+$|^-?\d+ to -?\d+$")),
        required=True,
    )


class OrderFormat(Schema):
    """An order that a rule places."""

    order = _text()
    within = fields.String(validate=_DURATION)


class AvoidFormat(Schema):
    """An order that a rule advises against."""

    order = _text()
    why = _text()
    over = _texts()


class AdviceFormat(Schema):
    """A piece of advice."""

    kind = fields.Enum(AdviceKind, by_value=True, required=True)
    text = _text()
    evidence = _texts()
    basis = fields.Enum(Basis, by_value=True)
    acts = fields.List(fields.String(validate=_ACT), validate=validate.Length(min=1))
    audience = fields.Enum(Audience, by_value=True)


class RuleFormat(Schema):
    """A rule."""

    id = fields.String(required=True, validate=_PATHWAY_ID)
    title = _text()
    when = _text()
    unless = fields.String()
    tier = fields.String(validate=_TIER)
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)
    review = fields.String(validate=validate.Equal("needed"))
    note = fields.String()
    evidence = _texts(required=True, least=1)
    orders = fields.List(fields.Nested(OrderFormat))
    avoid = fields.List(fields.Nested(AvoidFormat))
    advice = fields.List(fields.Nested(AdviceFormat))


class ExpectFormat(Schema):
    """What a case must come to."""

    in_scope = fields.Boolean()
    tier = fields.String(validate=_TIER)
    could_be = fields.String(validate=_TIER)
    orders = _texts()
    not_orders = _texts()
    avoid = _texts()
    asks = _texts()
    considers = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.OneOf(["likely", "possible", "unlikely"]))
    )
    advises = _texts()
    does_not_advise = _texts()


class CaseFormat(Schema):
    """An example patient with what must come of it."""

    name = _text()
    given = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=False), required=True)
    rules = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.OneOf(["fires", "does not fire", "unknown"]))
    )
    expect = fields.Nested(ExpectFormat)
    from_ = fields.String(data_key="from")


class LookAlikeFormat(Schema):
    """Another pathway that cannot be told apart at the bedside."""

    pathway = fields.String(required=True, validate=_PATHWAY_ID)
    why = _text()
    evidence = _texts(required=True, least=1)


class PathwayFormat(Schema):
    """A pathway file."""

    id = fields.String(required=True, validate=_PATHWAY_ID)
    title = _text()
    about = _text()
    evidence = _texts(required=True, least=1)
    not_verified = _texts()
    catch_all = fields.Boolean()
    review_date = fields.Date(required=True)
    owner = _text()
    consider_when = _text()
    not_for = fields.String()
    likely_when = fields.String()
    unlikely_when = fields.String()
    against_when = fields.String()
    look_alikes = fields.List(fields.Nested(LookAlikeFormat))
    definitions = fields.Dict(keys=fields.String(validate=_IDENTIFIER), values=fields.Nested(Definition))
    numbers = fields.Dict(keys=fields.String(validate=_IDENTIFIER), values=fields.Nested(NamedNumber))
    scores = fields.Dict(keys=fields.String(validate=_IDENTIFIER), values=fields.Nested(ScoreFormat))
    rules = fields.List(fields.Nested(RuleFormat), required=True, validate=validate.Length(min=1))
    cases = fields.List(fields.Nested(CaseFormat), required=True, validate=validate.Length(min=1))


class CautionFormat(Schema):
    """A warning that goes with some orders."""

    id = fields.String(required=True, validate=_PATHWAY_ID)
    orders = _texts(required=True, least=1)
    when = _text()
    text = _text()
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)
    evidence = _texts(required=True, least=1)


class WithholdingFormat(Schema):
    """Acts that are not advised while they could do harm."""

    id = fields.String(required=True, validate=_PATHWAY_ID)
    acts = fields.List(fields.String(validate=_ACT), required=True, validate=validate.Length(min=1))
    when = _text()
    text = _text()
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CITED)
    evidence = _texts(required=True, least=1)


class SharedFormat(Schema):
    """definitions.yaml: what several pathways use."""

    version = _text()
    definitions = fields.Dict(keys=fields.String(validate=_IDENTIFIER), values=fields.Nested(Definition))
    numbers = fields.Dict(keys=fields.String(validate=_IDENTIFIER), values=fields.Nested(NamedNumber))
    cautions = fields.List(fields.Nested(CautionFormat))
    withholds = fields.List(fields.Nested(WithholdingFormat))


class Lateral(Schema):
    """Which character of an ICD-10-CM code (counted from 1, dots left out) tells the side."""

    at = fields.Integer(required=True)
    right = fields.String()
    left = fields.String()
    bilateral = fields.String()


class CodeFormat(Schema):
    """One code of a finding, an order or a category."""

    system = fields.String(required=True, validate=validate.OneOf(["snomed", "icd10cm", "loinc", "rxnorm", "atc"]))
    code = _text()
    display = _text()
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


class QuestionFormat(Schema):
    """The wording of a question."""

    patient = fields.String()
    clinician = fields.String()


class FindingFormat(Schema):
    """One key of the vocabulary."""

    label = _text()
    type = fields.String(required=True, validate=validate.OneOf(["boolean", "quantity", "code", "date"]))
    unit = fields.String()
    lateral = fields.Boolean()
    complaint = fields.Boolean()
    red_flag = fields.Boolean()
    recency = _text()
    ask_rank = fields.Integer()
    question = fields.Nested(QuestionFormat)
    ask_unless = fields.String()
    past_sets = fields.String()
    family_sets = fields.String()
    bilateral_sets = fields.String()
    confirmed_only = fields.Boolean()
    worse = fields.String(validate=validate.OneOf(["low", "high"]))
    codes = fields.List(fields.Nested(CodeFormat))
    sources = fields.String()
    verification = fields.String()
    notes = fields.String()


class VocabularyFormat(Schema):
    """vocabulary/<group>.yaml."""

    group = _text()
    findings = fields.Dict(keys=fields.String(validate=_IDENTIFIER), values=fields.Nested(FindingFormat), required=True)


class RecencyClass(Schema):
    """How old a statement may be and still be current."""

    class Meta:
        """Words for the reader stand beside the numbers."""

        unknown = EXCLUDE

    within = fields.String(validate=_WINDOW)
    undated = fields.String(required=True, validate=validate.OneOf(["current", "unknown"]))
    from_onset = fields.Boolean()
    meaning = _text()


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
    code = _text()
    display = _text()
    means = fields.String(required=True, validate=validate.OneOf(["present", "absent"]))


class AnswersFormat(Schema):
    """vocabulary/answers.yaml."""

    answers = fields.List(fields.Nested(AnswerFormat), required=True)


class OrderDefinitionFormat(Schema):
    """One test or referral of orders.yaml."""

    class Meta:
        """The file keeps more for readers than the engine uses."""

        unknown = EXCLUDE

    label = _text()
    kind = _text()
    lateral = fields.Boolean()
    repeat_of = fields.String()
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

    title = _text()
    grade = fields.String(allow_none=True)
    url = fields.String()
    not_verified = _texts()


class EvidenceFormat(Schema):
    """evidence.yaml."""

    evidence = fields.Dict(keys=fields.String(), values=fields.Nested(EvidenceItem), required=True)


class TierFormat(Schema):
    """One tier of urgency.yaml."""

    class Meta:
        """The file keeps more for readers than the engine uses."""

        unknown = EXCLUDE

    id = fields.String(required=True, validate=_TIER)
    name = _text()
    target = _text()
    priority = fields.String()
    indicator = fields.String(required=True, validate=validate.OneOf(["info", "warning", "critical"]))


class UrgencyFormat(Schema):
    """urgency.yaml."""

    class Meta:
        """The crosswalk to other scales is for readers."""

        unknown = EXCLUDE

    tiers = fields.List(fields.Nested(TierFormat), required=True)
    questions_at_once = fields.Integer(required=True)
