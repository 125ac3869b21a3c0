"""Settings, from `LEGTRIAGE_*` environment variables. None is needed on loopback."""

from dataclasses import dataclass

from environs import Env, validate

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Config:
    """What a site can set.

    `auth` is `open` (no client authentication, loopback only). `max_body_bytes` bounds a request body.
    """

    auth: str
    log_level: str
    max_body_bytes: int


def read_config() -> Config:
    """The settings of this process; environs.EnvError names a variable that cannot be used."""
    env = Env(prefix="LEGTRIAGE_")
    return Config(
        auth=env.str("AUTH", "open", validate=validate.OneOf(["open"])),
        log_level=env.str("LOG_LEVEL", "info", validate=validate.OneOf(["debug", "info", "warning", "error"])),
        max_body_bytes=int(env.float("MAX_BODY_MB", 8.0, validate=validate.Range(min=0.001, max=512)) * _MEGABYTE),
    )
