"""Templates, and what all of them know."""

from typing import Any

from flask import request
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.dashboard import times
from service.dashboard.desk import here, signed_in
from service.security.roles import Permission

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "legtriage-theme"

_ENVIRONMENT = Environment(
    loader=PackageLoader("service.dashboard"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.do"],
)
_ENVIRONMENT.filters["moment"] = times.moment
_ENVIRONMENT.filters["exact"] = times.exact
_ENVIRONMENT.filters["day"] = times.day
_ENVIRONMENT.filters["machine"] = times.machine


def render(template: str, **values: Any) -> str:
    """The page or part of one that a template writes with these values.

    Besides them it knows `session` (None for nobody), `may(permission)`, `csrf`, `static(name)`, `theme`, `path`
    (the address of this page), and `now`.
    """
    current = signed_in()
    theme = request.cookies.get(THEME_COOKIE, "auto")
    common = {
        "session": current,
        "may": lambda permission: current is not None and current.may(Permission(permission)),
        "csrf": current.kept.csrf if current else "",
        "static": here().static.url,
        "theme": theme if theme in THEMES else "auto",
        "path": request.path,
        "now": here().clock(),
    }
    return _ENVIRONMENT.get_template(template).render(common | values)
