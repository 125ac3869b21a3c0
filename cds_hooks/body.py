"""The bytes of a request's body, within a limit."""

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge


def read_body(limit: int) -> bytes:
    """The whole body. RequestEntityTooLarge when it has more than `limit` bytes, whether or not it told its length."""
    # One byte to spare, because a chunked body is cut at Werkzeug's limit without an error.
    request.max_content_length = limit + 1
    body = request.get_data(cache=False)
    if len(body) > limit:
        raise RequestEntityTooLarge
    return body
