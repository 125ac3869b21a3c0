"""The wire form of the knowledge that callers may look up: vocabulary, orders and pathways."""

from marshmallow import Schema, fields

from schemas.assessment import KnowledgeVersionSchema
from schemas.members import TIERS, day, many, one, string, strings, word, yes_or_no


class VocabularyEntrySchema(Schema):
    """A finding that can be stated."""

    key = string()
    label = string()
    type = word(("boolean", "quantity", "code", "date"))
    unit = string("In UCUM; of a value that comes without one.", null=True)
    lateral = yes_or_no("Whether a side belongs to it.")
    complaint = yes_or_no("Whether it is a leg complaint by itself.")
    red_flag = yes_or_no()
    question = string(null=True)
    patient_question = string(null=True)


class VocabularySchema(Schema):
    """Every finding that can be stated."""

    items = many(VocabularyEntrySchema)
    knowledge = one(KnowledgeVersionSchema)


class CatalogueCodingSchema(Schema):
    """A code, and the side it is for."""

    system = string()
    code = string()
    display = string()
    side = word(("left", "right", "bilateral"), "Null: any side, or none.", null=True)


class CatalogueOrderSchema(Schema):
    """A test or referral that can be suggested."""

    key = string()
    label = string("As this site calls it.")
    kind = word(("imaging", "laboratory", "procedure", "referral", "education"))
    lateral = yes_or_no()
    contact = string("How the site reaches whoever does it.", null=True)
    codes = many(CatalogueCodingSchema)


class CatalogueOrdersSchema(Schema):
    """Every test and referral that can be suggested."""

    items = many(CatalogueOrderSchema)
    knowledge = one(KnowledgeVersionSchema)


class PathwaySummarySchema(Schema):
    """A pathway in a line."""

    id = string()
    title = string()
    about = string()
    review_date = day("By when it must be reviewed.")


class PathwaysSchema(Schema):
    """Every pathway that this site uses."""

    items = many(PathwaySummarySchema)
    knowledge = one(KnowledgeVersionSchema)


class SourceAttributeSchema(Schema):
    """One of the 13 source attributes of a decision support intervention (45 CFR 170.315(b)(11))."""

    id = string()
    label = string()
    text = fields.String(required=True)


class EvidenceSourceSchema(Schema):
    """A source that is cited."""

    id = string()
    title = string()
    grade = string(null=True)
    url = string(null=True)


class PathwayRuleSchema(Schema):
    """A rule in the words of its author."""

    id = string()
    title = string()
    when = string("The condition, over keys of the vocabulary.")
    unless = string("It does not fire when this is certain.", null=True)
    tier = word(TIERS, null=True)
    basis = word(("cited", "proposal"))
    review_needed = yes_or_no()
    evidence = strings()


class PathwaySchema(PathwaySummarySchema):
    """A pathway with its rules, sources and source attributes."""

    owner = string()
    released = day()
    source_attributes = many(SourceAttributeSchema)
    sources = many(EvidenceSourceSchema)
    rules = many(PathwayRuleSchema)
    knowledge = one(KnowledgeVersionSchema)
