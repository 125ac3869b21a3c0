"""The CDS Hooks request as it stands on the wire.

FHIR inside a request is left as raw JSON bytes: here stands what a member must look like, not what it means.
"""

import re

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Length

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
    selections = fields.List(fields.String(validate=Length(min=1, max=256)))
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
