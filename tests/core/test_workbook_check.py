"""The check of a workbook, column by column: what each blank, id, pair and rule means, and circles of recipes."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.network import (
    Equipment,
    Need,
    Network,
    Organisation,
    Period,
    Product,
    Promise,
    Recipe,
    Reopening,
    Route,
    RuleRow,
    Rules,
    Site,
    Stock,
)
from solidaria.core.problem import Fault, Refused, say
from solidaria.core.workbook.check import read_network
from solidaria.core.workbook.circles import free_circles
from solidaria.core.workbook.schema import RULES, SHEETS
from solidaria.core.workbook.tables import Cell, ErrorValue, NoValue, Table, Tables
from tests.networks import networks, seeded_network, shuffled, tables

ROOT = Path(__file__).resolve().parents[2]

SMALL = {
    "organisations": "organisation,name,kind,members,ability,pledge | hilo,Hilo Rojo,site,,, | "
    "norte,Norte,community,30,1,50 | taller,Taller,site,,,",
    "sites": "site,members,paid_hours,state | hilo,4,160, | taller,2,100,closed",
    "products": "product,name,unit,market_price,outside,keeps | shirt,Shirt,piece,,, | cloth,Cloth,m,3,,",
    "recipes": "recipe,site,product,output,labour_hours | sew,hilo,shirt,,1.5",
    "inputs": "recipe,product,quantity | sew,cloth,2",
    "equipment": "equipment,site,hours | loom,hilo,80 | press,taller,10",
    "uses": "recipe,equipment,hours | sew,loom,0.5",
    "stocks": "site,product,quantity | hilo,cloth,7",
    "needs": "need,organisation,product,quantity,period,tier,pays | n1,norte,shirt,10,,,",
    "promises": "site,organisation,product,quantity,period | hilo,norte,shirt,1,",
    "periods": "period,starts,ends | feb,2026-02-01,2026-02-28 | jan,2026-01-01,2026-01-31",
    "reopenings": "site,money,hours | taller,500,",
    "routes": "from,to,product,cost | hilo,norte,,1 | hilo,norte,shirt,2",
    "rules": "rule,value,since | currency,ARS, | living_wage,10,",
}


def table(text: str) -> Table:
    """`a,b | 1,2` as a sheet: rows stand between bars, the header first."""
    header, *rows = (tuple(cell.strip() for cell in row.split(",")) for row in text.split("|"))
    return Table(header, tuple(enumerate(rows, start=2)))


def book(without: tuple[str, ...] = (), **changes: str | Table) -> Tables:
    """The small workbook with some sheets put in place of its own, or left out."""
    sheets = {name: text for name, text in {**SMALL, **changes}.items() if name not in without}
    return Tables("small", {name: table(text) if isinstance(text, str) else text for name, text in sheets.items()})


def typed(sheet: str, row: int, column: str, cell: Cell) -> Tables:
    """The small workbook with one cell changed; rows count from 2."""
    old = table(SMALL[sheet])
    place = old.columns.index(column)
    rows = [(n, (*line[:place], cell, *line[place + 1 :]) if n == row else line) for n, line in old.rows]
    return book(**{sheet: Table(old.columns, tuple(rows))})


def faults(workbook: Tables) -> list[Fault]:
    """Every fault; none when the workbook is good."""
    try:
        read_network(workbook)
    except Refused as refused:
        return list(refused.faults)
    return []


def only_fault(workbook: Tables) -> tuple[str, int | None, str | None, str]:
    """The place and the text of the one fault that there must be."""
    found = faults(workbook)
    assert len(found) == 1, [(f.sheet, f.row, f.column, str(f.what)) for f in found]
    return found[0].sheet, found[0].row, found[0].column, f"{found[0].what} {found[0].help}"


def added(sheet: str, *rows: str) -> Tables:
    """The small workbook with rows added to one sheet."""
    return book(**{sheet: " | ".join([SMALL[sheet], *rows])})


# --- a good workbook ------------------------------------------------------------------------------


def test_a_good_workbook_gives_exactly_these_values_and_blanks_mean_what_they_should() -> None:
    d = Decimal
    network = read_network(book())
    assert network == Network(
        name="small",
        organisations=(
            Organisation("hilo", "Hilo Rojo", "site"),
            Organisation("norte", "Norte", "community", d(30), ability=d(1), pledge=d(50)),
            Organisation("taller", "Taller", "site"),
        ),
        products=(
            Product("cloth", "Cloth", "m", d(3), outside=True, keeps=True),
            Product("shirt", "Shirt", "piece", None, outside=False, keeps=True),
        ),
        rules=Rules("ARS", d(10), rows=(RuleRow("currency", "ARS"), RuleRow("living_wage", "10"))),
        sites=(Site("hilo", d(4), d(160)), Site("taller", d(2), d(100), state="closed")),
        recipes=(Recipe("sew", "hilo", "shirt", d(1), d("1.5"), (("cloth", d(2)),), (("loom", d("0.5")),)),),
        equipment=(Equipment("loom", "hilo", d(80)), Equipment("press", "taller", d(10))),
        stocks=(Stock("hilo", "cloth", d(7)),),
        needs=(Need("n1", "norte", "shirt", d(10), "jan", 1, "market"),),
        promises=(Promise("hilo", "norte", "shirt", d(1), "jan"),),
        periods=(
            Period("jan", date(2026, 1, 1), date(2026, 1, 31)),
            Period("feb", date(2026, 2, 1), date(2026, 2, 28)),
        ),
        reopenings=(Reopening("taller", d(500)),),
        routes=(Route("hilo", "norte", None, d(1)), Route("hilo", "norte", "shirt", d(2))),
    )
    assert network.warnings == ()


def test_only_three_sheets_are_required() -> None:
    optional = tuple(sheet.name for sheet in SHEETS if not sheet.required)
    network = read_network(book(without=optional))
    assert network.sites == network.needs == () and network.routes is None
    assert network.periods == (Period("1"),)


def test_a_sheet_with_a_header_only_is_read_as_if_it_were_not_there() -> None:
    optional = tuple(sheet.name for sheet in SHEETS if not sheet.required)
    empty = {name: Table(table(SMALL[name]).columns) for name in optional}
    assert read_network(book(**empty)) == read_network(book(without=optional))


def test_a_blank_outside_is_yes_only_with_a_market_price_and_without_a_recipe() -> None:
    products = "product,name,unit,market_price,outside | shirt,S,u,5, | cloth,C,u,3, | thread,T,u,, | "
    products += "dye,D,u,1,no | bag,B,u,2,yes"
    network = read_network(book(products=products))
    assert {row.id: row.outside for row in network.products} == {
        "shirt": False, "cloth": True, "thread": False, "dye": False, "bag": True,
    }  # fmt: skip


def test_numbers_of_a_spreadsheet_are_read_like_text() -> None:
    assert read_network(typed("sites", 2, "members", Decimal("4"))) == read_network(book())
    assert read_network(typed("periods", 3, "starts", datetime(2026, 1, 1))) == read_network(book())
    assert read_network(typed("products", 3, "keeps", True)) == read_network(book())


def test_note_columns_are_free_and_sheets_of_results_are_not_read() -> None:
    sites = "site,note_why,members,paid_hours,state,note | hilo,first,4,160,,second | taller,,2,100,closed,"
    network = read_network(book(sites=sites, results="what,ever | 1,2", Result_prices="x"))
    assert network.site["hilo"].note == "first second"
    assert replace(network.site["hilo"], note="") == read_network(book()).site["hilo"]


@given(networks(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_sheets_rows_and_columns_never_matters(network: Network, chance: random.Random) -> None:
    sheets = shuffled(tables(network), chance)
    read = read_network(_from_rows(sheets))
    assert replace(read, rules=replace(read.rules, rows=())) == replace(network, routes=network.routes or None)


def test_a_fault_stands_at_the_same_words_whatever_the_order_of_the_sheets() -> None:
    wrong = book(needs="need,organisation,product,quantity | n1,nort,shirt,-1 | n2,norte,shrit,0")
    backwards = replace(wrong, sheets=dict(reversed(list(wrong.sheets.items()))))
    assert faults(wrong) == faults(backwards) and len(faults(wrong)) == 4


def _from_rows(sheets: dict[str, list[dict[str, str]]]) -> Tables:
    return Tables(
        "random",
        {
            name: Table(
                tuple(rows[0]) if rows else ("from", "to", "product", "cost"),
                tuple((number, tuple(row.values())) for number, row in enumerate(rows, start=2)),
            )
            for name, rows in sheets.items()
        },
    )


# --- sheets and columns ---------------------------------------------------------------------------


@pytest.mark.parametrize("sheet", ["organisations", "products", "rules"])
def test_a_required_sheet_that_is_missing_or_empty_is_refused(sheet: str) -> None:
    missing = [f for f in faults(book(without=(sheet,))) if f.sheet == sheet]
    assert [(f.row, f.column, str(f.what)) for f in missing] == [(None, None, f"The sheet {sheet} is missing.")]
    empty = [f for f in faults(book(**{sheet: Table(table(SMALL[sheet]).columns)})) if f.sheet == sheet]
    assert (empty[0].row, str(empty[0].what)) == (None, f"The sheet {sheet} has no rows.")


def test_an_unknown_sheet_is_refused_and_the_nearest_named() -> None:
    sheet, row, column, text = only_fault(book(rotues="from,to,cost"))
    assert (sheet, row, column) == ("rotues", None, None) and "Did you mean routes?" in text


def test_an_unknown_column_is_refused_and_the_nearest_named() -> None:
    place = only_fault(book(equipment="equipment,site,hours,colour | loom,hilo,80,red | press,taller,10,"))
    assert place[:3] == ("equipment", 1, "colour") and "note_colour" in place[3]
    found = faults(book(equipment="equipment,site,hour | loom,hilo,80 | press,taller,10"))
    assert [(f.row, f.column) for f in found] == [(1, "hour")]
    assert str(found[0].help) == "Did you mean hours?"


def test_a_column_twice_or_without_a_name_is_refused() -> None:
    assert only_fault(book(stocks="site,product,quantity,quantity | hilo,cloth,7,8"))[:3] == (
        "stocks",
        1,
        "quantity",
    )
    assert only_fault(book(stocks="site,product,quantity, | hilo,cloth,7,8"))[:2] == ("stocks", 1)
    assert faults(book(stocks="site,product,quantity, | hilo,cloth,7,")) == []


@pytest.mark.parametrize(
    ("sheet", "column"), [(sheet.name, c.name) for sheet in SHEETS for c in sheet.columns if c.required]
)
def test_a_required_column_that_is_missing_is_told_once(sheet: str, column: str) -> None:
    old = table(SMALL[sheet])
    place = old.columns.index(column)
    cut = Table(
        old.columns[:place] + old.columns[place + 1 :], tuple((n, r[:place] + r[place + 1 :]) for n, r in old.rows)
    )
    found = faults(book(**{sheet: cut}))
    assert [(f.sheet, f.row, f.column) for f in found] == [(sheet, 1, column)]
    assert str(found[0].what) == f"The column {column} is missing."


@pytest.mark.parametrize(
    ("sheet", "column"), [(sheet.name, c.name) for sheet in SHEETS for c in sheet.columns if c.required]
)
def test_a_blank_cell_of_a_required_column_is_refused_with_its_place(sheet: str, column: str) -> None:
    last = table(SMALL[sheet]).rows[-1][0]
    found = [f for f in faults(typed(sheet, last, column, "  ")) if f.sheet == sheet and f.row == last]
    assert [(f.column, str(f.what)) for f in found] == [(column, "The cell is blank.")]


def test_a_row_with_more_cells_than_columns_is_refused() -> None:
    assert only_fault(book(stocks="site,product,quantity | hilo,cloth,7,5"))[:3] == ("stocks", 2, None)


# --- cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1,5", "Write it with a point: 1.5."),
        ("1,500", "can be read in two ways"),
        ("1.500,25", "marks between the thousands"),
        ("-1", "negative"),
        (Decimal("-1"), "negative"),
        ("inf", "not a number"),
        ("NaN", "not a number"),
        (Decimal("Infinity"), "not a number"),
        ("1e400", "too large"),
        ("20%", "0.2"),
        ("many", "not a number"),
        ("=2+2", "formula written as text"),
        ("1_000", "not a number"),
        ("１２", "not a number"),
        (True, "not a number"),
        (date(2026, 1, 5), "There is a date here"),
        (NoValue("A1*2"), "formula but no stored value"),
        (ErrorValue("#REF!"), "the error #REF!"),
        ("#DIV/0!", "the error #DIV/0!"),
    ],
)
def test_what_is_no_number_is_refused_with_its_cell(cell: Cell, words: str) -> None:
    sheet, row, column, text = only_fault(typed("sites", 2, "members", cell))
    assert (sheet, row, column) == ("sites", 2, "members")
    assert words in text


@pytest.mark.parametrize(
    ("sheet", "column", "cell"),
    [
        ("recipes", "output", "0"),
        ("needs", "quantity", "0"),
        ("promises", "quantity", "0"),
        ("needs", "tier", "0"),
        ("needs", "tier", "1.5"),
        ("needs", "pays", "-1"),
        ("needs", "pays", "a little"),
        ("needs", "pays", "1,5"),
        ("sites", "state", "shut"),
        ("organisations", "kind", "comunity"),
        ("products", "keeps", "perhaps"),
        ("periods", "starts", "01/02/2026"),
        ("periods", "ends", "2026-02-30"),
        ("inputs", "quantity", "-2"),
        ("routes", "cost", "-1"),
        ("reopenings", "money", "-1"),
    ],
)
def test_a_value_out_of_its_range_is_refused_with_its_cell(sheet: str, column: str, cell: str) -> None:
    assert only_fault(typed(sheet, 2, column, cell))[:3] == (sheet, 2, column)


@pytest.mark.parametrize(("column", "cell"), [("latitude", "90.5"), ("longitude", "-181")])
def test_a_place_off_the_globe_is_refused(column: str, cell: str) -> None:
    organisations = f"organisation,name,kind,{column} | hilo,H,site,{cell} | norte,N,union, | taller,T,site,"
    assert only_fault(book(organisations=organisations))[:3] == ("organisations", 2, column)


@pytest.mark.parametrize("cell", ["loom ", "lo\u200bom", "lo\tom", "x" * 101, date(2026, 1, 1), False])
def test_an_id_that_cannot_be_typed_again_is_refused(cell: Cell) -> None:
    assert ("equipment", 2, "equipment") in [
        (f.sheet, f.row, f.column) for f in faults(typed("equipment", 2, "equipment", cell))
    ]


# --- ids ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "column", "near"),
    [
        (sheet.name, column.name, table(SMALL[sheet.name]).rows[0][1][place])
        for sheet in SHEETS
        for place, column in [(table(SMALL[sheet.name]).columns.index(c.name), c) for c in sheet.columns
                              if c.kind == "reference"]
    ],
)  # fmt: skip
def test_an_unknown_id_is_refused_and_the_nearest_named(sheet: str, column: str, near: str) -> None:
    near = near or {"period": "jan", "product": "shirt"}[column]
    found = [f for f in faults(typed(sheet, 2, column, f"{near}q")) if (f.sheet, f.row) == (sheet, 2)]
    assert [(f.column, str(f.help)) for f in found] == [(column, f"Did you mean {near}?")]
    found = [f for f in faults(typed(sheet, 2, column, "zzzzzz")) if (f.sheet, f.row) == (sheet, 2)]
    assert [f.column for f in found] == [column] and "Add it to the sheet" in str(found[0].help)


@pytest.mark.parametrize("sheet", [sheet.name for sheet in SHEETS if sheet.name != "rules"])
def test_a_row_that_is_there_twice_is_refused_with_the_row_of_the_first(sheet: str) -> None:
    old = table(SMALL[sheet])
    double = Table(old.columns, (*old.rows, (9, old.rows[0][1])))
    found = faults(book(**{sheet: double}))
    assert [(f.sheet, f.row) for f in found if "is there twice: also in row 2." in str(f.what)] == [(sheet, 9)]


def test_a_promise_for_no_period_and_one_for_the_first_are_the_same() -> None:
    assert only_fault(added("promises", "hilo,norte,shirt,2,jan"))[:2] == ("promises", 3)
    assert faults(added("promises", "hilo,norte,shirt,2,feb")) == []


def test_the_case_of_an_id_matters_and_the_right_one_is_named() -> None:
    assert "Did you mean norte?" in only_fault(typed("needs", 2, "organisation", "Norte"))[3]


# --- across sheets --------------------------------------------------------------------------------


def test_equipment_of_another_site_is_refused() -> None:
    sheet, row, column, text = only_fault(typed("uses", 2, "equipment", "press"))
    assert (sheet, row, column) == ("uses", 2, "equipment") and "taller" in text and "hilo" in text


@pytest.mark.parametrize("assembly", ["160", "200"])
def test_paid_hours_not_above_assembly_hours_are_refused(assembly: str) -> None:
    found = faults(added("rules", f"assembly_hours,{assembly},"))
    assert [(f.sheet, f.row, f.column) for f in found] == [("sites", 2, "paid_hours"), ("sites", 3, "paid_hours")]


def test_a_stock_of_what_does_not_keep_is_refused() -> None:
    assert only_fault(typed("products", 3, "keeps", "no"))[:3] == ("stocks", 2, "product")


def test_outside_yes_without_a_market_price_is_refused() -> None:
    assert only_fault(typed("products", 2, "outside", "yes"))[:3] == ("products", 2, "market_price")


def test_a_recipe_at_an_organisation_that_is_no_site_is_refused() -> None:
    assert ("recipes", 2, "site") in [
        (f.sheet, f.row, f.column) for f in faults(typed("recipes", 2, "site", "norte"))
    ]


@pytest.mark.parametrize("state", ["", "producing", "idle", "occupied"])
def test_reopening_a_site_that_is_not_closed_is_refused(state: str) -> None:
    assert only_fault(typed("sites", 3, "state", state))[:3] == ("reopenings", 2, "site")


def test_a_route_from_a_place_to_itself_is_a_warning() -> None:
    assert ("routes", 2, "to") in warned(typed("routes", 2, "to", "hilo"))


def test_periods_with_dates_out_of_order_are_refused() -> None:
    assert only_fault(typed("periods", 2, "ends", "2026-01-31"))[:3] == ("periods", 2, "ends")
    assert only_fault(typed("periods", 3, "ends", "2026-02-02"))[:3] == ("periods", 2, "starts")
    assert faults(typed("periods", 3, "ends", "2026-02-01")) == [], "the day after the last one"
    assert ("periods", 2, "starts") in warned(typed("periods", 2, "starts", ""))
    assert faults(typed("periods", 3, "ends", "")) == []
    assert faults(typed("periods", 3, "ends", "2026-01-01")) == [], "a period of one day"


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["currency", "living_wage"])
def test_a_required_rule_that_is_missing_is_refused(rule: str) -> None:
    rows = [row for row in SMALL["rules"].split(" | ") if not row.startswith(rule)]
    sheet, row, column, text = only_fault(book(rules=" | ".join(rows)))
    assert (sheet, row, column) == ("rules", None, "rule") and f"The rule {rule} is missing." in text


def test_an_unknown_rule_is_refused_and_the_nearest_named() -> None:
    sheet, row, column, text = only_fault(added("rules", "living_wages,3,"))
    assert (sheet, row, column) == ("rules", 4, "rule") and "Did you mean living_wage?" in text


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("objectives", "jobs outside"),
        ("objectives", "jobs jobs labour"),
        ("objectives", "jobs outside labour profit"),
        ("protect_jobs", "maybe"),
        ("reserve", "5"),
        ("slack", "-0.1"),
        ("contributions", "1.2"),
        ("outside_budget", "inf"),
    ],
)
def test_a_rule_with_a_value_that_cannot_be_is_refused(rule: str, value: str) -> None:
    assert only_fault(added("rules", f"{rule},{value},"))[:3] == ("rules", 4, "value")


@pytest.mark.parametrize(("code", "help"), [("ars", "Did you mean ARS?"), ("XXQ", "ISO 4217"), ("$", "ISO 4217")])
def test_a_currency_that_is_not_in_iso_4217_is_refused(code: str, help: str) -> None:
    sheet, row, column, text = only_fault(typed("rules", 2, "value", code))
    assert (sheet, row, column) == ("rules", 2, "value") and help in text


def test_every_rule_can_be_set() -> None:
    rules = (
        "rule,value | currency,EUR | living_wage,12.5 | contributions,0.3 | assembly_hours,4 | reserve,0.05 | "
        "community,0.02 | protect_jobs,no | outside_budget,100 | objectives,labour jobs outside | slack,0.005"
    )
    d, read = Decimal, read_network(book(rules=rules)).rules
    assert {row.rule for row in read.rows} == {rule.name for rule in RULES}
    assert replace(read, rows=()) == Rules(
        "EUR", d("12.5"), d("0.3"), d(4), d("0.05"), d("0.02"), False, d(100), ("labour", "jobs", "outside"),
        d("0.005"),
    )  # fmt: skip


WAGES = ("living_wage,11,2025-06-01", "living_wage,12,2026-01-01", "living_wage,13,2026-01-02")


def test_of_several_rows_of_a_rule_the_latest_not_after_the_first_day_holds() -> None:
    for rows in (WAGES, WAGES[::-1]):
        read = read_network(added("rules", *rows)).rules
        assert read.living_wage == 12
        assert [row.since for row in read.rows if row.rule == "living_wage"] == [date(2026, 1, 1)]


def test_where_periods_have_no_days_the_latest_row_of_all_holds() -> None:
    assert read_network(replace(added("rules", *WAGES), sheets={
        **added("rules", *WAGES).sheets, "periods": table("period | jan | feb")
    })).rules.living_wage == 13  # fmt: skip


def test_two_rows_of_a_rule_with_the_same_since_are_refused() -> None:
    assert only_fault(added("rules", "living_wage,10,"))[:3] == ("rules", 4, "rule")
    assert only_fault(added("rules", WAGES[0], WAGES[0]))[:3] == ("rules", 5, "rule")


def test_a_required_rule_that_holds_only_later_is_refused() -> None:
    rules = "rule,value,since | currency,ARS, | living_wage,10,2026-01-02"
    sheet, row, column, text = only_fault(book(rules=rules))
    assert (sheet, row, column) == ("rules", None, "since") and "2026-01-01" in text


# --- circles that cost nothing --------------------------------------------------------------------


def recipe(
    name: str, product: str, output: str, *inputs: tuple[str, str], labour: str = "0", uses: str = ""
) -> Recipe:
    machines = (("m", Decimal(uses)),) if uses else ()
    used = tuple((each, Decimal(quantity)) for each, quantity in inputs)
    return Recipe(name, "s", product, Decimal(output), Decimal(labour), used, machines)


BACK = recipe("back", "y", "1", ("x", "1"))


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (recipe("there", "x", "1", ("y", "1")), [("back", "there")]),
        (recipe("there", "x", "2", ("y", "1")), [("back", "there")]),
        (recipe("there", "x", "1", ("y", "1"), uses="0"), [("back", "there")]),
        (recipe("there", "x", "0.99", ("y", "1")), []),
        (recipe("there", "x", "1", ("y", "1"), labour="0.1"), []),
        (recipe("there", "x", "1", ("y", "1"), uses="0.1"), []),
        (recipe("there", "x", "1", ("y", "1"), ("z", "1")), []),
        (recipe("there", "x", "1", ("z", "1")), []),
    ],
    ids=[
        "even",
        "gains",
        "no hours",
        "loses",
        "takes work",
        "takes a machine",
        "uses another product",
        "no circle",
    ],
)
def test_a_circle_of_recipes_is_found_when_it_can_turn_for_nothing(
    there: Recipe, found: list[tuple[str, ...]]
) -> None:
    assert free_circles((there, BACK)) == free_circles((BACK, there)) == found


def test_a_circle_of_very_unlike_amounts_is_judged_by_its_ratio() -> None:
    back = recipe("back", "y", "1e-8", ("x", "1e6"))
    assert free_circles((recipe("there", "x", "1e6", ("y", "2e-8")), back)) == []
    assert free_circles((recipe("there", "x", "1e6", ("y", "1e-8")), back)) == [("back", "there")]


def test_two_circles_are_told_apart_and_a_long_one_is_found() -> None:
    long = [recipe(f"r{n}", f"p{n}", "1", (f"p{(n + 1) % 7}", "1")) for n in range(7)]
    own = recipe("seed", "corn", "1", ("corn", "1"))
    assert sorted(free_circles((*long, own, recipe("free", "sun", "1")))) == [
        tuple(f"r{n}" for n in range(7)),
        ("seed",),
    ]


def test_a_circle_that_costs_nothing_is_a_fault_that_names_the_recipes_beside_all_others() -> None:
    recipes = "recipe,site,product,output,labour_hours | sew,hilo,shirt,1,0 | undo,hilo,cloth,2,0"
    inputs = "recipe,product,quantity | sew,cloth,2 | undo,shirt,1"
    wrong = book(
        recipes=recipes, inputs=inputs, without=("uses",), needs=SMALL["needs"] + " | n2,norte,shirt,0,,,"
    )
    found = faults(wrong)
    assert [(f.sheet, f.row, f.column) for f in found] == [
        ("needs", 3, "quantity"),
        ("recipes", 2, "labour_hours"),
    ]
    assert "sew, undo" in str(found[1].what) and "labour_hours" in str(found[1].help)


def test_a_recipe_may_use_its_own_product_when_it_takes_work() -> None:
    assert faults(added("inputs", "sew,shirt,0.5")) == []


# --- all at once ----------------------------------------------------------------------------------


def test_every_fault_is_told_at_once_those_of_the_file_too() -> None:
    cannot = Fault("extra", None, None, say("The file is broken."), say("Save it again."))
    wrong = replace(
        book(
            needs="need,organisation,product,quantity | n1,nort,shirt,-1 | n1,norte,shrit,0",
            rules="rule,value | currency,ars | wage,1",
        ),
        faults=(cannot,),
    )
    assert [(f.sheet, f.row, f.column) for f in faults(wrong)] == [
        ("extra", None, None),
        ("needs", 2, "organisation"), ("needs", 2, "quantity"),
        ("needs", 3, "need"), ("needs", 3, "product"), ("needs", 3, "quantity"),
        ("rules", None, "rule"), ("rules", 2, "value"), ("rules", 3, "rule"),
    ]  # fmt: skip


def test_a_fault_of_the_file_alone_is_enough_to_refuse() -> None:
    cannot = Fault("extra", None, None, say("The file is broken."), say("Save it again."))
    assert faults(replace(book(), faults=(cannot,))) == [cannot]


def test_nothing_is_said_about_what_an_unread_sheet_lacks() -> None:
    cannot = Fault("products", None, None, say("The file is broken."), say("Save it again."))
    wrong = replace(book(without=("products",)), faults=(cannot,), unread=frozenset({"products"}))
    assert faults(wrong) == [cannot]


def test_ten_thousand_faults_come_at_once_and_soon() -> None:
    rows = tuple((n, (f"n{n}", "norte", f"shirtt{n}", "1")) for n in range(2, 10_002))
    began = time.perf_counter()
    found = faults(book(needs=Table(("need", "organisation", "product", "quantity"), rows)))
    assert [(f.row, f.column) for f in found] == [(n, "product") for n in range(2, 10_002)]
    assert time.perf_counter() - began < 20


def test_a_slip_in_the_name_of_a_column_is_one_fault_and_not_two() -> None:
    found = faults(book(sites="Site,members,paid_hour | hilo,4,160 | taller,2,100", reopenings="site,money"))
    assert [(f.row, f.column, str(f.help)) for f in found] == [
        (1, "Site", "Did you mean site?"),
        (1, "paid_hour", "Did you mean paid_hours?"),
    ]


@pytest.mark.parametrize("above", [("What we need in March", ""), (), ("",)])
def test_a_title_above_the_names_of_the_columns_is_one_fault_and_the_rest_of_the_sheet_is_checked(
    above: tuple[str, ...],
) -> None:
    named = table(SMALL["needs"] + " | n2,norte,shirt,-1,,,")
    rows = ((3, named.columns), *((number + 2, line) for number, line in named.rows))
    found = faults(book(needs=Table(above, rows)))
    assert [(f.row, f.column) for f in found] == [(1, None), (5, "quantity")]
    assert "stand in row 3; they must stand in row 1" in str(found[0].what)


def test_a_required_sheet_with_a_title_and_names_and_nothing_else_has_no_rows() -> None:
    names = table(SMALL["products"]).columns
    found = faults(book(products=Table(("Our products",), ((2, names),))))
    assert [str(f.what) for f in found if f.sheet == "products"] == [
        "The sheet products has no rows.",
        "The names of the columns stand in row 2; they must stand in row 1.",
    ]


def test_a_sheet_whose_names_are_nowhere_is_told_what_it_lacks() -> None:
    found = faults(book(uses=Table(("Title",), ((2, ("sew", "loom", "1")),))))
    assert {f.column for f in found if f.sheet == "uses"} >= {"Title", "recipe", "equipment", "hours"}


def test_an_id_with_a_fault_of_its_own_is_not_called_unknown_where_it_is_used() -> None:
    found = faults(typed("sites", 2, "site", "hilo "))
    assert [(f.sheet, f.row, f.column) for f in found] == [("sites", 2, "site")]


# --- warnings -------------------------------------------------------------------------------------


def warned(workbook: Tables) -> list[tuple[str, int | None, str | None]]:
    return [(w.sheet, w.row, w.column) for w in read_network(workbook).warnings if isinstance(w, Fault)]


def test_a_need_that_nobody_can_make_or_buy_is_a_warning() -> None:
    assert warned(added("products", "cure,Cure,dose,,,")) == []
    wanted = book(
        products=SMALL["products"] + " | cure,Cure,dose,,,", needs=SMALL["needs"] + " | n2,norte,cure,1,,,"
    )
    assert warned(wanted) == [("needs", 3, "product")]


def test_a_pledge_without_ability_or_members_is_a_warning() -> None:
    assert warned(typed("organisations", 3, "ability", "")) == [("organisations", 3, "ability")]
    assert warned(typed("organisations", 3, "members", "")) == [("organisations", 3, "members")]


@pytest.mark.parametrize("sheet", ["needs", "recipes"])
def test_a_workbook_without_needs_or_without_recipes_is_a_warning_whether_the_sheet_is_missing_or_empty(
    sheet: str,
) -> None:
    # Promises and stocks stay, so that nothing else is to be warned of.
    others = ("inputs", "uses", "needs") if sheet == "recipes" else ()
    empty = {name: SMALL[name].partition(" |")[0] for name in (sheet, *others)}
    expected = [(name, None, None) for name in sorted({sheet, *others} & {"needs", "recipes"})]
    assert warned(book(without=tuple(empty))) == warned(book(**empty)) == expected


def test_without_needs_the_warning_says_whether_there_are_promises_to_keep() -> None:
    def said(*without: str) -> str:
        warning = read_network(book(without=without)).warnings[0]
        assert isinstance(warning, Fault)
        return str(warning.what)

    assert "only keep promises" in said("needs")
    assert "nobody needs anything" in said("needs", "promises")


@pytest.mark.parametrize(("quantity", "told"), [("2", True), ("5", True), ("1.999", False)])
def test_a_recipe_that_uses_as_much_or_more_of_its_own_product_than_it_makes_is_a_warning(
    quantity: str, told: bool
) -> None:
    workbook = book(
        recipes="recipe,site,product,output,labour_hours | sew,hilo,shirt,2,1.5",
        inputs=f"recipe,product,quantity | sew,cloth,9 | sew,shirt,{quantity}",
    )
    assert warned(workbook) == ([("inputs", 3, "quantity")] if told else [])


def test_with_a_sheet_of_routes_without_rows_goods_move_freely_as_without_the_sheet() -> None:
    empty = read_network(book(routes=Table(("from", "to", "product", "cost"))))
    assert empty.routes is None
    assert empty == read_network(book(without=("routes",)))
    assert empty.warnings == ()


def test_a_reopening_that_takes_more_hours_than_there_are_is_a_warning() -> None:
    assert warned(typed("reopenings", 2, "hours", "201")) == [("reopenings", 2, "hours")]
    assert warned(typed("reopenings", 2, "hours", "200")) == []


def test_warnings_of_the_file_come_with_the_network() -> None:
    opened = Fault("", None, None, say("It is open elsewhere."), say("Save it first."))
    assert read_network(replace(book(), warnings=(opened,))).warnings == (opened,)


# --- the page -------------------------------------------------------------------------------------


def test_the_page_about_the_workbook_says_what_the_schema_says() -> None:
    spec = spec_from_file_location("workbook_page", ROOT / "tools" / "workbook_page.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "workbook.md").read_text(encoding="utf-8")
    assert written == module.page(), "run: python tools/workbook_page.py docs/workbook.md"
    for sheet in SHEETS:
        assert f"## {sheet.name}" in written
        for column in sheet.columns:
            assert f"`{column.name}`" in written


def test_seeded_networks_are_read_back_as_they_were() -> None:
    for seed in range(30):
        network = seeded_network(seed)
        read = read_network(_from_rows(tables(network)))
        assert replace(read, rules=replace(read.rules, rows=())) == replace(network, routes=network.routes or None)
