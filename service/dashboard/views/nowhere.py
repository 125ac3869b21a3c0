"""Addresses that lead nowhere, told as a page: whoever mistypes one is a person, not a program."""

from flask import abort
from flask.typing import ResponseReturnValue

from service.dashboard.pages import Pages

pages = Pages()


@pages.get("/<path:anything>", needs=None, audit=None)
def nowhere(anything: str) -> ResponseReturnValue:  # noqa: ARG001 - it may be anything
    """There is no such page."""
    abort(404)
