"""Settings, from `LEGTRIAGE_*` environment variables. None is needed on loopback."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args

from environs import Env, EnvError, validate
from marshmallow import ValidationError

from cds_hooks import Address

PatientIds = Literal["full", "pseudonym", "none"]
_MEGABYTE = 1024 * 1024
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?")
_DATABASE = "sqlite:///var/legtriage.db"
_SPOOL = Path("var/spool")


@dataclass(frozen=True, slots=True)
class Config:
    """What a site can set.

    `auth` is `open` (no client authentication, loopback only) or `required`, which needs `public_urls`, the base
    addresses that clients know this service by, and `trusted_clients`, the file that lists them. `max_body_bytes`
    bounds a request body. `site_policy` is the file that says what this site does its own way. Pages of
    `cors_origins` may call from a browser. Data missing from a request are fetched within `fhir_seconds`.
    `patient_ids` says what is stored of patient identifiers, `secret_key` keys their pseudonyms, and `spool` is where
    records wait while the database is away. An overridden card stays away for `quiet_hours`. `webhooks` is the file
    that says who is told of assessments that cannot wait. With `intake_page` patients may answer questions on a page
    of ours. So many reverse proxies, `proxies`, are believed when they say where a call came from.
    """

    auth: str
    log_level: str
    max_body_bytes: int
    site_policy: Path | None = None
    public_urls: tuple[str, ...] = ()
    trusted_clients: Path | None = None
    cors_origins: tuple[str, ...] = ()
    fhir_seconds: float = 0.35
    database_url: str = field(default=_DATABASE, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    patient_ids: PatientIds = "pseudonym"
    spool: Path = _SPOOL
    retention_days: int | None = None
    quiet_hours: float = 24.0
    webhooks: Path | None = None
    intake_page: bool = False
    proxies: int = 0


def read_config() -> Config:
    """The settings of this process; environs.EnvError names a variable that cannot be used."""
    env = Env(prefix="LEGTRIAGE_")
    auth = env.str("AUTH", "open", validate=validate.OneOf(["open", "required"]))
    usual_page = "on" if auth == "open" else "off"  # a page for the public is opened to it on purpose
    config = Config(
        auth=auth,
        log_level=env.str("LOG_LEVEL", "info", validate=validate.OneOf(["debug", "info", "warning", "error"])),
        max_body_bytes=int(env.float("MAX_BODY_MB", 8.0, validate=validate.Range(min=0.001, max=512)) * _MEGABYTE),
        site_policy=env.path("KNOWLEDGE_OVERLAY", None),
        public_urls=tuple(env.list("PUBLIC_URLS", [], validate=_check_public_urls)),
        trusted_clients=env.path("TRUSTED_CLIENTS", None),
        cors_origins=tuple(env.list("CORS_ORIGINS", [], validate=_check_origins)),
        fhir_seconds=env.int("FHIR_TIMEOUT_MS", 350, validate=validate.Range(min=50, max=10_000)) / 1000,
        database_url=env.str("DATABASE_URL", _DATABASE),
        secret_key=env.str("SECRET_KEY", None, validate=validate.Length(min=16)),
        patient_ids=cast(
            "PatientIds", env.str("PATIENT_IDS", "pseudonym", validate=validate.OneOf(get_args(PatientIds)))
        ),
        spool=env.path("SPOOL", _SPOOL),
        retention_days=env.int("RETENTION_DAYS", None, validate=validate.Range(min=0)),
        quiet_hours=env.float("QUIET_HOURS", 24.0, validate=validate.Range(min=0, max=8760)),
        webhooks=env.path("WEBHOOKS", None),
        intake_page=env.str("INTAKE_PAGE", usual_page, validate=validate.OneOf(["on", "off"])) == "on",
        proxies=env.int("PROXIES", 0, validate=validate.Range(min=0, max=10)),
    )
    if config.auth == "required" and not (config.public_urls and config.trusted_clients):
        raise EnvError("LEGTRIAGE_AUTH=required needs LEGTRIAGE_PUBLIC_URLS and LEGTRIAGE_TRUSTED_CLIENTS.")
    return config


def _check_public_urls(urls: list[str]) -> None:
    for url in urls:
        try:
            safe = Address.parse(url).is_safe and "?" not in url
        except ValueError:
            safe = False
        if not safe:
            raise ValidationError(f"{url} is no https base address.")


def _check_origins(origins: list[str]) -> None:
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValidationError(f"{origin} is no origin, such as https://ehr.example.org; there is no wildcard.")
