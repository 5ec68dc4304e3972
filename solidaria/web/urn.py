"""The urn: the ballot page and the ballot, for when ten thousand vote in the same minute.

Stands before Django and answers two requests only: the page of an open secret vote for somebody on its roll, and the ballot
that comes back from it. Everything else, and everything unusual, goes on to Django as it came.

The page is prepared once for a vote and a language. It carries a ticket: person and vote, signed, good for an hour.
Who sends it back is who was given it, so it stands in for both the session and the form's own token; a page of
another site cannot know it. Ballots go into the box (actions/ballot_box.py), which answers once they are durable.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.db import close_old_connections, connection
from django.http.request import split_domain_port, validate_host
from django.template.loader import render_to_string
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.datastructures import MultiValueDict
from django.utils.timezone import now

from solidaria.actions import ballot_box
from solidaria.actions.permit import Doer, NotAllowed
from solidaria.core import decide as core
from solidaria.core.problem import Fault, Refused
from solidaria.records.models import Motion, Person
from solidaria.web.answers import told, with_labels
from solidaria.web.ballots import ballot_from
from solidaria.web.decide import what_it_does
from solidaria.web.language import CODES, COOKIE, language

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]

ADDRESS = re.compile(r"/motions/(\d{1,18})/vote\Z")
TICKET_SECONDS = 3600
MOST_BYTES = 20_000
#: A prepared page is made anew after so long.
PREPARED_SECONDS = 60.0
PLACE = b"@@ticket@@"
SALT = "solidaria.urn"


@dataclass(frozen=True)
class Prepared:
    """A ballot page without its ticket, and what a ballot on it can be."""

    before: bytes
    after: bytes
    method: str
    options: tuple[str, ...]
    made: float


class Urn:
    """A WSGI application around another."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.pages: dict[tuple[int, str], Prepared] = {}
        self.answers: dict[tuple[int, str], bytes] = {}
        self.headers: list[tuple[str, str]] | None = None

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        found = ADDRESS.match(environ.get("PATH_INFO", ""))
        if found is None or environ.get("QUERY_STRING") or not _usual(environ):
            return self.application(environ, start)
        number, method = int(found.group(1)), environ["REQUEST_METHOD"]
        if method == "GET":
            return self._page(number, environ, start)
        if method == "POST":
            return self._ballot(number, environ, start)
        return self.application(environ, start)

    # --- the page ---

    def _page(self, number: int, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        cookies = _cookies(environ)
        close_old_connections()
        person = _voter(cookies.get(settings.SESSION_COOKIE_NAME, ""), number)
        if person is None:
            return self.application(environ, start)
        page = self._prepared(number, _code(cookies, environ))
        if page is None:
            return self.application(environ, start)
        ticket = signing.TimestampSigner(salt=SALT).sign(f"{person}-{number}").encode()
        return self._answer(start, "200 OK", page.before + ticket + page.after)

    def _prepared(self, number: int, code: str) -> Prepared | None:
        """The page of an open secret vote, from the shelf or made now; None when it is not for the urn."""
        page = self.pages.get((number, code))
        if page is not None and time.monotonic() - page.made < PREPARED_SECONDS:
            return page
        row = _for_the_urn(number)
        if row is None:
            return None
        text = _page_of(row, code, PLACE.decode())
        before, _, after = text.partition(PLACE)
        options = tuple(str(option["id"]) for option in row.options)
        page = Prepared(before, after, row.method, options, time.monotonic())
        self.pages[number, code] = page
        return page

    # --- the ballot ---

    def _ballot(self, number: int, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self.application(environ, start)
        body = environ["wsgi.input"].read(int(length))
        form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=2_000)
        person = _bearer(form.get("ticket", [""])[0], number)
        code = _code(_cookies(environ), environ)
        page = self._prepared(number, code) if person is not None else None
        if person is None or page is None:
            environ["wsgi.input"] = io.BytesIO(body)
            return self.application(environ, start)
        status, refusal = "200 OK", None
        try:
            ballot = ballot_from(form, page.method, page.options)
            ballot_box.box.cast(Doer(Person(pk=person), at=now()), number, ballot)
        except Refused as error:
            refusal = error.faults[0]
            row = _for_the_urn(number) if refusal.column is not None else None
            if row is not None:
                # The ballot as it was filled in, with what is wrong beside it.
                typed = told(error, MultiValueDict(form))
                page_again = with_labels(_page_of(row, code, form["ticket"][0], typed))
                return self._answer(start, "422 Unprocessable Entity", page_again)
            status = "409 Conflict"
        except NotAllowed:
            environ["wsgi.input"] = io.BytesIO(body)
            return self.application(environ, start)
        return self._answer(start, status, self._told(number, code, refusal))

    def _told(self, number: int, code: str, refusal: Fault | None) -> bytes:
        """The page that says that the ballot is in, or why not."""
        ready = self.answers.get((number, code))
        if ready is not None and refusal is None:
            return ready
        words = {"language": language(code), "number": number, "refusal": refusal}
        made = render_to_string("decide/urn_answer.html", words).encode()
        if refusal is None:
            self.answers[number, code] = made
        return made

    # --- the answer ---

    def _answer(self, start: Start, status: str, body: bytes) -> Iterable[bytes]:
        """The body with the headers every page has."""
        if self.headers is None:
            self.headers = [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Security-Policy", build_policy()),
                ("Cache-Control", "private, no-store"),
                ("X-Content-Type-Options", "nosniff"),
                ("X-Frame-Options", "DENY"),
                ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
                ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
                ("Vary", "Accept-Language, Cookie"),
            ]
            if settings.SECURE_SSL_REDIRECT:
                self.headers.append(
                    (
                        "Strict-Transport-Security",
                        f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload",
                    )
                )
        start(status, [*self.headers, ("Content-Length", str(len(body)))])
        return [body]


def _for_the_urn(number: int) -> Motion | None:
    """A vote whose page the urn can show: secret, without trackers."""
    row = Motion.objects.select_related("organisation").filter(pk=number).first()
    if row is None or not row.secret or row.tracker or row.method not in core.MAY_BE_SECRET:
        return None
    return row


def _page_of(row: Motion, code: str, ticket: str, typed: Mapping[str, Any] | None = None) -> bytes:
    """The ballot page; `typed`: what was given and what is wrong with it."""
    words = {"row": row, "one": row.organisation, "language": language(code), "ticket": ticket}
    return render_to_string("decide/urn.html", {**words, **what_it_does(row), **(typed or {})}).encode()


def _usual(environ: Mapping[str, Any]) -> bool:
    """Whether the request came by the right name and, where that is asked, by https; Django says no to the others."""
    host, _ = split_domain_port(str(environ.get("HTTP_HOST", "")).lower())
    if not host or not validate_host(host, settings.ALLOWED_HOSTS):
        return False
    if not settings.SECURE_SSL_REDIRECT:
        return True
    header, value = settings.SECURE_PROXY_SSL_HEADER
    return environ.get("wsgi.url_scheme") == "https" or environ.get(header) == value


def _cookies(environ: Mapping[str, Any]) -> dict[str, str]:
    try:
        return {name: one.value for name, one in SimpleCookie(environ.get("HTTP_COOKIE", "")).items()}
    except CookieError:
        return {}


def _code(cookies: Mapping[str, str], environ: Mapping[str, Any]) -> str:
    """The language: the one chosen, else the browser's first that we have."""
    if cookies.get(COOKIE) in CODES:
        return cookies[COOKIE]
    wanted = [
        part.split(";")[0].strip()[:2].lower() for part in environ.get("HTTP_ACCEPT_LANGUAGE", "").split(",")
    ]
    return next((code for code in wanted if code in CODES), CODES[0])


def _voter(session: str, number: int) -> int | None:
    """Who is signed in with this session, when he or she is on the roll of this open vote and has not voted yet."""
    if not session or len(session) > 64:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s", [session, now()]
        )
        row = cursor.fetchone()
        if row is None:
            return None
        data = SessionStore().decode(row[0])
        person, digest = data.get(SESSION_KEY), data.get(HASH_SESSION_KEY, "")
        if not person:
            return None
        cursor.execute(
            "SELECT p.password, p.is_active FROM records_voter v JOIN records_person p ON p.id = v.person_id "
            "JOIN records_motion m ON m.id = v.motion_id "
            "WHERE v.motion_id = %s AND v.person_id = %s AND v.voted = %s AND m.state = %s",
            [number, int(person), False, "open"],
        )
        found = cursor.fetchone()
    if found is None or not found[1]:
        return None
    # The same check as django.contrib.auth: a changed password ends every session.
    expected = salted_hmac(
        "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash", found[0], algorithm="sha256"
    ).hexdigest()
    return int(person) if constant_time_compare(digest, expected) else None


def _bearer(ticket: str, number: int) -> int | None:
    """Whom a ticket was given to, for this vote; None when it is none of ours, too old, or for another vote."""
    try:
        value = signing.TimestampSigner(salt=SALT).unsign(ticket, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    person, _, motion = value.partition("-")
    return int(person) if motion == str(number) else None
