"""The application for a WSGI server: `gunicorn service.wsgi:app`."""

from service.app import create_app, warm_up
from service.config import read_config
from service.knowledge.load import load

config = read_config()
library = load(site_policy=config.site_policy)
app = create_app(config, library)
warm_up(library)
