"""Members that many schemas share, each with the words that the API document says of it."""

from collections.abc import Sequence
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate

TIERS = ("emergency", "same_day", "urgent", "routine", "self_care")
SIDES = ("left", "right", "bilateral")
STATUSES = ("present", "absent", "unknown")
TEMPORALITIES = ("current", "past", "family")
DECISIONS = ("open", "acknowledged", "accepted", "overridden")
_MOST_MEMBERS = 20  # more than any object has


class StrictSchema(Schema):
    """A misspelt member is said, not passed over."""

    class Meta:  # noqa: D106 - marshmallow's name for its options
        unknown = RAISE

    @pre_load
    def _countable(self, data: object, **_options: object) -> object:
        """Each misspelt member is looked at, and a body has room for a million."""
        if isinstance(data, dict) and len(data) > _MOST_MEMBERS:
            raise ValidationError("Has too many members.")
        return data


def keepable(value: str) -> None:
    """No database can keep this one character."""
    if "\0" in value:
        raise ValidationError("Has a character that cannot be kept (U+0000).")


class Number(fields.Float):
    """A number, and no text that looks like one."""

    def _validated(self, value: Any) -> float:
        if isinstance(value, str):
            raise self.make_error("invalid")
        return super()._validated(value)


def string(says: str = "", **options: Any) -> fields.String:
    """A text that is always there; `null=True` allows null in its place."""
    return fields.String(required=True, allow_none=options.pop("null", False), metadata=_says(says), **options)


def word(words: Sequence[str], says: str = "", *, null: bool = False) -> fields.String:
    """One of a few words, or null where it may be."""
    allowed = validate.OneOf([*words, None] if null else words)
    return fields.String(required=True, allow_none=null, validate=allowed, metadata=_says(says))


def number(says: str = "", *, null: bool = False) -> fields.Integer:
    """A whole number."""
    return fields.Integer(required=True, strict=True, allow_none=null, metadata=_says(says))


def yes_or_no(says: str = "") -> fields.Boolean:
    """True or false."""
    return fields.Boolean(required=True, metadata=_says(says))


def moment(says: str = "", *, null: bool = False) -> fields.DateTime:
    """A date and time with its offset."""
    return fields.DateTime(required=True, allow_none=null, metadata=_says(says))


def day(says: str = "", *, null: bool = False) -> fields.Date:
    """A date."""
    return fields.Date(required=True, allow_none=null, metadata=_says(says))


def strings(says: str = "", **options: Any) -> fields.List[str]:
    """A list of texts, perhaps empty."""
    return fields.List(fields.String(), required=True, metadata=_says(says), **options)


def one(schema: type[Schema], says: str = "", *, null: bool = False) -> fields.Nested:
    """An object of this schema."""
    return fields.Nested(schema, required=True, allow_none=null, metadata=_says(says))


def many(schema: type[Schema], says: str = "") -> fields.List[Any]:
    """A list of objects of this schema, perhaps empty."""
    return fields.List(fields.Nested(schema), required=True, metadata=_says(says))


def _says(says: str) -> dict[str, str]:
    return {"description": says} if says else {}
