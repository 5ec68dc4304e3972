"""The door for a web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solidaria.web.settings")
django_application = get_wsgi_application()

from solidaria.web.urn import Urn  # noqa: E402  it needs the settings that the line above loads

application = Urn(django_application)
