"""Never twice: however many bring in the same statement, take it, or book the same line at the same moment."""

from __future__ import annotations

import pytest

from solidaria.actions import agree, bank
from solidaria.actions.ledger import fulfilled
from solidaria.records.models import BankBooking, BankLine, LedgerEvent, Organisation, Upload
from tests.actions.test_races import at_once, kinds
from tests.books.test_actions import TODAY, sewing, signed
from tests.books.test_bank import account, brought, day, promise, taken
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    return made


def test_no_line_comes_in_twice_however_many_take_the_same_statement_at_once(here: World) -> None:
    to = account(here, here.workshop)
    rows = (f"{day()};Luz;-1,00;Edesur", f"{day()};Agua;-2,00;Aysa")
    # The same file four times, and twice with one line more.
    uploads = [brought(here, to, *rows).pk for _ in range(4)]
    uploads += [brought(here, to, *rows, f"{day()};Gas;-3,00;Gas", name="more.csv").pk for _ in range(2)]

    def take(pk: int) -> None:
        one = Organisation.objects.get(pk=here.workshop.pk)
        bank.take_statement(doer(here.ana), one, upload=Upload.objects.get(pk=pk))

    answers = at_once([lambda pk=pk: take(pk) for pk in uploads])
    assert set(kinds(answers)) <= {"NoneType", "Refused"}, answers
    assert sorted(BankLine.objects.values_list("amount", flat=True)) == [-300, -200, -100]


def test_a_line_is_booked_once_and_a_promise_kept_once_however_many_book_at_once(here: World) -> None:
    order = agree.call_off(doer(here.ana), here.barrio, agreement=signed(here), line=0, quantity="10", due=TODAY)
    price = promise(order)
    # Two lines of 150.00 that look like the same promise; four people book each.
    taken(here, account(here, here.workshop), f"{day()};a;150,00;Barrio Norte", f"{day(1)};b;150,00;Barrio Norte")
    lines = list(BankLine.objects.values_list("pk", flat=True)) * 4

    def book(pk: int) -> None:
        one = Organisation.objects.get(pk=here.workshop.pk)
        bank.book_line(
            doer(here.ana), one, line=BankLine.objects.get(pk=pk), parts=[(f"promise:{price.pk}", "150.00")]
        )

    answers = at_once([lambda pk=pk: book(pk) for pk in lines])
    assert kinds(answers) == {"NoneType": 1, "Refused": 7}, answers
    assert BankBooking.objects.count() == LedgerEvent.objects.filter(promise=price.code).count() == 1
    assert fulfilled([price.code])[price.code][0] == 15000
