"""A ballot that cannot be taken comes back as it was filled in; a blank one is taken only when it is meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from solidaria.actions import decide
from solidaria.actions.who import grant_mandate
from solidaria.records.models import HouseRule, Motion
from tests.web.people import World, doer, world
from tests.web.test_pages import signed_in
from tests.web.test_urn import Voter

pytestmark = pytest.mark.django_db(transaction=True)

OPTIONS = [{"id": "1", "name": "Soup"}, {"id": "2", "name": "Bread"}, {"id": "3", "name": "Tea"}]


@pytest.fixture
def here() -> World:
    made = world()
    grant_mandate(
        doer(made.ana), made.barrio, person=made.ana.pk, purpose="facilitator", decision="assembly of January"
    )
    return made


def opened(here: World, method: str, secret: bool) -> Motion:
    """An open vote on what the kitchen makes."""
    if not secret:
        HouseRule.objects.create(organisation=here.barrio, rule="secret", value="no", since=datetime.now(UTC))
    money = {"fund": "100", "currency": "ARS"} if method == "equal_points" else {}
    options = [{**one, "cost": "40"} for one in OPTIONS] if money else OPTIONS
    motion = decide.propose_motion(
        doer(here.bheki), here.barrio, title="Menu", text="What we cook.", method=method, options=options, **money
    )
    return decide.open_motion(doer(here.ana), motion, closes=datetime.now(UTC) + timedelta(hours=2))


def sent(here: World, motion: Motion, urn: bool, fields: str) -> tuple[int, str]:
    """Status and page of a ballot that Bheki sends."""
    if urn:
        voter = Voter(here.bheki, motion)
        status, _, page = voter.ask("POST", f"ticket={voter.ticket()}&{fields}".encode())
        return status, page
    given: dict[str, list[str]] = {}
    for pair in fields.split("&"):
        name, value = pair.split("=")
        given.setdefault(name, []).append(value)
    answer = signed_in(here.bheki).post(reverse("vote", args=[motion.pk]), given)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("urn", [False, True], ids=["page", "urn"])
@pytest.mark.parametrize(
    ("method", "fields", "said"),
    [
        ("scottish", "place-1=&place-2=&place-3=", "Rank at least one"),
        ("equal_points", "points-1=0&points-2=0", "Choose at least one"),
        ("approval", "reason=", "Choose at least one"),
    ],
)
def test_a_ballot_sent_wholly_blank_is_refused_until_blank_is_said(
    here: World, urn: bool, method: str, fields: str, said: str
) -> None:
    motion = opened(here, method, secret=True)
    status, page = sent(here, motion, urn, fields)
    assert status == 422 and said in page and 'name="blank"' in page
    assert decide.piles_of(motion) == {}
    status, page = sent(here, motion, urn, f"{fields}&blank=yes")
    assert status in (200, 302) and decide.piles_of(motion) == {(): 1}


@pytest.mark.parametrize(("secret", "urn"), [(False, False), (True, False), (True, True)])
def test_a_wrong_ranking_keeps_what_was_typed_with_the_fault_beside_its_field(
    here: World, secret: bool, urn: bool
) -> None:
    motion = opened(here, "schulze", secret)
    status, page = sent(
        here,
        motion,
        urn,
        "place-1=2&place-2=first&place-3=%3Cb%3E" if urn else "place-1=2&place-2=first&place-3=<b>",
    )
    assert status == 422 and decide.piles_of(motion) == {}
    beside = page.split('id="f-place-2"')[1].split("</label>")
    assert 'value="first"' in beside[0] and 'id="b-e-place-2"' in beside[1]
    assert 'value="2"' in page.split('id="f-place-1"')[1].split("</label>")[0]
    assert "&lt;b&gt;" in page and 'value="<b>"' not in page
    assert sent(here, motion, urn, "place-1=2&place-2=1&place-3=3")[0] in (200, 302)
    assert decide.piles_of(motion) == {("2", "1", "3"): 1}


def test_marks_and_a_blank_ballot_at_once_are_refused_and_the_marks_stay(here: World) -> None:
    motion = opened(here, "approval", secret=True)
    status, page = sent(here, motion, True, "ballot=2&blank=yes")
    assert status == 422 and 'value="2" checked' in page and 'value="1" checked' not in page


def test_two_with_the_same_place_are_both_named(here: World) -> None:
    motion = opened(here, "meek", secret=True)
    status, page = sent(here, motion, True, "place-1=1&place-2=1&place-3=2")
    assert status == 422 and 'id="b-e-place-1"' in page and 'id="b-e-place-2"' in page
    assert 'id="b-e-place-3"' not in page
