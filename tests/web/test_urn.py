"""The urn: quick, and as strict as the page it stands in for."""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client

from solidaria.actions import decide
from solidaria.actions.who import grant_mandate
from solidaria.records.models import Motion, Person
from solidaria.web.urn import Urn
from tests.web.people import World, doer, world
from tests.web.test_pages import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here() -> World:
    made = world()
    grant_mandate(
        doer(made.ana), made.barrio, person=made.ana.pk, purpose="facilitator", decision="assembly of January"
    )
    return made


@pytest.fixture
def vote(here: World) -> Motion:
    motion = decide.propose_motion(doer(here.bheki), here.barrio, title="<b>Roof</b>", text="We mend the roof.")
    return decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + timedelta(hours=2))


class Voter:
    """A browser that speaks to the urn; without a person nobody is signed in."""

    def __init__(self, person: Person | None, motion: Motion) -> None:
        client = signed_in(person) if person is not None else Client()
        cookie = client.cookies.get("solidaria")
        self.cookie = f"solidaria={cookie.value}; language=en" if cookie else "language=en"
        self.address = f"/motions/{motion.pk}/vote"
        self.urn = Urn(get_wsgi_application())

    def ask(self, method: str, body: bytes = b"", host: str = "localhost") -> tuple[int, dict[str, str], str]:
        """Status, headers and body of one answer."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": self.address,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": host,
            "HTTP_COOKIE": self.cookie,
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        told: list[Any] = []
        answer = self.urn(environ, lambda status, headers, error=None: told.extend([status, headers]))
        text = b"".join(answer).decode()
        return int(told[0].split()[0]), dict(told[1]), text

    def ticket(self) -> str:
        """The ticket on the page."""
        found = re.search(r'name="ticket" value="([^"]+)"', self.ask("GET")[2])
        return found.group(1) if found else ""

    def cast(self, ticket: str, ballot: str = "for") -> int:
        """The status of a ballot sent with a ticket."""
        return self.ask("POST", f"ticket={ticket}&ballot={ballot}".encode())[0]


def test_bheki_votes_through_the_urn_once(here: World, vote: Motion) -> None:
    bheki = Voter(here.bheki, vote)
    status, headers, page = bheki.ask("GET")
    assert status == 200 and "&lt;b&gt;Roof" in page and "<b>Roof" not in page
    assert headers["X-Frame-Options"] == "DENY" and "default-src 'self'" in headers["Content-Security-Policy"]
    ticket = bheki.ticket()
    assert bheki.cast(ticket) == 200
    assert bheki.cast(ticket, "against") == 409
    assert decide.piles_of(vote) == {"for": 1}
    assert "Your ballot is in" in bheki.ask("GET")[2]


def test_a_ticket_is_good_for_its_own_vote_and_bearer_only(here: World, vote: Motion) -> None:
    other = decide.propose_motion(doer(here.bheki), here.barrio, title="Other", text="Something else.")
    decide.open_motion(doer(here.ana), other, closes=datetime.now(UTC) + timedelta(hours=2))
    ticket = Voter(here.bheki, vote).ticket()
    assert Voter(here.bheki, other).cast(ticket) == 403
    assert Voter(here.bheki, vote).cast(ticket[:-1] + ("A" if ticket[-1] != "A" else "B")) == 403
    assert Voter(here.bheki, vote).cast("") == 403
    assert decide.piles_of(vote) == decide.piles_of(other) == {}


def test_who_is_not_on_the_roll_or_signed_out_sees_no_ballot(here: World, vote: Motion) -> None:
    assert Voter(here.carla, vote).ask("GET")[0] == 404
    assert Voter(None, vote).ask("GET")[0] == 302
    bheki = Voter(here.bheki, vote)
    assert bheki.ticket()
    here.bheki.set_password("another battery staple")
    here.bheki.save()
    assert not bheki.ticket(), "a changed password ends every session"


def test_a_closed_vote_and_a_nonsense_ballot_are_refused(here: World, vote: Motion) -> None:
    bheki = Voter(here.bheki, vote)
    ticket = bheki.ticket()
    assert bheki.cast(ticket, "perhaps") == 422
    decide.close_motion(doer(here.ana), vote)
    assert bheki.cast(ticket) == 409
    assert not bheki.ticket()
    assert decide.piles_of(vote) == {}


def test_open_votes_and_strange_hosts_go_on_to_the_ordinary_page(here: World, vote: Motion) -> None:
    assert "ticket" not in Voter(here.bheki, vote).ask("GET", host="evil.example:80/")[2]
    consent = decide.propose_motion(
        doer(here.bheki), here.barrio, title="Consent", text="All agree.", method="consent"
    )
    decide.open_motion(doer(here.ana), consent, closes=datetime.now(UTC) + timedelta(hours=2))
    status, _, page = Voter(here.bheki, consent).ask("GET")
    assert status == 200 and "csrfmiddlewaretoken" in page
