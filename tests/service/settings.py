"""Settings for a service under test, with a memory of its own."""

from pathlib import Path
from typing import Any

from service.config import Config


def settings(folder: Path, **changes: Any) -> Config:
    """Open on loopback, quiet in the log, storing below `folder`; `changes` are members of `Config`."""
    usual = {
        "auth": "open",
        "log_level": "error",
        "max_body_bytes": 8 * 1024 * 1024,
        "database_url": f"sqlite:///{folder / 'legtriage.db'}",
        "spool": folder / "spool",
        "secret_key": "a secret for tests",
    }
    return Config(**{**usual, **changes})
