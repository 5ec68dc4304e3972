"""The views of the books: what stands in them adds up, by known answers first and then by law."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from solidaria.core.accounts import (
    Moves,
    Promised,
    balance_sheet,
    debts,
    goods_due,
    holdings,
    moves_of,
    statement,
    stock,
)
from solidaria.core.books import OUTSIDE, Event, balances
from solidaria.core.problem import say
from solidaria.core.view import Column, Money, Quantity, Row, Table, View
from solidaria.report.accounts import balance
from solidaria.report.language import Language
from solidaria.report.views import to_csv, to_xlsx, words
from solidaria.web.pdf import tables
from tests.books.test_books import ANA, HILO, UNION, event, goods

ARS = "money:ARS"
SHIRT = goods("produce", HILO, HILO, 1).resource


def year() -> list[Event]:
    """Hilo starts with 500, makes 12 shirts, delivers 5 for 15 and 2 of solidarity each, and pays Ana 60."""
    return [
        event("transfer", OUTSIDE, HILO, 50_000, id="a", part="opening", day="2026-01-01"),
        goods("produce", HILO, HILO, 12, id="b", part="made", day="2026-03-01"),
        goods("transfer", HILO, UNION, 5, id="c", part="goods", day="2026-03-05", promise="hilo/1/1/goods"),
        event("transfer", UNION, HILO, 7_500, id="d", part="price", day="2026-03-20", promise="hilo/1/1/price"),
        event("transfer", HILO, ANA, 6_000, id="e", part="wage", day="2026-03-31"),
        goods("lower", HILO, HILO, 1, id="f", day="2026-04-01"),
    ]


def promised(part: str, amount: int, resource: str = ARS, **more: object) -> Promised:
    """A promise of the order hilo/1/1: ten shirts for 150 and 20 of solidarity."""
    sides = (HILO, UNION) if part == "goods" else (UNION, HILO)
    values = {"call_off": "hilo/1/1", **more}
    return Promised(f"hilo/1/1/{part}", "hilo/1", part=part, provider=sides[0], receiver=sides[1],
                    resource=resource, amount=amount, **values)  # type: ignore[arg-type]  # fmt: skip


def order(**more: object) -> list[Promised]:
    return [
        promised("goods", 10_000_000, SHIRT),
        promised("price", 15_000, **more),
        promised("solidarity", 2_000),
    ]


def test_a_statement_begins_with_the_opening_and_its_changes_add_up_to_the_closing() -> None:
    lines = statement(year()[3:], HILO, ARS, opening=50_000)
    assert [(line.change, line.balance) for line in lines] == [(7_500, 57_500), (-6_000, 51_500)]
    assert statement([], HILO, ARS, opening=5) == ()


def test_the_stock_adds_up_from_what_was_there_to_what_is_there() -> None:
    first, second = moves_of(year()[:2], HILO), moves_of(year()[2:], HILO)
    (line,) = stock(first, second)
    assert (line.opening, line.given, line.counted) == (12_000_000, 5_000_000, -1_000_000)
    assert line.closing == 6_000_000 == balances(year())[HILO, SHIRT][0]
    (whole,) = stock({}, moves_of(year(), HILO))
    assert (whole.opening, whole.made, whole.closing) == (0, 12_000_000, 6_000_000)


def test_price_and_solidarity_are_owed_for_what_was_delivered_and_no_more() -> None:
    done = {"hilo/1/1/goods": 5_000_000, "hilo/1/1/price": 7_500}
    found = debts(order(), done)
    assert [(one.part, one.debtor, one.creditor, one.amount) for one in found] == [
        ("solidarity", UNION, HILO, 1_000)
    ]
    assert [one.amount for one in goods_due(order(), done)] == [5_000_000]
    assert debts(order(), {}) == ()


def test_what_was_paid_ahead_is_owed_by_the_one_who_got_it() -> None:
    advance = promised("advance", 9_000, call_off="")
    rows = [*order(set_off=9_000)[:1], promised("price", 6_000, set_off=9_000), advance]
    (nothing_yet,) = debts(rows, {"hilo/1/1/advance": 9_000})
    assert (nothing_yet.debtor, nothing_yet.amount, nothing_yet.part) == (HILO, 9_000, "price")
    assert debts(rows, {"hilo/1/1/advance": 9_000, "hilo/1/1/goods": 6_000_000}) == ()


def test_a_price_that_was_let_go_of_is_owed_no_more_and_a_guaranteed_minimum_is() -> None:
    done = {"hilo/1/1/goods": 10_000_000}
    assert [one.part for one in debts(order(closed=True), done)] == ["solidarity"]
    minimum = promised("price", 4_000, call_off="")
    assert [one.amount for one in debts([minimum], {})] == [4_000]


def test_the_balance_sheet_adds_up() -> None:
    moves = moves_of(year(), HILO)
    held = {resource: right for (who, resource), (right, _) in balances(year()).items() if who == HILO}
    owed = debts(order(), {"hilo/1/1/goods": 5_000_000, "hilo/1/1/price": 7_500})
    sheet = balance_sheet(ARS, held, moves, owed, HILO, {SHIRT: Decimal("18.333")})
    assert (sheet.money, sheet.began, sheet.surplus) == (51_500, 50_000, 1_500)
    assert sheet.stock == ((SHIRT, 6_000_000, 11_000),)  # 6 × 18.333 = 109.998
    assert (sheet.claims, sheet.owes, sheet.has, sheet.own, sheet.difference) == (1_000, 0, 63_500, 63_500, 0)
    mirrored = balance_sheet(ARS, {}, {}, owed, UNION)
    assert (mirrored.owes, mirrored.own, mirrored.difference) == (1_000, -1_000, 0)


def test_a_good_without_a_price_is_listed_and_counts_nothing() -> None:
    held = {SHIRT: 6_000_000, ARS: 0}
    sheet = balance_sheet(ARS, held, {}, [], HILO)
    assert (sheet.stock, sheet.has) == (((SHIRT, 6_000_000, None),), 0)


def test_a_balance_sheet_that_does_not_add_up_says_so() -> None:
    sheet = balance_sheet(ARS, {ARS: 51_501}, moves_of(year(), HILO), [], HILO)
    assert sheet.difference == 1
    view = balance([sheet], [], date(2026, 12, 31), {}, {})
    notes = [words(table.note, Language("en")) for table in view.tables if table.note]
    assert [note.replace("\N{NO-BREAK SPACE}", " ") for note in notes] == [
        "This does not add up: 0.01 ARS are missing between 515.01 ARS and 0.00 ARS + 515.00 ARS."
    ]


AGENTS = (HILO, UNION, ANA, OUTSIDE)
EVENTS = st.lists(
    st.builds(
        lambda action, pair, count, part, money: (
            event(action, *pair, count, part=part) if money else goods(action, *pair, count, part=part)
        ),
        st.sampled_from(["transfer", "produce", "consume", "raise", "lower", "transferCustody"]),
        st.tuples(st.sampled_from(AGENTS), st.sampled_from(AGENTS)),
        st.integers(1, 10**9),
        st.sampled_from(["price", "wage", "opening", "advance", "distribution", "reserve", "other"]),
        st.booleans(),
    ),
    max_size=25,
)


@given(EVENTS, st.integers(0, 25))
def test_the_same_as_the_sum_of_all_changes(events: list[Event], cut: int) -> None:
    moves: Moves = moves_of(events, HILO)
    apart = {what: both for (who, what), both in balances(events).items() if who == HILO and any(both)}
    assert {what: both for what, both in holdings(moves).items() if any(both)} == apart
    sheet = balance_sheet(ARS, {what: both[0] for what, both in apart.items()}, moves, [], HILO)
    assert sheet.difference == 0
    lines = stock(moves_of(events[:cut], HILO), moves_of(events[cut:], HILO))
    assert all(line.closing == apart.get(line.resource, (0, 0))[0] for line in lines)


# --- as files ---


def shown() -> View:
    columns = (
        Column("what", say("What")),
        Column("much", say("How much"), "number"),
        Column("day", say("Day"), "day"),
    )
    rows = (
        Row(("=1+1", Money(Decimal("1234.50"), "ARS"), date(2026, 3, 9))),
        Row((say("price"), Quantity(Decimal("-2.5"), "kg"), None), strong=True),
    )
    table = Table("t", say("Money"), columns, rows, say("It is {much}.", much=Money(Decimal("1234.50"), "ARS")))
    return View(
        "v", say("Income statement"), (say("On {day}, at its end.", day=date(2026, 3, 9)),), (table, table)
    )


def test_the_csv_has_every_number_with_its_unit_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([shown()], Language("es")).decode("utf-8-sig"), newline="")))
    assert len(rows) == 4 and rows[0]["view"] == "v"
    assert (rows[0]["what"], rows[0]["much"], rows[0]["much_unit"]) == ("'=1+1", "1234.50", "ARS")
    assert (rows[1]["much"], rows[1]["much_unit"], rows[1]["day"]) == ("-2.5", "kg", "")


def test_the_workbook_has_numbers_as_numbers_and_a_sheet_for_each_view() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(to_xlsx([shown(), shown()], Language("en"))))
    assert book.sheet_names == ["Income statement", "Income statement 2"]
    rows = book.get_sheet_by_name("Income statement").to_python()
    assert ["=1+1", 1234.5, "ARS"] in [row[:3] for row in rows]
    assert any("It is 1,234.50\N{NO-BREAK SPACE}ARS." in row for row in rows)


def test_the_pdf_of_a_long_table_is_made_in_both_languages_and_is_tagged() -> None:
    view = shown()
    table = view.tables[0]
    long = View("v", view.title, view.under, (Table("t", table.title, table.columns, table.rows * 60),))
    for code in ("en", "es"):
        content = tables([long, view], language=Language(code), footer="Solidaria")
        assert content.startswith(b"%PDF") and b"/StructTreeRoot" in content
