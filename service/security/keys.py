"""Stub."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls."""

    name: str
    role: str


ANYBODY = Caller("anonymous", "clinician")


class KeyRefusedError(Exception):
    """No such key."""
