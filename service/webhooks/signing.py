"""Signatures after Standard Webhooks: https://www.standardwebhooks.com."""

import base64
import hmac
from datetime import datetime


def signed_headers(secret: bytes, notice: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers by which a receiver tells that a body is ours, fresh, and not seen before."""
    timestamp = str(int(at.timestamp()))
    message = b".".join((notice.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(secret, message, "sha256")).decode()
    return {"webhook-id": notice, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}
