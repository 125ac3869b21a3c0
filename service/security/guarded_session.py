"""The session of the OAuth library with its calls made under our guard of calls out."""

import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]  # it has none
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectionError as NoAnswerError
from requests.structures import CaseInsensitiveDict

from cds_hooks import FetchFailed
from service.security.outbound import Outbound

SECONDS = 5.0
"""For one call to a server that somebody waits for, who is signing in."""
MOST_BYTES = 256 * 1024
_REDIRECTS = range(300, 400)


class _Guarded(BaseAdapter):
    """Sends what the session prepared, through `Outbound` alone."""

    def __init__(self, outbound: Outbound) -> None:
        super().__init__()
        self._outbound = outbound

    def send(self, request: PreparedRequest, *_options: object, **_more: object) -> Response:
        """The answer. The session's own options (proxies, certificates, patience) are for other adapters."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if not isinstance(body, bytes | None):
            raise NoAnswerError("a body that is no text")
        try:
            came = self._outbound.exchange(
                str(request.method),
                str(request.url),
                body,
                headers={name: v if isinstance(v, str) else v.decode() for name, v in request.headers.items()},
                deadline=time.monotonic() + SECONDS,
                most_bytes=MOST_BYTES,
            )
        except FetchFailed as failure:
            raise NoAnswerError(str(failure)) from None
        if came.status in _REDIRECTS:
            raise NoAnswerError("a redirect")  # a secret goes where it was meant to go, and nowhere else
        answer = Response()
        answer.status_code = came.status
        answer.headers = CaseInsensitiveDict(came.headers)
        answer.raw = BytesIO(came.body)
        answer.url = str(request.url)
        answer.request = request
        answer.encoding = "utf-8"
        return answer

    def close(self) -> None:
        """Nothing is kept open."""


def guarded_session(outbound: Outbound, settings: Mapping[str, Any]) -> OAuth2Session:
    """An OAuth session with these settings that reaches only what the guard lets through, and follows no redirect."""
    session = OAuth2Session(**settings)
    session.trust_env = False  # no proxy and no password file of the environment
    session.adapters.clear()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Guarded(outbound))
    return session
