"""Terms, call-offs, promises and what a site can hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.agree import (
    Terms,
    call_off,
    guaranteed_rest,
    packed,
    promise_state,
    read_terms,
    set_off,
    unpacked,
)
from solidaria.core.hold import Capacity, Way, hold_faults, missing
from solidaria.core.problem import Refused

GIVEN = {
    "title": "T-shirts for May Day",
    "starts": "2027-01-01",
    "ends": "2027-12-31",
    "review": "2027-06-30",
    "guaranteed": "0.5",
    "call_offs": "4",
    "advance": "10000",
    "contact_giver": "Ana, 555 1",
    "contact_taker": "Bheki, 555 2",
    "lines": [
        {"product": "shirt", "quantity": "5000", "unit_price": "18.35", "unit_solidarity": "1.10", "wage": "6"}
    ],
    "schedule": [("2027-03-01", "0", "1250"), ("2027-06-01", "0", "1250")],
}
PLACE = {
    "network": "red",
    "giver": "hilo",
    "taker": "union",
    "currency": "ARS",
    "products": {"shirt": ("T-shirt", "piece")},
}


def terms(**changed: object) -> Terms:
    return read_terms({**GIVEN, **changed}, **PLACE)  # type: ignore[arg-type]


def test_a_union_agrees_on_5000_shirts_in_four_call_offs() -> None:
    made = terms()
    assert made.total("price") == Decimal("91750.00") and made.total("solidarity") == Decimal("5500.00")
    assert made.parties == ("hilo", "union")
    owed = call_off(made, 0, Decimal(1250), Decimal(0), 0, date(2027, 3, 1))
    assert (owed.goods, owed.price, owed.solidarity) == (1250 * 10**6, 2293750, 137500)
    assert owed.pay_by == date(2027, 3, 31)


def test_all_faults_of_terms_come_at_once() -> None:
    with pytest.raises(Refused) as refusal:
        terms(
            title="",
            ends="2026-01-01",
            review="soon",
            guaranteed="2",
            advance="1.001",
            contact_giver="",
            lines=[{"product": "boat", "quantity": "0", "unit_price": ""}],
            schedule=[("2029-01-01", "3", "1")],
        )
    columns = {fault.column for fault in refusal.value.faults}
    assert {
        "title",
        "ends",
        "review",
        "guaranteed",
        "advance",
        "contact_giver",
        "product-0",
        "quantity-0",
        "unit_price-0",
        "line-0",
    } <= columns


def test_who_else_pays_solidarity_has_to_say_yes_too() -> None:
    line = {**GIVEN["lines"][0], "solidarity_by": "red"}  # type: ignore[dict-item]
    assert terms(lines=[line]).parties == ("hilo", "red", "union")


def test_terms_read_back_as_they_were_packed() -> None:
    made = terms()
    assert unpacked(packed(made)) == made
    assert unpacked(packed(made)).text == made.text


@pytest.mark.parametrize(
    ("quantity", "before", "calls", "due", "column"),
    [
        ("1251", "3750", 0, date(2027, 3, 1), "quantity"),
        ("0", "0", 0, date(2027, 3, 1), "quantity"),
        ("10", "0", 4, date(2027, 3, 1), "quantity"),
        ("10", "0", 0, date(2028, 1, 1), "due"),
    ],
)
def test_a_call_off_beyond_the_agreement_is_refused(
    quantity: str, before: str, calls: int, due: date, column: str
) -> None:
    with pytest.raises(Refused) as refusal:
        call_off(terms(), 0, Decimal(quantity), Decimal(before), calls, due)
    assert [fault.column for fault in refusal.value.faults] == [column]


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30), st.integers(0, 10**8), st.integers(0, 10**6))
def test_the_parts_of_a_price_add_up_to_the_price_however_it_is_called_off(
    parts: list[int], price: int, solidarity: int
) -> None:
    whole = Decimal(sum(parts)).scaleb(-6)
    made = terms(schedule=[], advance="0", lines=[{**GIVEN["lines"][0], "wage": "0"}])  # type: ignore[dict-item]
    line = replace(
        made.lines[0], quantity=whole, price=Decimal(price).scaleb(-2), solidarity=Decimal(solidarity).scaleb(-2)
    )
    made = replace(made, lines=(line,), call_offs=len(parts))
    before, owed = Decimal(0), []
    for count, part in enumerate(parts):
        owed.append(call_off(made, 0, Decimal(part).scaleb(-6), before, count, made.starts))
        before += Decimal(part).scaleb(-6)
    assert sum(one.price for one in owed) == price
    assert sum(one.solidarity for one in owed) == solidarity
    assert all(one.price >= 0 for one in owed)


def test_the_guaranteed_minimum_is_owed_where_it_was_not_called_off() -> None:
    rest = guaranteed_rest(terms(), 0, Decimal(1000))
    assert rest is not None and (rest.goods, rest.price, rest.solidarity) == (0, 2752500, 165000)
    assert guaranteed_rest(terms(), 0, Decimal(2500)) is None


def test_an_advance_is_used_up_before_anything_else_is_paid() -> None:
    assert set_off(700, 1000) == (700, 0) and set_off(700, 300) == (300, 400) and set_off(700, 0) == (0, 700)


@pytest.mark.parametrize(
    ("fulfilled", "today", "more", "state"),
    [
        (0, date(2027, 3, 1), {}, "due"),
        (9, date(2027, 3, 2), {}, "late"),
        (10, date(2027, 4, 1), {"kept_on": date(2027, 3, 1)}, "kept"),
        (10, date(2027, 4, 1), {"kept_on": date(2027, 3, 2)}, "late"),
        (9, date(2027, 3, 1), {"broken": True}, "broken"),
        (9, date(2027, 4, 1), {"released": True}, "released"),
    ],
)
def test_a_promise_is_due_kept_late_broken_or_released(
    fulfilled: int, today: date, more: dict[str, object], state: str
) -> None:
    flags = {"kept_on": None, "released": False, "broken": False, **more}
    assert promise_state(10, fulfilled, date(2027, 3, 1), today, **flags) == state  # type: ignore[arg-type]


SEWING = Way("shirt", Decimal(1), Decimal("0.5"), (("machine", Decimal("0.4")),))
PRINT = Way("poster", Decimal(10), Decimal(1), ())


def capacity(hours: int = 100, stock: int = 0, periods: tuple[str, ...] = ("1",)) -> Capacity:
    return Capacity(periods, Decimal(hours), {"machine": Decimal(60)}, (SEWING, PRINT), {"shirt": Decimal(stock)})


def test_a_site_holds_what_its_machines_hours_and_stock_suffice_for() -> None:
    # 60 machine hours / 0.4 = 150 shirts, which take 75 of 100 hours; 25 hours are left for 250 posters.
    assert missing(capacity(), {("shirt", ""): Decimal(150), ("poster", ""): Decimal(250)}) == {}
    assert missing(capacity(), {("shirt", ""): Decimal(151)}) == pytest.approx({"shirt": 1.0})
    assert missing(capacity(stock=1), {("shirt", ""): Decimal(151)}) == {}
    assert missing(capacity(), {("boat", ""): Decimal(2)}) == pytest.approx({"boat": 2.0})


def test_what_is_due_in_the_first_period_is_not_made_in_the_second() -> None:
    two = capacity(periods=("spring", "autumn"))
    assert missing(two, {("shirt", "autumn"): Decimal(300)}) == {}
    assert missing(two, {("shirt", "spring"): Decimal(200)}) == pytest.approx({"shirt": 50.0})


def test_what_cannot_be_held_is_refused_with_what_is_missing() -> None:
    faults = hold_faults(capacity(), {("shirt", ""): Decimal(160)}, {"shirt": ("T-shirt", "piece")}, "Hilo")
    told = "Hilo cannot hold this: 10 piece of T-shirt would be promised twice or cannot be made."
    assert [str(fault.what) for fault in faults] == [told]


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 200))
def test_more_promised_never_means_less_missing(one: int, more: int, hours: int) -> None:
    able = capacity(hours)
    before = sum(missing(able, {("shirt", ""): Decimal(one)}).values())
    after = sum(missing(able, {("shirt", ""): Decimal(one + more)}).values())
    assert after >= before - 1e-6
