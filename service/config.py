"""Settings, from `LEGTRIAGE_*` environment variables. None is needed on loopback."""

from dataclasses import dataclass
from pathlib import Path

from environs import Env, validate

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Config:
    """What a site can set.

    `auth` is `open` (no client authentication, loopback only). `max_body_bytes` bounds a request body.
    `site_policy` is the file that says what this site does its own way.
    """

    auth: str
    log_level: str
    max_body_bytes: int
    site_policy: Path | None = None


def read_config() -> Config:
    """The settings of this process; environs.EnvError names a variable that cannot be used."""
    env = Env(prefix="LEGTRIAGE_")
    return Config(
        auth=env.str("AUTH", "open", validate=validate.OneOf(["open"])),
        log_level=env.str("LOG_LEVEL", "info", validate=validate.OneOf(["debug", "info", "warning", "error"])),
        max_body_bytes=int(env.float("MAX_BODY_MB", 8.0, validate=validate.Range(min=0.001, max=512)) * _MEGABYTE),
        site_policy=env.path("KNOWLEDGE_OVERLAY", None),
    )
