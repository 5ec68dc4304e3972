"""A bank statement comes in: nothing before it is confirmed, no line twice, each line booked by a person who can undo it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from solidaria.actions import agree, bank, books
from solidaria.actions.ledger import fulfilled, held
from solidaria.actions.permit import NotAllowed
from solidaria.core.bank import unpacked
from solidaria.core.books import OUTSIDE, agent
from solidaria.core.match import suggestions
from solidaria.core.problem import Refused
from solidaria.records.models import (
    BankAccount,
    BankBooking,
    BankLine,
    BankStatement,
    CallOff,
    LedgerEvent,
    Membership,
    Organisation,
    Payment,
    PromiseLine,
    Upload,
)
from tests.books.test_actions import ARS, TODAY, second, sewing, signed
from tests.web.people import World, doer, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    made = world()
    sewing(made)
    return made


def account(here: World, organisation: Organisation, name: str = "Banco Sur") -> BankAccount:
    return bank.open_bank_account(doer(here.ana), organisation, name=name, currency="ARS")


def brought(here: World, to: BankAccount, *rows: str, name: str = "november.csv") -> Upload:
    """A file with these rows: day;text;amount."""
    content = "\n".join(("Fecha;Concepto;Importe;Contraparte", *rows)).encode()
    return bank.bring_file(doer(here.ana), to.organisation, kind="bank", name=name, content=content, account=to)


def taken(
    here: World, to: BankAccount, *rows: str, name: str = "november.csv", also: tuple[int, ...] = ()
) -> BankStatement:
    upload = brought(here, to, *rows, name=name)
    seen = bank.look_through(upload)
    return bank.take_statement(doer(here.ana), to.organisation, upload=upload, mapping=seen.mapping, also=also)


def day(back: int = 0) -> str:
    return (TODAY - timedelta(days=back)).strftime("%d/%m/%Y")


def money_in(here: World, organisation: Organisation, amount: str = "5000") -> None:
    books.record_event(
        doer(here.ana), organisation, action="transfer", resource=ARS, quantity=amount, day=TODAY, part="opening"
    )


def ordered(here: World, quantity: str = "10") -> CallOff:
    """A call-off of an agreement in force: 15 each and 2 of solidarity."""
    row = signed(here)
    return agree.call_off(doer(here.ana), here.barrio, agreement=row, line=0, quantity=quantity, due=TODAY)


def promise(order: CallOff, part: str = "price") -> PromiseLine:
    return order.promise_lines.get(part=part)


def book(here: World, line: BankLine, *parts: tuple[str, Any], **more: Any) -> BankLine:
    return bank.book_line(doer(here.ana), line.account.organisation, line=line, parts=parts, **more)


# --- in ---


def test_nothing_is_written_before_it_is_confirmed_and_then_nothing_is_booked(here: World) -> None:
    to = account(here, here.workshop)
    upload = brought(here, to, f"{day()};Luz;-1.234,50;Edesur", f"{day()};Venta;200,00;Barrio Norte")
    seen = bank.look_through(upload)
    assert seen.new == 2 and not seen.statement.faults
    assert [line.amount for line in seen.statement.lines] == [-123450, 20000]
    assert not BankLine.objects.exists() and not LedgerEvent.objects.exists()
    statement = bank.take_statement(doer(here.ana), here.workshop, upload=upload, mapping=seen.mapping)
    assert (statement.taken, statement.left_out, statement.last) == (2, 0, TODAY)
    assert BankLine.objects.count() == 2 and not LedgerEvent.objects.exists()
    upload.refresh_from_db()
    assert bytes(upload.content) == b""


def test_the_mapping_is_chosen_once_and_kept_for_the_account(here: World) -> None:
    to = account(here, here.workshop)
    content = b"a;b;c\n03/04/2026;luz;-10,00\n"
    upload = bank.bring_file(doer(here.ana), here.workshop, kind="bank", name="x.csv", content=content, account=to)
    seen = bank.look_through(upload)
    assert {str(fault.what) for fault in seen.statement.faults} == {
        "It has to be said which column is the day.",
        "It has to be said where the amount is.",
    }
    assert seen.mapping is not None
    chosen = unpacked(
        {
            **seen.mapping.__dict__,
            "header": 1,
            "columns": [[0, "day"], [1, "text"], [2, "amount"]],
            "names": ["a", "b", "c"],
            "day": "mdy",
        }
    )
    bank.take_statement(doer(here.ana), here.workshop, upload=upload, mapping=chosen)
    assert BankLine.objects.get().day.isoformat() == "2026-03-04"
    again = b"a;b;c\n03/05/2026;luz;-10,00\n"
    upload = bank.bring_file(doer(here.ana), here.workshop, kind="bank", name="y.csv", content=again, account=to)
    to.refresh_from_db()
    upload.refresh_from_db()
    seen = bank.look_through(upload)
    assert not seen.statement.faults and seen.statement.lines[0].day.isoformat() == "2026-03-05"


def test_every_fault_is_told_at_once_with_its_row_and_then_nothing_is_taken(here: World) -> None:
    to = account(here, here.workshop)
    upload = brought(here, to, "31/02/2026;Luz;-1,00;x", f"{day()};Luz;abc;x", f"{day()};Luz;;x")
    seen = bank.look_through(upload)
    assert [(fault.row, fault.column) for fault in seen.statement.faults] == [
        (2, "Fecha"),
        (3, "Importe"),
        (4, "Importe"),
    ]
    with pytest.raises(Refused) as why:
        bank.take_statement(doer(here.ana), here.workshop, upload=upload, mapping=seen.mapping)
    assert len(why.value.faults) == 3 and not BankLine.objects.exists()


def test_a_line_of_a_day_that_has_not_come_is_refused_with_its_row(here: World) -> None:
    to = account(here, here.workshop)
    upload = brought(here, to, f"{day()};Luz;-1,00;x", "24/11/2099;Agua;-5,00;x")
    seen = bank.look_through(upload)
    assert [(fault.row, str(fault.what)) for fault in seen.statement.faults] == [(3, "This day lies ahead.")]
    with pytest.raises(Refused, match="lies ahead"):
        bank.take_statement(doer(here.ana), here.workshop, upload=upload, mapping=seen.mapping)
    assert not BankLine.objects.exists()


def test_the_same_file_and_the_same_lines_come_in_once(here: World) -> None:
    to = account(here, here.workshop)
    rows = (f"{day(1)};Luz;-1,00;Edesur", f"{day()};Agua;-2,00;Aysa")
    taken(here, to, *rows)
    with pytest.raises(Refused, match="This very file was taken"):
        taken(here, to, *rows)
    # The next file of the bank overlaps: only the new line comes in.
    statement = taken(here, to, *rows, f"{day()};Gas;-3,00;Metrogas", name="again.csv")
    assert (statement.taken, statement.left_out) == (1, 2)
    with pytest.raises(Refused, match="All lines of this file were taken before"):
        taken(here, to, rows[1], name="part.csv")
    assert BankLine.objects.count() == 3


def test_what_looks_the_same_is_shown_and_comes_in_only_when_it_is_ticked(here: World) -> None:
    to = account(here, here.workshop)
    row = f"{day()};Boleto;-1,00;Tren"
    upload = brought(here, to, row, row)
    assert bank.look_through(upload).states == (bank.NEW, bank.AGAIN)
    assert taken(here, to, row, row, name="one.csv", also=(3,)).taken == 2
    # The same two again, and a third.
    upload = brought(here, to, row, row, row, name="more.csv")
    assert bank.look_through(upload).states == (bank.KNOWN, bank.KNOWN, bank.AGAIN)
    # The same day and amount in other words, from another format of the bank.
    upload = brought(here, to, f"{day()};BOLETO DE TREN;-1,00;", name="other.csv")
    assert bank.look_through(upload).states == (bank.ALIKE,)


def test_a_bank_s_own_number_comes_in_once_even_when_it_is_ticked(here: World) -> None:
    to = account(here, here.workshop)
    content = f"Date;Description;Amount;Transaction ID\n{TODAY.isoformat()};Sale;10.00;TX-1\n".encode()
    upload = bank.bring_file(doer(here.ana), here.workshop, kind="bank", name="a.csv", content=content, account=to)
    seen = bank.look_through(upload)
    bank.take_statement(doer(here.ana), here.workshop, upload=upload, mapping=seen.mapping)
    more = content + f"{TODAY.isoformat()};Other words;10.00;TX-1\n{TODAY.isoformat()};Sale;11.00;TX-2\n".encode()
    upload = bank.bring_file(doer(here.ana), here.workshop, kind="bank", name="b.csv", content=more, account=to)
    seen = bank.look_through(upload)
    assert seen.states == (bank.KNOWN, bank.AGAIN, bank.NEW)
    bank.take_statement(doer(here.ana), here.workshop, upload=upload, mapping=seen.mapping, also=(2, 3))
    assert sorted(BankLine.objects.values_list("amount", flat=True)) == [1000, 1100]


def test_a_statement_of_another_organisation_is_not_taken(here: World) -> None:
    to = account(here, here.workshop)
    upload = brought(here, to, f"{day()};Luz;-1,00;x")
    with pytest.raises(Refused, match="file of others"):
        bank.take_statement(doer(here.ana), here.barrio, upload=upload)
    with pytest.raises(NotAllowed):
        bank.take_statement(doer(here.carla), here.workshop, upload=upload)


# --- booking ---


def test_a_line_that_keeps_a_promise_to_us_is_suggested_with_a_reason_and_booked(here: World) -> None:
    order = ordered(here)
    to = account(here, here.workshop)
    taken(here, to, f"{day()};Pedido {order.code};150,00;BARRIO NORTE", f"{day()};varios;7,77;Nadie")
    line, other = BankLine.objects.order_by("row")
    dues = bank.dues_of(here.workshop, "ARS")
    best = suggestions(bank.value_of(line), line.amount, dues)[0]
    assert best.parts == ((f"promise:{promise(order).pk}", 15000),) and best.sure
    assert str(best.why).startswith("Amount, order and name fit")
    assert suggestions(bank.value_of(other), other.amount, dues) == ()
    book(here, line, (best.parts[0][0], ""))
    event = LedgerEvent.objects.get(promise=promise(order).code)
    assert (event.provider, event.receiver, event.amount) == (OUTSIDE, agent(here.workshop.code), 15000)
    assert fulfilled([promise(order).code])[promise(order).code][0] == 15000
    assert bank.booked([line]) == {line.pk: 15000}
    with pytest.raises(Refused, match="left"):
        book(here, line, ("other", "1"))


def test_two_sides_that_both_bring_in_their_bank_lines_book_the_money_once(here: World) -> None:
    order = ordered(here)
    taken(here, account(here, here.workshop), f"{day()};{order.code};150,00;Barrio Norte")
    book(here, BankLine.objects.get(), (f"promise:{promise(order).pk}", ""))
    money_in(here, here.barrio, "200")
    mine = account(here, here.barrio)
    taken(here, mine, f"{day()};{order.code};-150,00;Taller Hilo")
    line = BankLine.objects.get(account=mine)
    best = suggestions(bank.value_of(line), 15000, bank.dues_of(here.barrio, "ARS"))[0]
    assert best.parts == ((f"promise:{promise(order).pk}", 15000),)
    book(here, line, (best.parts[0][0], ""))
    assert fulfilled([promise(order).code])[promise(order).code][0] == 15000
    assert held(agent(here.barrio.code), ARS)[0] == 5000 and held(agent(here.workshop.code), ARS)[0] == 15000
    # Nobody can take the first booking back as long as the second leans on it.
    first, met = BankBooking.objects.order_by("pk")
    with pytest.raises(Refused, match="payer found the same money"):
        bank.undo_booking(doer(here.ana), here.workshop, booking=first, why="Wrong order.")
    bank.undo_booking(doer(here.ana), here.barrio, booking=met, why="Wrong line.")
    bank.undo_booking(doer(here.ana), here.workshop, booking=first, why="Wrong order.")
    assert fulfilled([promise(order).code])[promise(order).code][0] == 0
    assert held(agent(here.barrio.code), ARS)[0] == 20000 and held(agent(here.workshop.code), ARS)[0] == 0


def test_a_line_that_went_out_for_a_promise_is_a_payment_both_sides_see(here: World) -> None:
    order = ordered(here)
    money_in(here, here.barrio)
    mine = account(here, here.barrio)
    taken(here, mine, f"{day()};pago {order.code};-170,00;Taller Hilo SRL")
    line = BankLine.objects.get()
    best = suggestions(bank.value_of(line), 17000, bank.dues_of(here.barrio, "ARS"))[0]
    both = {f"promise:{promise(order).pk}": 15000, f"promise:{promise(order, 'solidarity').pk}": 2000}
    assert dict(best.parts) == both and "add up" in str(best.why)
    bank.accept_suggestions(
        doer(here.ana), here.barrio, accepted={line.pk: [(id, f"{much / 100:.2f}") for id, much in best.parts]}
    )
    assert sorted(Payment.objects.values_list("amount", "part")) == [(2000, "solidarity"), (15000, "price")]
    assert held(agent(here.workshop.code), ARS)[0] == 17000
    # It comes to the workshop's bank, too: there it is the payment that stands in the books, and nothing is doubled.
    theirs = account(here, here.workshop)
    taken(here, theirs, f"{day()};{order.code};170,00;Barrio Norte")
    came = BankLine.objects.get(account=theirs)
    payments = list(Payment.objects.order_by("pk"))
    book(here, came, *[(f"payment:{row.pk}", f"{row.amount / 100:.2f}") for row in payments])
    assert held(agent(here.workshop.code), ARS)[0] == 17000
    assert Payment.objects.filter(confirmed__isnull=True).count() == 0
    with pytest.raises(Refused, match="confirmed that this money came"):
        bank.undo_booking(
            doer(here.ana), here.barrio, booking=BankBooking.objects.filter(line=line)[0], why="A mistake."
        )


def test_a_payment_that_was_released_here_is_found_on_the_statement_and_not_booked_again(here: World) -> None:
    eli = second(here, here.barrio)
    order = ordered(here)
    money_in(here, here.barrio)
    draft = books.draft_payment(doer(here.ana), here.barrio, promise=promise(order), amount="150", day=TODAY)
    books.release_payment(doer(eli), here.barrio, payment=draft)
    events = LedgerEvent.objects.count()
    taken(here, account(here, here.barrio), f"{day()};transferencia;-150,00;Taller Hilo")
    line = BankLine.objects.get()
    best = suggestions(bank.value_of(line), 15000, bank.dues_of(here.barrio, "ARS"))[0]
    assert best.parts == ((f"payment:{draft.pk}", 15000),)
    book(here, line, (best.parts[0][0], ""))
    assert LedgerEvent.objects.count() == events
    bank.undo_booking(doer(here.ana), here.barrio, booking=BankBooking.objects.get(), why="Another one.")
    assert LedgerEvent.objects.count() == events and bank.booked([line]) == {}


def test_what_the_bank_did_is_written_down_by_one_person_and_shown_as_not_released(here: World) -> None:
    money_in(here, here.barrio)
    draft = books.draft_payment(
        doer(here.ana), here.barrio, receiver="outside", resource=ARS, amount="900", day=TODAY, part="inputs"
    )
    assert draft.released is None
    taken(here, account(here, here.barrio), f"{day()};tela;-900,00;Textil")
    book(here, BankLine.objects.get(), (f"payment:{draft.pk}", ""))
    draft.refresh_from_db()
    assert draft.released is not None and draft.released_by is None and draft.event
    assert held(agent(here.barrio.code), ARS)[0] == 410000
    bank.undo_booking(doer(here.ana), here.barrio, booking=BankBooking.objects.get(), why="Another bill.")
    draft.refresh_from_db()
    assert draft.released is None and held(agent(here.barrio.code), ARS)[0] == 500000


def test_a_promise_kept_by_the_bank_is_not_paid_once_more_by_a_draft_of_before(here: World) -> None:
    eli = second(here, here.barrio)
    order = ordered(here)
    money_in(here, here.barrio)
    draft = books.draft_payment(doer(here.ana), here.barrio, promise=promise(order), amount="150", day=TODAY)
    taken(here, account(here, here.workshop), f"{day()};{order.code};150,00;Barrio Norte")
    book(here, BankLine.objects.get(), (f"promise:{promise(order).pk}", ""))
    with pytest.raises(Refused, match="More would be paid than is promised"):
        books.release_payment(doer(eli), here.barrio, payment=draft)
    with pytest.raises(Refused, match="are left"):
        other = account(here, here.workshop, "Other")
        taken(here, other, f"{day()};{order.code};151,00;Barrio Norte")
        book(here, BankLine.objects.get(account=other), (f"promise:{promise(order).pk}", ""))


def test_a_line_is_split_over_wage_fee_and_tax_and_the_wage_feeds_the_proof(here: World) -> None:
    order = ordered(here)
    money_in(here, here.workshop)
    ana = Membership.objects.get(organisation=here.workshop, person=here.ana)
    taken(here, account(here, here.workshop), f"{day()};sueldos;-100,00;Ana")
    line = BankLine.objects.get()
    dues = bank.dues_of(here.workshop, "ARS")
    book(here, line, (f"wage:{ana.pk}", "80"), ("tax", "15"), ("fee", "5"), order=order.code)
    parts = dict(LedgerEvent.objects.exclude(part="opening").values_list("part", "amount"))
    assert parts == {"wage": 8000, "tax": 1500, "fee": 500}
    assert LedgerEvent.objects.get(part="wage").order == order.code
    assert bank.booked([line]) == {line.pk: 10000} and dues
    # Whoever was paid before is suggested again, by the account or the name.
    before = bank.before_of(here.workshop)
    taken(here, BankAccount.objects.get(), f"{day(1)};sueldo;-90,00;Ana", name="older.csv")
    older = BankLine.objects.get(amount=-9000)
    assert "booked like this before" in " ".join(
        str(one.why) for one in suggestions(bank.value_of(older), 9000, [], before)
    )


def test_money_that_is_not_there_is_not_booked_and_the_whole_line_stays_open(here: World) -> None:
    taken(here, account(here, here.workshop), f"{day()};luz;-100,00;Edesur")
    line = BankLine.objects.get()
    with pytest.raises(Refused, match="holds 0"):
        book(here, line, ("fee", "1"), ("other", "99"))
    assert not LedgerEvent.objects.exists() and not BankBooking.objects.exists()


def test_a_line_is_left_with_a_reason_and_taken_up_again(here: World) -> None:
    taken(here, account(here, here.workshop), f"{day()};entre cuentas;-100,00;")
    line = BankLine.objects.get()
    with pytest.raises(Refused, match="reason is missing"):
        bank.leave_line(doer(here.ana), here.workshop, line=line, why=" ")
    bank.leave_line(doer(here.ana), here.workshop, line=line, why="Between two accounts of ours.")
    line.refresh_from_db()
    assert line.left
    bank.take_up_line(doer(here.ana), here.workshop, line=line)
    line.refresh_from_db()
    assert not line.left


def test_an_undone_booking_is_a_correction_and_the_line_is_open_again(here: World) -> None:
    money_in(here, here.workshop)
    taken(here, account(here, here.workshop), f"{day()};luz;-100,00;Edesur")
    line = BankLine.objects.get()
    book(here, line, ("inputs", ""))
    booking = BankBooking.objects.get()
    event = LedgerEvent.objects.get(uid=booking.event)
    with pytest.raises(Refused, match="booked from a bank line"):
        books.correct_event(doer(here.ana), here.workshop, event=event, why="Wrong.")
    bank.undo_booking(doer(here.ana), here.workshop, booking=booking, why="It was a fee.")
    correction = LedgerEvent.objects.get(corrects=event.uid)
    assert correction.amount == -10000 and held(agent(here.workshop.code), ARS)[0] == 500000
    book(here, line, ("fee", ""))
    assert held(agent(here.workshop.code), ARS)[0] == 490000
    with pytest.raises(Refused, match="taken back before"):
        bank.undo_booking(doer(here.ana), here.workshop, booking=booking, why="Twice.")


def test_all_parts_that_are_wrong_are_told_at_once(here: World) -> None:
    taken(here, account(here, here.workshop), f"{day()};luz;100,00;Edesur")
    with pytest.raises(Refused) as why:
        book(here, BankLine.objects.get(), ("nonsense", "1"), ("wage:1", "1"), ("other", "x"), ("other", "-1"))
    assert sorted(fault.column or "" for fault in why.value.faults) == [
        "amount-2",
        "amount-3",
        "target-0",
        "target-1",
    ]


def test_a_member_without_a_mandate_books_nothing(here: World) -> None:
    taken(here, account(here, here.barrio), f"{day()};luz;-1,00;Edesur")
    line = BankLine.objects.get()
    with pytest.raises(NotAllowed):
        bank.book_line(doer(here.bheki), here.barrio, line=line, parts=[("fee", "")])
    with pytest.raises(Refused, match="line of others"):
        bank.book_line(doer(here.ana), here.workshop, line=line, parts=[("fee", "")])


def test_a_file_that_nobody_confirms_is_thrown_away(here: World) -> None:
    upload = brought(here, account(here, here.barrio), f"{day()};luz;-1,00;Edesur")
    bank.throw_uploads_away(upload.at + timedelta(days=bank.UPLOAD_DAYS - 1))
    upload.refresh_from_db()
    assert bytes(upload.content)
    bank.throw_uploads_away(upload.at + timedelta(days=bank.UPLOAD_DAYS + 1))
    upload.refresh_from_db()
    assert bytes(upload.content) == b""
    with pytest.raises(Refused, match="taken or thrown away"):
        bank.take_statement(doer(here.ana), here.barrio, upload=upload)
