"""What is stored of who the patient is, by the site's policy."""

import hmac
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from errno import EINVAL
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, Literal

Policy = Literal["full", "pseudonym", "none"]

_LONGEST = 200
_SHORTEST_IN_TEXT = 5
_SHORTEST_SECRET = 16
_LARGEST = 2**63
_PERSON = re.compile(r"(?<![A-Za-z])(Patient|Person|RelatedPerson|Encounter)/([^\s/?#|,;:\"'()\[\]{}<>\\]+)")
# "CT/MRI" and "foot/ankle" are no references: an id has a digit or is long, or nothing else stands there.
_REFERENCE = re.compile(
    r"(?<![A-Za-z])((?:[A-Z][a-z]+)+)/(?:(?=[A-Za-z.\-]*[0-9])|(?=[A-Za-z.\-]{16}))[A-Za-z0-9.\-]+(?:/_history/\S+)?"
)
_ONLY_REFERENCE = re.compile(r"((?:[A-Z][a-z]+)+)/[A-Za-z0-9.\-]+")


@dataclass(frozen=True, slots=True)
class Privacy:
    """Replaces patient identifiers.

    `full` keeps them. `pseudonym` keeps what tells that two answers were about the same patient, and no more, to
    those who lack the secret. `none` keeps nothing that leads back: no resource of the chart, no free text.
    """

    policy: Policy
    secret: bytes = field(repr=False)

    def token(self, kind: str, client: str, value: str | None) -> str | None:
        """What is stored for the id of a patient or an encounter. Ids of two clients are never the same."""
        if not value or self.policy == "none":
            return None
        if self.policy == "full":
            return bounded(value)
        message = f"{kind}\0{client}\0{value}".encode(errors="surrogatepass")
        return hmac.digest(self.secret, message, "sha256").hex()

    def comment(self, client: str, comment: str | None) -> str | None:
        """Free text, which may say anything."""
        return None if comment is None or self.policy == "none" else self.cleaned(client)(comment)

    def name(self, name: str | None) -> str | None:
        """What a person is called, or when they were born."""
        return storable(name[:_LONGEST]) if name and self.policy == "full" else None

    def cleaned(self, client: str, *ids: tuple[str, str | None]) -> Callable[[str], str]:
        """The change that takes identifiers out of a text: all references to people, and these (kind, id) by name."""
        if self.policy == "full":
            return storable
        # A short or wordlike id would be found where it is not meant; it is caught in references.
        names = {
            value: self.token(kind, client, value) or kind
            for kind, value in ids
            if value and len(value) >= _SHORTEST_IN_TEXT and not value.isalpha()
        }
        words = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        bare = re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])") if names else None

        def person(match: re.Match[str]) -> str:
            kind, value = match[1], match[2].rstrip(".")
            token = self.token(kind, client, value)
            return f"{kind}/{token}" if token else kind

        @cache  # the same words come again and again in an assessment
        def change(value: str) -> str:
            if "/" in value:
                value = _PERSON.sub(person, value)
                if self.policy == "none":
                    whole = _ONLY_REFERENCE.fullmatch(value)
                    value = whole[1] if whole else _REFERENCE.sub(r"\1", value)
            if bare:
                value = bare.sub(lambda match: names[match[0]], value)
            return storable(value)

        return change


def storable(value: str) -> str:
    """The text without what no database takes: NUL characters and halves of characters."""
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    return value if value.isascii() else value.encode(errors="replace").decode()


def bounded(value: str) -> str:
    """A text that fits into an index, however long it was; a long one stays recognisable by its digest."""
    if len(value) > _LONGEST:
        value = f"sha256:{hmac.digest(b'', value.encode(errors='surrogatepass'), 'sha256').hex()}"
    return storable(value)


def rewritten(value: Any, change: Callable[[str], str]) -> Any:
    """JSON values with every text changed, and no number that a database would refuse."""
    match value:
        case str():
            return change(value)
        case dict():
            return {change(str(key)): rewritten(each, change) for key, each in value.items()}
        case list() | tuple():
            return [rewritten(each, change) for each in value]
        case None | bool():
            return value
        case _:
            return _number(value)


def _number(value: Any) -> float | str | None:
    match value:
        case int() if -_LARGEST <= value < _LARGEST:
            return int(value)
        case float():
            return value if isfinite(value) else None
        case _:
            return storable(str(value))


def kept_secret(folder: Path) -> bytes:
    """The secret of this machine, made when it is first asked for; OSError when it cannot be kept."""
    path = folder / "secret"
    if not path.exists():
        draft = folder / f"secret.{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # whoever comes first makes the secret of all
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    secret = path.read_bytes()
    if len(secret) < _SHORTEST_SECRET:
        raise OSError(EINVAL, "too short to be a secret", str(path))
    return secret
