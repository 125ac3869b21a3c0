"""The application for a WSGI server: `gunicorn service.wsgi:app`."""

from service.app import create_app, warm_up

app = create_app()
warm_up(app)
