"""A member can always ask whether the ballot is in: before, during and after, and when the answer never arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from solidaria.actions import ballot_box, decide
from solidaria.actions.who import grant_mandate
from solidaria.records.models import HouseRule, Motion
from tests.web.people import World, doer, world
from tests.web.test_pages import signed_in
from tests.web.test_urn import Voter

pytestmark = pytest.mark.django_db(transaction=True)

IN, NOT_IN = "our ballot is in", "No ballot came in your name."


@pytest.fixture
def here() -> World:
    made = world()
    grant_mandate(
        doer(made.ana), made.barrio, person=made.ana.pk, purpose="facilitator", decision="assembly of January"
    )
    return made


def opened(here: World) -> Motion:
    """An open vote of the neighbourhood."""
    motion = decide.propose_motion(doer(here.bheki), here.barrio, title="Roof", text="We mend the roof.")
    return decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + timedelta(hours=2))


def told(here: World, motion: Motion) -> tuple[bool, bool]:
    """Whether the page of the motion and the page of the vote tell Bheki that the ballot is in."""
    client = signed_in(here.bheki)
    pages = [client.get(reverse(name, args=[motion.pk])) for name in ("motion", "vote")]
    assert [page.status_code for page in pages] == [200, 200]
    first, second = (IN in page.content.decode() for page in pages)
    return first, second


@pytest.mark.parametrize("kind", ["secret", "tracker", "open"])
def test_a_member_can_always_ask_whether_the_ballot_is_in(here: World, kind: str) -> None:
    rule, value = {"secret": ("secret", "yes"), "tracker": ("tracker", "yes"), "open": ("secret", "no")}[kind]
    HouseRule.objects.create(organisation=here.barrio, rule=rule, value=value, since=datetime.now(UTC))
    motion, missed = opened(here), opened(here)
    assert told(here, motion) == (False, False)
    # Cast, and the answer lost on its way: nothing but the database knows.
    ballot_box.cast(doer(here.bheki), motion, "for")
    page = signed_in(here.bheki).get(reverse("motion", args=[motion.pk])).content.decode()
    assert "Change your ballot" in page if kind == "open" else IN in page
    assert told(here, motion)[1]
    for one in (motion, missed):
        decide.close_motion(doer(here.ana), one)
    assert told(here, motion) == (True, True), "after closing, too"
    client = signed_in(here.bheki)
    for name in ("motion", "vote"):
        page = client.get(reverse(name, args=[missed.pk])).content.decode()
        assert NOT_IN in page and IN not in page


def test_who_sends_the_ballot_again_because_no_answer_came_is_told_that_it_is_in(here: World) -> None:
    motion = opened(here)
    voter = Voter(here.bheki, motion)
    form = f"ticket={voter.ticket()}&ballot=for".encode()
    ballot_box.box.cast(doer(here.bheki), motion.pk, "for")
    for _ in range(3):
        status, _, page = voter.ask("POST", form)
        assert status == 409 and "Your ballot is in already." in page
    assert "Your ballot is in." in voter.ask("GET")[2]
    assert decide.piles_of(motion) == {"for": 1}
