"""The plan in a terminal and in a spreadsheet."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest

from solidaria.core.price import price
from solidaria.core.result import PRICE_LINES, Result
from solidaria.report.html import to_html
from solidaria.report.language import LANGUAGES, Language
from solidaria.report.text import to_text
from solidaria.report.xlsx import to_xlsx
from tests.report.hand_made import NETWORK, PLAN, RESULT, RESULT_WITH_ROUTES

D = Decimal
ENGLISH = Language("en", "ARS")


def workbook(result: Result = RESULT) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(to_xlsx(result, ENGLISH)))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("result", [RESULT, RESULT_WITH_ROUTES])
def test_no_line_is_wider_than_eighty_columns(code: str, result: Result) -> None:
    assert max(map(len, to_text(result, Language(code, "ARS")).splitlines())) <= 80


def test_the_most_important_comes_first() -> None:
    text = to_text(RESULT, ENGLISH)
    titles = [
        "needs are wholly met",
        "Who gets what they need",
        "What is missing, and what would help",
        "Promises",
        "What we will make, and for whom",
        "What each thing costs",
        "Who carries the solidarity",
        "Money that leaves the network",
    ]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_every_report_says_once_that_without_routes_goods_of_another_site_may_keep_a_promise() -> None:
    words = "a promise may be kept with goods that another site made"

    def told(result: Result) -> tuple[str, ...]:
        cells = [str(cell.value) for sheet in workbook(result) for row in sheet.iter_rows() for cell in row]
        return to_text(result, ENGLISH), to_html(result, ENGLISH), " ".join(cells)

    assert [" ".join(text.split()).count(words) for text in told(RESULT)] == [1, 1, 1]
    assert [" ".join(text.split()).count("goods move freely") for text in told(RESULT_WITH_ROUTES)] == [0, 0, 0]
    network = replace(NETWORK, promises=())
    without = Result(network, replace(PLAN, network=network, promises=()), RESULT.prices)
    for text in told(without):
        assert words not in text and " ".join(text.split()).count("so goods move freely") == 1


def test_a_network_without_needs_or_sites_has_a_text_too() -> None:
    network = replace(NETWORK, needs=(), promises=(), recipes=(), equipment=(), stocks=(), sites=(), reopenings=())
    empty = replace(
        PLAN,
        network=network,
        coverage=(),
        production=(),
        outside=(),
        stocks=(),
        promises=(),
        reopened=(),
        shortfalls=(),
        supplies=(),
        slack=(),
        certificate=replace(PLAN.certificate, tiers=()),
    )
    result = Result(network, empty, price(network, empty))
    text = to_text(result, ENGLISH)
    assert "The workbook names no needs" in text
    assert "No solidarity payment is needed" in text


def test_every_result_sheet_says_so_in_its_name_and_has_a_frozen_header() -> None:
    book = workbook(RESULT_WITH_ROUTES)
    names = [name for name in book.sheetnames if name.startswith("result ")]
    assert {"result plan", "result needs", "result prices", "result deliveries", "result shipments"} <= set(names)
    for name in names:
        sheet = book[name]
        assert sheet.freeze_panes == "B3"
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9
        assert all(cell.value and cell.font.bold for cell in sheet[2])


def test_text_never_becomes_a_formula_or_a_link() -> None:
    nasty = ("=1+1", "+2", "-3", "@SUM(A1)", "https://example.org", '=HYPERLINK("http://x")', "12")
    organisations = tuple(
        replace(row, name=name) for row, name in zip(NETWORK.organisations, nasty, strict=False)
    ) + tuple(NETWORK.organisations[len(nasty) :])
    products = tuple(replace(row, unit="=2+2") for row in NETWORK.products)
    network = replace(NETWORK, organisations=organisations, products=products)
    plan = replace(PLAN, network=network)
    book = workbook(Result(network, plan, price(network, plan)))
    found = set()
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" and cell.hyperlink is None, (sheet.title, cell.coordinate)
                found.add(cell.value)
    assert {"=1+1", "@SUM(A1)", "=2+2", "12"} <= found


def test_the_lines_of_a_cost_add_up_to_it_in_the_spreadsheet() -> None:
    rows = list(workbook()["result costs"].iter_rows(min_row=3, values_only=True))
    assert rows
    for row in rows:
        assert sum(row[-len(PRICE_LINES) :]) == pytest.approx(row[-len(PRICE_LINES) - 1], abs=1e-5)


def test_money_and_shares_are_numbers_with_a_format_of_their_own() -> None:
    book = workbook()
    delivery = book["result deliveries"]["L3"]
    assert isinstance(delivery.value, (int, float)) and delivery.number_format == "#,##0.00"
    share = book["result needs"]["K3"]
    assert share.number_format == "0.0%"


def test_equal_plans_give_equal_spreadsheets_to_the_byte() -> None:
    assert to_xlsx(RESULT, ENGLISH) == to_xlsx(replace(RESULT), ENGLISH)
