"""The wire form of an error: problem details after RFC 9457."""

from marshmallow import Schema, fields

from schemas.members import number, string


class ProblemPlaceSchema(Schema):
    """One thing that is wrong, and where."""

    pointer = string(
        "A JSON pointer into the body, such as `/findings/3/key`; with `#/query/` or `#/headers/` before the "
        "name of a parameter."
    )
    detail = string()


class ProblemSchema(Schema):
    """What went wrong."""

    type = fields.String(required=True, metadata={"const": "about:blank", "description": "`status` says it all."})
    title = string("The name of the status.")
    status = number()
    detail = fields.String(metadata={"description": "What happened here."})
    errors = fields.List(fields.Nested(ProblemPlaceSchema), metadata={"description": "Everything that is wrong."})
