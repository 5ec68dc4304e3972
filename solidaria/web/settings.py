"""Settings of the platform. Everything a server's steward may set is an environment variable, listed here.

SOLIDARIA_HOME      folder for the database, the secret key and uploads in work (default: ./solidaria-data)
SOLIDARIA_DATABASE  sqlite:///path/file.sqlite3 (default: in SOLIDARIA_HOME) or postgresql://user:password@host/name
                    or, by a socket on the same machine, postgresql:///name?host=/folder/of/the/socket&user=user
SOLIDARIA_HOSTS     names the server answers to, with commas between (default: localhost only)
SOLIDARIA_HTTPS     yes where people reach the server by https, as on every real server; no only for a trial (default)
SOLIDARIA_EMAIL     smtp://user:password@host:port, and SOLIDARIA_EMAIL_FROM; without it no e-mail is ever asked for
SOLIDARIA_SECRET_KEY  the key that signs sessions; without it one is made and kept in SOLIDARIA_HOME
SOLIDARIA_DEMO      yes lets anybody sign in as anybody; set by `solidaria demo` alone
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

HOME = Path(os.environ.get("SOLIDARIA_HOME", "solidaria-data")).resolve()
DEMO = os.environ.get("SOLIDARIA_DEMO") == "yes"
HTTPS = os.environ.get("SOLIDARIA_HTTPS") == "yes"
DEBUG = False


def secret_key() -> str:
    """The key that signs sessions: made once, readable by the server's own user only."""
    given = os.environ.get("SOLIDARIA_SECRET_KEY")
    if given:
        return given
    path = HOME / "secret-key"
    HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


def database(address: str) -> dict[str, Any]:
    """The database an address names; raises ValueError for one that is neither SQLite nor PostgreSQL."""
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        # IMMEDIATE: a transaction that reads and then writes waits for its turn instead of being refused at once.
        # FULL: what was acknowledged survives a power cut, too.
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path[1:],
            # Opening the file anew for each request would cost more than most requests themselves.
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme in ("postgresql", "postgres"):
        query = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": query.pop("user", unquote(parts.username or "")),
            "PASSWORD": query.pop("password", unquote(parts.password or "")),
            "HOST": query.pop("host", unquote(parts.hostname or "")),
            "PORT": query.pop("port", str(parts.port or "")),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            # What else the address says (sslmode, connect_timeout) is PostgreSQL's own to read.
            "OPTIONS": query,
        }
    raise ValueError(f"SOLIDARIA_DATABASE names neither sqlite:/// nor postgresql://: {parts.scheme}")


SECRET_KEY = secret_key()
DATABASES = {
    "default": database(os.environ.get("SOLIDARIA_DATABASE") or f"sqlite:///{HOME / 'solidaria.sqlite3'}")
}
ALLOWED_HOSTS = [
    name for name in os.environ.get("SOLIDARIA_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if name
]

INSTALLED_APPS = [
    "solidaria.records.apps.RecordsConfig",
    "solidaria.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "solidaria.web.compress.CompressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "solidaria.web.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "solidaria.web.limits.LimitsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "solidaria.web.answers.RefusalMiddleware",
]
ROOT_URLCONF = "solidaria.web.urls"
WSGI_APPLICATION = "solidaria.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "solidaria.web.jinja.environment",
            "context_processors": ["solidaria.web.context.page"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

# --- signing in ---

AUTH_USER_MODEL = "records.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "solidaria.web.adapter.NotLikeYou",
        "OPTIONS": {"user_attributes": ("handle", "name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

_MAIL = os.environ.get("SOLIDARIA_EMAIL", "")
HAS_EMAIL = bool(_MAIL)
if HAS_EMAIL:
    _mail = urlsplit(_MAIL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname or "localhost"
    EMAIL_PORT = _mail.port or (465 if _mail.scheme == "smtps" else 587)
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = _mail.scheme == "smtp" and EMAIL_PORT != 25
    EMAIL_TIMEOUT = 20
    DEFAULT_FROM_EMAIL = os.environ.get("SOLIDARIA_EMAIL_FROM", EMAIL_HOST_USER)
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

ACCOUNT_USER_MODEL_USERNAME_FIELD = "handle"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_USERNAME_MIN_LENGTH = 3
ACCOUNT_LOGIN_METHODS = {"username", "email"} if HAS_EMAIL else {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"] if HAS_EMAIL else ["username*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "solidaria.web.adapter.NameForm"
ACCOUNT_EMAIL_VERIFICATION = "optional" if HAS_EMAIL else "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = HAS_EMAIL
ACCOUNT_ADAPTER = "solidaria.web.adapter.Adapter"
ACCOUNT_SESSION_REMEMBER = True
# Waits, never locks: an attacker must not be able to keep a delegate out of an assembly.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "request_login_code": "20/m/ip,3/m/key",
    "reset_password": "20/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/3m/key",
    # Our own (web/sign_in.py). An assembly joins behind one address: the limit is high, a code is long.
    "join": "60/m/ip",
    "recover": "20/m/ip",
    "vouch": "10/m/user",
    # Letters to one address, and names that one joining code tells about: more are asked for in vain, without a word.
    "reset_letter": "3/h/key",
    "join_name": "5/h/key",
}
#: How long the link of a letter lets somebody choose a new password, in seconds.
PASSWORD_RESET_TIMEOUT = 3600
#: Letters go out beside the request: how long sending takes tells nobody whether there was anything to send.
LETTERS_LATER = True
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Solidaria"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS

# --- languages, times ---

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español"), ("pt", "Português")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- files ---

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 31536000
MEDIA_ROOT = HOME / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "short_memory",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- safety ---

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "solidaria.web.answers.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_NAME = "__Host-solidaria" if HTTPS else "solidaria"
if HTTPS:
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The web server in front names the person's address last. Without it all people would share one limit of
    # sign-ins, and anybody could keep everybody out.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
    CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in ALLOWED_HOSTS if not name.startswith("*")]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
