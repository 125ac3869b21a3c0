"""What the shapes of the knowledge files have in common: durations, names, texts."""

from marshmallow import fields, validate

from service.triage.rules import Tier

DURATION = validate.Regexp(r"^P(?:T\d+H|\d+[DW])$", error="write a duration such as PT4H, P1D or P2W")
WINDOW = validate.Regexp(
    r"^P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T\d+H)?$", error="write a window such as P30D or PT6H"
)
IDENTIFIER = validate.Regexp(r"^[a-z][a-z0-9_]*$", error="use lower-case letters, digits and underscores")
NAME = validate.Regexp(r"^[a-z][a-z0-9-]*$", error="use lower-case letters, digits and hyphens")
TIER = validate.OneOf([*Tier])
REGION = validate.OneOf(["uk", "us"])
ACT = validate.OneOf(
    ["compression", "elevation", "exercise", "heat", "ice", "massage", "nsaid", "opioid", "paracetamol", "stretching"]
)


def words(*, required: bool = True, **options: object) -> fields.String:
    """A text that must be there and say something."""
    return fields.String(required=required, validate=validate.Length(min=1), **options)  # type: ignore[arg-type]


def several_words(*, required: bool = False, least: int = 0) -> fields.List[str]:
    """A list of texts, each of which says something."""
    item = fields.String(validate=validate.Regexp(r"\S", error="must not be empty"))
    return fields.List(item, required=required, validate=validate.Length(min=least))
