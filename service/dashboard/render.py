"""Templates, and what all of them know."""

from typing import Any

from flask import request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.dashboard import times
from service.dashboard.desk import here, signed_in
from service.dashboard.presenters.catalogue import switched_off
from service.dashboard.presenters.clock import span
from service.dashboard.presenters.naming import about, tier_names, who
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
_ENVIRONMENT.filters["span"] = span
_ENVIRONMENT.filters["who"] = who
_ENVIRONMENT.filters["about"] = about


def render(template: str, **values: Any) -> str:
    """The page or part of one that a template writes with these values.

    Besides them it knows `session` (None for nobody), `may(permission)`, `csrf`, `static(name)`, `theme`, `path`
    (the address of this page), `now`, `keeps_words` (whether comments are stored here), `tier_names` (what each tier
    is called, and None), `sign_on` (what the button to the single sign-on says; None without one), and `switched_off`
    (the titles of what is not assessed at this site).
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
        "keeps_words": here().assessor.store.keeps_words,
        "tier_names": tier_names(here().assessor.library),
        "sign_on": sign_on.settings.name if (sign_on := here().sign_on) else None,
        "switched_off": switched_off(here().assessor.in_force) if current else (),
    }
    return _ENVIRONMENT.get_template(template).render(common | values)


def markup(template: str, **values: Any) -> Markup:
    """What a template that knows nothing of the request writes, to be put into a page as it is."""
    return Markup(_ENVIRONMENT.get_template(template).render(values))  # noqa: S704 - the template escapes
