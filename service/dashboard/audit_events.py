"""An entry of the audit -> a FHIR R4 AuditEvent."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from service.dashboard.presenters.auditing import is_id
from service.knowledge.terminology import BASE
from service.store import StoredAuditEntry

Json = dict[str, Any]
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"
_ASSESSMENT = f"{BASE}/assessment-id"
_ACTION = f"{BASE}/audit-action"

_USE = ("110100", "Application Activity")
_RECORD = ("110110", "Patient Record")
_SIGN_IN = ("110114", "User Authentication")
_ACCOUNT = ("110113", "Security Alert")
_EXPORT = ("110106", "Export")
_SUBTYPES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"sign in": ("110122", "Login"), "sign out": ("110123", "Logout")}
)
_ACCOUNTS = ("user ", "link ", "password ", "sessions ", "key ")
_NETWORK_ADDRESS = "2"


def audit_event(entry: StoredAuditEntry) -> Json:
    """The same entry gives the same event, so one that was taken out twice can be told."""
    code, display = _type_of(entry)
    event: Json = {
        "resourceType": "AuditEvent",
        "id": f"legtriage-{entry.sequence}",
        "type": {"system": _DICOM, "code": code, "display": display},
        "subtype": [
            {"system": _ACTION, "code": entry.action.replace(": ", "-").replace(" ", "-"), "display": entry.action}
        ],
        "action": _letter(entry.action),
        "recorded": entry.at.isoformat(),
        "outcome": "0" if entry.outcome == "success" else "4",
        "outcomeDesc": entry.outcome,
        "agent": [_agent(entry)],
        "source": {
            "observer": {"display": "legtriage"},
            "type": [{"system": _SOURCE_TYPE, "code": "4", "display": "Application Server"}],
        },
    }
    if entry.action in _SUBTYPES:
        subcode, words = _SUBTYPES[entry.action]
        event["subtype"].insert(0, {"system": _DICOM, "code": subcode, "display": words})
    if entry.subject:
        event["entity"] = [_entity(entry.subject)]
    return event


def _type_of(entry: StoredAuditEntry) -> tuple[str, str]:
    if entry.action in _SUBTYPES:
        return _SIGN_IN
    if entry.action.startswith("export"):
        return _EXPORT
    if entry.action.startswith(_ACCOUNTS):
        return _ACCOUNT
    return _RECORD if is_id(entry.subject) else _USE


def _letter(action: str) -> str:
    """Read, update or execute, as FHIR has it."""
    if action.startswith(("view", "print", "export")):
        return "R"
    return "E" if action in _SUBTYPES else "U"


def _agent(entry: StoredAuditEntry) -> Json:
    agent: Json = {"who": {"identifier": {"value": entry.actor}}, "requestor": True}
    if entry.role:
        agent["role"] = [{"text": entry.role}]
    if entry.address:
        agent["network"] = {"address": entry.address, "type": _NETWORK_ADDRESS}
    return agent


def _entity(subject: str) -> Json:
    if is_id(subject):
        return {"what": {"identifier": {"system": _ASSESSMENT, "value": subject}}}
    return {"name": subject}
