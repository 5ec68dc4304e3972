"""Nothing is promised or paid twice, however many try at the same moment; on SQLite and, from tests/books, PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db.models import Sum

from solidaria.actions import agree, books
from solidaria.actions.ledger import held
from solidaria.core.books import agent, balances
from solidaria.records.models import Agreement, LedgerEvent, LogEntry, Organisation, Payment, Person, Promise
from tests.actions.test_races import at_once, kinds
from tests.books.test_actions import ARS, TODAY, drafted, second, sewing
from tests.postgres import NoPostgres, own_home, postgres
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    for organisation in (made.barrio, made.workshop):
        organisation.house_rules.create(rule="sign_limit", value="100000", since=datetime.now(UTC))
    return made


def test_two_agreements_that_together_are_too_much_are_not_both_in_force(here: World) -> None:
    # 750 uniforms can be sewn; four times 300 are wanted at the same moment.
    rows = [drafted(here, "300") for _ in range(4)]
    for row in rows:
        agree.agree_by_mandate(doer(here.ana), here.barrio, agreement=row)

    def sign(pk: int) -> None:
        one = Organisation.objects.get(pk=here.workshop.pk)
        agree.agree_by_mandate(doer(here.ana), one, agreement=Agreement.objects.get(pk=pk))

    answers = at_once([lambda pk=row.pk: sign(pk) for row in rows])
    assert kinds(answers) == {"NoneType": 4}, answers
    states = sorted(Agreement.objects.values_list("state", flat=True))
    assert states == ["in force", "in force", "waiting", "waiting"]
    assert [row.quantity for row in Promise.objects.filter(removed__isnull=True)] == [600]


def test_two_treasurers_who_pay_the_last_money_at_once_pay_it_once(here: World) -> None:
    eli, mo = second(here, here.barrio), second(here, here.barrio, "mo")
    books.record_event(
        doer(here.ana), here.barrio, action="transfer", resource=ARS, quantity="100", day=TODAY, part="opening"
    )
    drafts = [
        books.draft_payment(
            doer(here.ana), here.barrio, receiver="outside", resource=ARS, amount="60", day=TODAY
        ).pk
        for _ in range(6)
    ]

    def pay(pk: int, handle: str) -> None:
        one, payment = Person.objects.get(handle=handle), Payment.objects.get(pk=pk)
        books.release_payment(doer(one), Organisation.objects.get(pk=here.barrio.pk), payment=payment)

    names = [eli.handle, mo.handle] * 3
    answers = at_once([lambda pk=pk, name=name: pay(pk, name) for pk, name in zip(drafts, names, strict=True)])
    assert kinds(answers) == {"NoneType": 1, "Refused": 5}, answers
    assert held(agent(here.barrio.code), ARS) == (4000, 4000)
    assert Payment.objects.filter(released__isnull=False).count() == 1


def test_money_is_conserved_when_many_post_at_once_and_no_log_has_a_gap(here: World) -> None:
    sides = (here.barrio, here.workshop)
    for one in sides:
        one.house_rules.create(rule="pay_limit", value="1000000", since=datetime.now(UTC))
        books.record_event(
            doer(here.ana), one, action="transfer", resource=ARS, quantity="50", day=TODAY, part="opening"
        )

    def pay(number: int) -> None:
        giver, taker = sides[number % 2], sides[1 - number % 2]
        for part in range(4):
            books.draft_payment(
                doer(here.ana),
                Organisation.objects.get(pk=giver.pk),
                receiver=agent(taker.code),
                resource=ARS,
                amount=f"{1 + (number * 7 + part) % 5}.01",
                day=TODAY,
            )

    answers = at_once([lambda number=number: pay(number) for number in range(8)])
    assert set(kinds(answers)) <= {"NoneType", "Refused"}, answers
    found = balances(row.value for row in LedgerEvent.objects.order_by("pk"))
    assert sum(right for (_, resource), (right, _) in found.items() if resource == ARS) == 0
    assert sum(held(agent(one.code), ARS)[0] for one in sides) == 10000
    assert min(held(agent(one.code), ARS)[0] for one in sides) >= 0
    for one in sides:
        places = list(LogEntry.objects.filter(organisation=one).order_by("place").values_list("place", flat=True))
        assert places == list(range(len(places)))
    paid = Payment.objects.aggregate(all=Sum("amount"))["all"]
    assert paid == LedgerEvent.objects.exclude(part="opening").aggregate(all=Sum("amount"))["all"]


@pytest.mark.slow
@pytest.mark.skipif(bool(os.environ.get("SOLIDARIA_TEST_DATABASE")), reason="this run is the one on PostgreSQL")
def test_the_tests_of_agreements_and_books_pass_on_postgresql() -> None:
    try:
        with postgres() as address:
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "tests/books"],
                env={**own_home(), "SOLIDARIA_TEST_DATABASE": address, "PYTEST_ADDOPTS": "-p no:cacheprovider"},
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=900,
                check=False,
            )
    except NoPostgres as why:
        pytest.skip(f"no PostgreSQL can be started here: {why}")
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
