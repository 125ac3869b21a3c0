"""People of the dashboard, and patients for them to see."""

from typing import Any
from uuid import uuid4

from flask import Flask

from service.dashboard.desk import Desk
from service.knowledge.cases import NOW
from service.security.sessions import Session
from service.store import AuditEntry, User


def desk(app: Flask) -> Desk:
    found: Desk = app.extensions["dashboard"]
    return found


def user(app: Flask, role: str, **changes: Any) -> User:
    """Somebody with this role; the login is the role's name unless `changes` say otherwise."""
    store = desk(app).assessor.store
    login = changes.pop("login", role)
    known = store.user(login)
    if known:
        return known
    name = changes.pop("name", login.title())
    made = User(id=str(uuid4()), login=login, name=name, role=role, created=NOW, **changes)
    store.add_user(made, AuditEntry(at=NOW, actor="test", action="user added", subject=login))
    return made


def sign_in(app: Flask, role: str, **changes: Any) -> tuple[str, Session]:
    """The token of somebody with this role who is signed in, and their session."""
    return desk(app).sessions.open(user(app, role, **changes), address="127.0.0.1")


def present(key: str, **more: Any) -> dict[str, Any]:
    """A finding of an intake, present unless `more` says otherwise."""
    return {"key": key, "status": "present", **more}


def patient(app: Flask, *findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The assessment of a patient with these findings, sent by an intake system as REST takes it."""
    body = {"patient": {"id": "patient-1", "age": 61, "sex": "female"}, "findings": list(findings), **more}
    answer = app.test_client().post("/api/v1/assessments", json=body)
    assert answer.status_code == 201, answer.text
    assessment: dict[str, Any] = answer.json or {}
    return assessment
