"""A simulated year of fifty organisations through the real actions: money is conserved to the cent, on every single day."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from solidaria.actions import books
from solidaria.actions.ledger import balances_of, outside_the_log, texts_of
from solidaria.actions.permit import RIGHTS, Doer
from solidaria.core.books import OUTSIDE, Books, agent, balances, changes
from solidaria.core.problem import Refused
from solidaria.records.models import LedgerEvent, LogEntry, Mandate, Membership, Organisation, Payment, Person
from tests.books.test_actions import ARS

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
ORGANISATIONS = 50


@pytest.fixture
def every(db: None) -> tuple[Person, Person, list[Organisation]]:
    """Two people with every right over money in fifty organisations; half of these let one person pay alone."""
    ana, eli = (Person.objects.create_user(name, name=name) for name in ("ana-year", "eli-year"))
    rows = [
        Organisation.objects.create(code=f"year-{number:02}", name=f"Organisation {number}", kind="site")
        for number in range(ORGANISATIONS)
    ]
    for number, one in enumerate(rows):
        if number % 2:
            one.house_rules.create(rule="pay_limit", value="1000000", since=NOW - timedelta(days=500))
        for person in (ana, eli):
            Membership.objects.create(organisation=one, person=person, entered=NOW.date() - timedelta(days=500))
            Mandate.objects.create(
                organisation=one,
                person=person,
                purpose="treasurer",
                rights=sorted(RIGHTS),
                starts=NOW.date() - timedelta(days=500),
            )
    return ana, eli, rows


def lived(every: tuple[Person, Person, list[Organisation]], days: int, acts: int) -> Counter[str]:
    """So many acts on each of so many days, up to today; what came of them."""
    ana, eli, rows = every
    luck, came, so_far, last = random.Random(50), Counter[str](), Books(), 0
    for day in range(days):
        at = NOW - timedelta(days=days - 1 - day)
        for _ in range(acts):
            giver, taker = luck.sample(rows, 2)
            amount = f"{luck.randint(1, 99_999) / 100:.2f}"
            kind = luck.choice(["in", "pay", "pay", "pay", "wage", "out", "correct"])
            try:
                with_time = Doer(ana, at=at)
                if kind == "in":
                    given = {"resource": ARS, "quantity": amount, "day": at.date(), "part": "opening"}
                    books.record_event(with_time, giver, action="transfer", **given)
                elif kind == "correct":
                    own = list(LedgerEvent.objects.filter(receiver=agent(giver.code), corrects="").order_by("pk"))
                    if own:
                        books.correct_event(with_time, giver, event=luck.choice(own), why="counted twice")
                else:
                    member = Membership.objects.get(organisation=giver, person=eli)
                    to = {"pay": agent(taker.code), "wage": f"member:{member.pk}", "out": OUTSIDE}[kind]
                    given = {"receiver": to, "resource": ARS, "amount": amount, "day": at.date()}
                    drafted = books.draft_payment(with_time, giver, **given)
                    if drafted.released is None:
                        books.release_payment(Doer(eli, at=at), giver, payment=drafted)
                came[kind] += 1
            except Refused:
                came["refused"] += 1
        for row in LedgerEvent.objects.filter(pk__gt=last).order_by("pk"):
            so_far.replay(row.value)
            last = row.pk
            # After every single event, and not at the end of a day alone.
            assert all(
                min(so_far.held(one.agent, one.resource)) >= 0
                for one in changes(row.value)
                if one.agent != OUTSIDE
            )
        assert so_far.totals().get(ARS, 0) == 0, day
    return came


def held_to_account(every: tuple[Person, Person, list[Organisation]]) -> None:
    """What each organisation is shown to hold, its log and its payments, are what the events say."""
    found = balances(row.value for row in LedgerEvent.objects.order_by("pk"))
    for one in every[2]:
        own = agent(one.code)
        shown = {resource: (right, hand) for resource, right, hand in balances_of(own)}
        assert shown == {what: both for (who, what), both in found.items() if who == own}
        places = list(LogEntry.objects.filter(organisation=one).order_by("place").values_list("place", flat=True))
        assert places == list(range(len(places))) and len(texts_of(one)) == len(places)
        assert outside_the_log(one) == 0
    paid = Payment.objects.filter(released__isnull=False)
    assert paid.count() == LedgerEvent.objects.exclude(provider=OUTSIDE).filter(corrects="").count()
    assert not paid.filter(alone=False, released_by=every[0]).exists()


def test_money_is_conserved_to_the_cent_over_some_days_of_50_organisations(
    every: tuple[Person, Person, list[Organisation]],
) -> None:
    came = lived(every, 12, 14)
    assert came["pay"] and came["refused"]
    held_to_account(every)


@pytest.mark.slow
def test_money_is_conserved_to_the_cent_over_a_simulated_year_of_50_organisations_through_the_real_actions(
    every: tuple[Person, Person, list[Organisation]],
) -> None:
    came = lived(every, 365, 3)
    assert all(came[kind] for kind in ("in", "pay", "wage", "out", "correct", "refused"))
    held_to_account(every)
