"""The platform's settings for tests: a folder of their own, a fast hasher; SQLite, or SOLIDARIA_TEST_DATABASE."""

import os
import tempfile

os.environ.setdefault("SOLIDARIA_HOME", tempfile.mkdtemp(prefix="solidaria-tests-"))
# A browser's own event loop is running where its tests ask the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
os.environ["SOLIDARIA_HTTPS"] = "no"
os.environ.pop("SOLIDARIA_DEMO", None)
if os.environ.get("SOLIDARIA_TEST_DATABASE"):
    os.environ["SOLIDARIA_DATABASE"] = os.environ["SOLIDARIA_TEST_DATABASE"]
else:
    os.environ["SOLIDARIA_DATABASE"] = f"sqlite:///{os.environ['SOLIDARIA_HOME']}/solidaria.sqlite3"

from solidaria.web.settings import *  # noqa: F403
from solidaria.web.settings import DATABASES, HOME

(HOME / "static").mkdir(parents=True, exist_ok=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
ALLOWED_HOSTS = ["*"]
ACCOUNT_RATE_LIMITS = False
LETTERS_LATER = False
# On file, so that threads and processes of one test see the same database.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
