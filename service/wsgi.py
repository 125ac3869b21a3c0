"""The application for a WSGI server: `gunicorn service.wsgi:app`."""

from service.app import create_app, warm_up
from service.knowledge.load import load

library = load()
app = create_app(library=library)
warm_up(library)
