"""Whoever multiplies what a page shows gets the amount that the page shows."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.money import half_up
from solidaria.core.price import price
from solidaria.core.result import Plan, Result
from solidaria.report.figures import Figures
from solidaria.report.html import to_html
from solidaria.report.language import Language
from solidaria.report.text import to_text
from tests.made_plans import plans
from tests.report.hand_made import RESULT

CELL = re.compile(r"<td class=\"num\">([^<]*)</td>")


def read(shown: str) -> Decimal:
    """A number as an English page shows it, whatever stands behind it."""
    found = re.match(r"[\d,]+(\.\d+)?", shown)
    assert found is not None, shown
    return Decimal(found[0].replace(",", ""))


def agree(quantity: str, each: str, pays: str, adds: str, decimals: int) -> bool:
    return half_up(read(quantity) * read(each), decimals) == read(pays) + read(adds)


def test_quantity_times_the_price_shown_rounded_is_the_amount_shown_beside_it() -> None:
    page = to_html(RESULT, Language("en", RESULT.network.rules.currency))
    rows = [
        [unescape(cell) for cell in cells]
        for row in page.split("<tr>")
        if "price for one" not in row
        and len(cells := CELL.findall(row)) == 4
        and row.startswith('<th scope="row">')
    ]
    lines = [row for row in rows if "\N{NO-BREAK SPACE}" in row[0]]
    assert len(lines) > 10
    wrong = [row for row in lines if not agree(row[0], row[1], row[2], row[3], 2)]
    assert wrong == []


@settings(max_examples=40, deadline=None)
@given(plan=plans())
def test_in_every_plan_the_numbers_of_a_delivery_multiply_to_what_is_paid(plan: Plan) -> None:
    result = Result(plan.network, plan, price(plan.network, plan))
    figures, language = Figures(result), Language("en", result.network.rules.currency)
    for row in result.prices.deliveries:
        least = figures.price_decimals[row.product]
        assert 0 <= least <= 4
        quantity = language.quantity_at(row.quantity, "kg", row.unit_price, least)
        assert agree(
            quantity,
            language.price(row.unit_price, least=least),
            language.money(row.buyer_pays),
            language.money(row.solidarity),
            language.decimals,
        ), row


def test_a_price_is_shown_with_the_same_decimals_on_the_page_in_the_text_and_in_its_lines() -> None:
    figures, language = Figures(RESULT), Language("en", RESULT.network.rules.currency)
    page, text = to_html(RESULT, language), to_text(RESULT, language)
    made = [one for one in figures.product_prices if one.made]
    assert any(figures.price_decimals.get(one.product) for one in made)
    for one in made:
        shown = language.price(one.price, least=figures.price_decimals.get(one.product, 0))
        assert shown in page and shown in text, one.product


@pytest.mark.parametrize(
    ("quantity", "price_each", "least", "shown"),
    [
        ("180", "5.205833", 2, "180\N{NO-BREAK SPACE}m2"),
        ("33.333333", "5.205833", 4, "33.333333\N{NO-BREAK SPACE}m2"),
        ("12345.6", "2", 0, "12,345.6\N{NO-BREAK SPACE}m2"),
        ("0.5", "100", 0, "0.5\N{NO-BREAK SPACE}m2"),
    ],
)
def test_a_quantity_beside_an_amount_has_the_decimals_the_amount_was_counted_with(
    quantity: str, price_each: str, least: int, shown: str
) -> None:
    language = Language("en", "ARS")
    assert language.quantity_at(Decimal(quantity), "m2", Decimal(price_each), least) == shown


@given(st.decimals("0.000001", "100000", places=6), st.integers(0, 4))
def test_a_price_never_has_fewer_decimals_than_asked_for(amount: Decimal, least: int) -> None:
    shown = Language("en", "ARS").price(amount, least=least)
    assert len(shown.split(".")[1]) >= 2 + least
