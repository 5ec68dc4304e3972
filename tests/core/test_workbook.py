"""What is wrong with a workbook is told with its cell and with what would help; what is right is read exactly."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from solidaria.core.money import currency_decimals
from solidaria.core.network import Network
from solidaria.core.problem import Fault, Refused
from solidaria.core.workbook.check import MOST_KEPT, read_network
from solidaria.core.workbook.currencies import CURRENCIES
from solidaria.core.workbook.schema import SHEETS
from solidaria.core.workbook.tables import Cell, Table, Tables

GOOD = {
    "organisations": "organisation,name,kind,members,ability,pledge\nhilo,Hilo Rojo,site,4,,\n"
    "tela,Tela,site,3,,\nsind,Sindicato,union,900,1,500\nnorte,Barrio Norte,community,,,",
    "sites": "site,members,paid_hours,overhead,state\nhilo,4,160,90,\ntela,3,160,,closed",
    "products": "product,name,unit,market_price,outside,keeps\nshirt,Shirt,piece,30,,\ncloth,Cloth,m2,4,,\n"
    "meal,Meal,meal,,,no",
    "recipes": "recipe,site,product,output,labour_hours\nsew,hilo,shirt,,1.5\nweave,tela,cloth,10,2\ncook,hilo,meal,1,0.5",
    "inputs": "recipe,product,quantity\nsew,cloth,1.2",
    "equipment": "equipment,site,hours\nmachine,hilo,300\nloom,tela,200",
    "uses": "recipe,equipment,hours\nsew,machine,1\nweave,loom,2",
    "stocks": "site,product,quantity\nhilo,cloth,5",
    "needs": "need,organisation,product,quantity,period,tier,pays\nn1,norte,shirt,10,feb,1,free\nn2,sind,shirt,5,,2,25.50",
    "promises": "site,organisation,product,quantity,period\nhilo,sind,shirt,3,",
    "periods": "period,starts,ends\nfeb,2026-02-01,2026-02-28\njan,2026-01-01,2026-01-31",
    "reopenings": "site,money,hours\ntela,1000,40",
    "routes": "from,to,product,cost\nhilo,norte,,1\nhilo,norte,shirt,0.5",
    "rules": "rule,value,since,decision\ncurrency,ARS,,\nliving_wage,10,,\nliving_wage,12,2026-01-01,Assembly 3\n"
    "living_wage,15,2026-02-01,\nassembly_hours,8,,\nreserve,0.05,,\nobjectives,labour jobs outside,,",
}


def table(text: str) -> Table:
    lines = [line.split(",") for line in text.split("\n")]
    rows = tuple((number, tuple(cell or None for cell in line)) for number, line in enumerate(lines[1:], 2))
    return Table(tuple(lines[0]), rows)


def tables(**changes: str | None) -> Tables:
    texts = {name: text for name, text in {**GOOD, **changes}.items() if text is not None}
    return Tables("test", {name: table(text) for name, text in texts.items()})


def faults(given: Tables) -> list[tuple[str, int | None, str | None, str]]:
    with pytest.raises(Refused) as refused:
        read_network(given)
    return [(f.sheet, f.row, f.column, f"{f.what} {f.help}") for f in refused.value.faults]


def changed(sheet: str, old: str, new: str) -> Tables:
    assert GOOD[sheet].count(old) >= 1, "the change must change something"
    return tables(**{sheet: GOOD[sheet].replace(old, new, 1)})


def with_cell(sheet: str, row: int, column: str, cell: Cell) -> Tables:
    good = tables()
    one = good.sheets[sheet]
    place = one.columns.index(column)
    rows = tuple(
        (number, (*line[:place], cell, *line[place + 1 :]) if number == row else line) for number, line in one.rows
    )
    return replace(good, sheets={**good.sheets, sheet: Table(one.columns, rows)})


def test_a_workbook_is_read_exactly_and_blank_cells_mean_what_the_page_says() -> None:
    network = read_network(tables())
    assert network.recipe["sew"].output == 1
    assert network.recipe["sew"].inputs == (("cloth", Decimal("1.2")),)
    assert network.recipe["weave"].uses == (("loom", Decimal(2)),)
    assert network.site["tela"].overhead == 0 and network.site["hilo"].state == "producing"
    assert [period.id for period in network.periods] == ["jan", "feb"]
    assert network.need["n2"].period == "jan" and network.need["n2"].pays == Decimal("25.50")
    assert network.need["n1"].pays == "free" and network.promises[0].period == "jan"
    assert network.product["cloth"].outside is False, "a recipe makes it"
    assert network.product["meal"].keeps is False and network.product["meal"].outside is False
    assert network.routes is not None and len(network.routes) == 2
    assert network.rules.objectives == ("labour", "jobs", "outside")
    assert network.rules.protect_jobs is True and network.rules.outside_budget is None
    assert network.warnings == ()


def test_without_its_recipe_a_product_with_a_market_price_is_bought_outside() -> None:
    network = read_network(tables(recipes="recipe,site,product,labour_hours\nsew,hilo,shirt,1.5", uses=None))
    assert network.product["cloth"].outside is True


def test_the_rule_holds_that_is_latest_on_the_first_day() -> None:
    network = read_network(tables())
    assert network.rules.living_wage == 12
    assert {row.rule: row.decision for row in network.rules.rows}["living_wage"] == "Assembly 3"


def test_without_dates_the_latest_rule_of_all_holds_and_without_the_sheet_there_is_one_period() -> None:
    needs = "need,organisation,product,quantity\nn1,norte,shirt,10"
    network = read_network(tables(periods=None, needs=needs))
    assert network.rules.living_wage == 15
    assert [period.id for period in network.periods] == ["1"] and network.need["n1"].period == "1"


KNOWN = [
    ("sites", "hilo,4", "hilos,4", "sites 2 site", "Did you mean hilo?"),
    ("needs", "n1,norte", "n1,nortte", "needs 2 organisation", "Did you mean norte?"),
    ("recipes", "sew,hilo", "sew,sind", "recipes 2 site", "sites"),
    ("products", "\ncloth,Cloth", "\nshirt,Cloth", "products 3 product", "there twice: also in row 2"),
    ("inputs", "sew,cloth,1.2", "sew,cloth,1.2\nsew,cloth,3", "inputs 3 recipe", "there twice"),
    ("promises", "hilo,sind,shirt,3,", "hilo,sind,shirt,3,\nhilo,sind,shirt,4,jan", "promises 3 site", "twice"),
    ("equipment", "hilo,300", "hilo,-300", "equipment 2 hours", "-300 is negative"),
    ("equipment", "hilo,300", "hilo,inf", "equipment 2 hours", "finite"),
    ("equipment", "hilo,300", "hilo,nan", "equipment 2 hours", "finite"),
    ("equipment", "hilo,300", "hilo,1e400", "equipment 2 hours", "too large"),
    ("equipment", "hilo,300", "hilo,", "equipment 2 hours", "The cell is blank."),
    ("equipment", "hilo,300", "hilo,1.000.300", "equipment 2 hours", "thousands"),
    ("equipment", "hilo,300", "hilo,#REF!", "equipment 2 hours", "#REF!"),
    ("equipment", "hilo,300", "hilo,300 h", "equipment 2 hours", "no units"),
    ("recipes", "cloth,10,2", "cloth,0,2", "recipes 3 output", "above 0"),
    ("uses", "sew,machine", "sew,loom", "uses 2 equipment", "stands at tela, but the recipe belongs to hilo"),
    ("sites", "hilo,4,160", "hilo,4,8", "sites 2 paid_hours", "above the rule assembly_hours"),
    ("rules", "labour jobs outside", "labour jobs", "rules 8 value", "three aims"),
    ("rules", "currency,ARS", "currency,PESO", "rules 2 value", "ISO 4217"),
    ("rules", "currency,ARS", "currency,ars", "rules 2 value", "Did you mean ARS?"),
    ("rules", "currency,ARS,,\n", "", "rules None rule", "The rule currency is missing."),
    ("rules", "reserve,0.05", "reserve,5", "rules 7 value", "write 0.05 for 5 %"),
    ("rules", "reserve,0.05", "reserve,5%", "rules 7 value", "0.05"),
    ("rules", "reserve,", "resserve,", "rules 7 rule", "Did you mean reserve?"),
    ("rules", "living_wage,15,2026-02-01", "living_wage,15,2026-01-01", "rules 5 rule", "twice"),
    ("periods", "2026-02-28", "2026-01-28", "periods 2 ends", "before it starts"),
    ("periods", "2026-01-31", "2026-02-03", "periods 2 starts", "before jan has ended"),
    ("periods", "2026-02-28", "28/02/2026", "periods 2 ends", "Write 2026-02-28."),
    ("periods", "2026-02-28", "2026/2/28", "periods 2 ends", "Write 2026-02-28."),
    ("periods", "2026-02-28", "2/3/2026", "periods 2 ends", "day: 2026-03-02 or 2026-02-03."),
    ("periods", "2026-02-28", "2.2.2026", "periods 2 ends", "Write 2026-02-02."),
    ("periods", "2026-02-28", "31/02/2026", "periods 2 ends", "not a day of the calendar"),
    ("periods", "2026-02-28", "28/02/26", "periods 2 ends", "not a day of the calendar"),
    ("periods", "2026-02-28", "2026-02-30", "periods 2 ends", "not a day of the calendar"),
    ("stocks", "hilo,cloth", "hilo,meal", "stocks 2 product", "does not keep"),
    ("products", "Meal,meal,,,no", "Meal,meal,,yes,no", "products 4 market_price", "no market price"),
    ("needs", "n1,norte,shirt,10", "n1,norte,shirt,0", "needs 2 quantity", "above 0"),
    ("needs", "feb,1,free", "feb,1.5,free", "needs 2 tier", "whole number"),
    ("needs", "feb,1,free", "feb,0,free", "needs 2 tier", "whole number"),
    ("needs", "feb,1,free", "feb,1,gratis", "needs 2 pays", "market, free"),
    ("needs", "feb,1,free", "march,1,free", "needs 2 period", "periods"),
    (
        "organisations",
        "norte,Barrio Norte,community",
        "norte,Barrio Norte,comunity",
        "organisations 5 kind",
        "community",
    ),
    ("sites", "closed", "shut", "sites 3 state", "producing, idle, occupied, closed"),
    ("reopenings", "tela,1000", "hilo,1000", "reopenings 2 site", "is not closed"),
    ("reopenings", "site,money,hours", "site,mony,hours", "reopenings 1 mony", "Did you mean money?"),
    ("organisations", "\nhilo,Hilo", "\nhilo ,Hilo", "organisations 2 organisation", "Delete the space"),
    ("organisations", "\nhilo,Hilo", "\nhi\u200blo,Hilo", "organisations 2 organisation", "cannot be seen"),
]


@pytest.mark.parametrize(("sheet", "old", "new", "where", "words"), KNOWN)
def test_a_fault_is_told_with_its_cell_and_what_would_help(
    sheet: str, old: str, new: str, where: str, words: str
) -> None:
    found = faults(changed(sheet, old, new))
    assert any(f"{s} {r} {c}" == where and words in text for s, r, c, text in found), found


def test_a_decimal_comma_is_refused_with_its_cell() -> None:
    found = faults(with_cell("inputs", 2, "quantity", "1,5"))
    assert found == [
        ("inputs", 2, "quantity", "“1,5” has a decimal comma. Write it with a point: 1.5."),
    ]


def test_a_comma_that_can_be_read_in_two_ways_is_not_guessed() -> None:
    assert (
        "Write 1500 for thousands, or 1.5 with a decimal point."
        in faults(with_cell("inputs", 2, "quantity", "1,500"))[0][3]
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.234,5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("-1.234.567", "-1234567"),
        ("1,234,567", "1234567"),
        ("1.234,567", "1234.567"),
        ("1 500", "1500"),
        ("1'500,25", "1500.25"),
        ("1\u202f500\u202f000,5", "1500000.5"),
    ],
)
def test_a_number_with_marks_between_its_thousands_is_shown_as_it_should_be_written(
    typed: str, meant: str
) -> None:
    found = faults(with_cell("inputs", 2, "quantity", typed))
    assert found[0][3].endswith(f"” has marks between the thousands. Write it without them: {meant}.")


def test_marks_between_thousands_that_do_not_agree_are_not_guessed() -> None:
    told = faults(with_cell("inputs", 2, "quantity", "1 234'567,5"))[0][3]
    assert "marks between the thousands" in told and "1500.25" in told


def test_an_id_that_the_spreadsheet_turned_into_a_date_is_refused() -> None:
    found = faults(with_cell("periods", 2, "period", date(2026, 2, 1)))
    assert any((s, r, c) == ("periods", 2, "period") and "into a date" in text for s, r, c, text in found)
    found = faults(with_cell("periods", 2, "starts", datetime(2026, 2, 1, 13)))
    assert any((s, r, c) == ("periods", 2, "starts") and "a time of a day" in text for s, r, c, text in found)


def test_a_day_that_the_spreadsheet_turned_into_a_number_is_refused() -> None:
    found = faults(with_cell("periods", 2, "starts", Decimal(46082)))
    assert ("periods", 2, "starts") in [(s, r, c) for s, r, c, _ in found]
    assert any("a number here (46082), not a day" in text and "format of the cell" in text for *_, text in found)


def test_a_number_as_an_id_is_the_same_typed_or_written() -> None:
    needs = "need,organisation,product,quantity,period\nn1,norte,shirt,10,7"
    given = tables(periods="period\n7", needs=needs)
    typed = replace(given, sheets={**given.sheets, "periods": Table(("period",), ((2, (Decimal(7),)),))})
    assert read_network(typed) == read_network(given)


def test_unknown_and_missing_sheets_are_named() -> None:
    found = faults(tables(products=None, recipies="recipe\nsew"))
    assert ("recipies", None, None, "There is no sheet of this name in a network. Did you mean recipes?") in found
    assert any(s == "products" and "is missing" in text for s, _, _, text in found)


def test_a_required_column_that_is_missing_is_told_once() -> None:
    found = faults(tables(equipment="equipment,site\nmachine,hilo\nloom,tela"))
    assert [(s, r, c) for s, r, c, _ in found] == [("equipment", 1, "hours")]


def test_optional_sheets_with_a_header_alone_count_as_absent() -> None:
    network = read_network(tables(routes="from,to,product,cost", reopenings="site,money", promises="site"))
    assert network.routes is None and network.promises == ()
    assert network.warnings == ()


def test_what_is_allowed_and_probably_not_meant_is_a_warning() -> None:
    def warnings(given: Tables) -> list[tuple[str, int | None, str | None]]:
        return [(w.sheet, w.row, w.column) for w in read_network(given).warnings if isinstance(w, Fault)]

    assert warnings(changed("organisations", "900,1,500", "900,,500")) == [("organisations", 4, "ability")]
    assert warnings(changed("organisations", "900,1,500", ",1,500")) == [("organisations", 4, "members")]
    assert warnings(changed("reopenings", "tela,1000,40", "tela,1000,4000")) == [("reopenings", 2, "hours")]
    more = GOOD["products"] + "\nsoap,Soap,kg,,,"
    assert warnings(tables(products=more, needs=GOOD["needs"] + "\nn3,norte,soap,1,,,")) == [
        ("needs", 4, "product")
    ]


def test_ten_thousand_faults_are_all_told() -> None:
    rows = "\n".join(f"e{number},hilo,-1" for number in range(10_000))
    assert len([f for f in faults(tables(equipment=f"equipment,site,hours\n{rows}", uses=None))]) == 10_000


def test_more_faults_than_anybody_reads_are_not_kept() -> None:
    rows = "\n".join(f"e{number},hilo,-1" for number in range(MOST_KEPT + 500))
    found = faults(tables(equipment=f"equipment,site,hours\n{rows}", uses=None))
    assert len(found) == MOST_KEPT + 1
    assert any("more than 50000 faults" in text for *_, text in found)


def circle(weave: str, unravel: str, inputs: str) -> Tables:
    return tables(
        recipes=f"recipe,site,product,output,labour_hours\nsew,hilo,shirt,,1.5\n{weave}\n{unravel}",
        inputs=f"recipe,product,quantity\nsew,cloth,1.2\n{inputs}",
        uses=None,
        products=GOOD["products"] + "\nyarn,Yarn,kg,2,,",
    )


def test_a_circle_of_recipes_that_costs_nothing_is_refused_and_named() -> None:
    found = faults(circle("weave,hilo,cloth,1,0", "undo,hilo,yarn,1,0", "weave,yarn,1\nundo,cloth,1"))
    assert len(found) == 1 and "undo, weave" in found[0][3] and "labour_hours" in found[0][3]


def test_a_circle_that_loses_takes_work_or_needs_something_scarce_is_no_fault() -> None:
    for weave, unravel, inputs in (
        ("weave,hilo,cloth,1,0", "undo,hilo,yarn,0.9,0", "weave,yarn,1\nundo,cloth,1"),
        ("weave,hilo,cloth,1,0.1", "undo,hilo,yarn,1,0", "weave,yarn,1\nundo,cloth,1"),
        ("weave,hilo,cloth,1,0", "undo,hilo,yarn,1,0", "weave,yarn,1\nundo,cloth,1\nundo,meal,0.1"),
    ):
        assert isinstance(read_network(circle(weave, unravel, inputs)), Network)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_never_matters(chance: random.Random) -> None:
    good = tables()
    mixed = {}
    for name, one in good.sheets.items():
        order = list(range(len(one.columns)))
        lines = [line for _, line in one.rows]
        chance.shuffle(order)
        chance.shuffle(lines)
        rows = tuple((number, tuple(line[place] for place in order)) for number, line in enumerate(lines, 2))
        mixed[name] = Table(tuple(one.columns[place] for place in order), rows)
    assert read_network(replace(good, sheets=mixed)) == read_network(good)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([(sheet.name, column.name) for sheet in SHEETS for column in sheet.columns]),
    st.text(max_size=8) | st.decimals() | st.booleans() | st.dates() | st.datetimes(),
    st.integers(2, 5),
)
def test_whatever_stands_in_a_cell_is_read_or_refused_and_never_breaks_the_check(
    place: tuple[str, str], cell: Cell, row: int
) -> None:
    sheet, column = place
    if column not in tables().sheets[sheet].columns:
        return
    try:
        read_network(with_cell(sheet, row, column, cell))
    except Refused as refused:
        assert all(str(fault.what) and str(fault.help) for fault in refused.faults)


def test_the_currencies_are_those_the_world_knows() -> None:
    assert set(Locale("en").currencies) >= CURRENCIES - {"XCG", "ZWG"}
    assert {code for code in CURRENCIES if currency_decimals(code) == 3} >= {"TND", "KWD"}
