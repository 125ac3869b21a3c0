"""The CDS Hooks request as it stands on the wire.

FHIR inside a request is left as raw JSON bytes: here stands what a member must look like, not what it means.
"""

import re
from datetime import UTC
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Length, OneOf, Regexp

# Wider than the FHIR rule (64 characters, no underscore): servers that break it are in daily use.
_ID = re.compile(r"[A-Za-z0-9\-._]{1,128}")


class ResourceId(fields.String):
    """The logical id of a resource; loads to the bare id, with or without ``Type/`` before it."""

    def __init__(self, resource_type: str, *, data_key: str) -> None:
        super().__init__(data_key=data_key)
        self._prefix = f"{resource_type}/"

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        bare = text.removeprefix(self._prefix)
        if not _ID.fullmatch(bare):
            raise ValidationError("Not a FHIR id (1 to 128 letters, digits, '-', '.' or '_').")
        return bare


class BoundedList(fields.List[Any]):
    """A list that is counted before its items are looked at, so that a long one costs nothing."""

    def __init__(self, inner: fields.Field[Any], *, most: int, **options: Any) -> None:
        super().__init__(inner, **options)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self._most:
            raise ValidationError(f"More than {self._most} items.")
        return super()._deserialize(value, attr, data, **options)


def _json_object(value: object) -> None:
    if not (isinstance(value, bytes) and value.startswith(b"{")):
        raise ValidationError("Not a JSON object.")


class HookContextSchema(Schema):
    """Every context member of the hooks served. Which of them a hook requires, the hook's definition says."""

    class Meta:
        """Other members are ignored; if they were kept, ``patient_id`` could pass for ``patientId``."""

        unknown = EXCLUDE

    # Meant to be `Type/id`, but no guidance depends on it, so an odd form is let pass.
    user_id = fields.String(data_key="userId", validate=Length(min=1, max=256))
    patient_id = ResourceId("Patient", data_key="patientId")
    encounter_id = ResourceId("Encounter", data_key="encounterId")
    selections = BoundedList(fields.String(validate=Length(min=1, max=256)), most=1000)
    conditions = fields.Raw(validate=_json_object)
    draft_orders = fields.Raw(data_key="draftOrders", validate=_json_object)
    appointments = fields.Raw(validate=_json_object)


class HookRequestSchema(Schema):
    """The members of a request. Prefetch and extension are left out: they pass as raw JSON."""

    class Meta:
        """Other members are ignored, as in the context."""

        unknown = EXCLUDE

    hook = fields.String(required=True)
    hook_instance = fields.String(required=True, data_key="hookInstance", validate=Length(min=1, max=256))
    context = fields.Nested(HookContextSchema, required=True)
    fhir_server = fields.String(data_key="fhirServer", validate=Length(min=1, max=2048))


class FhirAuthorizationSchema(Schema):
    """The access to the client's FHIR server. Its scope is taken as it is, in the style of any SMART version."""

    class Meta:
        """Other members are ignored, as in the context."""

        unknown = EXCLUDE

    access_token = fields.String(required=True, validate=Regexp(r"[\x21-\x7e]{1,16384}\Z"))
    token_type = fields.String(validate=OneOf(["Bearer", "bearer"]), load_default="Bearer")


class _LenientSchema(Schema):
    """Other members are ignored, and null is taken for a member left out."""

    class Meta:
        unknown = EXCLUDE

    @post_load
    def _without_null(self, data: dict[str, Any], **_options: object) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None}


_ID_TEXT = Length(min=1, max=256)


class AcceptedSuggestionSchema(_LenientSchema):
    """A suggestion that was taken."""

    id = fields.String(required=True, validate=_ID_TEXT)


class ReasonSchema(_LenientSchema):
    """The reason for an override, one of those the card offered. Clients are known to leave out the system."""

    code = fields.String(required=True, validate=_ID_TEXT)
    system = fields.String(allow_none=True, validate=_ID_TEXT)
    display = fields.String(allow_none=True, validate=Length(max=1024))


class OverrideReasonSchema(_LenientSchema):
    """Why a card was not followed: a coded reason, words, or both."""

    reason = fields.Nested(ReasonSchema, allow_none=True)
    user_comment = fields.String(data_key="userComment", allow_none=True, validate=Length(max=10_000))

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_options: object) -> None:
        if not data.get("reason") and not (data.get("user_comment") or "").strip():
            raise ValidationError("Neither a reason nor a comment.", "reason")


class FeedbackEntrySchema(_LenientSchema):
    """What became of one card."""

    card = fields.String(required=True, validate=_ID_TEXT)
    outcome = fields.String(required=True, validate=OneOf(["accepted", "overridden"]))
    accepted_suggestions = BoundedList(
        fields.Nested(AcceptedSuggestionSchema), most=100, data_key="acceptedSuggestions", allow_none=True
    )
    override_reason = fields.Nested(OverrideReasonSchema, data_key="overrideReason", allow_none=True)
    timestamp = fields.AwareDateTime(required=True, data_key="outcomeTimestamp", format="iso", default_timezone=UTC)

    @validates_schema
    def _accepted_what(self, data: dict[str, Any], **_options: object) -> None:
        if data.get("outcome") == "accepted" and not data.get("accepted_suggestions"):
            raise ValidationError("Required when the outcome is accepted.", "acceptedSuggestions")


class FeedbackSchema(_LenientSchema):
    """Feedback on one or more cards of a service."""

    feedback = BoundedList(fields.Nested(FeedbackEntrySchema), most=1000, required=True, validate=Length(min=1))
