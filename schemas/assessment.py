"""The wire form of an assessment, as far as callers may rely on it."""

from marshmallow import Schema, fields

from schemas.members import (
    DECISIONS,
    SIDES,
    STATUSES,
    TEMPORALITIES,
    TIERS,
    day,
    many,
    moment,
    number,
    one,
    string,
    strings,
    word,
    yes_or_no,
)

TRUTHS = ("true", "false", "unknown")
_EVIDENCE = "The sources: each begins with the id of a source, such as `NG158 1.1.3`."


class FindingSourceSchema(Schema):
    """Where a finding was read."""

    reference = string("The resource or document, such as `Condition/1` or `intake`.")
    element = string("The place in it: an element, a questionnaire item, or the span of characters of a text.")
    method = word(("measured", "stated", "text"), "`text` was read from free text: please confirm.")
    by_clinician = fields.Boolean(
        metadata={"description": "Whether a clinician says so. Not there in what was kept before this was told."}
    )


class FindingSchema(Schema):
    """One statement about one key of the vocabulary."""

    key = string("Its key in `/api/v1/vocabulary`.")
    label = string()
    status = word(STATUSES)
    temporality = word(TEMPORALITIES)
    side = word(SIDES, null=True)
    value = fields.Raw(
        required=True,
        allow_none=True,
        metadata={
            "description": "A number in `unit`, a code, or a date, as the type of the key says.",
            "type": ["number", "string"],
        },
    )
    unit = string("In UCUM.", null=True)
    onset = day("When it began.", null=True)
    recorded = moment("When it was measured or written down.", null=True)
    sources = many(FindingSourceSchema)


class TriageReasonSchema(Schema):
    """A rule that fired, what it rests on, and the findings that made it true."""

    rule = string("Its id.")
    text = string("What it says, in a line.")
    pathway = string("Its pathway in `/api/v1/pathways`.")
    tier = word(TIERS, null=True)
    basis = word(("cited", "proposal"), "`proposal`: our own, not yet agreed to by a clinician.")
    review_needed = yes_or_no("It goes beyond its sources and waits for a clinician's review.")
    evidence = strings(_EVIDENCE)
    findings = many(FindingSchema)


class UrgencySchema(Schema):
    """How soon somebody must act."""

    tier = word(TIERS, "What the known facts support; null out of scope.", null=True)
    target = string("What the tier asks for, in words.", null=True)
    could_be = word(TIERS, "The highest tier that an open question could raise it to; null out of scope.", null=True)
    because = many(TriageReasonSchema)


class ScoreItemSchema(Schema):
    """One item of a score."""

    label = string()
    points = number()
    answer = word(TRUTHS)
    findings = many(FindingSchema)


class ScoreSchema(Schema):
    """A clinical score, as far as it is known."""

    score = string("Its id.")
    title = string()
    low = number("The lowest it can be.")
    high = number("The highest it can be.")
    band = string("The band it certainly lies in; null while that is open.", null=True)
    settled_by = strings("Findings that alone would settle the band.")
    evidence = strings(_EVIDENCE)
    items = many(ScoreItemSchema)


class LookAlikeSchema(Schema):
    """Another condition under consideration that cannot be told from it at the bedside."""

    condition = string()
    why = string()
    evidence = strings(_EVIDENCE)


class ConsiderationSchema(Schema):
    """A condition to keep in mind. It is no diagnosis."""

    condition = string("Its pathway in `/api/v1/pathways`.")
    label = string()
    level = word(("likely", "possible", "unlikely"))
    scores = many(ScoreSchema)
    because = many(FindingSchema, "What speaks for it.")
    against = many(FindingSchema)
    look_alikes = many(LookAlikeSchema)
    still_unknown = strings("Findings that could still settle a rule of it.", data_key="unknown")


class CautionSchema(Schema):
    """What to mind with an order."""

    id = string()
    text = string()
    evidence = strings(_EVIDENCE)
    findings = many(FindingSchema)


