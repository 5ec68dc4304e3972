"""Pages of recalls, seats, the council's vote, obligations and the tree: what they show to whom, and that they fit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from solidaria.actions import councils, decide, recall
from solidaria.records.models import (
    Mandate,
    Membership,
    Motion,
    Obligation,
    Organisation,
    Person,
    Recall,
    Seat,
    SplitVote,
)
from tests.actions.test_councils import base, decided, delegate_of, drafted, in_base, to_ratify
from tests.web.browser import fine, windows
from tests.web.people import doer, founded, person

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=3)


@pytest.fixture
def council(db: None) -> Organisation:
    """A council of two unions with 7 and 5 members, its founder facilitates."""
    ana = person("ana", "Ana Ríos")
    made = founded(ana, "Consejo del Sur", "council", ("facilitator", "secretary", "coordinator"))
    base("Hilo", 7, made, ana)
    base("Tierra", 5, made, ana)
    return made


def union(name: str) -> Organisation:
    """One of the two unions."""
    return Organisation.objects.get(name=name)


def member_of(one: Organisation) -> Person:
    """A member who is not the delegate."""
    return one.memberships.exclude(person=delegate_of(one)).order_by("pk").first().person


def as_(one: Person) -> Client:
    """A browser in which somebody is signed in."""
    client = Client()
    client.force_login(one)
    return client


def test_a_member_opens_a_recall_others_sign_and_the_page_says_what_happens_when(council: Organisation) -> None:
    one = union("Hilo")
    mandate = Mandate.objects.get(organisation=one, purpose="delegate")
    client = as_(member_of(one))
    page = client.get(reverse("mandates", args=[one.code])).content.decode()
    where = reverse("open_recall", args=[one.code, mandate.pk])
    assert where in page
    assert client.post(where, {"why": ""}).status_code == 422
    answer = client.post(where, {"why": "Voted on the lorries without asking us."}, follow=True)
    row = Recall.objects.get()
    told = answer.content.decode()
    assert "1 of 2" in told and "Voted on the lorries" in told and "you have signed" in told
    other = one.memberships.exclude(person__in=[mandate.person, row.opened_by]).first().person
    signed = as_(other).post(reverse("sign_recall", args=[one.code, row.pk]), follow=True).content.decode()
    assert "2 of 2" in signed and "the notice runs" in signed
    held = as_(mandate.person)
    there = reverse("recall", args=[one.code, row.pk])
    assert "Your reply" in held.get(there).content.decode()
    assert "I was told to." in held.post(there, {"text": "I was told to."}, follow=True).content.decode()
    home = held.get(reverse("home")).content.decode()
    assert "want your mandate back" in home


def test_signatures_are_shown_as_a_number_and_never_with_names(council: Organisation) -> None:
    one = union("Hilo")
    people = [row.person for row in one.memberships.exclude(person=delegate_of(one))]
    for number, each in enumerate(people):
        Person.objects.filter(pk=each.pk).update(name=f"Signer {number}")
    mandate = Mandate.objects.get(organisation=one, purpose="delegate")
    row = recall.open_recall(doer(people[0]), mandate, why="Did not ask us.")
    recall.sign_recall(doer(people[1]), row)
    page = as_(people[2]).get(reverse("recall", args=[one.code, row.pk])).content.decode()
    assert "Signer 0" in page, "who opens it stands for the reason"
    assert "Signer 1" not in page


def test_before_closing_a_reader_sees_how_the_own_base_was_cast_and_of_others_only_that_they_were(
    council: Organisation,
) -> None:
    Seat.objects.update(instruction="for")
    motion = drafted(council, delegate_of(union("Hilo")))
    decide.open_motion(doer(Person.objects.get(handle="ana")), motion, closes=SOON)
    for one, members in ((union("Hilo"), 7), (union("Tierra"), 5)):
        councils.cast_split(doer(delegate_of(one)), motion, votes={"for": members})
    where = reverse("council_vote", args=[motion.pk])
    page = as_(member_of(union("Hilo"))).get(where).content.decode()
    assert (
        "7 for, 0 against" in page and "5 for, 0 against" not in page and "shown once the vote has closed" in page
    )
    decide.close_motion(doer(Person.objects.get(handle="ana")), motion)
    page = as_(member_of(union("Hilo"))).get(where).content.decode()
    assert "5 for, 0 against" in page and "By organisations" in page


def test_a_delegate_casts_on_the_page_and_a_wrong_sum_is_refused_there(council: Organisation) -> None:
    one = union("Hilo")
    Seat.objects.update(instruction="against")
    motion = drafted(council, delegate_of(one))
    decide.open_motion(doer(Person.objects.get(handle="ana")), motion, closes=SOON)
    client, where = as_(delegate_of(one)), reverse("council_vote", args=[motion.pk])
    assert "are not cast yet" in client.get(reverse("home")).content.decode()
    refused = client.post(where, {"base": one.code, "for": "7"})
    assert refused.status_code == 422 and "votes otherwise than its base" in refused.content.decode()
    assert client.post(where, {"base": one.code, "for": "x", "against": "7"}).status_code == 422
    client.post(where, {"base": one.code, "against": "7"})
    assert SplitVote.objects.get(motion=motion, base=one).votes_against == 7


def test_buttons_refer_back_carry_down_and_vote_again(council: Organisation) -> None:
    one = union("Hilo")
    motion = drafted(council, delegate_of(one))
    ana, delegate = as_(Person.objects.get(handle="ana")), as_(delegate_of(one))
    decide.open_motion(doer(Person.objects.get(handle="ana")), motion, closes=SOON)
    delegate.post(reverse("council_button", args=[motion.pk, "back"]), {"base": one.code})
    assert Obligation.objects.get().organisation == one
    ana.post(reverse("council_button", args=[motion.pk, "down"]))
    assert set(motion.derived.values_list("organisation__name", flat=True)) == {"Hilo", "Tierra"}
    decide.close_motion(doer(Person.objects.get(handle="ana")), motion)
    assert "went back to the bases" in ana.get(reverse("council_vote", args=[motion.pk])).content.decode()
    delegate.post(reverse("council_button", args=[motion.pk, "again"]))
    motion.refresh_from_db()
    assert motion.state == "open"
    assert delegate.post(reverse("council_button", args=[motion.pk, "nonsense"])).status_code == 404


def test_the_bases_are_asked_to_confirm_on_the_page_and_the_page_counts_them(council: Organisation) -> None:
    ana = Person.objects.get(handle="ana")
    motion, _ = to_ratify(council, ana, [union("Hilo"), union("Tierra")])
    where = reverse("council_vote", args=[motion.pk])
    page = as_(ana).get(where).content.decode()
    assert "waits until the bases confirm it" in page and "2 of 2 bases" in page
    decided(in_base(motion, union("Hilo")), {"for": 3})
    decided(in_base(motion, union("Tierra")), {"for": 3})
    assert as_(ana).get(where).content.decode().count("confirmed</span>") == 2
    fresh = drafted(council, delegate_of(union("Hilo")))
    where = reverse("council_vote", args=[fresh.pk])
    day = (NOW + timedelta(days=30)).date().isoformat()
    as_(ana).post(where, {"what": "ratify", "needed": "2", "by": day})
    fresh.refresh_from_db()
    assert fresh.ratify_needed == 2 and fresh.ratify_by is not None
    assert as_(ana).post(where, {"what": "ratify", "needed": "9", "by": "no day"}).status_code == 422


def test_a_decision_is_carried_up_on_the_page(council: Organisation) -> None:
    one = union("Hilo")
    own = decide.propose_motion(doer(delegate_of(one)), one, title="Lorries", text="We share them.")
    decided(own, {"for": 5})
    client, where = as_(delegate_of(one)), reverse("carry_up", args=[own.pk])
    assert where in client.get(reverse("motion", args=[own.pk])).content.decode()
    answer = client.post(where, {"council": council.code}, follow=True)
    assert Motion.objects.get(origin=own).organisation == council and answer.status_code == 200
    assert "Carried on from Hilo" in answer.content.decode()


def test_a_motion_that_gives_the_seat_and_one_that_instructs_are_proposed_on_the_page(
    council: Organisation,
) -> None:
    one = union("Hilo")
    other = member_of(one)
    client = as_(delegate_of(one))
    where = reverse("propose_motion", args=[one.code])
    given = {
        "title": "A delegate",
        "text": "We send somebody else.",
        "method": "majority",
        "effect": "grant_mandate",
    }
    seat = {"e-person": other.pk, "e-purpose": "delegate", "e-council": council.pk, "e-instruction": "against"}
    assert "Council" in client.get(f"{where}?effect=grant_mandate").content.decode()
    client.post(where, {**given, **seat})
    decided(Motion.objects.get(title="A delegate"), {"for": 5})
    assert Seat.objects.get(base=one, ended=None).mandate.person == other
    given = {"title": "Instruct", "text": "For it.", "method": "majority", "effect": "instruct_delegate"}
    client.post(where, {**given, "e-council": council.pk, "e-instruction": "for"})
    decided(Motion.objects.get(title="Instruct"), {"for": 5})
    assert Seat.objects.get(base=one, ended=None).instruction == "for"


def test_the_tree_shows_who_sits_where_what_binds_and_what_is_owed(council: Organisation) -> None:
    ana = Person.objects.get(handle="ana")
    motion, _ = to_ratify(council, ana, [union("Hilo"), union("Tierra")], needed=1)
    decided(in_base(motion, union("Hilo")), {"for": 3})
    for reader in (member_of(union("Hilo")), ana):
        start = council if reader == ana else union("Hilo")
        page = as_(reader).get(reverse("tree", args=[start.code])).content.decode()
        assert "Consejo del Sur" in page and "Delegate: Delegate of Tierra" in page
        assert "Decisions that bind all below" in page and "Lorries" in page
        assert "confirm or refuse a council" in page, "Tierra still owes its answer"
    page = as_(ana).get(reverse("obligations", args=[council.code])).content.decode()
    assert "Tierra" in page and "Nothing is owed." not in page
    assert as_(person("carla")).get(reverse("tree", args=[council.code])).status_code == 404


def test_a_member_of_a_base_looks_at_the_council_s_tree_and_obligations(council: Organisation) -> None:
    client = as_(member_of(union("Hilo")))
    for name in ("tree", "obligations"):
        assert client.get(reverse(name, args=[council.code])).status_code == 200


def test_the_tree_asks_the_same_number_of_questions_however_large_it_is(council: Organisation) -> None:
    ana = Person.objects.get(handle="ana")
    client, where = as_(ana), reverse("tree", args=[council.code])
    client.get(where)

    def asked() -> int:
        with CaptureQueriesContext(connection) as questions:
            assert client.get(where).status_code == 200
        return len(questions)

    before = asked()
    for number in range(12):
        base(f"More{number}", 2, council, ana)
    assert asked() == before < 40


def test_a_circle_of_councils_is_drawn_and_ends(council: Organisation) -> None:
    ana = Person.objects.get(handle="ana")
    above = founded(ana, "Federación", "council")
    for one, other in ((council, above), (above, council)):
        one.networks.create(network=other, asked_by_network=False, agreed=NOW)
    answer = as_(ana).get(reverse("tree", args=[council.code]))
    assert answer.status_code == 200 and "Tierra" in answer.content.decode()


def test_mandates_that_end_soon_are_told_at_home(council: Organisation) -> None:
    one = union("Hilo")
    Mandate.objects.filter(organisation=one, purpose="delegate").update(ends=(NOW + timedelta(days=9)).date())
    page = as_(delegate_of(one)).get(reverse("home")).content.decode()
    assert "The mandate of Delegate of Hilo in Hilo ends on" in page
    assert "ends soon" in as_(delegate_of(one)).get(reverse("mandates", args=[one.code])).content.decode()


def test_the_history_of_holders_names_recall_and_decision(council: Organisation) -> None:
    one = union("Hilo")
    mandate = Mandate.objects.get(organisation=one, purpose="delegate")
    row = recall.open_recall(doer(member_of(one)), mandate, why="Did not ask us.")
    Mandate.objects.filter(pk=mandate.pk).update(ended=NOW)
    Recall.objects.filter(pk=row.pk).update(ended=NOW)
    page = as_(member_of(one)).get(reverse("mandates", args=[one.code])).content.decode()
    assert reverse("recall", args=[one.code, row.pk]) in page and "ended" in page


# --- in a real browser ---


@pytest.fixture
def opened(browser: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages of the running platform."""
    with windows(browser, live_server.url) as made:
        yield made


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "language", "scheme"), [(390, "es", "light"), (1280, "en", "dark")])
def test_every_page_of_mandates_fits_and_is_accessible(
    opened: Callable[..., Any], width: int, language: str, scheme: str
) -> None:
    ana = person("ana", "Ana Ríos")
    made = founded(ana, "Consejo del Sur", "council", ("facilitator", "secretary", "coordinator"))
    hilo, tierra = base("Hilo", 7, made, ana), base("Tierra", 5, made, ana)
    delegate = delegate_of(hilo)
    Person.objects.filter(pk=delegate.pk).update(name="Lucía Vidal")
    motion, _ = to_ratify(made, ana, [hilo, tierra], needed=2)
    decided(in_base(motion, hilo), {"for": 5, "against": 1})
    Seat.objects.update(instruction="")
    other = drafted(made, delegate)
    councils.carry_down(doer(ana), other)
    decided(in_base(other, hilo), {"for": 4, "against": 2})
    decide.open_motion(doer(ana), other, closes=SOON)
    mandate = Mandate.objects.get(organisation=hilo, purpose="delegate")
    row = recall.open_recall(
        doer(member_of(hilo)),
        mandate,
        why="She voted for selling the lorries, and her instruction was against it.",
    )
    Membership.objects.create(organisation=hilo, person=ana, entered=NOW.date())
    pages = {
        "mandates": (delegate, "mandates", hilo.code),
        "open": (member_of(hilo), "open_recall", hilo.code, hilo.mandates.get(purpose="coordinator").pk),
        "recall": (ana, "recall", hilo.code, row.pk),
        "reply": (delegate, "recall", hilo.code, row.pk),
        "seats": (delegate, "seats", hilo.code),
        "council-seats": (ana, "seats", made.code),
        "cast": (delegate, "council_vote", other.pk),
        "waiting": (delegate_of(tierra), "council_vote", other.pk),
        "ratified": (ana, "council_vote", motion.pk),
        "obligations": (ana, "obligations", made.code),
        "tree": (ana, "tree", made.code),
        "home": (delegate, "home"),
    }
    for name, (who, page_name, *arguments) in pages.items():
        client = as_(who)
        cookies = {
            settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
            "language": language,
        }
        page = opened(reverse(page_name, args=arguments), width, scheme, cookies)
        if os.environ.get("SOLIDARIA_SHOTS"):
            page.screenshot(path=Path(os.environ["SOLIDARIA_SHOTS"]) / f"{name}-{width}.png", full_page=True)
        fine(page)
