"""How the server is set up."""

from flask import Flask

from service.server import _options, _Server


def test_no_header_of_a_caller_moves_the_path() -> None:
    """Gunicorn believes SCRIPT_NAME of whoever calls from this machine, which every proxy beside it does."""
    app = Flask("made up")
    assert _Server(app, _options(app, "127.0.0.1:0", 1)).cfg.forwarder_headers == []
