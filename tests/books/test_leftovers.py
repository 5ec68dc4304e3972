"""Reviews that remind, delays both sides see, versions with their difference, and agreements the next plan serves first."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from solidaria.actions import agree, needs, plan, work
from solidaria.actions.agree import REVIEW_DAYS, reviews_due
from solidaria.actions.agreed import latest, terms_of
from solidaria.core.problem import Refused
from solidaria.core.versions import differences
from solidaria.records.models import Agreement, Product, Promise, PromiseLine, Round
from solidaria.records.results import result_of
from solidaria.web.assemblies import feed
from solidaria.web.language import language
from tests.books.test_actions import TODAY, sewing, signed, typed
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    return made


def client_of(here: World) -> Client:
    client = Client()
    client.force_login(here.ana)
    return client


# --- review ---


def test_a_review_reminds_each_side_from_two_weeks_before_until_it_was_written_down(here: World) -> None:
    review = TODAY + timedelta(days=100)
    row = signed(here, review=review.isoformat())
    sides = [here.barrio, here.workshop]
    assert reviews_due(sides, review - timedelta(days=REVIEW_DAYS + 1)) == []
    for day in (review - timedelta(days=REVIEW_DAYS), review, review + timedelta(days=500)):
        assert [(one.code, found.pk) for one, found, _ in reviews_due(sides, day)] == [
            (one.code, row.pk) for one in sides
        ]
    soon = signed(here, "10", review=(TODAY + timedelta(days=3)).isoformat())
    page = client_of(here).get(reverse("home")).content.decode()
    assert reverse("agreement", args=[here.workshop.code, soon.pk]) in page
    agree.note_review(doer(here.ana), here.workshop, agreement=soon, words="It goes well.")
    assert [one for one, found, _ in reviews_due(sides, TODAY)] == [here.barrio]
    agree.end_agreement(doer(here.ana), here.barrio, agreement=soon, why="Enough.")
    assert reviews_due(sides, TODAY) == []


def test_reviews_and_deliveries_stand_in_the_calendar(here: World) -> None:
    row = signed(here)
    agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="10", due=TODAY)
    told = feed(here.workshop, language("en")).decode()
    assert "Look again at the agreement: Uniforms" in told and "To deliver: 10 piece" in told
    review = terms_of(latest(row)).review
    assert f"DTSTART;VALUE=DATE:{review:%Y%m%d}" in told
    assert "Comes to us" in feed(here.barrio, language("en")).decode()
    assert "DTSTART;VALUE=DATE" not in feed(here.elsewhere, language("en")).decode()


# --- delay ---


def test_a_delay_moves_goods_and_pay_once_the_taker_agrees_and_not_before(here: World) -> None:
    row = signed(here)
    order = agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity="10", due=TODAY)
    before = dict(PromiseLine.objects.filter(call_off=order).values_list("part", "due"))
    with pytest.raises(Refused, match="Only who gives"):
        agree.tell_delay(doer(here.ana), here.barrio, call_off=order, until=TODAY + timedelta(days=9), why="x")
    with pytest.raises(Refused) as why:
        agree.tell_delay(doer(here.ana), here.workshop, call_off=order, until=TODAY, why=" ")
    assert sorted(fault.column or "" for fault in why.value.faults) == ["until", "why"]
    first, delay = (
        agree.tell_delay(
            doer(here.ana), here.workshop, call_off=order, until=TODAY + timedelta(days=days), why="No thread."
        )
        for days in (5, 9)
    )
    assert dict(PromiseLine.objects.filter(call_off=order).values_list("part", "due")) == before
    with pytest.raises(Refused, match="another day since"):
        agree.agree_to_delay(doer(here.ana), here.barrio, delay=first)
    with pytest.raises(Refused, match="Only who gets"):
        agree.agree_to_delay(doer(here.ana), here.workshop, delay=delay)
    client = client_of(here)
    page = client.get(reverse("deliveries", args=[here.barrio.code])).content.decode()
    assert "No thread." in page and "Agree to the new day" in page
    for _ in range(2):  # pressed twice, moved once
        assert client.post(reverse("agree_to_delay", args=[here.barrio.code, delay.pk])).status_code == 302
    after = dict(PromiseLine.objects.filter(call_off=order).values_list("part", "due"))
    assert after == {part: due + timedelta(days=9) for part, due in before.items()}
    order.refresh_from_db()
    assert order.due == TODAY + timedelta(days=9)


def test_pausing_resuming_and_breaking_off_are_reached_from_the_page(here: World) -> None:
    row = signed(here)
    client = client_of(here)
    for verb, state in (("pause", "paused"), ("resume", "in force"), ("break", "broken")):
        where = reverse("agreement_step", args=[here.workshop.code, row.pk, verb])
        assert where in client.get(reverse("agreement", args=[here.workshop.code, row.pk])).content.decode()
        assert client.post(where, {"why": "No thread."}).status_code == 302
        row.refresh_from_db()
        assert row.state == state


# --- versions ---


def test_a_new_version_tells_every_term_that_differs_and_no_other(here: World) -> None:
    row = signed(here)
    first = terms_of(latest(row))
    line = {
        "product": "school-uniform",
        "quantity": "120",
        "unit_price": "15",
        "unit_solidarity": "2",
        "wage": "11",
    }
    given = typed(guaranteed="0.5", place="The yard", lines=[line], schedule=[(TODAY.isoformat(), "0", "30")])
    agree.change_agreement(doer(here.ana), here.barrio, agreement=row, given=given)
    second = terms_of(latest(row))
    found = {(one.about, str(one.what)): (one.before, one.after) for one in differences(first, second)}
    assert found == {
        ("", "guaranteed share"): (Decimal(0), Decimal("0.5")),
        ("", "place of delivery"): ("", "The yard"),
        ("School uniform", "quantity"): (Decimal(100), Decimal(120)),
        ("School uniform", "price for all"): (Decimal("1500.00"), Decimal("1800.00")),
        ("School uniform", "solidarity for all"): (Decimal("200.00"), Decimal("240.00")),
        ("School uniform", "of the price of one, for the work"): (Decimal(10), Decimal(11)),
        ("School uniform", f"agreed for {TODAY.isoformat()}"): (None, Decimal(30)),
    }
    assert differences(first, first) == ()
    page = client_of(here).get(reverse("agreement_version", args=[here.workshop.code, row.pk, 2])).content.decode()
    for words in ("What it says otherwise than version 1", "50", "The yard", "1,800.00"):
        assert words in page, words
    page = client_of(here).get(reverse("agreement_version", args=[here.workshop.code, row.pk, 1])).content.decode()
    assert "This is the first version." in page


# --- the next round ---


def test_a_standing_agreement_feeds_the_next_round_before_any_need(here: World) -> None:
    """600 machine hours sew 750 uniforms; a first-rank need wants 2,000, and the agreement still gets its 700 first."""
    row = signed(here, "700")
    decided_on = Agreement.objects.get(pk=row.pk)
    assert decided_on.state == "in force"
    assert Promise.objects.get(removed__isnull=True).quantity == 700
    plan.close_round(doer(here.ana), here.round)
    following = plan.open_round(doer(here.ana), here.network, name="2027", periods=[])
    assert Round.objects.filter(network=here.network, closed__isnull=True).get() == following
    uniform = Product.objects.get(code="school-uniform")
    need = needs.declare_need(
        doer(here.bheki), here.barrio, network=here.network, words="uniforms", product=uniform, quantity="2000"
    )
    needs.rank_needs(doer(here.ana), here.barrio, tiers={need.pk: 1})
    variant = plan.ask_for_plan(doer(here.ana), following, name="first")
    claimed = work.claim("test")
    assert claimed is not None
    work.make(claimed, "test")
    result = result_of(variant.pk)
    assert result is not None
    rows = [
        (one.need, one.quantity)
        for one in result.prices.deliveries
        if one.product == "school-uniform" and one.site
    ]
    promised = sum((quantity for id, quantity in rows if id is None), Decimal(0))
    needed = sum((quantity for id, quantity in rows if id is not None), Decimal(0))
    assert abs(promised - 700) < Decimal("0.01") and promised + needed <= 751
    # Delivered goods are not promised any more, and a broken agreement holds nothing.
    order = agree.call_off(doer(here.ana), here.barrio, agreement=decided_on, line=0, quantity="200", due=TODAY)
    sent = agree.hand_over(doer(here.ana), here.workshop, call_off=order, quantity="200", day=TODAY, made=True)
    agree.confirm_handover(doer(here.ana), here.barrio, handover=sent)
    assert Promise.objects.get(removed__isnull=True).quantity == 500
    agree.end_agreement(doer(here.ana), here.barrio, agreement=decided_on, why="Enough.", broken=True)
    assert not Promise.objects.filter(removed__isnull=True).exists()