class TriageSuggestionSchema(Schema):
    """A test or referral to consider, with every reason for it."""

    order = string("Its key in `/api/v1/orders`.")
    label = string()
    priority = word(("stat", "asap", "urgent", "routine"), "FHIR request priority.", null=True)
    within = string("By when its result or first contact is wanted, as an ISO 8601 duration.", null=True)
    side = word(SIDES, null=True)
    contact = string("How the site reaches whoever does it.", null=True)
    because = many(TriageReasonSchema)
    cautions = many(CautionSchema)
    evidence = strings(_EVIDENCE)
    already = many(FindingSourceSchema, "Where the same order was found in the record.")


class AvoidedOrderSchema(Schema):
    """A test not to place now."""

    order = string("Its key in `/api/v1/orders`.")
    why = string()
    rule = string()
    evidence = strings(_EVIDENCE)


class AdviceSchema(Schema):
    """Words for the patient or the clinician."""

    kind = word(("self_care", "safety_net", "prevention"))
    text = string()
    audience = word(("patient", "clinician"))
    evidence = strings(_EVIDENCE)


class WithheldAdviceSchema(Schema):
    """Advice that is not given, because it could do harm here."""

    text = string()
    why = string()
    evidence = strings(_EVIDENCE)
    findings = many(FindingSchema)


class QuestionSchema(Schema):
    """Something worth asking next."""

    finding = string("Its key in `/api/v1/vocabulary`.")
    text = string("As a clinician asks it.")
    patient_text = string("As a patient is asked.", null=True)
    could_raise_to = word(TIERS, "Null where the answer changes what to do, not how soon.", null=True)
    settles = strings("The rules that it settles.")


class DataNoteSchema(Schema):
    """Something in the data that was not used as it stands."""

    reference = string()
    element = string()
    text = string()


class KnowledgeVersionSchema(Schema):
    """The knowledge that judged."""

    version = string()
    digest = string()


class TraceNodeSchema(Schema):
    """A part of a rule and what became of it; members without content are left out."""

    text = string("The expression.")
    truth = word(TRUTHS)
    points = fields.Integer()
    findings = fields.List(fields.Nested(FindingSchema))
    missing = fields.List(fields.String(), metadata={"description": "Keys that are not known."})
    of = fields.List(fields.Nested(lambda: TraceNodeSchema()), metadata={"description": "Its parts."})  # noqa: PLW0108 - itself


class RuleTraceSchema(Schema):
    """How one rule was evaluated."""

    rule = string()
    tree = one(TraceNodeSchema)


class AssessmentSchema(Schema):
    """What triage has to say of one patient at one moment. It advises clinicians and does not diagnose."""

    id = string()
    created = moment()
    in_scope = yes_or_no("Whether there is a current complaint of the leg. If not, nothing is suggested.")
    urgency = one(UrgencySchema)
    considerations = many(ConsiderationSchema, "Most likely first.")
    workup = many(TriageSuggestionSchema, "Tests to consider.")
    referrals = many(TriageSuggestionSchema)
    avoid = many(AvoidedOrderSchema)
    advice = many(AdviceSchema)
    withheld = many(WithheldAdviceSchema)
    questions = many(QuestionSchema, "Most worth asking first.")
    findings = many(FindingSchema, "What was used.")
    data_quality = many(DataNoteSchema)
    knowledge = one(KnowledgeVersionSchema)
    trace = fields.List(
        fields.Nested(RuleTraceSchema),
        metadata={"description": "Only with `explain=true`: every rule that fired or is still open."},
    )


class AssessmentSummarySchema(Schema):
    """An assessment in a line."""

    id = string()
    location = string("Its address, relative to this service.")
    created = moment()
    client = string("Who asked.")
    service = string("By which road it came: a hook's service, `rest`, `fhir`, `intake-page`, `dashboard` or `smart`.")
    in_scope = yes_or_no()
    tier = word(TIERS, null=True)
    could_be = word(TIERS, null=True)
    status = word(DECISIONS)
    version = number("Counts up with every decision.")
    due = moment("By when somebody should act.", null=True)


class AssessmentPageSchema(Schema):
    """Some assessments, and where there are more."""

    items = many(AssessmentSummarySchema)
    next = string("The `cursor` of the next page; null on the last.", null=True)
