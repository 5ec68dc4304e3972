"""The door for a web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solidaria.web.settings")
django_application = get_wsgi_application()

from django.template import engines  # noqa: E402  these need the settings that the line above loads
from django.urls import get_resolver  # noqa: E402

from solidaria.web.urn import Urn  # noqa: E402

# Every page is loaded now, in each process, so that no first visitor waits some seconds for it.
get_resolver().url_patterns  # noqa: B018
engines.all()

application = Urn(django_application)
